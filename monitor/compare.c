/* compare.c - one guest under several systems: running it, and the verdict. */
#include "monitor/compare.h"

#include <string.h>
#include <unistd.h>

enum {
    SLICE = 1000000,   /* steps between two looks at the clock */
    PROGRESS_MS = 500, /* between two signs of life */
};

int mon_compare_plan(struct mon_comparison *c, const struct mon_args *args) {
    c->args = args;
    int status = mon_systems(args, c->systems, MON_SYSTEMS, &c->nsystems);
    if (status)
        return status;
    if (args->noperands > 1)
        return mon_fail(MON_USAGE, "%s takes one guest", args->command->name);
    status = mon_costs(args, &c->costs);
    return status ? status : mon_plan(&c->plan, args);
}

/* ---- running */

static void show_progress(const struct mon_comparison *c, const struct pg_system *system,
                          const struct pg_machine *m, double seconds) {
    char number[32];
    fprintf(stderr, "\r%s under %s: %s instructions, %.1f s\033[K", c->plan.names[0], system->name,
            mon_grouped(m->retired, number), seconds);
}

static enum pg_progress run_session(const struct mon_comparison *c, struct pg_session *s) {
    bool visible = isatty(STDERR_FILENO) && !mon_option(c->args, OPT_quiet);
    double begin = mon_now(), shown = begin;
    enum pg_progress progress = PG_PROGRESS_MORE;
    while (progress == PG_PROGRESS_MORE && !mon_interrupted()) {
        progress = s->run(s, SLICE);
        if (visible && mon_now() - shown > PROGRESS_MS / 1e3) {
            shown = mon_now();
            show_progress(c, s->system, s->guest(s, 0), shown - begin);
        }
    }
    if (shown != begin)
        fputs("\r\033[K", stderr);
    return progress;
}

static int run_column(struct mon_comparison *c, const struct pg_system *system) {
    struct mon_column *column = &c->columns[c->n], *first = &c->columns[0];
    struct pg_setup setup = c->plan.setups[0];
    struct pg_error err;
    setup.tracer = c->tracers[c->n];
    struct pg_session *s = system->open(c->plan.engine, &setup, 1, &err);
    if (!s)
        return mon_fail(MON_BAD_IMAGE, "%s: %s", c->plan.names[0], err.text);
    column->system = system;
    double begin = mon_processor_time();
    enum pg_progress progress = run_session(c, s);
    column->seconds = mon_processor_time() - begin;
    mon_result(&column->result, s, 0, c->plan.names[0], setup.limit, true, &c->costs);
    mon_figures(&column->result.counts, column->figures);
    column->done = progress == PG_PROGRESS_DONE;
    column->equal =
        column->done && first->done && strcmp(column->result.hash, first->result.hash) == 0;
    int status = progress == PG_PROGRESS_BROKEN
                     ? mon_fail(MON_INTERNAL, "%s: %s", system->name, s->error.text)
                     : 0;
    s->close(s);
    c->n++;
    return status;
}

int mon_compare_run(struct mon_comparison *c) {
    int status = 0;
    for (size_t k = 0; k < c->nsystems && !mon_interrupted() && !status; k++)
        status = run_column(c, c->systems[k]);
    return status;
}

/* ---- the verdict */

int mon_compare_verdict(const struct mon_comparison *c) {
    bool quiet = mon_option(c->args, OPT_quiet);
    const char *name = c->plan.names[0];
    int status = 0;
    if (mon_interrupted()) {
        if (!quiet)
            mon_fail(0, "%s: interrupted; this is as far as it came", name);
        return MON_INTERRUPTED;
    }
    for (size_t k = 1; k < c->n; k++) {
        const struct mon_column *column = &c->columns[k], *first = &c->columns[0];
        if (column->equal)
            continue;
        status = MON_DIFFERENCE;
        if (!quiet)
            mon_fail(0, "%s: the state at the end differs under %s from that under %s", name,
                     column->system->name, first->system->name);
    }
    return status;
}
