/* exec_control.c - branches, jumps and gates. */
#include "machine/machine.h"

#define X m->cpu.r[in->d]
#define Y m->cpu.r[in->a]

#define BRANCH(name, condition)                                                                    \
    enum pg_outcome exec_##name(struct pg_machine *m, const struct pg_insn *in) {                  \
        if (condition)                                                                             \
            m->next_pc = m->cpu.psw.pc + 4 * (uint32_t)in->imm;                                    \
        return PG_RETIRED;                                                                         \
    }

BRANCH(beq, X == Y)
BRANCH(bne, X != Y)
BRANCH(blt, (int32_t)X < (int32_t)Y)
BRANCH(bge, (int32_t)X >= (int32_t)Y)
BRANCH(bltu, X < Y)
BRANCH(bgeu, X >= Y)

/* Set the link register to the return address; r0 stays zero. */
static void link_to(struct pg_machine *m, unsigned d) {
    if (d)
        m->cpu.r[d] = m->cpu.psw.pc + 4;
}

enum pg_outcome exec_jal(struct pg_machine *m, const struct pg_insn *in) {
    m->next_pc = m->cpu.psw.pc + 4 * (uint32_t)in->imm;
    link_to(m, in->d);
    return PG_RETIRED;
}

/* The target is worked out before the link is written: `jalr ra, (ra)` is a call. A target that
 * is not a multiple of 4 traps when it is fetched. */
enum pg_outcome exec_jalr(struct pg_machine *m, const struct pg_insn *in) {
    m->next_pc = (m->cpu.r[in->a] + (uint32_t)in->imm) & ~1U;
    link_to(m, in->d);
    return PG_RETIRED;
}

#define GATE(name)                                                                                 \
    enum pg_outcome exec_##name(struct pg_machine *m, const struct pg_insn *in) {                  \
        return pg_raise(m, PG_CAUSE_##name, (uint32_t)in->imm);                                    \
    }

GATE(svc)
GATE(brk)
GATE(hvc)
