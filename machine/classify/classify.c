/* classify.c - from experiments to verdicts, and from verdicts to the theorems. */
#include "machine/classify/parts.h"

#include <stdlib.h>

struct pg_classifier *pg_classifier_open(const struct pg_profile *profile, uint64_t seed) {
    struct pg_classifier *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->profile = profile;
    c->seed = seed;
    if (!subject_open(&c->small, IMAGE_SIZE, profile, seed) ||
        !subject_open(&c->large, 0, profile, seed)) {
        pg_classifier_close(c);
        return NULL;
    }
    return c;
}

void pg_classifier_close(struct pg_classifier *c) {
    subject_close(&c->small);
    subject_close(&c->large);
    free(c);
}

/* ---- experiments on one base state */

/* What is known while an instruction is being tried. */
struct inquiry {
    struct pg_classifier *c;
    struct pg_verdict *v;
    bool privilege_broken; /* a pair of states showed it not privileged */
    bool completed;        /* some state completed it */
    bool own_cause;        /* every state so far trapped by `cause`, which is no fault */
    enum pg_cause cause;
};

static void run(struct inquiry *q, const struct pg_trial *t, struct pg_result *r) {
    pg_trial_run(q->c, t, r);
    q->v->states++;
    q->completed |= r->outcome == PG_RETIRED;
    if (q->v->states == 1)
        q->cause = r->trap.cause;
    q->own_cause &= r->outcome == PG_TRAPPED && r->trap.cause == q->cause &&
                    r->trap.cause != PG_CAUSE_privilege && !memory_or_operand_trap(r);
}

static bool is_user(const struct pg_trial *t) {
    return !pg_psw_supervisor(&t->cpu.psw);
}

/* Keep the first pair that shows a property. */
static void witness(struct inquiry *q, enum pg_property property, enum pg_property kind,
                    const struct pg_trial t[2], const struct pg_result r[2],
                    const struct pg_difference *d) {
    struct pg_witness *w = &q->v->witness[property];
    q->v->is[property] = true;
    if (w->found)
        return;
    w->found = true;
    w->kind = kind;
    memcpy(w->trial, t, sizeof w->trial);
    memcpy(w->result, r, sizeof w->result);
    w->difference = *d;
}

/* A sensitivity that was shown by t; between user states it makes the instruction user-sensitive.
 */
static void sensitive(struct inquiry *q, enum pg_property property, const struct pg_trial t[2],
                      const struct pg_result r[2], const struct pg_difference *d) {
    witness(q, property, property, t, r, d);
    if (is_user(&t[0]) && is_user(&t[1]))
        witness(q, PG_PROPERTY_user, property, t, r, d);
}

/* One state against the same in every other mode: ring and MON. */
static void try_modes(struct inquiry *q, struct pg_trial t[2], struct pg_result r[2]) {
    const uint32_t base = t[0].cpu.psw.status;
    struct pg_difference d;
    for (uint32_t mode = 0; mode < 8; mode++) {
        uint32_t bits = (mode & 3) | (mode & 4 ? PG_MON : 0);
        if (bits == (base & (PG_RING | PG_MON)))
            continue;
        t[1] = t[0];
        t[1].cpu.psw.status = (base & ~(uint32_t)(PG_RING | PG_MON)) | bits;
        run(q, &t[1], &r[1]);
        if (differ_by_mode(t, r, &d))
            witness(q, PG_PROPERTY_mode, PG_PROPERTY_mode, t, r, &d);
        if (is_user(&t[0]) == is_user(&t[1]) || memory_or_operand_trap(&r[0]) ||
            memory_or_operand_trap(&r[1]))
            continue;
        const struct pg_result *user = &r[is_user(&t[0]) ? 0 : 1],
                               *supervisor = &r[is_user(&t[0]) ? 1 : 0];
        q->v->pairs++;
        if (user->outcome == PG_TRAPPED && user->trap.cause == PG_CAUSE_privilege &&
            supervisor->outcome == PG_RETIRED) {
            tell_outcomes(r, &d);
            witness(q, PG_PROPERTY_privileged, PG_PROPERTY_privileged, t, r, &d);
        } else {
            q->privilege_broken = true;
        }
    }
}

