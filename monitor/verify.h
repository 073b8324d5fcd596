/* verify.h - what `trapeze verify` finds out, between the command and those who print it. */
#ifndef PG_VERIFY_H
#define PG_VERIFY_H

#include "monitor/monitor.h"
#include "vmm/lockstep.h"

struct verification {
    const struct mon_args *args;
    struct mon_plan plan;
    struct pg_lockstep_plan what;
    struct pg_lockstep *lockstep;
    uint64_t every, checkpoints;
    bool found[PG_LOCKSTEP_SYSTEMS]; /* the first differing step is known */
    struct pg_divergence divergence[PG_LOCKSTEP_SYSTEMS];
    bool pass;
};

/* The report, on standard output. */
void mon_print_verification(const struct verification *v);

/* As JSON, by schema/verify.schema.json. Returns 0, or an exit status after a message. */
int mon_json_verify(const struct verification *v);

/* Why the step went otherwise under the system, in a sentence or two. */
void mon_explain_divergence(const struct verification *v, size_t k, char *text, size_t size);

/* Guest instructions by how they were executed; they sum to all of them. */
struct mon_shares {
    uint64_t direct, identical, replaced, emulated;
};
struct mon_shares mon_shares(const struct pg_lockstep_part *part);

#endif
