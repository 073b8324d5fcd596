/* audit.h - resource control, watched: each step that guest code takes on the real machine.
 *
 * Popek & Goldberg (1974), section 3, ask of a VMM that it be in complete control of the resources.
 * An audit looks at the real machine before and after every step between two VMM entries, and holds
 * it to this: the guest is above ring 0, the real R and every entry of the real TLB lead into the
 * guest's allocation and nowhere else, and no step changes authority: ring, IE, TRACE, memory mode,
 * R, MON, the monitor pair, device registers, or takes an entry out of the TLB.
 */
#ifndef PG_AUDIT_H
#define PG_AUDIT_H

#include "vmm/system.h"

struct pg_vmm;

/* What an audit has seen. */
struct pg_audit {
    uint64_t entries; /* times that guest code was given the processor */
    uint64_t steps;   /* of it */
    uint64_t copies;  /* translated instructions among them, executed as they stand in the guest */
    bool lost;        /* control was lost: at the guest's T, by this instruction, in these words */
    uint64_t T;
    uint32_t insn;
    char what[192];
};

/* Audit a session of one guest from now on; `audit`, which the caller has zeroed, must outlive it.
 * False if guest code never runs on a real machine under its system (interp) or owns it (bare). A
 * session that has lost control is broken: its run returns PG_PROGRESS_BROKEN. */
bool pg_audit_attach(struct pg_session *session, struct pg_audit *audit);

/* For vmm.c: what pg_real_run does, watched. */
bool pg_audit_run(struct pg_vmm *vmm);

#endif
