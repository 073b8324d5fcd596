/* coverage.h - what a guest has exercised of the machine: instruction x ring x memory mode x
 * outcome.
 */
#ifndef PG_COVERAGE_H
#define PG_COVERAGE_H

#include "machine/machine.h"

enum {
    PG_COVERAGE_MODES = 3,
    PG_COVERAGE_OUTCOMES = PG_NCAUSES, /* 0 (the cause `none`): it retired */
    PG_COVERAGE_ROWS = PG_NOPS + 1,    /* the last: no instruction, as in an interrupt */
};

struct pg_coverage {
    uint64_t n[PG_COVERAGE_ROWS][4][PG_COVERAGE_MODES][PG_COVERAGE_OUTCOMES];
};

/* One step of the machine by pg_step, counted. */
void pg_coverage_step(struct pg_coverage *coverage, struct pg_machine *m);

#endif
