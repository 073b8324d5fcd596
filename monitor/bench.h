/* bench.h - measurements of systems and engines on this host, for `trapeze bench`. */
#ifndef MON_BENCH_H
#define MON_BENCH_H

#include "monitor/monitor.h"

enum { BENCH_SYSTEMS = 8, BENCH_RUNS = 31, BENCH_PROGRAMS = 64 };

/* What is measured, and how often. */
struct bench {
    const struct pg_engine *engine;
    const struct pg_system *systems[BENCH_SYSTEMS];
    size_t nsystems;
    unsigned runs;  /* the median of so many counts */
    FILE *progress; /* NULL: nobody wants to know */
};

/* Run a program to its end under a system. Seconds of processor time, without making the machine;
 * instructions and exits to the VMM. False after a message: it did not end with 0. */
struct bench_run {
    double seconds;
    uint64_t instructions;
    struct pg_counts counts;
};
bool bench_guest(const struct bench *b, const struct pg_system *system,
                 const struct pg_image *image, const char *name, struct bench_run *run);

/* The middle one; the values are sorted. */
double bench_median(double *values, unsigned n);

/* A workload in C, here and as a guest. */
struct bench_program {
    char name[32];
    double native;                 /* seconds; 0: there is no compiler here */
    double seconds[BENCH_SYSTEMS]; /* by system */
    uint64_t instructions;
};

/* Compile the workloads of tests/bench/c (all but `library`, if `names` is empty), and run them by
 * turns. Returns 0 or an exit status after a message. */
int bench_programs(const struct bench *b, char *const *names, size_t nnames,
                   struct bench_program *programs, size_t *n);

/* The ratios to native time as SVG. False if it could not be written. */
bool bench_plot(const struct bench *b, const struct bench_program *programs, size_t n, FILE *out);

/* One kind of operation: tests/bench/nano.s. */
struct bench_nano {
    const char *name, *meaning;
    int paper[2]; /* cycles in the paper's figure 4: native, software VMM */
    double ns[BENCH_SYSTEMS];
    double counts[BENCH_SYSTEMS][PG_NCOUNTERS]; /* of each counter, by operation */
};

enum { BENCH_NANOS = 7 };
int bench_nanos(const struct bench *b, struct bench_nano nanos[BENCH_NANOS]);

/* Model cycles (vmm/cost.h) that fit what was measured; `known` is set for the counters that the
 * operations have told something about, the others keep the built-in figures. */
void bench_fit(const struct bench *b, const struct bench_nano nanos[BENCH_NANOS],
               struct pg_costs *costs, bool known[PG_NCOUNTERS]);

/* ---- json.c: the same as one object, by schema/bench.schema.json. Return 0 or an exit status. */

int mon_json_bench(const struct bench *b, const struct bench_program *programs, size_t n);
int mon_json_nanos(const struct bench *b, const struct bench_nano nanos[BENCH_NANOS]);

#endif