/* The relocated forms of each layout's map; only a bound of the whole map has a real form. */
static void try_locations(struct inquiry *q, struct pg_trial t[2], struct pg_result r[2]) {
    uint32_t bound = t[0].cpu.psw.bound;
    bool rights = t[0].map >= PG_MAP_RIGHTS;
    enum pg_map first = rights ? PG_MAP_RIGHTS : PG_MAP_REAL,
                end = rights ? PG_NMAPS : PG_MAP_RIGHTS;
    struct pg_difference d;
    for (enum pg_map l = first; l < end; l++) {
        if (l == t[0].map || (l == PG_MAP_REAL && bound != IMAGE_SIZE))
            continue;
        t[1] = t[0];
        trial_relocate(&t[1], l, bound);
        run(q, &t[1], &r[1]);
        if (differ_by_location(t, r, &d))
            sensitive(q, PG_PROPERTY_location, t, r, &d);
    }
}

/* The same with one thing changed: IE, T, the monitor pair, the devices. */
static void try_resources(struct inquiry *q, struct pg_trial t[2], struct pg_result r[2]) {
    struct pg_difference d;
    for (unsigned k = 0; k < 5; k++) {
        t[1] = t[0];
        switch (k) {
        case 0: t[1].cpu.psw.status ^= PG_IE; break;
        case 1: t[1].cpu.T += 1ULL << 40 | 1ULL << 28; break;
        case 2: t[1].cpu.mon_base ^= PG_PAGE; break;
        case 3: t[1].cpu.mon_bound += PG_PAGE; break;
        default: t[1].devices = (t[0].devices + 1) % PG_NDEVICE_STATES; break;
        }
        run(q, &t[1], &r[1]);
        if (differ_by_resource(t, r, &d))
            sensitive(q, PG_PROPERTY_resource, t, r, &d);
    }
}

void pg_classify(struct pg_classifier *c, enum pg_op op, uint64_t states, enum pg_property until,
                 struct pg_verdict *v) {
    struct inquiry q = {.c = c, .v = v, .own_cause = true};
    struct pg_trial t[2];
    struct pg_result r[2];
    struct pg_difference d;
    *v = (struct pg_verdict){.op = op};
    for (uint64_t k = 0; v->states < states && !(until < PG_NPROPERTIES && v->is[until]); k++) {
        trial_make(c, op, k, &t[0]);
        run(&q, &t[0], &r[0]);
        t[1] = t[0];
        r[1] = r[0];
        if (changes_authority(&t[0], &r[0], &d))
            sensitive(&q, PG_PROPERTY_control, t, r, &d);
        try_modes(&q, t, r);
        try_locations(&q, t, r);
        try_resources(&q, t, r);
    }
    if (q.privilege_broken)
        v->is[PG_PROPERTY_privileged] = false;
    v->gate = q.own_cause && !q.completed;
    v->sensitive = v->is[PG_PROPERTY_control] || v->is[PG_PROPERTY_location] ||
                   v->is[PG_PROPERTY_mode] || v->is[PG_PROPERTY_resource];
}

/* ---- conclusions */

static void breaks(struct pg_theorem *theorem, enum pg_op op) {
    theorem->holds = false;
    theorem->broken_by[theorem->n++] = op;
}

void pg_theorems(const struct pg_verdict verdicts[PG_NOPS], struct pg_theorem theorems[3]) {
    for (int k = 0; k < 3; k++)
        theorems[k] = (struct pg_theorem){.holds = true};
    for (int op = 0; op < PG_NOPS; op++) {
        const struct pg_verdict *v = &verdicts[op];
        if (v->is[PG_PROPERTY_privileged])
            continue;
        if (v->sensitive) {
            breaks(&theorems[0], (enum pg_op)op);
            breaks(&theorems[1], (enum pg_op)op);
        }
        if (v->is[PG_PROPERTY_user])
            breaks(&theorems[2], (enum pg_op)op);
    }
}

enum pg_class pg_derived_class(const struct pg_verdict *all) {
    if (all->gate)
        return PG_CLASS_gate;
    if (all->is[PG_PROPERTY_privileged])
        return PG_CLASS_privileged;
    return all->sensitive ? PG_CLASS_sensitive : PG_CLASS_innocuous;
}

bool pg_user_sensitive(const struct pg_profile *profile, enum pg_op op) {
    enum { FEW = 20000 };
    struct pg_classifier *c = pg_classifier_open(profile, PG_CLASSIFY_SEED);
    struct pg_verdict *v = malloc(sizeof *v);
    bool yes = true; /* without memory to find out, the safe answer */
    if (c && v) {
        pg_classify(c, op, FEW, PG_PROPERTY_user, v);
        yes = v->is[PG_PROPERTY_user] && !v->is[PG_PROPERTY_privileged];
    }
    if (c)
        pg_classifier_close(c);
    free(v);
    return yes;
}
