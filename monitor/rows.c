/* rows.c - the rows of `compare`'s table. */
#include "monitor/compare.h"

#include <string.h>

static struct mon_row begin(const char *label) {
    return (struct mon_row){.label = label};
}

static void cell(struct mon_row *row, size_t k, const char *text) {
    snprintf(row->cells[k], sizeof row->cells[k], "%s", text);
}

static void row_of_results(const struct mon_comparison *c, mon_row_fn *put, void *context) {
    struct mon_row row = begin("result");
    for (size_t k = 0; k < c->n; k++) {
        const struct mon_ending *e = &c->columns[k].result.ending;
        snprintf(row.cells[k], sizeof row.cells[k], strcmp(e->kind, "exit") == 0 ? "%s %u" : "%s",
                 e->kind, e->code);
    }
    put(context, &row);
}

/* The first digits of the state hash, and whether all of it is the first column's. */
static void row_of_states(const struct mon_comparison *c, mon_row_fn *put, void *context) {
    struct mon_row row = begin("state");
    for (size_t k = 0; k < c->n; k++) {
        const struct mon_column *column = &c->columns[k];
        row.alarming[k] = column->done && c->columns[0].done && !column->equal;
        if (!column->done)
            cell(&row, k, "-");
        else
            snprintf(row.cells[k], sizeof row.cells[k], "%s%.6s",
                     k == 0          ? ""
                     : column->equal ? "equal "
                                     : "DIFFERS ",
                     column->result.hash);
    }
    put(context, &row);
}

static void row_of_cycles(const struct mon_comparison *c, mon_row_fn *put, void *context) {
    struct mon_row row = begin("model cycles");
    for (size_t k = 0; k < c->n; k++)
        mon_grouped(c->columns[k].result.cycles, row.cells[k]);
    put(context, &row);
    row = begin("  ratio to the first");
    for (size_t k = 0; k < c->n; k++)
        snprintf(row.cells[k], sizeof row.cells[k], "%.2f",
                 c->columns[0].result.cycles
                     ? (double)c->columns[k].result.cycles / (double)c->columns[0].result.cycles
                     : 0.0);
    put(context, &row);
}

static void row_of_instructions(const struct mon_comparison *c, mon_row_fn *put, void *context) {
    struct mon_row row = begin("guest instructions");
    for (size_t k = 0; k < c->n; k++)
        mon_grouped(c->columns[k].result.instructions, row.cells[k]);
    put(context, &row);
}

/* A row of counts, if they are not all 0. */
static void row_of_numbers(const struct mon_comparison *c, const char *name, size_t figure,
                           mon_row_fn *put, void *context) {
    struct mon_row row = begin(name);
    uint64_t any = 0;
    for (size_t k = 0; k < c->n; k++) {
        uint64_t value = c->columns[k].figures[figure].value;
        any |= value;
        if (value)
            mon_grouped(value, row.cells[k]);
        else
            cell(&row, k, "-");
    }
    if (any)
        put(context, &row);
}

void mon_percent(uint64_t n, uint64_t all, char *text, size_t size) {
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
static void row_of_shares(const struct mon_comparison *c, const struct mon_share *share,
                          mon_row_fn *put, void *context) {
    char label[32];
    snprintf(label, sizeof label, "  %s", share->name);
    struct mon_row row = begin(label);
    uint64_t any = 0;
    for (size_t k = 0; k < c->n; k++) {
        const struct mon_result *r = &c->columns[k].result;
        any |= r->counts.n[share->counter];
        mon_percent(r->counts.n[share->counter], r->instructions, row.cells[k],
                    sizeof row.cells[k]);
    }
    if (any)
        put(context, &row);
}

/* The rows of the figures whose names begin with `prefix`. */
static void rows_of_group(const struct mon_comparison *c, const char *prefix, mon_row_fn *put,
                          void *context) {
    size_t size = strlen(prefix);
    for (size_t f = PG_NCOUNTERS; f < MON_FIGURES; f++) {
        const char *name = c->columns[0].figures[f].name;
        char text[64];
        snprintf(text, sizeof text, "    %s", name + size);
        if (strncmp(name, prefix, size) == 0)
            row_of_numbers(c, text, f, put, context);
    }
}

const struct mon_share mon_shares_of_all[] = {
    {PG_COUNT_direct, "directly"},
    {PG_COUNT_translated, "translated"},
    {PG_COUNT_emulated, "emulated"},
    {PG_COUNT_interpreted, "interpreted"},
    {PG_NCOUNTERS, NULL},
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
    for (const struct mon_share *s = mon_shares_of_all; s->name; s++)
        if (s->counter == counter)
            return true;
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++)
        if (groups[k].counter == counter)
            return true;
    return false;
}

void mon_compare_rows(const struct mon_comparison *c, mon_row_fn *put, void *context) {
    row_of_results(c, put, context);
    row_of_states(c, put, context);
    row_of_instructions(c, put, context);
    for (const struct mon_share *s = mon_shares_of_all; s->name; s++)
        row_of_shares(c, s, put, context);
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        row_of_numbers(c, groups[k].name, groups[k].counter, put, context);
        rows_of_group(c, groups[k].prefix, put, context);
    }
    for (size_t f = 0; f < PG_NCOUNTERS; f++) {
        char text[64];
        snprintf(text, sizeof text, "%s", pg_counter_rows[f].name);
        for (char *at = text; *at; at++)
            *at = *at == '_' ? ' ' : *at;
        if (!has_a_row(f))
            row_of_numbers(c, text, f, put, context);
    }
    row_of_cycles(c, put, context);
}

void mon_compare_times(const struct mon_comparison *c, mon_row_fn *put, void *context) {
    char label[64];
    struct mon_row row = begin("host time");
    for (size_t k = 0; k < c->n; k++)
        snprintf(row.cells[k], sizeof row.cells[k], "%.3f s", c->columns[k].seconds);
    put(context, &row);
    snprintf(label, sizeof label, "  ratio to %s", c->columns[0].system->name);
    row = begin(label);
    for (size_t k = 0; k < c->n; k++) {
        double first = c->columns[0].seconds;
        if (c->columns[k].done && first > 0)
            snprintf(row.cells[k], sizeof row.cells[k], "%.2f", c->columns[k].seconds / first);
        else
            cell(&row, k, "-");
    }
    put(context, &row);
}
