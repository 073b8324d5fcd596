/* bench_print.c - what was measured, as tables. */
#include "monitor/bench.h"

/* ---- workloads in C */

/* A speed in million guest instructions a second; a ratio of times. "-": not known. */
static void put_speed(double instructions, double seconds) {
    if (seconds > 0)
        printf(" %8.0f", instructions / seconds / 1e6);
    else
        printf(" %8s", "-");
}

static void put_ratio(double ratio) {
    if (ratio > 0)
        printf(" %6.2f", ratio);
    else
        printf(" %6s", "-");
}

static void put_mean(const struct bench *b, const struct bench_program *p, size_t n) {
    printf("%-12s %13s %8s", "mean", "", "");
    printf(" %8s", "");
    put_ratio(bench_mean(p, n, BENCH_QEMU, BENCH_NATIVE).mean);
    for (size_t w = 0; w < b->nways; w++) {
        printf(" %8s", "");
        put_ratio(bench_mean(p, n, (int)w, BENCH_NATIVE).mean);
    }
    putchar('\n');
}

static void put_program(const struct bench *b, const struct bench_program *p) {
    char text[32];
    double n = (double)p->instructions;
    printf("%-12s %13s", p->name, mon_grouped(p->instructions, text));
    put_speed(n, p->native);
    put_speed(n, p->qemu);
    put_ratio(p->native > 0 ? p->qemu / p->native : 0);
    for (size_t w = 0; w < b->nways; w++) {
        put_speed(n, p->seconds[w]);
        put_ratio(p->native > 0 ? p->seconds[w] / p->native : 0);
    }
    putchar('\n');
}

/* A group for each kind, with its mean. */
static void print_programs(const struct bench *b, const struct bench_program *p, size_t n) {
    printf(
        "million guest instructions a second, and time / native time; medians of %u runs by turns, "
        "engine %s\n\n%-12s %13s %8s %8s %6s",
        b->runs, b->engine->name, "", "instructions", "native", "qemu", "ratio");
    for (size_t w = 0; w < b->nways; w++)
        printf(" %8s %6s", b->ways[w].name, "ratio");
    putchar('\n');
    for (size_t first = 0, k = 0; k < n; k++) {
        if (k == first)
            printf("%s: %s\n", bench_kinds[p[k].kind].name, bench_kinds[p[k].kind].meaning);
        put_program(b, &p[k]);
        if (k + 1 == n || p[k + 1].kind != p[k].kind) {
            put_mean(b, p + first, k + 1 - first);
            first = k + 1;
        }
    }
    printf(
        "\nnative: as if this host's build (%s -O2) had executed the guest's instructions. Means "
        "are geometric.\n",
        bench_compiler());
}

/* ---- single operations */

static void print_nanos(const struct bench *b, const struct bench_nano *nanos) {
    printf(
        "nanoseconds for an operation, and exits to the VMM for it; beside it the paper's cycles:\n"
        "native, and under a software VMM (Adams and Agesen, ASPLOS 2006, figure 4)\n\n%-9s",
        "");
    for (size_t w = 0; w < b->nways; w++)
        printf(" %9s %5s", b->ways[w].name, "exits");
    printf("   %7s %7s\n", "native", "VMM");
    for (int k = 0; k < BENCH_NANOS; k++) {
        printf("%-9s", nanos[k].name);
        for (size_t w = 0; w < b->nways; w++)
            printf(" %9.1f %5.2f", nanos[k].ns[w], nanos[k].counts[w][PG_COUNT_exits]);
        printf("   %7d %7d   %s\n", nanos[k].paper[0], nanos[k].paper[1], nanos[k].meaning);
    }
}

/* ---- the work of an operating system */

/* Those ways that were measured. */
static void put_work(const struct bench *b, const struct bench_work *w) {
    double unit = w->n ? 1e6 : 1;
    char text[32];
    printf("%-10s %13s", w->name, mon_grouped((uint64_t)w->instructions, text));
    if (w->native > 0)
        printf(" %9.3f", w->native * unit);
    else
        printf(" %9s", "-");
    for (size_t k = 0; k < b->nways; k++)
        if (w->seconds[k] != 0)
            printf(" %9.3f %6.2f", w->seconds[k] * unit, w->seconds[k] / w->seconds[0]);
    printf("   %s\n", w->meaning);
}

static void print_works(const struct bench *b, const struct bench_results *r) {
    printf(
        "guests/os: microseconds for one of each kind of work, seconds for a whole session; and\n"
        "time / time under %s; medians of %u runs by turns, engine %s\n\n%-10s %13s %9s",
        b->ways[0].name, b->runs, b->engine->name, "", "instructions", "native");
    for (size_t w = 0; w < b->nways; w++)
        if (r->works[r->first].seconds[w] != 0)
            printf(" %9s %6s", b->ways[w].name, "ratio");
    putchar('\n');
    for (int k = r->first; k <= r->last; k++)
        put_work(b, &r->works[k]);
}

/* ---- bars */

static void print_bars(const struct bench *b, const struct bench_bar *bars) {
    printf("bars, engine %s\n\n%-12s %10s %10s %8s\n", b->engine->name, "", "measured", "bar",
           "aim");
    for (int k = 0; k < BENCH_BARS; k++) {
        const struct bench_bar *bar = &bars[k];
        const char *sign = bar->sense == BENCH_MOST ? "<=" : ">=";
        printf("%-12s", bar->name);
        if (bar->measured > 0)
            printf(" %7.2f %-2s", bar->measured, bar->unit);
        else
            printf(" %7s %-2s", "-", "");
        printf(" %2s %7g", sign, bar->bar);
        if (bar->aim > 0)
            printf(" %2s %5g", sign, bar->aim);
        else
            printf(" %8s", "");
        printf("  %-7s  %s%s%s%s\n",
               bar->measured <= 0 ? "?"
               : bench_met(bar)   ? "met"
                                  : "NOT MET",
               bar->meaning, bar->note ? " (" : "", bar->note ? bar->note : "",
               bar->note ? ")" : "");
    }
}

void bench_print(const struct bench *b, const struct bench_results *r) {
    if (r->nprograms)
        print_programs(b, r->programs, r->nprograms);
    if (r->nprograms && r->works)
        putchar('\n');
    if (r->works)
        print_works(b, r);
    if (r->nanos)
        print_nanos(b, r->nanos);
    if (r->bars) {
        putchar('\n');
        print_bars(b, r->bars);
    }
}
