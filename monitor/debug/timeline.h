/* timeline.h - one guest in one system, and the way to any moment of its run, back and forth.
 *
 * A moment is a T: every step advances it. Nothing of the host reaches a guest and input is kept
 * with the T of its arrival, so the way back is to begin again at a checkpoint, and to run up to
 * the moment wanted. It is the same in every system; counters count what was really done, also on
 * such ways.
 */
#ifndef DEBUG_TIMELINE_H
#define DEBUG_TIMELINE_H

#include "vmm/system.h"

struct timeline;

enum moment {
    MOMENT_REACHED,
    MOMENT_ENDED,   /* the guest has ended before */
    MOMENT_WAITING, /* it waits for input, and there is none */
    MOMENT_STOPPED, /* `stop` said so */
    MOMENT_BROKEN,  /* the VMM has failed: *err says how */
};

/* What the setup points to must outlive the timeline, but for disk and input, which are copied.
 * NULL with *err filled if the session cannot be opened. */
struct timeline *timeline_open(const struct pg_system *system, const struct pg_engine *engine,
                               const struct pg_setup *setup, struct pg_error *err);
void timeline_close(struct timeline *t);

struct pg_machine *timeline_machine(struct timeline *t);
struct pg_session *timeline_session(struct timeline *t);
const struct pg_system *timeline_system(const struct timeline *t);
uint64_t timeline_now(struct timeline *t);

/* The latest T that was reached since the guest's state, or its past, was last changed by hand. */
uint64_t timeline_frontier(struct timeline *t);

/* Go to the first moment with T or later, but not before the beginning. Forward in big steps;
 * `stop`, if not NULL, is asked now and then (each few milliseconds) whether to stop, and may feed
 * input. */
enum moment timeline_goto(struct timeline *t, uint64_t T, bool (*stop)(void *with), void *with,
                          struct pg_error *err);

/* One step on. */
enum moment timeline_step(struct timeline *t, struct pg_error *err);

/* The last moment before T (which is not 0): one step less. */
bool timeline_before(struct timeline *t, uint64_t T, uint64_t *before, struct pg_error *err);

/* This moment shall soon be come back to: keep a checkpoint of it, if there is room. */
void timeline_mark(struct timeline *t);

/* The T of the latest checkpoint before T; if there is none, of the first one. */
uint64_t timeline_checkpoint(const struct timeline *t, uint64_t T);

/* The guest's state was changed from outside: what lay ahead is no more. Call it right after. False
 * if the host is out of memory. */
bool timeline_changed(struct timeline *t);

/* Console input arrives now (size 0: it ends). What lay ahead is no more. */
bool timeline_input(struct timeline *t, const void *bytes, size_t size);

/* Go on in another system, from this very state. On an error all stays as it was. */
bool timeline_switch(struct timeline *t, const struct pg_system *system, struct pg_error *err);

/* The state as a snapshot (machine/snapshot.h), and back to one, also of another run: then this is
 * where the past begins. On an error all stays as it was. */
bool timeline_save(struct timeline *t, struct pg_bytes *out, struct pg_error *err);
bool timeline_restore(struct timeline *t, const void *bytes, size_t size, struct pg_error *err);

/* The first moment that there is a way to: 0, or a snapshot's. */
uint64_t timeline_begin(const struct timeline *t);

#endif
