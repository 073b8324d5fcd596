/* result.c - a guest's figures, by the names of their tables. */
#include "machine/hash.h"
#include "monitor/monitor.h"

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

size_t mon_figures(const struct pg_counts *counts, const struct pg_machine *m,
                   struct mon_figure *figures, size_t max) {
    size_t n = 0;
    for (int k = 0; k < PG_NCOUNTERS && n < max; k++, n++) {
        snprintf(figures[n].name, sizeof figures[n].name, "%s", pg_counter_rows[k].name);
        figures[n].value = counts->n[k];
    }
    for (int k = 1; k < PG_NCAUSES && n < max; k++, n++) {
        snprintf(figures[n].name, sizeof figures[n].name, "exit.%s", pg_causes[k].name);
        figures[n].value = counts->exits[k];
    }
    for (int k = 1; k < PG_NCAUSES && n < max; k++, n++) {
        snprintf(figures[n].name, sizeof figures[n].name, "reflect.%s", pg_causes[k].name);
        figures[n].value = counts->reflections[k];
    }
    for (int k = 0; k < PG_NOPS && n < max; k++, n++) {
        snprintf(figures[n].name, sizeof figures[n].name, "emulate.%s", pg_rows[k].mnemonic);
        figures[n].value = counts->emulations[k];
    }
    return n;
}

void *mon_json_result(const struct pg_machine *m, const struct pg_counts *counts,
                      const struct mon_ending *ending) {
#ifdef HAVE_JANSSON
    struct mon_figure figures[MON_FIGURES];
    size_t n = mon_figures(counts, m, figures, MON_FIGURES);
    char hash[PG_HASH_TEXT];
    pg_state_hash(m, hash);
    json_t *list = json_object();
    for (size_t k = 0; k < n; k++)
        if (figures[k].value || k < PG_NCOUNTERS)
            json_object_set_new(list, figures[k].name, json_integer((json_int_t)figures[k].value));
    return json_pack("{s:{s:s, s:I}, s:I, s:I, s:s, s:o}", "exit", "kind", ending->kind, "code",
                     (json_int_t)ending->code, "T", (json_int_t)m->cpu.T, "instructions",
                     (json_int_t)m->retired, "state_hash", hash, "counters", list);
#else
    return NULL;
#endif
}
