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

/* Tell the difference: what differs, and its two values, of one printf format. */
static bool numbers(struct pg_difference *d, const char *name, const char *format, uint32_t x,
                    uint32_t y) {
    d->name = name;
    snprintf(d->value[0], sizeof d->value[0], format, x);
    snprintf(d->value[1], sizeof d->value[1], format, y);
    return true;
}

static bool words(struct pg_difference *d, const char *name, const char *x, const char *y) {
    d->name = name;
    snprintf(d->value[0], sizeof d->value[0], "%s", x);
    snprintf(d->value[1], sizeof d->value[1], "%s", y);
    return true;
}

static bool pairs(struct pg_difference *d, const char *name, uint32_t x, uint32_t x2, uint32_t y,
                  uint32_t y2) {
    d->name = name;
    snprintf(d->value[0], sizeof d->value[0], "(0x%x, 0x%x)", x, x2);
    snprintf(d->value[1], sizeof d->value[1], "(0x%x, 0x%x)", y, y2);
    return true;
}

static const char *const run_words[] = {
    [PG_RUNNING] = "it runs",
    [PG_HALTED] = "it has halted",
    [PG_CHECK_STOP] = "it has stopped by a check",
    [PG_WAITING] = "it waits for input",
    [PG_IDLE_FOREVER] = "it is idle for ever",
    [PG_NO_MEMORY] = "the host has no memory",
};

/* ---- authority */

bool changes_authority(const struct pg_trial *t, const struct pg_result *r,
                       struct pg_difference *d) {
    const struct pg_psw *p = &t->cpu.psw, *q = &r->cpu.psw;
    if (r->outcome != PG_RETIRED)
        return false;
    if (p->status != q->status)
        return numbers(d, "STATUS", "0x%04x", p->status, q->status);
    if (p->base != q->base || p->bound != q->bound)
        return pairs(d, "R", p->base, p->bound, q->base, q->bound);
    if (t->cpu.mon_base != r->cpu.mon_base || t->cpu.mon_bound != r->cpu.mon_bound)
        return pairs(d, "monitor pair", t->cpu.mon_base, t->cpu.mon_bound, r->cpu.mon_base,
                     r->cpu.mon_bound);
    if (r->devices != r->devices_before)
        return words(d, "devices", "as they were", "a register or the output is another");
    if (r->tlb_lost)
        return words(d, "TLB", "with an entry", "without it");
    if (r->run != PG_RUNNING)
        return words(d, "the machine", run_words[PG_RUNNING], run_words[r->run]);
    return false;
}

/* ---- results */

static void outcome_words(const struct pg_result *r, char text[64]) {
    if (r->outcome == PG_RETIRED)
        snprintf(text, 64, "it completes");
    else
        snprintf(text, 64, "the %s trap", pg_causes[r->trap.cause].name);
}

void tell_outcomes(const struct pg_result r[2], struct pg_difference *d) {
    d->name = "outcome";
    outcome_words(&r[0], d->value[0]);
    outcome_words(&r[1], d->value[1]);
}

/* Whether one traps and the other does not, or otherwise. Two that trap alike are alike. */
static bool outcomes_differ(const struct pg_result r[2], struct pg_difference *d) {
    if (r[0].outcome == r[1].outcome &&
        (r[0].outcome == PG_RETIRED ||
         (r[0].trap.cause == r[1].trap.cause && r[0].trap.value == r[1].trap.value)))
        return false;
    tell_outcomes(r, d);
    return true;
}

static bool stores_differ(const struct pg_result r[2], struct pg_difference *d) {
    if (r[0].nstored != r[1].nstored)
        return numbers(d, "stores", "%u", r[0].nstored, r[1].nstored);
    for (unsigned k = 0; k < r[0].nstored && k < PG_NSTORED; k++) {
        const struct pg_stored *a = &r[0].stored[k], *b = &r[1].stored[k];
        if (a->place == b->place && a->value == b->value && a->size == b->size)
            continue;
        d->name = "store";
        for (int i = 0; i < 2; i++)
            if (r[i].stored[k].place == PG_UNMAPPED)
                snprintf(d->value[i], sizeof d->value[i], "0x%x outside the map",
                         r[i].stored[k].value);
            else
                snprintf(d->value[i], sizeof d->value[i], "0x%x at 0x%x", r[i].stored[k].value,
                         r[i].stored[k].place);
        return true;
    }
    return false;
}

/* Everything but authority, R and time. */
static bool values_differ(const struct pg_result r[2], struct pg_difference *d) {
    static const char *const monitor_registers[PG_NMREGS] = {"m0", "m1", "m2", "m3",
                                                             "m4", "m5", "m6", "m7"};
    const struct pg_cpu *x = &r[0].cpu, *y = &r[1].cpu;
    for (int k = 0; k < PG_NREGS; k++)
        if (x->r[k] != y->r[k])
            return numbers(d, pg_reg_names[k], "0x%08x", x->r[k], y->r[k]);
    for (int k = 0; k < PG_NMREGS; k++)
        if (x->m[k] != y->m[k])
            return numbers(d, monitor_registers[k], "0x%08x", x->m[k], y->m[k]);
    if (x->psw.pc != y->psw.pc)
        return numbers(d, "pc", "0x%08x", x->psw.pc, y->psw.pc);
    if (stores_differ(r, d))
        return true;
    return r[0].exit_code != r[1].exit_code &&
           numbers(d, "exit code", "%u", r[0].exit_code, r[1].exit_code);
}

