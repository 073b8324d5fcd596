/* bench_bars.c - what the engine and the systems are to reach, and whether they do. */
#include "monitor/bench.h"

#include <string.h>

const struct bench_bar bench_bar_rows[BENCH_BARS] = {
#define X(name, sense, bar, aim, unit, meaning)                                                    \
    {#name, unit, meaning, BENCH_##sense, bar, aim, 0, NULL},
#include "monitor/bench_bar.def"
#undef X
};

bool bench_met(const struct bench_bar *bar) {
    return bar->measured > 0 &&
           (bar->sense == BENCH_MOST ? bar->measured <= bar->bar : bar->measured >= bar->bar);
}

/* The ways that the bars speak of. The first three are for all guests, the others for programs in
 * C.
 */
enum { BARE, TE, BT, UNPAGED, THREADED, USER, TE_USER, BT_USER, WAYS };

static bool set_ways(struct bench *b) {
    const struct pg_system *bare = mon_system("bare"), *te = mon_system("te"),
                           *bt = mon_system("bt");
    if (!bare || !te || !bt)
        return false;
    const struct bench_way ways[WAYS] = {
        [BARE] = {"bare", b->engine, bare, BENCH_PAGED},
        [TE] = {"te", b->engine, te, BENCH_PAGED},
        [BT] = {"bt", b->engine, bt, BENCH_PAGED},
        [UNPAGED] = {"unpaged", b->engine, bare, BENCH_UNPAGED},
        [THREADED] = {"threaded", pg_engine_by_name("threaded"), bare, BENCH_PAGED},
        [USER] = {"user", b->engine, bare, BENCH_USER},
        [TE_USER] = {"te user", b->engine, te, BENCH_USER},
        [BT_USER] = {"bt user", b->engine, bt, BENCH_USER},
    };
    memcpy(b->ways, ways, sizeof ways);
    b->nways = WAYS;
    return true;
}

static void set_mean(struct bench_bar *bar, const struct bench_results *r, int above, int below) {
    bar->measured = bench_mean(r->programs, r->nprograms, above, below).mean;
}

static void set_programs(struct bench_bar *bars, const struct bench_results *r) {
    struct bench_mean worst = bench_mean(r->programs, r->nprograms, BARE, BENCH_NATIVE);
    set_mean(&bars[BENCH_BAR_native], r, BARE, BENCH_NATIVE);
    bars[BENCH_BAR_worst].measured = worst.most;
    bars[BENCH_BAR_worst].note = worst.where;
    set_mean(&bars[BENCH_BAR_qemu], r, BENCH_QEMU, BARE);
    set_mean(&bars[BENCH_BAR_paged], r, BARE, UNPAGED);
    set_mean(&bars[BENCH_BAR_te], r, TE, BARE);
    set_mean(&bars[BENCH_BAR_bt], r, BT, BARE);
    set_mean(&bars[BENCH_BAR_te_user], r, TE_USER, USER);
    set_mean(&bars[BENCH_BAR_bt_user], r, BT_USER, USER);
    set_mean(&bars[BENCH_BAR_threaded], r, THREADED, BENCH_NATIVE);
    if (worst.most <= 0)
        bars[BENCH_BAR_native].note = bars[BENCH_BAR_worst].note = bars[BENCH_BAR_threaded].note =
            "no compiler for this host";
    if (bars[BENCH_BAR_qemu].measured <= 0)
        bars[BENCH_BAR_qemu].note = "no qemu-riscv32 here (Debian: qemu-user)";
}

/* The worse of the two sessions. */
static void set_session(struct bench_bar *bar, const struct bench_work *works, int way) {
    for (int k = BENCH_WORK_usertests; k <= BENCH_WORK_build; k++) {
        double ratio = works[k].seconds[way] / works[k].seconds[BARE];
        if (ratio > bar->measured) {
            bar->measured = ratio;
            bar->note = works[k].name;
        }
    }
}

int bench_bars(struct bench *b, struct bench_results *r) {
    struct bench_nano syscall;
    memcpy(r->bars, bench_bar_rows, sizeof bench_bar_rows);
    if (!set_ways(b))
        return MON_INTERNAL;
    b->kinds = 1 << BENCH_KIND_integer;
    int status = bench_programs(b, NULL, 0, r->programs, &r->nprograms);
    if (status)
        return status;
    set_programs(r->bars, r);

    struct bench guests = *b;
    guests.nways = BT + 1;
    r->first = BENCH_WORK_usertests;
    r->last = BENCH_WORK_build;
    status = bench_works(&guests, r->first, r->last, r->works);
    if (status)
        return status;
    set_session(&r->bars[BENCH_BAR_te_os], r->works, TE);
    set_session(&r->bars[BENCH_BAR_bt_os], r->works, BT);

    guests.nways = BARE + 1;
    status = bench_nano(&guests, BENCH_NANO_syscall, &syscall);
    if (status)
        return status;
    r->bars[BENCH_BAR_syscall].measured = syscall.ns[BARE];
    r->bars[BENCH_BAR_startup].measured = bench_startup(b) * 1e3;
    r->bars[BENCH_BAR_translation].measured = bench_translation(b, &b->ways[BARE]) * 1e9;
    return mon_interrupted() ? MON_INTERRUPTED : 0;
}
