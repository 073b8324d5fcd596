/* backtrace.c - who called whom, from the code itself.
 *
 * A function by the ABI lowers sp at its beginning and stores ra relative to it. Reading its
 * instructions from its symbol up to the pc shows by how much and where, so that no unwinding
 * tables are needed, and assembly that follows the ABI has a backtrace as well.
 */
#include "monitor/monitor.h"

enum { RA = 1, SP = 2, FRAMES = 16, LONGEST = 1 << 16 };

/* What a function has done up to the pc. */
struct frame {
    uint32_t size;    /* bytes that sp was lowered by */
    bool saved;       /* ra is in memory, */
    uint32_t ra_slot; /* here, from the lowered sp */
};

static struct frame read_prologue(const struct pg_machine *m, uint32_t begin, uint32_t pc) {
    struct frame frame = {0};
    for (uint32_t at = begin; at < pc && at - begin < LONGEST; at += 4) {
        struct pg_insn in;
        uint32_t word;
        if (!pg_peek(m, at, &word) || !pg_decode(word, &in))
            break;
        if (in.op == PG_OP_addi && in.d == SP && in.a == SP && in.imm < 0 && !frame.saved)
            frame.size += (uint32_t)-in.imm;
        if (in.op == PG_OP_sw && in.d == RA && in.a == SP && !frame.saved) {
            frame.saved = true;
            frame.ra_slot = (uint32_t)in.imm;
        }
    }
    return frame;
}

void mon_print_place(const struct pg_image *image, uint32_t pc, FILE *out) {
    const struct pg_symbol *symbol = pg_image_symbol_at(image, pc);
    const struct pg_line *line = pg_image_line_at(image, pc);
    if (symbol)
        fprintf(out, " <%s+0x%x>", symbol->name, pc - symbol->addr);
    if (line)
        fprintf(out, " at %s:%u", image->files[line->file], line->line);
}

void mon_print_backtrace(const struct pg_machine *m, const struct pg_image *image, uint32_t pc,
                         FILE *out) {
    uint32_t sp = m->cpu.r[SP], ra = m->cpu.r[RA];
    for (int k = 0; k < FRAMES; k++) {
        const struct pg_symbol *symbol = pg_image_symbol_at(image, pc);
        if (!symbol)
            return;
        struct frame frame = read_prologue(m, symbol->addr, pc);
        if (frame.saved && !pg_peek(m, sp + frame.ra_slot, &ra))
            return;
        if (!frame.saved && k > 0)
            return; /* it has called, so it must have kept its ra elsewhere: the first function */
        sp += frame.size;
        if (ra < 4 || !pg_image_symbol_at(image, ra - 4) || ra % 4)
            return;
        pc = ra - 4; /* the call */
        fprintf(out, "  called from 0x%08x", pc);
        mon_print_place(image, pc, out);
        fputc('\n', out);
    }
}
