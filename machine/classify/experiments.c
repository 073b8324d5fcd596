/* experiments.c - when two results differ, and in what. */
#include "machine/classify/parts.h"

#include <stdio.h>

bool memory_or_operand_trap(const struct pg_result *r) {
    if (r->outcome == PG_RETIRED)
        return false;
    switch (r->trap.cause) {
    case PG_CAUSE_align:
    case PG_CAUSE_port:
    case PG_CAUSE_psw:
    case PG_CAUSE_bound:
    case PG_CAUSE_page:
    case PG_CAUSE_tick: return true;
    default: return false;
    }
}

#define SAY(...) (snprintf(what, 96, __VA_ARGS__), true)

/* ---- authority */

bool changes_authority(const struct pg_trial *t, const struct pg_result *r, char what[96]) {
    const struct pg_psw *p = &t->cpu.psw, *q = &r->cpu.psw;
    if (r->outcome != PG_RETIRED)
        return false;
    if (p->status != q->status)
        return SAY("STATUS: 0x%04x, then 0x%04x", p->status, q->status);
    if (p->base != q->base || p->bound != q->bound)
        return SAY("R: (0x%x, 0x%x), then (0x%x, 0x%x)", p->base, p->bound, q->base, q->bound);
    if (t->cpu.mon_base != r->cpu.mon_base || t->cpu.mon_bound != r->cpu.mon_bound)
        return SAY("monitor pair: (0x%x, 0x%x), then (0x%x, 0x%x)", t->cpu.mon_base,
                   t->cpu.mon_bound, r->cpu.mon_base, r->cpu.mon_bound);
    if (r->devices != r->devices_before)
        return SAY("a device register or the output changed");
    if (r->tlb_lost)
        return SAY("an entry left the TLB");
    if (r->run != PG_RUNNING)
        return SAY("the machine no longer runs");
    return false;
}

/* ---- results */

/* Whether one traps and the other does not, or otherwise. Two that trap alike are alike. */
static bool outcomes_differ(const struct pg_result r[2], char what[96]) {
    const char *words[2];
    if (r[0].outcome == r[1].outcome &&
        (r[0].outcome == PG_RETIRED ||
         (r[0].trap.cause == r[1].trap.cause && r[0].trap.value == r[1].trap.value)))
        return false;
    for (int k = 0; k < 2; k++)
        words[k] = r[k].outcome == PG_RETIRED ? "completes" : pg_causes[r[k].trap.cause].name;
    return SAY("outcome: %s, or %s", words[0], words[1]);
}

/* Everything but authority, R and time. */
static bool values_differ(const struct pg_result r[2], char what[96]) {
    const struct pg_cpu *x = &r[0].cpu, *y = &r[1].cpu;
    for (int k = 0; k < PG_NREGS; k++)
        if (x->r[k] != y->r[k])
            return SAY("%s: 0x%08x, or 0x%08x", pg_reg_names[k], x->r[k], y->r[k]);
    for (int k = 0; k < PG_NMREGS; k++)
        if (x->m[k] != y->m[k])
            return SAY("m%d: 0x%08x, or 0x%08x", k, x->m[k], y->m[k]);
    if (x->psw.pc != y->psw.pc)
        return SAY("pc: 0x%08x, or 0x%08x", x->psw.pc, y->psw.pc);
    if (r[0].nstored != r[1].nstored)
        return SAY("stores: %u, or %u", r[0].nstored, r[1].nstored);
    for (unsigned k = 0; k < r[0].nstored; k++) {
        const struct pg_stored *a = &r[0].stored[k], *b = &r[1].stored[k];
        if (a->place != b->place || a->value != b->value || a->size != b->size)
            return SAY("store: 0x%x at 0x%x, or 0x%x at 0x%x", a->value, a->place, b->value,
                       b->place);
    }
    if (r[0].exit_code != r[1].exit_code)
        return SAY("exit code: %u, or %u", r[0].exit_code, r[1].exit_code);
    return false;
}

