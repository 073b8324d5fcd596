/* bench_fit.c - model cycles that fit a host: what each counter must cost so that the operations of
 * tests/bench/nano.s cost what they were measured to, under all systems at once.
 *
 * An exit never comes alone: with it there is an emulation, a reflection or a fill. How they share
 * what was measured is not in the measurements, so each is drawn a little to its built-in
 * proportion.
 *
 * Least squares without negative costs, each equation divided by what was measured, so that a short
 * operation weighs as much as a long one; solved by going through the unknowns in turn (coordinate
 * descent), which is enough for a dozen of them.
 */
#include "monitor/bench.h"

enum { ROUNDS = 20000 };

/* The counters that the fit may use: those that have a built-in cost. */
static bool is_cost(int counter) {
    return pg_costs_builtin.cycles[counter] != 0;
}

struct equation {
    double counts[PG_NCOUNTERS]; /* times the costs in nanoseconds, they should sum up */
    double sum;                  /* to this; measurements are scaled so that it is 1 */
};

static size_t equations_of(const struct bench *b, const struct bench_nano *nanos,
                           struct equation *all) {
    size_t n = 0;
    for (int k = 0; k < BENCH_NANOS; k++)
        for (size_t w = 0; w < b->nways; w++) {
            if (nanos[k].ns[w] <= 0)
                continue; /* lost in the noise */
            for (int c = 0; c < PG_NCOUNTERS; c++)
                all[n].counts[c] = is_cost(c) ? nanos[k].counts[w][c] / nanos[k].ns[w] : 0;
            all[n++].sum = 1;
        }
    return n;
}

/* A weak wish for each counter that is known: its built-in cost, an instruction taking `unit`. */
static size_t add_wishes(struct equation *all, size_t n, const bool *known, double unit) {
    const double weight = 0.1;
    for (int c = 0; c < PG_NCOUNTERS; c++)
        if (known[c] && c != PG_COUNT_direct && c != PG_COUNT_translated &&
            c != PG_COUNT_interpreted) {
            all[n] = (struct equation){.sum = weight};
            all[n++].counts[c] = weight / (pg_costs_builtin.cycles[c] * unit);
        }
    return n;
}

/* What an instruction takes on the bare machine: call, return, and the loop around them. */
static double instruction(const struct bench *b, const struct bench_nano *nanos) {
    const struct bench_nano *callret = &nanos[BENCH_NANO_callret];
    for (size_t w = 0; w < b->nways; w++)
        if (callret->counts[w][PG_COUNT_direct] > 0 && callret->ns[w] > 0)
            return callret->ns[w] / callret->counts[w][PG_COUNT_direct];
    return 3; /* nothing runs directly: the proportions are as good as any */
}

/* The best value of one unknown, the others standing. */
static double best(const struct equation *all, size_t n, const double *ns, int counter) {
    double above = 0, below = 0;
    for (size_t k = 0; k < n; k++) {
        double rest = all[k].sum;
        for (int c = 0; c < PG_NCOUNTERS; c++)
            if (c != counter)
                rest -= all[k].counts[c] * ns[c];
        above += all[k].counts[counter] * rest;
        below += all[k].counts[counter] * all[k].counts[counter];
    }
    return below > 0 && above > 0 ? above / below : 0;
}

void bench_fit(const struct bench *b, const struct bench_nano nanos[BENCH_NANOS],
               struct pg_costs *costs, bool known[PG_NCOUNTERS]) {
    struct equation all[BENCH_NANOS * BENCH_WAYS + PG_NCOUNTERS];
    double ns[PG_NCOUNTERS] = {0};
    size_t n = equations_of(b, nanos, all);
    for (int c = 0; c < PG_NCOUNTERS; c++) {
        double most = 0;
        for (size_t k = 0; k < n; k++)
            most = all[k].counts[c] > most ? all[k].counts[c] : most;
        known[c] = most > 1e-4; /* more than a thousandth of an operation of some nanoseconds */
    }
    n = add_wishes(all, n, known, instruction(b, nanos));
    for (int round = 0; round < ROUNDS / PG_NCOUNTERS; round++)
        for (int c = 0; c < PG_NCOUNTERS; c++)
            if (known[c])
                ns[c] = best(all, n, ns, c);
    *costs = pg_costs_builtin;
    double unit = ns[PG_COUNT_direct]; /* a cycle: what an instruction takes */
    for (int c = 0; c < PG_NCOUNTERS; c++)
        if (known[c] && unit > 0)
            costs->cycles[c] = (uint32_t)(ns[c] / unit + 0.5);
}
