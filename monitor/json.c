/* json.c - results as JSON, by the schemas in schema/. */
#include "monitor/classify.h"
#include "monitor/depth.h"
#include "monitor/verify.h"

#ifdef HAVE_JANSSON

#include "monitor/json.h"

enum {
    RUN_VERSION = 1,
    COMPARE_VERSION = 1,
    CLASSIFY_VERSION = 1,
    VERIFY_VERSION = 1,
    DEPTH_VERSION = 1
};

int mon_json_check(const struct mon_args *args) {
    return 0;
}

/* T passes 2^63 only if a guest sleeps for that long; JSON's integers end there. */
json_t *mon_json_number(uint64_t value) {
    char digits[24];
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    return json_string(digits);
}

/* A file's name may be anything; what is not UTF-8 becomes `?`. */
static json_t *string(const char *text) {
    char copy[128];
    json_t *s = json_string(text);
    if (s)
        return s;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c; c++)
        *c = *c & 0x80 ? '?' : *c;
    return json_string(copy);
}

/* The plain counters always, the many by cause or instruction only where they are not 0. */
static json_t *counters(const struct pg_counts *counts) {
    struct mon_figure figures[MON_FIGURES];
    json_t *list = json_object();
    mon_figures(counts, figures);
    for (size_t k = 0; k < MON_FIGURES; k++)
        if (k < PG_NCOUNTERS || figures[k].value)
            json_object_set_new(list, figures[k].name, mon_json_number(figures[k].value));
    return list;
}

static json_t *result(const struct mon_result *r) {
    return json_pack("{s:o, s:{s:s, s:I}, s:i, s:o, s:o, s:o, s:s, s:o}", "guest", string(r->name),
                     "exit", "kind", r->ending.kind, "code", (json_int_t)r->ending.code, "status",
                     r->ending.status, "T", mon_json_number(r->T), "instructions",
                     mon_json_number(r->instructions), "model_cycles", mon_json_number(r->cycles),
                     "state_hash", r->hash, "counters", counters(&r->counts));
}

/* Takes over `object`; NULL means that memory was short when it was made. */
int mon_json_print(json_t *object) {
    bool whole = object && json_dumpf(object, stdout, JSON_INDENT(2)) == 0;
    if (whole)
        putchar('\n');
    json_decref(object);
    if (!whole && !ferror(stdout)) /* else mon_flush says what is wrong */
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    return mon_flush();
}

int mon_json_run(const char *system, const char *engine, const struct mon_result *results,
                 size_t n) {
    json_t *all = json_pack("{s:s, s:i, s:s, s:s}", "schema", "trapeze.run", "version", RUN_VERSION,
                            "system", system, "engine", engine);
    json_t *guests = json_array();
    for (size_t k = 0; k < n; k++)
        json_array_append_new(guests, result(&results[k]));
    bool whole =
        json_array_size(guests) == n && (n == 1 ? json_object_update(all, json_array_get(guests, 0))
                                                : json_object_set(all, "guests", guests)) == 0;
    json_decref(guests);
    if (!whole) {
        json_decref(all);
        all = NULL;
    }
    return mon_json_print(all);
}

int mon_json_compare(const char *guest, const char *engine, const struct mon_column *columns,
                     size_t n) {
    json_t *systems = json_array();
    for (size_t k = 0; k < n; k++) {
        json_t *one = result(&columns[k].result);
        json_object_del(one, "guest");
        json_object_set_new(one, "system", json_string(columns[k].system->name));
        json_object_set_new(one, "equal", json_boolean(columns[k].equal));
        json_object_set_new(one, "host_seconds", json_real(columns[k].seconds));
        json_array_append_new(systems, one);
    }
    return mon_json_print(json_pack("{s:s, s:i, s:o, s:s, s:o}", "schema", "trapeze.compare",
                                    "version", COMPARE_VERSION, "guest", string(guest), "engine",
                                    engine, "systems", systems));
}

static json_t *theorem(const struct pg_theorem *t) {
    json_t *broken_by = json_array();
    for (size_t k = 0; k < t->n; k++)
        json_array_append_new(broken_by, json_string(pg_rows[t->broken_by[k]].mnemonic));
    return json_pack("{s:b, s:o}", "holds", t->holds, "broken_by", broken_by);
}

static json_t *words(const uint32_t *values, int n) {
    json_t *list = json_array();
    for (int k = 0; k < n; k++)
        json_array_append_new(list, json_integer(values[k]));
    return list;
}

