/* cmd_compare.c - `trapeze compare`: one guest, all systems, one table. */
#include "machine/hash.h"
#include "monitor/monitor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

enum { SLICE = 2000000, MAX_SYSTEMS = 16, WIDTH = 16 };

/* One column of the table. */
struct column {
    const struct pg_system *system;
    bool done; /* it ran to its end; false: interrupted */
    struct mon_ending ending;
    uint64_t T, instructions;
    char hash[PG_HASH_TEXT];
    bool equal; /* to the first column */
    double seconds;
    struct pg_counts counts;
    struct mon_figure figures[MON_FIGURES];
    void *json;
};

struct table {
    const struct mon_args *args;
    struct mon_plan plan;
    struct column columns[MAX_SYSTEMS];
    size_t n; /* columns that have been run */
    char name[64];
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- running */

static void show_progress(const struct column *c, const struct pg_machine *m, double seconds) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%-8s %6.0f million instructions, %5.1f s\033[K", c->system->name,
                (double)m->retired / 1e6, seconds);
}

static int run_column(struct table *t, struct column *c) {
    struct pg_error err;
    struct pg_session *s = c->system->open(t->plan.engine, t->plan.setups, 1, &err);
    if (!s)
        return mon_fail(MON_BAD_IMAGE, "%s: %s", t->name, err.text);
    bool quiet = mon_option(t->args, OPT_quiet);
    double begin = now(), shown = begin;
    enum pg_progress progress = PG_PROGRESS_MORE;
    while (progress == PG_PROGRESS_MORE && !mon_interrupted()) {
        progress = s->run(s, SLICE);
        if (!quiet && now() - shown > 0.5) {
            shown = now();
            show_progress(c, s->guest(s, 0), shown - begin);
        }
    }
    c->seconds = now() - begin;
    if (shown != begin && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    const struct pg_machine *m = s->guest(s, 0);
    c->done = progress == PG_PROGRESS_DONE;
    c->ending = mon_ending(m, t->plan.setups[0].limit);
    c->T = m->cpu.T;
    c->instructions = m->retired;
    pg_state_hash(m, c->hash);
    c->equal = strcmp(c->hash, t->columns[0].hash) == 0;
    c->counts = *s->counts(s, 0);
    mon_figures(&c->counts, m, c->figures, MON_FIGURES);
    if (mon_option(t->args, OPT_json))
        c->json = mon_json_result(m, &c->counts, &c->ending);
    int status = progress == PG_PROGRESS_BROKEN ? mon_fail(MON_INTERNAL, "%s", s->error.text) : 0;
    s->close(s);
    return status;
}

/* ---- printing */

/* A number with a space between thousands. */
static const char *grouped(uint64_t value, char text[32]) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value), w = 0;
    for (int k = 0; k < n; k++) {
        if (k > 0 && (n - k) % 3 == 0)
            text[w++] = ' ';
        text[w++] = digits[k];
    }
    text[w] = '\0';
    return text;
}

static void cell(const char *text) {
    printf(" %*s", WIDTH, text);
}

static void row_of_numbers(const struct table *t, const char *label, size_t figure) {
    char text[32];
    uint64_t any = 0;
    for (size_t k = 0; k < t->n; k++)
        any |= t->columns[k].figures[figure].value;
    if (!any)
        return;
    printf("%-24s", label);
    for (size_t k = 0; k < t->n; k++)
        cell(t->columns[k].figures[figure].value
                 ? grouped(t->columns[k].figures[figure].value, text)
                 : "-");
    putchar('\n');
}

static void row_of_shares(const struct table *t, const char *label, enum pg_counter counter) {
    uint64_t any = 0;
    for (size_t k = 0; k < t->n; k++)
        any |= t->columns[k].counts.n[counter];
    if (!any)
        return;
    printf("%-24s", label);
    for (size_t k = 0; k < t->n; k++) {
        char text[32];
        double all = (double)t->columns[k].instructions;
        double share = all > 0 ? 100.0 * (double)t->columns[k].counts.n[counter] / all : 0;
        snprintf(text, sizeof text, "%.2f %%", share);
        cell(share > 0 ? text : "-");
    }
    putchar('\n');
}

static void print_results(const struct table *t) {
    printf("%-24s", "");
    for (size_t k = 0; k < t->n; k++)
        cell(t->columns[k].system->name);
    printf("\n%-24s", "result");
    for (size_t k = 0; k < t->n; k++) {
        char text[32];
        const struct column *c = &t->columns[k];
        snprintf(text, sizeof text, c->ending.status < 65 && c->done ? "%s %u" : "%s",
                 c->ending.kind, c->ending.code);
        cell(text);
    }
    printf("\n%-24s", "state");
    for (size_t k = 0; k < t->n; k++) {
        char text[32];
        const struct column *c = &t->columns[k];
        snprintf(text, sizeof text, "%s %.6s",
                 k == 0     ? ""
                 : c->equal ? "equal"
                            : "DIFFERS",
                 c->hash);
        cell(text);
    }
    printf("\n%-24s", "guest instructions");
    for (size_t k = 0; k < t->n; k++) {
        char text[32];
        cell(grouped(t->columns[k].instructions, text));
    }
    putchar('\n');
}

