/* nest.h - a guest put inside a VMM that is itself a guest (guests/vmm).
 *
 * The VMM's program has two words at its symbol `guest_entry`: where the guest's first pc is to be
 * written, and the address at which the guest's memory begins. What comes out is a program like any
 * other, and may be nested again.
 */
#ifndef PG_NEST_H
#define PG_NEST_H

#include "isa/error.h"
#include "isa/image.h"

/* A new image: the VMM's segments, and the guest's moved up to where the VMM wants them; symbols
 * and lines of both, the guest's moved, too. NULL with a message if the VMM has no `guest_entry`,
 * if the VMM itself reaches beyond the guest's beginning, or if the guest would reach beyond 4 GiB.
 * Both images stay the caller's. *base (may be NULL) receives where the guest begins. */
struct pg_image *pg_nest(const struct pg_image *vmm, const struct pg_image *guest, uint32_t *base,
                         struct pg_error *err);

#endif