static json_t *cpu(const struct pg_cpu *c) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "status",
                     (json_int_t)c->psw.status, "pc", (json_int_t)c->psw.pc, "base",
                     (json_int_t)c->psw.base, "bound", (json_int_t)c->psw.bound, "mbase",
                     (json_int_t)c->mon_base, "mbound", (json_int_t)c->mon_bound, "T",
                     mon_json_number(c->T), "U", mon_json_number(c->U), "registers",
                     words(c->r, PG_NREGS), "monitor_registers", words(c->m, PG_NMREGS));
}

static void device_register(void *list, const struct pg_device *device, const struct pg_reg *reg,
                            uint64_t before, uint64_t after) {
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "device", device->name,
                                          "register", reg->name, "before", mon_json_number(before),
                                          "after", mon_json_number(after)));
}

/* One state of a witness, before and after: with the seed all that is needed to make it again. */
static json_t *state(struct pg_classifier *c, const struct pg_trial *t, const struct pg_result *r) {
    json_t *devices = json_array(), *stores = json_array();
    pg_trial_devices(c, t, device_register, devices);
    for (unsigned k = 0; k < r->nstored && k < PG_NSTORED; k++)
        json_array_append_new(stores, json_pack("{s:o, s:I, s:I}", "place",
                                                r->stored[k].place == PG_UNMAPPED
                                                    ? json_null()
                                                    : json_integer(r->stored[k].place),
                                                "value", (json_int_t)r->stored[k].value, "size",
                                                (json_int_t)r->stored[k].size));
    return json_pack("{s:I, s:s, s:o, s:o, s:s, s:o, s:o, s:b}", "insn", (json_int_t)t->insn.word,
                     "map", pg_map_words[t->map], "before", cpu(&t->cpu), "after", cpu(&r->cpu),
                     "outcome",
                     r->outcome == PG_RETIRED ? "completes" : pg_causes[r->trap.cause].name,
                     "devices", devices, "stores", stores, "tlb_lost", r->tlb_lost);
}

/* Of the first property from control on that was found; null if none was. */
static json_t *first_witness(struct pg_classifier *c, const struct pg_verdict *v) {
    for (int p = PG_PROPERTY_control; p < PG_NPROPERTIES; p++)
        if (v->is[p]) {
            const struct pg_witness *w = &v->witness[p];
            char what[256], why[512];
            json_t *states = json_array();
            for (int k = 0; k <= pg_witness_has_two(w); k++)
                json_array_append_new(states, state(c, &w->trial[k], &w->result[k]));
            pg_witness_text(w, what, sizeof what);
            pg_witness_sentence(w, why, sizeof why);
            return json_pack("{s:s, s:s, s:s, s:o}", "property", pg_properties[p].name, "what",
                             what, "why", why, "states", states);
        }
    return json_null();
}

int mon_json_classify(const struct classification *q) {
    struct pg_theorem theorems[3];
    json_t *instructions = json_array();
    pg_theorems(q->verdicts, theorems);
    for (int op = 0; op < PG_NOPS; op++) {
        const struct pg_verdict *v = &q->verdicts[op];
        json_t *one = json_pack("{s:s, s:b}", "mnemonic", pg_rows[op].mnemonic, "gate", v->gate);
        for (int p = 0; p < PG_NPROPERTIES; p++) {
            char name[40];
            snprintf(name, sizeof name, p == PG_PROPERTY_privileged ? "%s" : "%s_sensitive",
                     pg_properties[p].name);
            json_object_set_new(one, name, json_boolean(v->is[p]));
        }
        json_object_set_new(one, "states_tried", mon_json_number(v->states));
        json_object_set_new(one, "witness", first_witness(q->classifier, v));
        json_array_append_new(instructions, one);
    }
    return mon_json_print(json_pack(
        "{s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o}", "schema", "trapeze.classify", "version",
        CLASSIFY_VERSION, "profile", q->profile.name, "seed", mon_json_number(q->seed), "theorem1",
        theorem(&theorems[0]), "theorem2", theorem(&theorems[1]), "theorem3", theorem(&theorems[2]),
        "instructions", instructions));
}

