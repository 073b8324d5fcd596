/* exec_system.c - the sensitive and the privileged instructions.
 *
 * Whether an instruction may complete in a user ring was decided before (pg_perform); here
 * stands only what it does when it does complete, with the true ring.
 */
#include "machine/machine.h"

static void set(struct pg_machine *m, unsigned d, uint32_t value) {
    if (d)
        m->cpu.r[d] = value;
}

static uint32_t address(const struct pg_machine *m, const struct pg_insn *in) {
    return m->cpu.r[in->a] + (uint32_t)in->imm;
}

/* ---- sensitive */

enum pg_outcome exec_gpsw(struct pg_machine *m, const struct pg_insn *in) {
    set(m, in->d, m->cpu.psw.status);
    return PG_RETIRED;
}

enum pg_outcome exec_ppsw(struct pg_machine *m, const struct pg_insn *in) {
    const uint32_t flags = PG_IE | PG_TRACE;
    m->cpu.psw.status = (m->cpu.psw.status & ~flags) | (m->cpu.r[in->a] & flags);
    return PG_RETIRED;
}

enum pg_outcome exec_grel(struct pg_machine *m, const struct pg_insn *in) {
    set(m, in->d, in->imm ? m->cpu.psw.bound : m->cpu.psw.base);
    return PG_RETIRED;
}

enum pg_outcome exec_probe(struct pg_machine *m, const struct pg_insn *in) {
    set(m, in->d, pg_rights(m, m->cpu.r[in->a]));
    return PG_RETIRED;
}

/* After the PDP-10's JRST 1,: "enter user mode" in one mode, a plain jump in the other. */
enum pg_outcome exec_jrst(struct pg_machine *m, const struct pg_insn *in) {
    m->next_pc = address(m, in) & ~1U;
    if (pg_psw_ring(&m->cpu.psw) == 0)
        m->cpu.psw.status |= 3;
    return PG_RETIRED;
}

enum pg_outcome exec_rdt(struct pg_machine *m, const struct pg_insn *in) {
    set(m, in->d, (uint32_t)(m->cpu.T >> (in->imm ? 32 : 0)));
    return PG_RETIRED;
}

/* ---- privileged */

/* All four words are loaded and checked before anything changes. They may lie in two pages; a
 * bound comes before any page. */
enum pg_outcome exec_lpsw(struct pg_machine *m, const struct pg_insn *in) {
    uint32_t word[4], refused, from = address(m, in);
    for (uint32_t k = 0; k < 4 && from % 4 == 0; k++)
        if (!pg_inside(m, from + 4 * k))
            return pg_raise(m, PG_CAUSE_bound, from + 4 * k);
    for (uint32_t k = 0; k < 4; k++)
        if (pg_load(m, from + 4 * k, 4, &word[k]) != PG_RETIRED)
            return PG_TRAPPED;
    struct pg_psw psw = {word[0], word[1], word[2], word[3]};
    if (!pg_psw_valid(&psw, &refused))
        return pg_raise(m, PG_CAUSE_psw, refused);
    m->next_pc = psw.pc;
    m->cpu.psw.status = psw.status;
    m->cpu.psw.base = psw.base;
    m->cpu.psw.bound = psw.bound;
    return PG_RETIRED;
}

enum pg_outcome exec_in(struct pg_machine *m, const struct pg_insn *in) {
    uint32_t port = address(m, in);
    if (!pg_bus_claims(port, PG_IN))
        return pg_raise(m, PG_CAUSE_port, port);
    struct pg_env env = pg_env_begin(m);
    uint32_t value = pg_bus_in(&m->bus, &env, port);
    pg_env_done(m, &env);
    set(m, in->d, value);
    return PG_RETIRED;
}

enum pg_outcome exec_out(struct pg_machine *m, const struct pg_insn *in) {
    uint32_t port = address(m, in);
    if (!pg_bus_claims(port, PG_OUT))
        return pg_raise(m, PG_CAUSE_port, port);
    struct pg_env env = pg_env_begin(m);
    pg_bus_out(&m->bus, &env, port, m->cpu.r[in->d]);
    pg_env_done(m, &env);
    return PG_RETIRED;
}

enum pg_outcome exec_idle(struct pg_machine *m, const struct pg_insn *in) {
    m->idle = true; /* pg_retire passes the time */
    return PG_RETIRED;
}

enum pg_outcome exec_tlbi(struct pg_machine *m, const struct pg_insn *in) {
    pg_tlb_drop(&m->tlb, m->cpu.r[in->a] >> PG_PAGE_BITS);
    return PG_RETIRED;
}

enum pg_outcome exec_tlbia(struct pg_machine *m, const struct pg_insn *in) {
    pg_tlb_clear(&m->tlb);
    return PG_RETIRED;
}

enum pg_outcome exec_smon(struct pg_machine *m, const struct pg_insn *in) {
    uint32_t base = m->cpu.r[in->d], bound = m->cpu.r[in->a];
    if (base % PG_PAGE || bound % PG_PAGE)
        return pg_raise(m, PG_CAUSE_psw, base % PG_PAGE ? base : bound);
    m->cpu.mon_base = base;
    m->cpu.mon_bound = bound;
    return PG_RETIRED;
}

enum pg_outcome exec_gmon(struct pg_machine *m, const struct pg_insn *in) {
    set(m, in->d, in->imm ? m->cpu.mon_bound : m->cpu.mon_base);
    return PG_RETIRED;
}
