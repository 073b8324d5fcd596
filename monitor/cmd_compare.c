/* cmd_compare.c - `trapeze compare`: one guest, all systems, one table. */
#include "monitor/depth.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SLICE = 1000000,   /* steps between two looks at the clock */
    MAX_SYSTEMS = 16,  /* columns */
    LABEL = 24,        /* width of the first column */
    WIDTH = 13,        /* and of the others; five systems make a line of 98 characters */
    PROGRESS_MS = 500, /* between two signs of life */
};

struct table {
    const struct mon_args *args;
    struct mon_plan plan;
    const struct pg_system *systems[MAX_SYSTEMS];
    size_t nsystems;
    struct mon_column columns[MAX_SYSTEMS];
    size_t n; /* columns that have been run */
};

/* ---- running */

static void show_progress(const struct table *t, const struct pg_system *system,
                          const struct pg_machine *m, double seconds) {
    char number[32];
    fprintf(stderr, "\r%s under %s: %s instructions, %.1f s\033[K", t->plan.names[0], system->name,
            mon_grouped(m->retired, number), seconds);
}

static enum pg_progress run_session(const struct table *t, struct pg_session *s) {
    bool visible = isatty(STDERR_FILENO) && !mon_option(t->args, OPT_quiet);
    double begin = mon_now(), shown = begin;
    enum pg_progress progress = PG_PROGRESS_MORE;
    while (progress == PG_PROGRESS_MORE && !mon_interrupted()) {
        progress = s->run(s, SLICE);
        if (visible && mon_now() - shown > PROGRESS_MS / 1e3) {
            shown = mon_now();
            show_progress(t, s->system, s->guest(s, 0), shown - begin);
        }
    }
    if (shown != begin)
        fputs("\r\033[K", stderr);
    return progress;
}

static int run_column(struct table *t, const struct pg_system *system) {
    struct mon_column *c = &t->columns[t->n];
    struct pg_error err;
    struct pg_session *s = system->open(t->plan.engine, t->plan.setups, 1, &err);
    if (!s)
        return mon_fail(MON_BAD_IMAGE, "%s: %s", t->plan.names[0], err.text);
    c->system = system;
    double begin = mon_processor_time();
    enum pg_progress progress = run_session(t, s);
    c->seconds = mon_processor_time() - begin;
    mon_result(&c->result, s, 0, t->plan.names[0], t->plan.setups[0].limit, true);
    mon_figures(&c->result.counts, c->figures);
    c->done = progress == PG_PROGRESS_DONE;
    c->equal =
        c->done && t->columns[0].done && strcmp(c->result.hash, t->columns[0].result.hash) == 0;
    int status = progress == PG_PROGRESS_BROKEN
                     ? mon_fail(MON_INTERNAL, "%s: %s", system->name, s->error.text)
                     : 0;
    s->close(s);
    t->n++;
    return status;
}

/* ---- printing */

static void label(const char *text) {
    printf("%-*s", LABEL, text);
}

static void cell(const char *text) {
    printf(" %*s", WIDTH, text);
}

static void row_of_results(const struct table *t) {
    label("result");
    for (size_t k = 0; k < t->n; k++) {
        const struct mon_ending *e = &t->columns[k].result.ending;
        char text[32];
        snprintf(text, sizeof text, strcmp(e->kind, "exit") == 0 ? "%s %u" : "%s", e->kind,
                 e->code);
        cell(text);
    }
    putchar('\n');
}

/* The first digits of the state hash, and whether all of it is the first column's. */
static void row_of_states(const struct table *t) {
    bool colour = isatty(STDOUT_FILENO);
    label("state");
    for (size_t k = 0; k < t->n; k++) {
        const struct mon_column *c = &t->columns[k];
        char text[32];
        bool differs = c->done && t->columns[0].done && !c->equal;
        snprintf(text, sizeof text, "%s%.6s",
                 k == 0     ? ""
                 : c->equal ? "equal "
                            : "DIFFERS ",
                 c->result.hash);
        fputs(differs && colour ? "\033[1;31m" : "", stdout);
        cell(c->done ? text : "-");
        fputs(differs && colour ? "\033[0m" : "", stdout);
    }
    putchar('\n');
}

static void row_of_instructions(const struct table *t) {
    char text[32];
    label("guest instructions");
    for (size_t k = 0; k < t->n; k++)
        cell(mon_grouped(t->columns[k].result.instructions, text));
    putchar('\n');
}

/* A row of counts, if they are not all 0. */
static void row_of_numbers(const struct table *t, const char *name, size_t figure) {
    char text[32];
    uint64_t any = 0;
    for (size_t k = 0; k < t->n; k++)
        any |= t->columns[k].figures[figure].value;
    if (!any)
        return;
    label(name);
    for (size_t k = 0; k < t->n; k++) {
        uint64_t value = t->columns[k].figures[figure].value;
        cell(value ? mon_grouped(value, text) : "-");
    }
    putchar('\n');
}

/* A share in per cent, which is 0 or 100 only if it is all or nothing. */
static void share(uint64_t n, uint64_t all, char *text, size_t size) {
    double percent = all ? 100.0 * (double)n / (double)all : 0.0;
    if (n == 0)
        snprintf(text, size, "-");
    else if (n < all && percent < 0.01)
        snprintf(text, size, "< 0.01 %%");
    else if (n < all && percent > 99.99)
        snprintf(text, size, "> 99.99 %%");
    else
        snprintf(text, size, "%.2f %%", percent);
}