static json_t *divergence(const struct verification *v, size_t k) {
    const struct pg_divergence *d = &v->divergence[k];
    char text[1024];
    if (!v->found[k])
        return json_null();
    mon_explain_divergence(v, k, text, sizeof text);
    struct pg_insn in;
    pg_decode(d->insn, &in);
    return json_pack("{s:o, s:I, s:I, s:s, s:s, s:s}", "T", mon_json_number(d->T), "pc",
                     (json_int_t)d->before.psw.pc, "insn", (json_int_t)d->insn, "mnemonic",
                     in.op < PG_NOPS ? pg_rows[in.op].mnemonic : "", "difference", d->difference,
                     "explanation", text);
}

static json_t *verified(const struct verification *v, size_t k) {
    const struct pg_lockstep_part *part = pg_lockstep_part(v->lockstep, k);
    const struct pg_counts *counts = part->session->counts(part->session, 0);
    struct mon_shares s = mon_shares(part);
    json_t *control = json_pack("{s:b, s:b, s:o, s:o}", "audited", part->audited, "lost",
                                part->audit.lost, "steps", mon_json_number(part->audit.steps),
                                "entries", mon_json_number(part->audit.entries));
    if (part->audit.lost)
        json_object_set_new(control, "T", mon_json_number(part->audit.T));
    return json_pack("{s:s, s:b, s:s, s:o, s:o, s:{s:o, s:o, s:o, s:o}, s:b}", "system",
                     part->system->name, "equal", !part->differs, "difference", part->difference,
                     "divergence", divergence(v, k), "control", control, "shares", "direct",
                     mon_json_number(s.direct), "identical", mon_json_number(s.identical),
                     "replaced", mon_json_number(s.replaced), "emulated",
                     mon_json_number(s.emulated), "promise_kept",
                     !part->system->keeps || part->system->keeps(counts));
}

int mon_json_verify(const struct verification *v) {
    json_t *systems = json_array();
    for (size_t k = 0; k < v->what.n; k++)
        json_array_append_new(systems, verified(v, k));
    return mon_json_print(
        json_pack("{s:s, s:i, s:o, s:s, s:b, s:o, s:o, s:o, s:o}", "schema", "trapeze.verify",
                  "version", VERIFY_VERSION, "guest", string(v->plan.names[0]), "profile",
                  v->what.setup->profile->name, "pass", v->pass, "checkpoints",
                  mon_json_number(v->checkpoints), "every", mon_json_number(v->every), "T",
                  mon_json_number(pg_lockstep_reference(v->lockstep)->cpu.T), "systems", systems));
}

int mon_json_depths(const char *guest, const char *system, const char *engine,
                    const struct mon_depth *depths, size_t n) {
    json_t *list = json_array();
    for (size_t k = 0; k < n; k++) {
        const struct mon_depth *d = &depths[k];
        json_t *entries = json_array();
        for (size_t level = 0; level < d->depth; level++)
            json_array_append_new(entries, json_integer((json_int_t)d->entries[level]));
        json_array_append_new(
            list, json_pack("{s:I, s:{s:s, s:I}, s:b, s:o, s:o, s:o, s:f}", "depth",
                            (json_int_t)d->depth, "exit", "kind", d->ending.kind, "code",
                            (json_int_t)d->ending.code, "equal", d->equal, "instructions",
                            mon_json_number(d->instructions), "traps", mon_json_number(d->traps),
                            "vmm_entries", entries, "host_seconds", d->seconds));
    }
    return mon_json_print(json_pack("{s:s, s:i, s:o, s:s, s:s, s:o}", "schema", "trapeze.depth",
                                    "version", DEPTH_VERSION, "guest", string(guest), "system",
                                    system, "engine", engine, "depths", list));
}

#else

int mon_json_check(const struct mon_args *args) {
    if (!mon_option(args, OPT_json))
        return 0;
    return mon_fail(MON_USAGE,
                    "--json: this trapeze was built without jansson; install it (Debian: "
                    "libjansson-dev) and build again");
}

int mon_json_run(const char *system, const char *engine, const struct mon_result *results,
                 size_t n) {
    return 0;
}

int mon_json_compare(const char *guest, const char *engine, const struct mon_column *columns,
                     size_t n) {
    return 0;
}

int mon_json_classify(const struct classification *q) {
    return 0;
}

int mon_json_verify(const struct verification *v) {
    return 0;
}

int mon_json_depths(const char *guest, const char *system, const char *engine,
                    const struct mon_depth *depths, size_t n) {
    return 0;
}

#endif
