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

struct mon_frame mon_frame_first(const struct pg_machine *m, uint32_t pc) {
    return (struct mon_frame){.pc = pc, .sp = m->cpu.r[SP], .ra = m->cpu.r[RA]};
}

bool mon_frame_up(const struct pg_machine *m, const struct pg_image *image, struct mon_frame *f) {
    const struct pg_symbol *symbol = image ? pg_image_symbol_at(image, f->pc) : NULL;
    if (!symbol)
        return false;
    struct frame frame = read_prologue(m, symbol->addr, f->pc);
    if (frame.saved && !pg_peek(m, f->sp + frame.ra_slot, &f->ra))
        return false;
    if (!frame.saved && f->up)
        return false; /* it has called, so it must have kept its ra elsewhere: the first function */
    if (f->ra < 4 || !pg_image_symbol_at(image, f->ra - 4) || f->ra % 4)
        return false;
    f->sp += frame.size;
    f->pc = f->ra - 4; /* the call */
    f->up = true;
    return true;
}

void mon_print_backtrace(const struct pg_machine *m, const struct pg_image *image, uint32_t pc,
                         FILE *out) {
    struct mon_frame frame = mon_frame_first(m, pc);
    for (int k = 0; k < FRAMES && mon_frame_up(m, image, &frame); k++) {
        fprintf(out, "  called from 0x%08x", frame.pc);
        mon_print_place(image, frame.pc, out);
        fputc('\n', out);
    }
}
