/* ending.c - how a run ended: the one place that turns a machine's state into an exit status. */
#include "isa/disasm.h"
#include "monitor/monitor.h"

struct mon_ending mon_ending(const struct pg_machine *m, uint64_t limit) {
    switch (m->run) {
    case PG_HALTED:
        return (struct mon_ending){"exit", m->exit_code,
                                   m->exit_code < 64 ? (int)m->exit_code : MON_GUEST_ABOVE_63};
    case PG_CHECK_STOP: return (struct mon_ending){"check-stop", 0, MON_TRAP};
    case PG_IDLE_FOREVER: return (struct mon_ending){"idle", 0, MON_IDLE};
    case PG_NO_MEMORY: return (struct mon_ending){"internal", 0, MON_INTERNAL};
    default:
        if (m->cpu.T >= limit)
            return (struct mon_ending){"limit", 0, MON_LIMIT};
        return (struct mon_ending){"interrupted", 0, MON_INTERRUPTED};
    }
}

static void print_registers(const struct pg_machine *m, FILE *out) {
    for (int k = 0; k < PG_NREGS; k++)
        fprintf(out, "  %4s %08x%s", pg_reg_names[k], m->cpu.r[k], k % 4 == 3 ? "\n" : "");
}

/* The trap that led to a check-stop; its frame is in low memory, its pc in the old PSW. */
static void print_trap(const struct pg_machine *m, const struct pg_image *image, FILE *out) {
    uint32_t pc = pg_ram_read32(&m->ram, PG_FRAME_PSW + 4);
    fprintf(out, "  trap %s, value 0x%08x: %s\n  pc 0x%08x", pg_causes[m->trap.cause].name,
            m->trap.value, pg_causes[m->trap.cause].meaning, pc);
    mon_print_place(image, pc, out);
    if (m->trap.insn) {
        char text[128];
        pg_disasm(m->trap.insn, pc, image, text, sizeof text);
        fprintf(out, "\n  instruction %08x  %s", m->trap.insn, text);
    }
    fprintf(out, "\n  STATUS 0x%04x  BASE 0x%08x  BOUND 0x%08x\n",
            pg_ram_read32(&m->ram, PG_FRAME_PSW), pg_ram_read32(&m->ram, PG_FRAME_PSW + 8),
            pg_ram_read32(&m->ram, PG_FRAME_PSW + 12));
    print_registers(m, out);
    mon_print_backtrace(m, image, pc, out);
}

void mon_explain(const struct pg_machine *m, const struct mon_ending *ending,
                 const struct pg_image *image, const char *name, FILE *out) {
    unsigned long long T = m->cpu.T;
    switch (ending->status) {
    case MON_TRAP:
        fprintf(out, "trapeze: %s: check-stop at T = %llu: %s\n", name, T, m->why);
        print_trap(m, image, out);
        break;
    case MON_LIMIT: fprintf(out, "trapeze: %s: the limit is reached at T = %llu\n", name, T); break;
    case MON_IDLE:
        fprintf(out, "trapeze: %s: idle for ever at T = %llu: no event can come any more\n", name,
                T);
        break;
    case MON_INTERRUPTED: fprintf(out, "trapeze: %s: interrupted at T = %llu\n", name, T); break;
    case MON_INTERNAL: fprintf(out, "trapeze: %s: the host is out of memory\n", name); break;
    case MON_GUEST_ABOVE_63:
        fprintf(out, "trapeze: %s: exit code %u does not fit into an exit status\n", name,
                ending->code);
        break;
    default: break;
    }
}
