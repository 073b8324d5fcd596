/* cmd_bench.c - `trapeze bench`: how fast engines and systems are on this host. */
#include "monitor/bench.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int plan(struct bench *b, const struct mon_args *args) {
    const char *runs = mon_option(args, OPT_runs);
    uint64_t n = 3;
    b->engine = mon_engine(args);
    if (!b->engine)
        return MON_USAGE;
    if (runs && (!mon_number(runs, BENCH_RUNS, 0, &n) || n == 0))
        return mon_fail(MON_USAGE, "--runs %s: not a number from 1 to %d", runs, BENCH_RUNS);
    b->runs = (unsigned)n;
    b->progress = !mon_option(args, OPT_quiet) && isatty(STDERR_FILENO) ? stderr : NULL;
    return mon_systems(args, b->systems, BENCH_SYSTEMS, &b->nsystems);
}

/* ---- programs */

/* Geometric means: of ratios they say the same in both directions. */
static void print_means(const struct bench *b, const struct bench_program *p, size_t n) {
    double native = 0, speed[BENCH_SYSTEMS] = {0}, ratio[BENCH_SYSTEMS] = {0};
    size_t natives = 0;
    for (size_t k = 0; k < n; k++) {
        natives += p[k].native > 0;
        native += p[k].native > 0 ? log((double)p[k].instructions / p[k].native) : 0;
        for (size_t s = 0; s < b->nsystems; s++) {
            speed[s] += log((double)p[k].instructions / p[k].seconds[s]);
            ratio[s] += p[k].native > 0 ? log(p[k].seconds[s] / p[k].native) : 0;
        }
    }
    printf("%-12s %12s", "mean", "");
    if (natives)
        printf(" %9.0f", exp(native / (double)natives) / 1e6);
    else
        printf(" %9s", "-");
    for (size_t s = 0; s < b->nsystems; s++) {
        printf(" %9.0f", exp(speed[s] / (double)n) / 1e6);
        printf(natives ? " %7.1f" : "       -", exp(ratio[s] / (double)(natives ? natives : 1)));
    }
    putchar('\n');
}

static void print_programs(const struct bench *b, const struct bench_program *p, size_t n) {
    char name[32];
    printf(
        "million guest instructions a second, and time / native time; medians of %u runs by turns, "
        "engine %s\n\n%-12s %12s %9s",
        b->runs, b->engine->name, "", "instructions", "native");
    for (size_t s = 0; s < b->nsystems; s++)
        printf(" %9s %7s", b->systems[s]->name, "ratio");
    putchar('\n');
    for (size_t k = 0; k < n; k++) {
        printf("%-12s %12s", p[k].name, mon_grouped(p[k].instructions, name));
        if (p[k].native > 0)
            printf(" %9.0f", (double)p[k].instructions / p[k].native / 1e6);
        else
            printf(" %9s", "-");
        for (size_t s = 0; s < b->nsystems; s++) {
            printf(" %9.0f", (double)p[k].instructions / p[k].seconds[s] / 1e6);
            printf(p[k].native > 0 ? " %7.1f" : "       -",
                   p[k].seconds[s] / (p[k].native > 0 ? p[k].native : 1));
        }
        putchar('\n');
    }
    print_means(b, p, n);
    printf(
        "\nThe native column is as if the host's build had executed the guest's instructions.\n");
}

/* ---- single operations */

static void print_nanos(const struct bench *b, const struct bench_nano *nanos) {
    printf(
        "nanoseconds for an operation, and exits to the VMM for it; beside it the paper's cycles:\n"
        "native, and under a software VMM (Adams and Agesen, ASPLOS 2006, figure 4)\n\n%-9s",
        "");
    for (size_t s = 0; s < b->nsystems; s++)
        printf(" %9s %5s", b->systems[s]->name, "exits");
    printf("   %7s %7s\n", "native", "VMM");
    for (int k = 0; k < BENCH_NANOS; k++) {
        printf("%-9s", nanos[k].name);
        for (size_t s = 0; s < b->nsystems; s++)
            printf(" %9.1f %5.2f", nanos[k].ns[s], nanos[k].counts[s][PG_COUNT_exits]);
        printf("   %7d %7d   %s\n", nanos[k].paper[0], nanos[k].paper[1], nanos[k].meaning);
    }
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
static int draw(const struct bench *b, const struct mon_args *args,
                const struct bench_program *programs, size_t n) {
    const char *path = mon_option(args, OPT_output);
    FILE *out = path ? fopen(path, "w") : NULL;
    if (!path)
        return 0;
    bool ok = out && bench_plot(b, programs, n, out);
    if (out && fclose(out) != 0)
        ok = false;
    return ok ? 0 : mon_fail(MON_INTERNAL, "%s: %s", path, strerror(errno));
}

int cmd_bench(const struct mon_args *args) {
    struct bench b = {0};
    bool json = mon_option(args, OPT_json);
    int status = mon_json_check(args);
    status = status ? status : plan(&b, args);
    if (status)
        return status;
    mon_catch_interrupts();
    if (mon_option(args, OPT_calibrate)) {
        struct bench_nano nanos[BENCH_NANOS];
        status = bench_nanos(&b, nanos);
        if (status == 0)
            print_costs(&b, nanos);
    } else if (mon_option(args, OPT_nano)) {
        struct bench_nano nanos[BENCH_NANOS];
        status = bench_nanos(&b, nanos);
        if (status == 0 && json)
            status = mon_json_nanos(&b, nanos);
        else if (status == 0)
            print_nanos(&b, nanos);
    } else {
        struct bench_program *programs = calloc(BENCH_PROGRAMS, sizeof *programs);
        size_t n = 0;
        if (!programs)
            return mon_fail(MON_INTERNAL, "the host is out of memory");
        status = bench_programs(&b, args->operands, args->noperands, programs, &n);
        if (status == 0)
            status = draw(&b, args, programs, n);
        if (status == 0 && json)
            status = mon_json_bench(&b, programs, n);
        else if (status == 0)
            print_programs(&b, programs, n);
        free(programs);
    }
    int flushed = mon_flush();
    return status ? status : flushed;
}
