#include "monitor/report_timeline.h"

#include <string.h>

/* Make each two spans one. */
static void halve(struct mon_timeline *t) {
    for (size_t k = 0; k < MON_SPANS / 2; k++)
        for (size_t ring = 0; ring < MON_RINGS; ring++)
            t->time[k][ring] = t->time[2 * k][ring] + t->time[2 * k + 1][ring];
    memset(t->time + MON_SPANS / 2, 0, sizeof t->time / 2);
    t->span *= 2;
}

/* The guest has been in its present ring up to T. */
static void pass(struct mon_timeline *t, uint64_t T) {
    while (T > t->T) {
        while ((T - 1) / t->span >= MON_SPANS)
            halve(t);
        uint64_t k = t->T / t->span, left = t->span - t->T % t->span;
        uint64_t step = T - t->T < left ? T - t->T : left;
        t->time[k][t->ring] += step;
        t->T += step;
    }
}

static void tell(struct pg_tracer *tracer, const struct pg_trace_event *event) {
    struct mon_timeline *t = (struct mon_timeline *)tracer;
    if (event->event == PG_EVENT_ring) {
        pass(t, event->T);
        t->ring = event->value % MON_RINGS;
    } else if (event->event == PG_EVENT_trap || event->event == PG_EVENT_interrupt) {
        t->traps[event->cause]++;
    }
}

void mon_timeline_begin(struct mon_timeline *t) {
    *t = (struct mon_timeline){.tracer = {tell}, .span = 1};
}

void mon_timeline_end(struct mon_timeline *t, uint64_t T) {
    pass(t, T);
}
