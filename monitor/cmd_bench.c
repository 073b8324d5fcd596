/* cmd_bench.c - `trapeze bench`: how fast engines and systems are on this host. */
#include "monitor/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A column for each system; for programs in C, another one behind bare's. */
static int set_ways(struct bench *b, const struct mon_args *args, bool programs) {
    enum { SYSTEMS = BENCH_WAYS - 1 };
    const struct pg_system *systems[SYSTEMS];
    size_t n = 0;
    int status = mon_systems(args, systems, SYSTEMS, &n);
    for (size_t k = 0; status == 0 && k < n; k++) {
        b->ways[b->nways++] =
            (struct bench_way){systems[k]->name, b->engine, systems[k], BENCH_PAGED};
        if (programs && strcmp(systems[k]->name, "bare") == 0)
            b->ways[b->nways++] =
                (struct bench_way){"unpaged", b->engine, systems[k], BENCH_UNPAGED};
    }
    return status;
}

static int plan(struct bench *b, const struct mon_args *args, bool programs) {
    const char *runs = mon_option(args, OPT_runs);
    uint64_t n = 3;
    b->engine = mon_engine(args);
    if (!b->engine)
        return MON_USAGE;
    if (runs && (!mon_number(runs, BENCH_RUNS, 0, &n) || n == 0))
        return mon_fail(MON_USAGE, "--runs %s: not a number from 1 to %d", runs, BENCH_RUNS);
    b->runs = (unsigned)n;
    b->kinds = (1 << BENCH_KINDS) - 1;
    b->progress = !mon_option(args, OPT_quiet) && isatty(STDERR_FILENO) ? stderr : NULL;
    return set_ways(b, args, programs);
}

/* As a table for --costs. */
static void print_costs(const struct bench *b, const struct bench_nano *nanos) {
    struct pg_costs costs;
    bool known[PG_NCOUNTERS];
    bench_fit(b, nanos, &costs, known);
    printf("# model cycles, fitted to this host: engine %s, medians of %u runs. For --costs.\n",
           b->engine->name, b->runs);
    for (int c = 0; c < PG_NCOUNTERS; c++)
        if (costs.cycles[c])
            printf("%-16s %8u   # %s%s\n", pg_counter_rows[c].name, costs.cycles[c],
                   known[c] ? "" : "not measured, built in: ", pg_counter_rows[c].meaning);
}

/* -o: the picture. Returns 0 or an exit status after a message. */
static int draw(const struct bench *b, const struct mon_args *args, const struct bench_results *r) {
    const char *path = mon_option(args, OPT_output);
    if (!path || r->nprograms == 0)
        return 0;
    FILE *out = fopen(path, "w");
    bool ok = out && bench_plot(b, r->programs, r->nprograms, out);
    if (out && fclose(out) != 0)
        ok = false;
    return ok ? 0 : mon_fail(MON_INTERNAL, "%s: %s", path, strerror(errno));
}

int cmd_bench(const struct mon_args *args) {
    static const enum mon_option others[] = {OPT_nano, OPT_calibrate, OPT_os, OPT_bars};
    struct bench b = {0};
    struct bench_nano nanos[BENCH_NANOS];
    struct bench_work works[BENCH_WORKS];
    struct bench_bar bars[BENCH_BARS];
    struct bench_results r = {.nprograms = 0};
    size_t chosen = 0;
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        chosen += mon_option(args, others[k]) != NULL;
    if (chosen > 1 || (chosen && args->noperands))
        return mon_fail(MON_USAGE, "bench: workloads, --nano, --calibrate, --os or --bars");
    int status = mon_json_check(args);
    status = status ? status : plan(&b, args, chosen == 0);
    if (status)
        return status;
    mon_catch_interrupts();
    r.programs = calloc(BENCH_PROGRAMS, sizeof *r.programs);
    if (!r.programs)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    if (mon_option(args, OPT_nano) || mon_option(args, OPT_calibrate)) {
        r.nanos = nanos;
        status = bench_nanos(&b, nanos);
    } else if (mon_option(args, OPT_os)) {
        r.works = works;
        r.last = BENCH_WORKS - 1;
        status = bench_works(&b, r.first, r.last, works);
    } else if (mon_option(args, OPT_bars)) {
        r.works = works;
        r.bars = bars;
        status = bench_bars(&b, &r);
    } else {
        status = bench_programs(&b, args->operands, args->noperands, r.programs, &r.nprograms);
    }
    if (status == 0)
        status = draw(&b, args, &r);
    if (status == 0 && mon_option(args, OPT_json))
        status = mon_json_bench(&b, &r);
    else if (status == 0 && mon_option(args, OPT_calibrate))
        print_costs(&b, nanos);
    else if (status == 0)
        bench_print(&b, &r);
    free(r.programs);
    int flushed = mon_flush();
    return status ? status : flushed;
}
