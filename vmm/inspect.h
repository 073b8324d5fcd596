/* inspect.h - looking at the real machine below a guest. */
#ifndef PG_INSPECT_H
#define PG_INSPECT_H

#include "vmm/system.h"

/* The real PSW at the last exit of a session of one guest: with what authority the guest ran. False
 * if there was no exit yet, or no VMM gives the guest a real processor (bare, interp). */
bool pg_inspect_real_psw(struct pg_session *session, struct pg_psw *psw);

/* The real page-table entry that this PSW's table has for an address, and where it is; false if the
 * PSW is not paged or there is no valid one. */
bool pg_inspect_real_entry(struct pg_session *session, const struct pg_psw *psw, uint32_t va,
                           uint32_t *where, uint32_t *entry);

/* The real address of the guest's memory; false where the guest has no real machine below it. */
bool pg_inspect_allocation(struct pg_session *session, uint32_t *base);

#endif
