#include "isa/diag.h"

#include <stdlib.h>
#include <string.h>

static void free_one(struct pg_diagnostic *d) {
    free(d->file);
    free(d->message);
    free(d->source);
}

/* A copy of s, or NULL for NULL; clears *ok if memory is short. */
static char *copy(const char *s, bool *ok) {
    char *c = s ? strdup(s) : NULL;
    if (s && !c)
        *ok = false;
    return c;
}

bool pg_diagnostics_add(struct pg_diagnostics *list, const struct pg_diagnostic *d) {
    if (d->severity == PG_ERROR)
        list->nerrors++;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 8;
        struct pg_diagnostic *items = realloc(list->items, capacity * sizeof *items);
        if (!items) {
            list->out_of_memory = true;
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    bool ok = true;
    struct pg_diagnostic c = *d;
    c.file = copy(d->file, &ok);
    c.message = copy(d->message, &ok);
    c.source = copy(d->source, &ok);
    if (!ok) {
        free_one(&c);
        list->out_of_memory = true;
        return false;
    }
    list->items[list->count++] = c;
    return true;
}

/* An error or warning with the notes behind it: the unit that sorting must not tear apart. */
struct group {
    size_t first, count;
    uint32_t order;
};

static int by_order(const void *pa, const void *pb) {
    const struct group *a = pa, *b = pb;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

size_t pg_diagnostics_finish(struct pg_diagnostics *list, size_t max_errors) {
    if (list->count == 0)
        return 0;
    struct group *groups = calloc(list->count, sizeof *groups);
    struct pg_diagnostic *sorted = calloc(list->count, sizeof *sorted);
    if (!groups || !sorted) { /* the unsorted list is still correct */
        free(groups);
        free(sorted);
        return 0;
    }
    size_t n = 0;
    for (size_t k = 0; k < list->count; k++) {
        if (n == 0 || list->items[k].severity != PG_NOTE)
            groups[n++] = (struct group){k, 0, list->items[k].order};
        groups[n - 1].count++;
    }
    qsort(groups, n, sizeof *groups, by_order);

    size_t kept = 0, errors = 0, dropped = 0;
    for (size_t g = 0; g < n; g++) {
        bool is_error = list->items[groups[g].first].severity == PG_ERROR;
        bool keep = max_errors == 0 || errors < max_errors;
        for (size_t k = 0; k < groups[g].count; k++) {
            struct pg_diagnostic *d = &list->items[groups[g].first + k];
            if (keep)
                sorted[kept++] = *d;
            else
                free_one(d);
        }
        errors += is_error && keep;
        dropped += is_error && !keep;
    }
    free(groups);
    free(list->items);
    list->items = sorted;
    list->capacity = list->count;
    list->count = kept;
    return dropped;
}

void pg_diagnostic_print(const struct pg_diagnostic *d, FILE *out, bool colour) {
    static const char *const names[] = {"error", "warning", "note"};
    static const char *const colours[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
    const char *on = colour ? colours[d->severity] : "", *off = colour ? "\033[0m" : "";

    if (d->file && d->line)
        fprintf(out, "%s:%u:%u: ", d->file, d->line, d->column);
    else if (d->file)
        fprintf(out, "%s: ", d->file);
    fprintf(out, "%s%s:%s %s\n", on, names[d->severity], off, d->message);
    if (!d->source)
        return;
    fprintf(out, "    %s\n    ", d->source);
    /* Tabs are repeated, so that the caret stands under its column at any tab width; of a
     * character of several bytes (UTF-8) only the first takes a column on the screen. */
    for (size_t k = 0; k + 1 < d->column && d->source[k]; k++)
        if ((d->source[k] & 0xc0) != 0x80)
            fputc(d->source[k] == '\t' ? '\t' : ' ', out);
    fprintf(out, "%s^%s\n", on, off);
}

void pg_diagnostics_print(const struct pg_diagnostics *list, FILE *out, bool colour) {
    for (size_t k = 0; k < list->count; k++)
        pg_diagnostic_print(&list->items[k], out, colour);
    if (list->out_of_memory)
        fprintf(out, "error: out of memory; some diagnostics were lost\n");
}

void pg_diagnostics_free(struct pg_diagnostics *list) {
    for (size_t k = 0; k < list->count; k++)
        free_one(&list->items[k]);
    free(list->items);
    *list = (struct pg_diagnostics){0};
}
