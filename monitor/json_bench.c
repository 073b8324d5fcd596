/* json_bench.c - what `trapeze bench` measured as JSON, by schema/bench.schema.json. */
#include "monitor/bench.h"

#ifdef HAVE_JANSSON
#include "monitor/json.h"

enum { VERSION = 1 };

/* Seconds or the like; 0 is for what could not be measured. */
static json_t *known(double value) {
    return value > 0 ? json_real(value) : json_null();
}

/* The numbers of a row, by way; of some ways there may be none. */
static json_t *by_way(const struct bench *b, const double *values, bool zero) {
    json_t *object = json_object();
    for (size_t w = 0; w < b->nways; w++)
        if (zero || values[w] != 0)
            json_object_set_new(object, b->ways[w].name, json_real(values[w]));
    return object;
}

static json_t *programs_of(const struct bench *b, const struct bench_results *r) {
    json_t *rows = json_array();
    for (size_t k = 0; k < r->nprograms; k++) {
        const struct bench_program *p = &r->programs[k];
        json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", p->name,
                                              "kind", bench_kinds[p->kind].name, "instructions",
                                              mon_json_number(p->instructions), "native_seconds",
                                              known(p->native), "qemu_seconds", known(p->qemu),
                                              "seconds", by_way(b, p->seconds, false)));
    }
    return rows;
}

static json_t *operations_of(const struct bench *b, const struct bench_nano *nanos) {
    json_t *rows = json_array();
    for (int k = 0; k < BENCH_NANOS; k++) {
        double exits[BENCH_WAYS];
        for (size_t w = 0; w < b->nways; w++)
            exits[w] = nanos[k].counts[w][PG_COUNT_exits];
        json_array_append_new(rows, json_pack("{s:s, s:o, s:o, s:[ii]}", "name", nanos[k].name,
                                              "ns", by_way(b, nanos[k].ns, true), "exits",
                                              by_way(b, exits, true), "paper_cycles",
                                              nanos[k].paper[0], nanos[k].paper[1]));
    }
    return rows;
}

static json_t *works_of(const struct bench *b, const struct bench_results *r) {
    json_t *rows = json_array();
    for (int k = r->first; k <= r->last; k++) {
        const struct bench_work *w = &r->works[k];
        json_array_append_new(rows,
                              json_pack("{s:s, s:f, s:o, s:o}", "name", w->name, "instructions",
                                        w->instructions, "native_seconds", known(w->native),
                                        "seconds", by_way(b, w->seconds, false)));
    }
    return rows;
}

static json_t *bars_of(const struct bench_bar *bars) {
    json_t *rows = json_array();
    for (int k = 0; k < BENCH_BARS; k++) {
        const struct bench_bar *bar = &bars[k];
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s, s:s, s:f, s:o, s:b}", "name", bar->name, "meaning",
                            bar->meaning, "unit", bar->unit, "sense",
                            bar->sense == BENCH_MOST ? "at most" : "at least", "bar", bar->bar,
                            "measured", known(bar->measured), "met", bench_met(bar)));
    }
    return rows;
}

int mon_json_bench(const struct bench *b, const struct bench_results *r) {
    json_t *object = json_pack("{s:s, s:i, s:s, s:i}", "schema", "trapeze.bench", "version",
                               VERSION, "engine", b->engine->name, "runs", (int)b->runs);
    if (object && r->nprograms)
        json_object_set_new(object, "programs", programs_of(b, r));
    if (object && r->nanos)
        json_object_set_new(object, "operations", operations_of(b, r->nanos));
    if (object && r->works)
        json_object_set_new(object, "work", works_of(b, r));
    if (object && r->bars)
        json_object_set_new(object, "bars", bars_of(r->bars));
    return mon_json_print(object);
}

#else

int mon_json_bench(const struct bench *b, const struct bench_results *r) {
    return 0;
}

#endif
