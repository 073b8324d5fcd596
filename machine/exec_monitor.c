/* exec_monitor.c - monitor space: for the code that a translating VMM generates.
 *
 * These instructions reach a second address space (the monitor pair) and eight registers of
 * their own, so that translated code needs no address and no register of the guest's.
 */
#include "machine/machine.h"

#define MA m->cpu.m[in->a]
#define MB m->cpu.m[in->b]
#define IMM ((uint32_t)in->imm)

/* The operand MS[m.a + imm]. Monitor space is only ever used by words. */
static enum pg_outcome place(struct pg_machine *m, const struct pg_insn *in, uint32_t *pa) {
    uint32_t offset = MA + IMM;
    if (offset % 4)
        return pg_raise(m, PG_CAUSE_align, offset);
    if (!pg_monitor_address(m, offset, pa))
        return pg_raise(m, PG_CAUSE_bound, offset);
    return PG_RETIRED;
}

static enum pg_outcome load(struct pg_machine *m, const struct pg_insn *in, uint32_t *value) {
    uint32_t pa = 0;
    if (place(m, in, &pa) != PG_RETIRED)
        return PG_TRAPPED;
    *value = pg_ram_read32(&m->ram, pa);
    return PG_RETIRED;
}

static enum pg_outcome store(struct pg_machine *m, const struct pg_insn *in, uint32_t value) {
    uint32_t pa = 0;
    if (place(m, in, &pa) != PG_RETIRED)
        return PG_TRAPPED;
    pg_ram_write32(&m->ram, pa, value);
    return PG_RETIRED;
}

/* Set a general or a monitor register; number 0 stays zero in both. */
static enum pg_outcome set(uint32_t *registers, unsigned d, uint32_t value) {
    if (d)
        registers[d] = value;
    return PG_RETIRED;
}

enum pg_outcome exec_mlw(struct pg_machine *m, const struct pg_insn *in) {
    uint32_t value;
    return load(m, in, &value) == PG_RETIRED ? set(m->cpu.r, in->d, value) : PG_TRAPPED;
}

enum pg_outcome exec_msw(struct pg_machine *m, const struct pg_insn *in) {
    return store(m, in, m->cpu.r[in->d]);
}

enum pg_outcome exec_mlwm(struct pg_machine *m, const struct pg_insn *in) {
    uint32_t value;
    return load(m, in, &value) == PG_RETIRED ? set(m->cpu.m, in->d, value) : PG_TRAPPED;
}

enum pg_outcome exec_mswm(struct pg_machine *m, const struct pg_insn *in) {
    return store(m, in, m->cpu.m[in->d]);
}

#define MONITOR(name, registers, value)                                                            \
    enum pg_outcome exec_##name(struct pg_machine *m, const struct pg_insn *in) {                  \
        return set(m->cpu.registers, in->d, value);                                                \
    }

MONITOR(mput, m, m->cpu.r[in->a])
MONITOR(mget, r, MA)
MONITOR(maddi, m, MA + IMM)
MONITOR(mandi, m, MA &IMM)
MONITOR(madd, m, MA + MB)
MONITOR(msub, m, MA - MB)
MONITOR(mor, m, MA | MB)

#define BRANCH(name, condition)                                                                    \
    enum pg_outcome exec_##name(struct pg_machine *m, const struct pg_insn *in) {                  \
        if (condition)                                                                             \
            m->next_pc = m->cpu.psw.pc + 4 * IMM;                                                  \
        return PG_RETIRED;                                                                         \
    }

BRANCH(mbeq, m->cpu.m[in->d] == MA)
BRANCH(mbne, m->cpu.m[in->d] != MA)

enum pg_outcome exec_mjmp(struct pg_machine *m, const struct pg_insn *in) {
    return load(m, in, &m->next_pc);
}

/* m7 is the budget of guest steps up to the next event. */
enum pg_outcome exec_tick(struct pg_machine *m, const struct pg_insn *in) {
    if (m->cpu.m[7] < IMM)
        return pg_raise(m, PG_CAUSE_tick, IMM);
    m->cpu.m[7] -= IMM;
    return PG_RETIRED;
}