/* Does one of these bits of STATUS end otherwise because the instruction has changed it? */
static bool status_differs(const struct pg_trial t[2], const struct pg_result r[2], uint32_t bits,
                           char what[96]) {
    uint32_t p = t[0].cpu.psw.status, x = r[0].cpu.psw.status;
    uint32_t q = t[1].cpu.psw.status, y = r[1].cpu.psw.status;
    uint32_t changed = (p ^ x) | (q ^ y);
    if (((x ^ y) & changed & bits) == 0)
        return false;
    return SAY("STATUS: from 0x%04x to 0x%04x, or from 0x%04x to 0x%04x", p, x, q, y);
}

static bool relocation_differs(const struct pg_trial t[2], const struct pg_result r[2],
                               char what[96]) {
    const struct pg_psw *x = &r[0].cpu.psw, *y = &r[1].cpu.psw;
    bool kept = true;
    for (int k = 0; k < 2; k++)
        kept &= t[k].cpu.psw.base == r[k].cpu.psw.base && t[k].cpu.psw.bound == r[k].cpu.psw.bound;
    if (kept || (x->base == y->base && x->bound == y->bound))
        return false;
    return SAY("R: (0x%x, 0x%x), or (0x%x, 0x%x)", x->base, x->bound, y->base, y->bound);
}

static bool monitor_pair_differs(const struct pg_trial t[2], const struct pg_result r[2],
                                 char what[96]) {
    const struct pg_cpu *x = &r[0].cpu, *y = &r[1].cpu;
    bool kept = true;
    for (int k = 0; k < 2; k++)
        kept &= t[k].cpu.mon_base == r[k].cpu.mon_base && t[k].cpu.mon_bound == r[k].cpu.mon_bound;
    if (kept || (x->mon_base == y->mon_base && x->mon_bound == y->mon_bound))
        return false;
    return SAY("monitor pair: (0x%x, 0x%x), or (0x%x, 0x%x)", x->mon_base, x->mon_bound,
               y->mon_base, y->mon_bound);
}

static bool devices_differ(const struct pg_result r[2], char what[96]) {
    bool kept = r[0].devices == r[0].devices_before && r[1].devices == r[1].devices_before;
    return !kept && r[0].devices != r[1].devices && SAY("device registers or output");
}

/* Beside what each of the three allows to differ. */
static bool rest_differs(const struct pg_trial t[2], const struct pg_result r[2], char what[96]) {
    return values_differ(r, what) || relocation_differs(t, r, what) ||
           monitor_pair_differs(t, r, what) || devices_differ(r, what) ||
           (r[0].run != r[1].run && SAY("the run state"));
}

bool differ_by_location(const struct pg_trial t[2], const struct pg_result r[2], char what[96]) {
    if (outcomes_differ(r, what))
        return true;
    if (r[0].outcome != PG_RETIRED)
        return false;
    return status_differs(t, r, PG_STATUS_BITS, what) || rest_differs(t, r, what) ||
           (r[0].cpu.T != r[1].cpu.T && SAY("T"));
}

bool differ_by_mode(const struct pg_trial t[2], const struct pg_result r[2], char what[96]) {
    if (r[0].outcome != PG_RETIRED || r[1].outcome != PG_RETIRED)
        return false;
    return rest_differs(t, r, what) || status_differs(t, r, PG_STATUS_BITS, what) ||
           (r[0].cpu.T != r[1].cpu.T && SAY("T"));
}

/* The trials differ in IE, or in T, or in the monitor pair, or in the devices: what differs
 * afterwards must be that and nothing else. T's advance, too, is nothing else. */
bool differ_by_resource(const struct pg_trial t[2], const struct pg_result r[2], char what[96]) {
    if (memory_or_operand_trap(&r[0]) || memory_or_operand_trap(&r[1]))
        return false;
    if (outcomes_differ(r, what))
        return true;
    if (r[0].outcome != PG_RETIRED)
        return false;
    return status_differs(t, r, PG_STATUS_BITS & ~PG_IE, what) || rest_differs(t, r, what);
}
