/* checkpoint.h - a machine's state kept in the host's memory, to come back to.
 *
 * Holds what a snapshot does (snapshot.h), but for the input: what a machine was and will be given
 * is the same before and after. Checkpoints share the pages in which they agree, so that a long row
 * of them takes little more than what the guest has changed.
 */
#ifndef PG_CHECKPOINT_H
#define PG_CHECKPOINT_H

#include "machine/machine.h"

struct pg_checkpoint;

/* Take one of a machine between two steps. It shares with `like`, another checkpoint of a machine
 * of that size, which may be NULL. NULL if the host is out of memory. */
struct pg_checkpoint *pg_checkpoint_take(const struct pg_machine *m,
                                         const struct pg_checkpoint *like);
void pg_checkpoint_free(struct pg_checkpoint *c);

/* Make a machine of the same memory size, with the same disk plugged in, what that one was; its
 * input stays. The console's output is cut, or extended by what that one had written. False, with
 * the machine unusable, if the host is out of memory. An engine that is attached must `forget`. */
bool pg_checkpoint_restore(struct pg_machine *m, const struct pg_checkpoint *c);

uint64_t pg_checkpoint_T(const struct pg_checkpoint *c);

/* Bytes that it holds and did not share when it was taken. */
size_t pg_checkpoint_size(const struct pg_checkpoint *c);

#endif
