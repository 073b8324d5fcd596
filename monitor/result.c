/* result.c - a guest's figures, by the names of their tables. */
#include "monitor/monitor.h"

#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double mon_now(void) {
    return seconds(CLOCK_MONOTONIC);
}

double mon_processor_time(void) {
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

void mon_result(struct mon_result *result, struct pg_session *session, size_t k, const char *name,
                uint64_t limit, bool hash, const struct pg_costs *costs) {
    const struct pg_machine *m = session->guest(session, k);
    *result = (struct mon_result){
        .name = name,
        .ending = mon_ending(m, limit),
        .T = m->cpu.T,
        .instructions = m->retired,
        .counts = *session->counts(session, k),
    };
    result->cycles = pg_model_cycles(&result->counts, costs);
    if (hash)
        pg_state_hash(m, result->hash);
}

int mon_costs(const struct mon_args *args, struct pg_costs *costs) {
    enum { MAX = 1 << 20 };
    const char *path = mon_option(args, OPT_costs);
    struct pg_error err;
    unsigned line;
    size_t size;
    *costs = pg_costs_builtin;
    if (!path)
        return 0;
    uint8_t *bytes = mon_read_file(path, MAX, &size, &err);
    char *text = bytes ? realloc(bytes, size + 1) : NULL;
    if (!text) {
        free(bytes);
        return mon_fail(MON_USAGE, "%s", bytes ? "the host is out of memory" : err.text);
    }
    text[size] = '\0';
    int status = pg_costs_parse(text, costs, &line, &err)
                     ? 0
                     : mon_fail(MON_USAGE, "%s:%u: %s", path, line, err.text);
    free(text);
    return status;
}

static void put(struct mon_figure **figure, const char *prefix, const char *name, uint64_t value) {
    snprintf((*figure)->name, sizeof(*figure)->name, "%s%s", prefix, name);
    (*figure)++->value = value;
}

void mon_figures(const struct pg_counts *counts, struct mon_figure figures[MON_FIGURES]) {
    for (int k = 0; k < PG_NCOUNTERS; k++)
        put(&figures, "", pg_counter_rows[k].name, counts->n[k]);
    for (int k = 1; k < PG_NCAUSES; k++)
        put(&figures, "exit.", pg_causes[k].name, counts->exits[k]);
    for (int k = 1; k < PG_NCAUSES; k++)
        put(&figures, "reflect.", pg_causes[k].name, counts->reflections[k]);
    for (int k = 0; k < PG_NOPS; k++)
        put(&figures, "emulate.", pg_rows[k].mnemonic, counts->emulations[k]);
}

const char *mon_grouped(uint64_t value, char text[32]) {
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
