/* lockstep.h - one guest under several systems, held against the reference at equal times.
 *
 * The reference is the bare machine on the reference engine. At a checkpoint every system's guest
 * must have the reference's whole virtual state: T, registers, PSW, monitor pair, memory, TLB,
 * devices, disk, console output, run state. Only pages that were written since the last checkpoint
 * are looked at, so that checkpoints are cheap.
 */
#ifndef PG_LOCKSTEP_H
#define PG_LOCKSTEP_H

#include "vmm/audit.h"

enum { PG_LOCKSTEP_SYSTEMS = 16 };

/* What to run. All of it must outlive the lockstep. */
struct pg_lockstep_plan {
    const struct pg_system *systems[PG_LOCKSTEP_SYSTEMS];
    size_t n;
    const struct pg_engine *engine; /* of the systems */
    const struct pg_setup *setup;   /* the guest; its limit is not used */
    bool audit;                     /* watch every step of guest code on the real machine */
    /* Not 0: stop, and compare, at irregular times besides, which this seed makes: after a few
     * steps, thousands, or a hundred thousand, so that an engine is stopped everywhere. */
    uint64_t stops;
    bool unwatched; /* no watching of memory; each comparison looks at all of it */
};

/* One system's part. */
struct pg_lockstep_part {
    const struct pg_system *system;
    struct pg_session *session;
    bool differs;         /* at the last checkpoint, and then it was stopped; or its VMM failed */
    char difference[256]; /* what is different, in words */
    uint64_t good, bad;   /* T of the last checkpoint that was equal, of the one that was not */
    bool audited;
    struct pg_audit audit;
};

struct pg_lockstep;

/* NULL if a session cannot be opened. Close with pg_lockstep_close. */
struct pg_lockstep *pg_lockstep_open(const struct pg_lockstep_plan *plan, struct pg_error *err);
void pg_lockstep_close(struct pg_lockstep *l);

/* Run the reference and every system that has not differed yet until T (idle may carry them
 * beyond) or the guest's end, and compare. Returns how many differ, from the beginning on. */
size_t pg_lockstep_run(struct pg_lockstep *l, uint64_t T);

/* The same without comparing, also at the plan's stops. */
void pg_lockstep_skip(struct pg_lockstep *l, uint64_t T);

/* The reference's machine, and a system's part. The part's session may be looked at. */
const struct pg_machine *pg_lockstep_reference(const struct pg_lockstep *l);
const struct pg_lockstep_part *pg_lockstep_part(const struct pg_lockstep *l, size_t k);

/* Has the guest ended on the reference? */
bool pg_lockstep_ended(const struct pg_lockstep *l);

/* The first step after which a system is not as the reference. */
struct pg_divergence {
    uint64_t T;                      /* before it */
    struct pg_cpu before;            /* then: the same in both */
    struct pg_cpu reference, system; /* after it */
    uint32_t insn;                   /* the instruction that the reference executed; 0: none */
    bool delivered;                  /* the reference took a trap or interrupt in that step */
    enum pg_cause cause;             /* this one */
    char difference[256];
};

/* Find it, for part k of a lockstep whose checkpoints say that it lies between T = part.good and
 * part.bad, by running both anew. Returns false if memory is short or if the two runs do not differ
 * there when they are stopped at other times. */
bool pg_lockstep_bisect(const struct pg_lockstep_plan *plan, const struct pg_lockstep_part *part,
                        struct pg_divergence *divergence, struct pg_error *err);

#endif
