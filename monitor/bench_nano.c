/* bench_nano.c - what single operations cost, after Adams and Agesen (ASPLOS 2006), figure 4. */
#include "monitor/bench.h"

static const struct bench_nano table[BENCH_NANOS] = {
#define X(name, meaning, native, vmm) {#name, meaning, {native, vmm}, {0}, {{0}}},
#include "monitor/bench_nano.def"
#undef X
};

enum { SHORT = 20000, LONG = 120000 };

/* To nano.s each operation's name is 1 or 0. */
static struct pg_image *assemble(int which, int n) {
    struct pg_asm_define defines[BENCH_NANOS + 1] = {{"N", (uint32_t)n}};
    for (int k = 0; k < BENCH_NANOS; k++)
        defines[k + 1] = (struct pg_asm_define){table[k].name, k == which};
    return bench_assemble(TRAPEZE_BENCH "/nano.s", defines, BENCH_NANOS + 1);
}

/* What an operation costs is the difference of two runs, by the difference of their lengths. */
static bool measure(const struct bench *b, const struct pg_image *brief,
                    const struct pg_image *lasting, struct bench_nano *nano) {
    double times[BENCH_WAYS][BENCH_RUNS];
    struct pg_setup first = {.image = brief}, second = {.image = lasting};
    for (unsigned run = 0; run < b->runs; run++)
        for (size_t w = 0; w < b->nways; w++) {
            struct bench_run a, z;
            if (!bench_guest(&b->ways[w], &first, nano->name, &a) ||
                !bench_guest(&b->ways[w], &second, nano->name, &z))
                return false;
            times[w][run] = (z.seconds - a.seconds) / (LONG - SHORT) * 1e9;
            for (int c = 0; c < PG_NCOUNTERS; c++)
                nano->counts[w][c] =
                    ((double)z.counts.n[c] - (double)a.counts.n[c]) / (LONG - SHORT);
        }
    for (size_t w = 0; w < b->nways; w++)
        nano->ns[w] = bench_median(times[w], b->runs);
    return true;
}

int bench_nano(const struct bench *b, int which, struct bench_nano *nano) {
    struct pg_image *brief = assemble(which, SHORT), *lasting = assemble(which, LONG);
    *nano = table[which];
    bench_progress(b, nano->name);
    bool ok = brief && lasting && measure(b, brief, lasting, nano);
    bench_progress(b, NULL);
    pg_image_free(brief);
    pg_image_free(lasting);
    return ok ? 0 : mon_interrupted() ? MON_INTERRUPTED : MON_BAD_IMAGE;
}

int bench_nanos(const struct bench *b, struct bench_nano nanos[BENCH_NANOS]) {
    int status = 0;
    for (int k = 0; k < BENCH_NANOS && status == 0; k++)
        status = bench_nano(b, k, &nanos[k]);
    return status;
}
