/* fuzz.h - `trapeze fuzz`, between its parts (internal): the command, and what it says of a
 * failure.
 */
#ifndef PG_FUZZ_H
#define PG_FUZZ_H

#include "monitor/random.h"
#include "monitor/verify.h"
#include "vmm/coverage.h"
#include "vmm/random_guest.h"

/* In memory that processes share: each program is tried in a process of its own. */
struct fuzzing {
    const struct mon_args *args;
    const struct mon_random *kind;
    struct pg_profile profile;
    struct pg_lockstep_plan what;
    struct pg_setup setup;
    uint64_t seed, count, length;
    uint64_t done, failed, steps; /* programs, and the instructions of all of them */
    uint8_t disk[PG_RANDOM_SECTORS * PG_SECTOR];
    struct pg_coverage coverage;
    struct pg_counts counts[PG_LOCKSTEP_SYSTEMS]; /* by system, over all programs */
};

/* Make the program of this seed, with its disk and its stops, the one that is tried. Free it. */
struct pg_image *fuzz_load(struct fuzzing *f, uint64_t seed);

/* Seconds that so many steps may take, with generosity. */
unsigned fuzz_seconds(uint64_t steps);

/* How to see it, where it shows first, and the program made smaller. After the first few failures
 * only that there is one. */
void fuzz_tell_difference(struct fuzzing *f, uint64_t seed, const struct pg_lockstep_part *part);

/* The same when the process was ended by a signal. */
void fuzz_tell_crash(struct fuzzing *f, uint64_t seed, int signal);

#endif
