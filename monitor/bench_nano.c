/* bench_nano.c - what single operations cost, after Adams and Agesen (ASPLOS 2006), figure 4. */
#include "monitor/bench.h"

#include <string.h>

static const struct bench_nano table[BENCH_NANOS] = {
    {"syscall", "svc in ring 3, and back from ring 0", {242, 2308}, {0}, {{0}}},
    {"in", "a port is read", {3209, 216}, {0}, {{0}}},
    {"cr8wr", "the interrupt mask is written (ppsw)", {150, 35}, {0}, {{0}}},
    {"callret", "call and return in ring 0", {11, 51}, {0}, {{0}}},
    {"pgfault", "a page that is not there, mapped by the handler", {1093, 3927}, {0}, {{0}}},
    {"divzero", "an illegal instruction in ring 3, passed over", {889, 3223}, {0}, {{0}}},
    {"ptemod", "a page-table entry is written", {1, 391}, {0}, {{0}}},
};

enum { SHORT = 20000, LONG = 120000 };

static struct pg_image *assemble(int op, int n) {
    const char *path = TRAPEZE_BENCH "/nano.s", *include = TRAPEZE_BENCH "/../../guests";
    struct pg_diagnostics diags = {0};
    struct pg_asm_options options = pg_asm_options_default();
    struct pg_asm_define defines[] = {{"OP", (uint32_t)op}, {"N", (uint32_t)n}};
    options.defines = defines;
    options.ndefines = 2;
    options.include_paths = &include;
    options.ninclude_paths = 1;
    struct pg_image *image = pg_assemble(&path, 1, &options, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    pg_diagnostics_free(&diags);
    return image;
}

/* What an operation costs is the difference of two runs, by the difference of their lengths. */
static bool measure(const struct bench *b, const struct pg_image *brief,
                    const struct pg_image *lasting, struct bench_nano *nano) {
    double times[BENCH_SYSTEMS][BENCH_RUNS];
    for (unsigned run = 0; run < b->runs; run++)
        for (size_t s = 0; s < b->nsystems; s++) {
            struct bench_run a, z;
            if (!bench_guest(b, b->systems[s], brief, nano->name, &a) ||
                !bench_guest(b, b->systems[s], lasting, nano->name, &z))
                return false;
            times[s][run] = (z.seconds - a.seconds) / (LONG - SHORT) * 1e9;
            for (int c = 0; c < PG_NCOUNTERS; c++)
                nano->counts[s][c] =
                    ((double)z.counts.n[c] - (double)a.counts.n[c]) / (LONG - SHORT);
        }
    for (size_t s = 0; s < b->nsystems; s++)
        nano->ns[s] = bench_median(times[s], b->runs);
    return true;
}

int bench_nanos(const struct bench *b, struct bench_nano nanos[BENCH_NANOS]) {
    memcpy(nanos, table, sizeof table);
    for (int k = 0; k < BENCH_NANOS; k++) {
        struct pg_image *brief = assemble(k + 1, SHORT), *lasting = assemble(k + 1, LONG);
        if (b->progress)
            fprintf(b->progress, "\r%-20s", nanos[k].name);
        bool ok = brief && lasting && measure(b, brief, lasting, &nanos[k]);
        pg_image_free(brief);
        pg_image_free(lasting);
        if (!ok)
            return mon_interrupted() ? MON_INTERRUPTED : MON_BAD_IMAGE;
    }
    if (b->progress)
        fprintf(b->progress, "\r%20s\r", "");
    return 0;
}