static void print_times(const struct table *t) {
    printf("%-24s", "host time");
    for (size_t k = 0; k < t->n; k++) {
        char text[32];
        snprintf(text, sizeof text, "%.3f s", t->columns[k].seconds);
        cell(text);
    }
    printf("\n%-24s", "  ratio to bare");
    for (size_t k = 0; k < t->n; k++) {
        char text[32];
        double bare = t->columns[0].seconds;
        snprintf(text, sizeof text, "%.2f", bare > 0 ? t->columns[k].seconds / bare : 0.0);
        cell(text);
    }
    putchar('\n');
}

/* The rows of the figures whose names begin with `prefix`. */
static void print_group(const struct table *t, const char *prefix) {
    size_t size = strlen(prefix);
    for (size_t f = PG_NCOUNTERS; f < MON_FIGURES; f++) {
        const char *name = t->columns[0].figures[f].name;
        char label[64];
        snprintf(label, sizeof label, "    %s", name + size);
        if (strncmp(name, prefix, size) == 0)
            row_of_numbers(t, label, f);
    }
}

/* The plain counters, each with what it is made of; the shares have rows of their own. */
static void print_counters(const struct table *t) {
    row_of_numbers(t, "VMM entries", PG_COUNT_exits);
    print_group(t, "exit.");
    row_of_numbers(t, "emulated after a trap", PG_COUNT_emulated);
    print_group(t, "emulate.");
    row_of_numbers(t, "traps reflected", PG_COUNT_reflections);
    print_group(t, "reflect.");
    for (size_t f = 0; f < PG_NCOUNTERS; f++) {
        char label[64];
        if (f == PG_COUNT_direct || f == PG_COUNT_translated || f == PG_COUNT_emulated ||
            f == PG_COUNT_interpreted || f == PG_COUNT_exits || f == PG_COUNT_reflections)
            continue;
        snprintf(label, sizeof label, "%s", pg_counter_rows[f].name);
        for (char *c = label; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        row_of_numbers(t, label, f);
    }
}

static void print_table(const struct table *t) {
    printf("%s, on the %s engine\n\n", t->name, t->plan.engine->name);
    print_results(t);
    row_of_shares(t, "  directly", PG_COUNT_direct);
    row_of_shares(t, "  translated", PG_COUNT_translated);
    row_of_shares(t, "  emulated", PG_COUNT_emulated);
    row_of_shares(t, "  interpreted", PG_COUNT_interpreted);
    print_counters(t);
    print_times(t);
}

static int print_json(const struct table *t) {
#ifdef HAVE_JANSSON
    json_t *systems = json_array();
    for (size_t k = 0; k < t->n; k++) {
        const struct column *c = &t->columns[k];
        json_t *one = json_pack("{s:s, s:b, s:f}", "system", c->system->name, "equal", c->equal,
                                "host_seconds", c->seconds);
        json_object_update(one, c->json);
        json_array_append_new(systems, one);
    }
    json_t *all = json_pack("{s:s, s:i, s:s, s:s, s:o}", "schema", "trapeze.compare", "version", 1,
                            "guest", t->name, "engine", t->plan.engine->name, "systems", systems);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
    return 0;
#else
    return mon_fail(MON_USAGE, "--json: this trapeze was built without jansson (libjansson-dev)");
#endif
}

/* ---- the command */

/* The systems of a list `a,b,c`; NULL: all. */
static int choose_systems(struct table *t, const char *list, size_t *n) {
    *n = 0;
    for (int k = 0; !list && pg_systems[k] && *n < MAX_SYSTEMS; k++)
        t->columns[(*n)++].system = pg_systems[k];
    while (list && *list) {
        char name[32];
        size_t size = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)size, list);
        const struct pg_system *system = pg_system_by_name(name);
        if (!system || *n == MAX_SYSTEMS)
            return mon_fail(MON_USAGE, "there is no system `%s`; see trapeze --help", name);
        t->columns[(*n)++].system = system;
        list += size + (list[size] == ',');
    }
    if (*n == 0)
        return mon_fail(MON_USAGE, "--systems: which?");
    return 0;
}

static int compare(struct table *t) {
    size_t n;
    int status = choose_systems(t, mon_option(t->args, OPT_systems), &n);
    if (status || (status = mon_plan(&t->plan, t->args)))
        return status;
    if (t->plan.nguests != 1)
        return mon_fail(MON_USAGE, "compare takes one guest");
    mon_short_name(t->args->operands[0], t->name, sizeof t->name);
    for (size_t k = 0; k < n && !mon_interrupted(); k++) {
        if ((status = run_column(t, &t->columns[k])))
            return status;
        t->n = k + 1;
    }
    if (mon_option(t->args, OPT_json))
        status = print_json(t);
    else
        print_table(t);
    if (mon_interrupted()) {
        if (!mon_option(t->args, OPT_quiet))
            mon_fail(0, "%s: interrupted; the last column is as far as it came", t->name);
        return MON_INTERRUPTED;
    }
    for (size_t k = 0; k < t->n && !status; k++)
        if (!t->columns[k].equal)
            status = MON_DIFFERENCE;
    return status;
}

int cmd_compare(const struct mon_args *args) {
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    t->args = args;
    mon_catch_interrupts();
    int status = compare(t);
#ifdef HAVE_JANSSON
    for (size_t k = 0; k < MAX_SYSTEMS; k++)
        json_decref(t->columns[k].json);
#endif
    mon_unplan(&t->plan);
    free(t);
    return status;
}
