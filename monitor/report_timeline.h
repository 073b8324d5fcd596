/* report_timeline.h - a tracer that keeps no events but what a picture needs: how long the guest
 * was in which ring, over T, and how many traps it had of each cause. Its size does not depend on
 * the run's.
 */
#ifndef MON_TIMELINE_H
#define MON_TIMELINE_H

#include "vmm/trace.h"

enum { MON_SPANS = 500, MON_RINGS = 4 };

/* T is cut into spans of equal length, a power of two, so that the whole run fits into MON_SPANS of
 * them. When it no longer does, each two spans become one. */
struct mon_timeline {
    struct pg_tracer tracer;
    uint64_t span;                       /* length of one, in steps of T; 0: none has been used */
    uint64_t time[MON_SPANS][MON_RINGS]; /* of a span, in each ring */
    uint64_t T;                          /* the end of what is in `time` */
    unsigned ring;                       /* since then */
    uint64_t traps[PG_NCAUSES];          /* delivered to the guest, interrupts included */
};

/* An empty timeline, ready to be told. */
void mon_timeline_begin(struct mon_timeline *t);

/* The guest has ended at this T. */
void mon_timeline_end(struct mon_timeline *t, uint64_t T);

#endif