/* Does one of these bits of STATUS end otherwise because the instruction has changed it? */
static bool status_differs(const struct pg_trial t[2], const struct pg_result r[2], uint32_t bits,
                           struct pg_difference *d) {
    uint32_t p = t[0].cpu.psw.status, x = r[0].cpu.psw.status;
    uint32_t q = t[1].cpu.psw.status, y = r[1].cpu.psw.status;
    uint32_t changed = (p ^ x) | (q ^ y);
    if (((x ^ y) & changed & bits) == 0)
        return false;
    d->name = "STATUS";
    snprintf(d->value[0], sizeof d->value[0], "from 0x%04x to 0x%04x", p, x);
    snprintf(d->value[1], sizeof d->value[1], "from 0x%04x to 0x%04x", q, y);
    return true;
}

static bool relocation_differs(const struct pg_trial t[2], const struct pg_result r[2],
                               struct pg_difference *d) {
    const struct pg_psw *x = &r[0].cpu.psw, *y = &r[1].cpu.psw;
    bool kept = true;
    for (int k = 0; k < 2; k++)
        kept &= t[k].cpu.psw.base == r[k].cpu.psw.base && t[k].cpu.psw.bound == r[k].cpu.psw.bound;
    if (kept || (x->base == y->base && x->bound == y->bound))
        return false;
    return pairs(d, "R", x->base, x->bound, y->base, y->bound);
}

static bool monitor_pair_differs(const struct pg_trial t[2], const struct pg_result r[2],
                                 struct pg_difference *d) {
    const struct pg_cpu *x = &r[0].cpu, *y = &r[1].cpu;
    bool kept = true;
    for (int k = 0; k < 2; k++)
        kept &= t[k].cpu.mon_base == r[k].cpu.mon_base && t[k].cpu.mon_bound == r[k].cpu.mon_bound;
    if (kept || (x->mon_base == y->mon_base && x->mon_bound == y->mon_bound))
        return false;
    return pairs(d, "monitor pair", x->mon_base, x->mon_bound, y->mon_base, y->mon_bound);
}

static bool devices_differ(const struct pg_result r[2], struct pg_difference *d) {
    bool kept[2];
    for (int k = 0; k < 2; k++)
        kept[k] = r[k].devices == r[k].devices_before;
    return !(kept[0] && kept[1]) && r[0].devices != r[1].devices &&
           words(d, "devices", kept[0] ? "as they were" : "changed",
                 kept[1]   ? "as they were"
                 : kept[0] ? "changed"
                           : "changed, but not to the same");
}

static bool times_differ(const struct pg_result r[2], struct pg_difference *d) {
    if (r[0].cpu.T == r[1].cpu.T)
        return false;
    d->name = "T";
    for (int k = 0; k < 2; k++)
        snprintf(d->value[k], sizeof d->value[k], "0x%llx", (unsigned long long)r[k].cpu.T);
    return true;
}

/* Beside what each of the three allows to differ. */
static bool rest_differs(const struct pg_trial t[2], const struct pg_result r[2],
                         struct pg_difference *d) {
    return values_differ(r, d) || relocation_differs(t, r, d) || monitor_pair_differs(t, r, d) ||
           devices_differ(r, d) ||
           (r[0].run != r[1].run &&
            words(d, "the machine", run_words[r[0].run], run_words[r[1].run]));
}

bool differ_by_location(const struct pg_trial t[2], const struct pg_result r[2],
                        struct pg_difference *d) {
    if (outcomes_differ(r, d))
        return true;
    if (r[0].outcome != PG_RETIRED)
        return false;
    return status_differs(t, r, PG_STATUS_BITS, d) || rest_differs(t, r, d) || times_differ(r, d);
}

bool differ_by_mode(const struct pg_trial t[2], const struct pg_result r[2],
                    struct pg_difference *d) {
    if (r[0].outcome != PG_RETIRED || r[1].outcome != PG_RETIRED)
        return false;
    return rest_differs(t, r, d) || status_differs(t, r, PG_STATUS_BITS, d) || times_differ(r, d);
}

/* The trials differ in IE, or in T, or in the monitor pair, or in the devices: what differs
 * afterwards must be that and nothing else. T's advance, too, is nothing else. */
bool differ_by_resource(const struct pg_trial t[2], const struct pg_result r[2],
                        struct pg_difference *d) {
    if (memory_or_operand_trap(&r[0]) || memory_or_operand_trap(&r[1]))
        return false;
    if (outcomes_differ(r, d))
        return true;
    if (r[0].outcome != PG_RETIRED)
        return false;
    return status_differs(t, r, PG_STATUS_BITS & ~PG_IE, d) || rest_differs(t, r, d);
}
