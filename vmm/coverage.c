#include "vmm/coverage.h"

void pg_coverage_step(struct pg_coverage *coverage, struct pg_machine *m) {
    uint32_t status = m->cpu.psw.status;
    uint64_t retired = m->retired, T = m->cpu.T;
    struct pg_insn in;
    m->trap = (struct pg_trap){0};
    pg_step(m);
    if (m->cpu.T == T)
        return; /* it no longer runs */
    pg_decode(m->trap.insn, &in);
    unsigned row = m->retired == retired && m->trap.cause == PG_CAUSE_interrupt ? PG_NOPS : in.op;
    unsigned outcome = m->retired == retired ? (unsigned)m->trap.cause : 0;
    uint64_t *n = coverage->n[row][status & PG_RING][(status & PG_MODE) >> 8];
    n[outcome]++;
    if (m->retired != retired && m->cpu.deliveries) /* it retired, and was traced */
        n[PG_CAUSE_trace]++;
}
