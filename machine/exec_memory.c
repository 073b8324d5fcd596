/* exec_memory.c - loads and stores through the present relocation R. */
#include "machine/machine.h"

static uint32_t address(const struct pg_machine *m, const struct pg_insn *in) {
    return m->cpu.r[in->a] + (uint32_t)in->imm;
}

/* Load `size` bytes; `sign` is the sign bit to extend, or 0. */
static enum pg_outcome load(struct pg_machine *m, const struct pg_insn *in, unsigned size,
                            uint32_t sign) {
    uint32_t value;
    if (pg_load(m, address(m, in), size, &value) != PG_RETIRED)
        return PG_TRAPPED;
    if (in->d)
        m->cpu.r[in->d] = (value ^ sign) - sign;
    return PG_RETIRED;
}

#define MEMORY(name, call)                                                                         \
    enum pg_outcome exec_##name(struct pg_machine *m, const struct pg_insn *in) {                  \
        return call;                                                                               \
    }

MEMORY(lb, load(m, in, 1, 0x80))
MEMORY(lh, load(m, in, 2, 0x8000))
MEMORY(lw, load(m, in, 4, 0))
MEMORY(lbu, load(m, in, 1, 0))
MEMORY(lhu, load(m, in, 2, 0))

MEMORY(sb, pg_store(m, address(m, in), 1, m->cpu.r[in->d]))
MEMORY(sh, pg_store(m, address(m, in), 2, m->cpu.r[in->d]))
MEMORY(sw, pg_store(m, address(m, in), 4, m->cpu.r[in->d]))