/* The same in per cent of the guest's instructions. */
static void row_of_shares(const struct table *t, const char *name, enum pg_counter counter) {
    uint64_t any = 0;
    for (size_t k = 0; k < t->n; k++)
        any |= t->columns[k].result.counts.n[counter];
    if (!any)
        return;
    label(name);
    for (size_t k = 0; k < t->n; k++) {
        const struct mon_result *r = &t->columns[k].result;
        char text[32];
        uint64_t n = r->counts.n[counter];
        share(n, r->instructions, text, sizeof text);
        cell(text);
    }
    putchar('\n');
}

/* The rows of the figures whose names begin with `prefix`. */
static void rows_of_group(const struct table *t, const char *prefix) {
    size_t size = strlen(prefix);
    for (size_t f = PG_NCOUNTERS; f < MON_FIGURES; f++) {
        const char *name = t->columns[0].figures[f].name;
        char text[64];
        snprintf(text, sizeof text, "    %s", name + size);
        if (strncmp(name, prefix, size) == 0)
            row_of_numbers(t, text, f);
    }
}

/* How the guest's instructions were executed: counters that are shares of a whole. */
static const struct {
    enum pg_counter counter;
    const char *name;
} shares[] = {
    {PG_COUNT_direct, "  directly"},
    {PG_COUNT_translated, "  translated"},
    {PG_COUNT_emulated, "  emulated"},
    {PG_COUNT_interpreted, "  interpreted"},
};

/* Counters that have rows by cause or instruction below them. */
static const struct {
    enum pg_counter counter;
    const char *name, *prefix;
} groups[] = {
    {PG_COUNT_exits, "VMM entries", "exit."},
    {PG_COUNT_emulated, "emulated after a trap", "emulate."},
    {PG_COUNT_reflections, "traps reflected", "reflect."},
};

static bool has_a_row(size_t counter) {
    for (size_t k = 0; k < sizeof shares / sizeof *shares; k++)
        if (shares[k].counter == counter)
            return true;
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++)
        if (groups[k].counter == counter)
            return true;
    return false;
}

static void rows_of_counters(const struct table *t) {
    for (size_t k = 0; k < sizeof shares / sizeof *shares; k++)
        row_of_shares(t, shares[k].name, shares[k].counter);
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        row_of_numbers(t, groups[k].name, groups[k].counter);
        rows_of_group(t, groups[k].prefix);
    }
    for (size_t f = 0; f < PG_NCOUNTERS; f++) {
        char text[64];
        snprintf(text, sizeof text, "%s", pg_counter_rows[f].name);
        for (char *c = text; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        if (!has_a_row(f))
            row_of_numbers(t, text, f);
    }
}

static void rows_of_times(const struct table *t) {
    char text[64];
    label("host time");
    for (size_t k = 0; k < t->n; k++) {
        snprintf(text, sizeof text, "%.3f s", t->columns[k].seconds);
        cell(text);
    }
    snprintf(text, sizeof text, "  ratio to %s", t->columns[0].system->name);
    putchar('\n');
    label(text);
    for (size_t k = 0; k < t->n; k++) {
        double first = t->columns[0].seconds;
        snprintf(text, sizeof text, "%.2f", first > 0 ? t->columns[k].seconds / first : 0.0);
        cell(t->columns[k].done && first > 0 ? text : "-");
    }
    putchar('\n');
}

static void print_table(const struct table *t) {
    printf("%s, on the %s engine\n\n", t->plan.names[0], t->plan.engine->name);
    label("");
    for (size_t k = 0; k < t->n; k++)
        cell(t->columns[k].system->name);
    putchar('\n');
    row_of_results(t);
    row_of_states(t);
    row_of_instructions(t);
    rows_of_counters(t);
    rows_of_times(t);
}

/* ---- the command */

/* What the exit status says; on standard error, what the table does not. */
static int verdict(const struct table *t) {
    bool quiet = mon_option(t->args, OPT_quiet);
    const char *name = t->plan.names[0];
    int status = 0;
    if (mon_interrupted()) {
        if (!quiet)
            mon_fail(0, "%s: interrupted; this is as far as it came", name);
        return MON_INTERRUPTED;
    }
    for (size_t k = 1; k < t->n; k++) {
        const struct mon_column *c = &t->columns[k], *first = &t->columns[0];
        if (c->equal)
            continue;
        status = MON_DIFFERENCE;
        if (!quiet)
            mon_fail(0, "%s: the state at the end differs under %s from that under %s", name,
                     c->system->name, first->system->name);
    }
    return status;
}

static int compare(struct table *t) {
    int status = mon_json_check(t->args);
    if (status || (status = mon_systems(t->args, t->systems, MAX_SYSTEMS, &t->nsystems)))
        return status;
    if (t->args->noperands > 1)
        return mon_fail(MON_USAGE, "compare takes one guest");
    if ((status = mon_plan(&t->plan, t->args)))
        return status;
    if (mon_option(t->args, OPT_depth))
        return mon_compare_depths(t->args, &t->plan);
    for (size_t k = 0; k < t->nsystems && !mon_interrupted(); k++)
        if ((status = run_column(t, t->systems[k])))
            return status;
    if (mon_option(t->args, OPT_json))
        status = mon_json_compare(t->plan.names[0], t->plan.engine->name, t->columns, t->n);
    else if (t->n > 0)
        print_table(t);
    if (status == 0)
        status = mon_flush(); /* before standard error says more */
    return status ? status : verdict(t);
}

int cmd_compare(const struct mon_args *args) {
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    t->args = args;
    mon_catch_interrupts();
    int status = compare(t);
    mon_unplan(&t->plan);
    free(t);
    return status;
}
