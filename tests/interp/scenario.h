/* scenario.h - a random but meaningful machine and what befalls it, from a seed. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "lockstep.h"

/* What the scenarios so far have reached, so that a test can insist on it. */
struct scenario_reach {
    uint64_t steps, causes[PG_NCAUSES], runs[PG_NO_MEMORY + 1], stops[3];
    uint64_t code_writes; /* words of code pages that differ from what they were */
    uint64_t tlb_entries, monitor_steps, paged_steps, bounds_steps, user_steps;
};

/* Build the scenario of this seed and run it in lockstep in random slices. False if the machines
 * differ; `why` then says how, seed included. */
bool scenario_run(uint64_t seed, const struct pg_engine *engine, struct scenario_reach *reach,
                  char why[320]);

#endif
