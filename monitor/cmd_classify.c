/* cmd_classify.c - `trapeze classify`: the classes and the theorems, by experiment. */
#include "isa/disasm.h"
#include "machine/classify/classify.h"
#include "monitor/monitor.h"

#include <stdlib.h>
#include <string.h>

struct inquiry {
    const struct mon_args *args;
    struct pg_profile profile;
    uint64_t seed, states;
    struct pg_verdict *verdicts; /* by instruction */
};

/* ---- the table */

static void print_row(const struct pg_verdict *v) {
    printf("%-7s ", pg_rows[v->op].mnemonic);
    for (int p = 0; p < PG_NPROPERTIES; p++)
        printf(" %c", v->is[p] ? pg_properties[p].letter : '.');
    printf("  %7llu ", (unsigned long long)v->states);
    if (v->gate) {
        printf(" a gate: it traps from every state");
    } else if (v->sensitive) {
        int p = PG_PROPERTY_control;
        while (!v->is[p])
            p++;
        printf(" %c %s", pg_properties[p].letter, v->witness[p].what);
    }
    putchar('\n');
}

static void print_table(const struct inquiry *q) {
    printf("profile %s, seed %llu\n\n", q->profile.name, (unsigned long long)q->seed);
    for (int p = 0; p < PG_NPROPERTIES; p++)
        printf("%c %s%s", pg_properties[p].letter, pg_properties[p].words,
               p + 1 < PG_NPROPERTIES ? ", " : "\n\n");
    printf("%-7s  P C L M R U   states  first witness\n", "");
    for (int op = 0; op < PG_NOPS; op++)
        print_row(&q->verdicts[op]);
}

static void print_theorems(const struct inquiry *q) {
    static const char *const conditions[] = {
        "every sensitive instruction is privileged",
        "theorem 1, and a VMM without timing dependencies (an assumption)",
        "every user-sensitive instruction is privileged",
    };
    struct pg_theorem theorems[3];
    pg_theorems(q->verdicts, theorems);
    putchar('\n');
    for (int k = 0; k < 3; k++) {
        const struct pg_theorem *t = &theorems[k];
        printf("theorem %d  %s: %s", k + 1, conditions[k],
               t->holds ? "holds" : "sufficient condition not met; broken by");
        for (size_t n = 0; n < t->n; n++)
            printf(" %s", pg_rows[t->broken_by[n]].mnemonic);
        putchar('\n');
    }
}

/* ---- a witness in full */

static const char *on(bool differs) {
    return differs ? " *" : "";
}

static void line(const char *name, uint32_t x, uint32_t y, uint32_t x2, uint32_t y2, bool two) {
    printf("    %-8s 0x%08x -> 0x%08x", name, x, x2);
    if (two)
        printf("    0x%08x -> 0x%08x%s", y, y2, on(x != y || x2 != y2));
    else
        printf("%s", on(x != x2));
    putchar('\n');
}

static const char *ending(const struct pg_result *r) {
    return r->outcome == PG_RETIRED ? "completes" : pg_causes[r->trap.cause].name;
}

static void print_status(const char *name, uint32_t status) {
    static const char *const modes[] = {"real", "relocation-bounds", "paged", "?"};
    printf("    %-8s ring %u, %s%s%s\n", name, status & PG_RING, modes[(status & PG_MODE) >> 8],
           status & PG_IE ? ", IE" : "", status & PG_MON ? ", MON" : "");
}

/* Everything that the instruction has to do with, and everything that changes or differs. */
static void print_states(const struct pg_witness *w, bool two) {
    const struct pg_trial *t = w->trial;
    const struct pg_result *r = w->result;
    const struct pg_cpu *a = &t[0].cpu, *b = &t[1].cpu, *c = &r[0].cpu, *d = &r[1].cpu;
    char text[64];
    pg_disasm(t[0].insn.word, a->psw.pc, NULL, text, sizeof text);
    printf("    %08x  %s\n", t[0].insn.word, text);
    print_status(two ? "first" : "state", a->psw.status);
    if (two)
        print_status("second", b->psw.status);
    printf("    %-8s %-25s", "", two ? "first: before -> after" : "before -> after");
    printf("%s\n", two ? "   second: before -> after" : "");
    for (int k = 1; k < PG_NREGS; k++)
        if (k == t[0].insn.d || k == t[0].insn.a || k == t[0].insn.b || a->r[k] != c->r[k] ||
            (two && (b->r[k] != d->r[k] || c->r[k] != d->r[k])))
            line(pg_reg_names[k], a->r[k], b->r[k], c->r[k], d->r[k], two);
    for (int k = 1; k < PG_NMREGS; k++)
        if (a->m[k] != c->m[k] || (two && (b->m[k] != d->m[k] || c->m[k] != d->m[k]))) {
            snprintf(text, sizeof text, "m%d", k);
            line(text, a->m[k], b->m[k], c->m[k], d->m[k], two);
        }
    line("STATUS", a->psw.status, b->psw.status, c->psw.status, d->psw.status, two);
    line("PC", a->psw.pc, b->psw.pc, c->psw.pc, d->psw.pc, two);
    line("BASE", a->psw.base, b->psw.base, c->psw.base, d->psw.base, two);
    line("BOUND", a->psw.bound, b->psw.bound, c->psw.bound, d->psw.bound, two);
    line("MBASE", a->mon_base, b->mon_base, c->mon_base, d->mon_base, two);
    line("MBOUND", a->mon_bound, b->mon_bound, c->mon_bound, d->mon_bound, two);
    line("T high", (uint32_t)(a->T >> 32), (uint32_t)(b->T >> 32), (uint32_t)(c->T >> 32),
         (uint32_t)(d->T >> 32), two);
    line("T low", (uint32_t)a->T, (uint32_t)b->T, (uint32_t)c->T, (uint32_t)d->T, two);
    line("devices", (uint32_t)r[0].devices_before, (uint32_t)r[1].devices_before,
         (uint32_t)r[0].devices, (uint32_t)r[1].devices, two);
    for (int k = 0; k <= two; k++)
        for (unsigned n = 0; n < r[k].nstored; n++)
            printf("    %s stores 0x%x, %u bytes, at 0x%08x of the map\n", k ? "second" : "first",
                   r[k].stored[n].value, r[k].stored[n].size, r[k].stored[n].place);
    printf("    %-8s %s%s%s\n", "outcome", ending(&r[0]), two ? ", and " : "",
           two ? ending(&r[1]) : "");
}

/* Why the pair shows the property, in one sentence. */
static void print_why(enum pg_op op, enum pg_property p, const struct pg_witness *w) {
    static const char *const pairs[PG_NPROPERTIES] = {
        [PG_PROPERTY_privileged] = "between a user and a supervisor state, it differs in its "
                                   "outcome",
        [PG_PROPERTY_control] = "it completes and changes authority",
        [PG_PROPERTY_location] = "two states with one map at different places end otherwise",
        [PG_PROPERTY_mode] = "two states that differ in their mode alone end otherwise",
        [PG_PROPERTY_resource] = "two states that differ in IE, T, the monitor pair or the devices "
                                 "alone end otherwise",
    };
    printf("    so `%s` is %s: %s (%s)\n\n", pg_rows[op].mnemonic, pg_properties[p].words,
           p == PG_PROPERTY_user ? pairs[w->kind] : pairs[p], w->what);
}

static void print_explanation(const struct inquiry *q, enum pg_op op) {
    const struct pg_verdict *v = &q->verdicts[op];
    char text[512];
    pg_class_sentence(v, q->profile.name, text, sizeof text);
    printf("%s.\n%s: %s\n", text, pg_rows[op].mnemonic, pg_rows[op].meaning);
    pg_classify_varied(op, text, sizeof text);
    printf(
        "%llu states were tried, varied in %s;\n%llu pairs of a user and a supervisor state.\n\n",
        (unsigned long long)v->states, text, (unsigned long long)v->pairs);
    for (int p = 0; p < PG_NPROPERTIES; p++) {
        const struct pg_witness *w = &v->witness[p];
        printf("%c %s: ", pg_properties[p].letter, pg_properties[p].words);
        if (!v->is[p]) {
            if (p == PG_PROPERTY_privileged)
                printf("no\n\n");
            else
                printf("no; %llu states show nothing of it\n\n", (unsigned long long)v->states);
            continue;
        }
        printf("yes%s%s\n", p == PG_PROPERTY_user ? ", as it is shown by user states: " : "",
               p == PG_PROPERTY_user ? pg_properties[w->kind].words : "");
        print_states(w, !(p == PG_PROPERTY_control ||
                          (p == PG_PROPERTY_user && w->kind == PG_PROPERTY_control)));
        print_why(op, (enum pg_property)p, w);
    }
}

/* ---- the command */

static int find_instruction(const char *name, enum pg_op *op) {
    struct pg_nearest search = pg_nearest_begin(name);
    for (int k = 0; k < PG_NOPS; k++) {
        pg_nearest_offer(&search, pg_rows[k].mnemonic);
        if (strcmp(pg_rows[k].mnemonic, name) == 0) {
            *op = (enum pg_op)k;
            return 0;
        }
    }
    return mon_unknown("instruction", name, &search);
}

static int classify(struct inquiry *q) {
    const char *text = mon_option(q->args, OPT_profile),
               *explain = mon_option(q->args, OPT_explain);
    enum pg_op only = PG_NOPS;
    int status = mon_json_check(q->args);
    if (status || (status = mon_profile(text ? text : "strict", &q->profile)) ||
        (explain && (status = find_instruction(explain, &only))))
        return status;
    if (q->args->noperands)
        return mon_fail(MON_USAGE, "classify takes no guest");
    q->seed = PG_CLASSIFY_SEED;
    if ((text = mon_option(q->args, OPT_seed)) && !mon_number(text, UINT64_MAX, 0, &q->seed))
        return mon_fail(MON_USAGE, "--seed %s: not a number", text);
    q->states = PG_CLASSIFY_STATES;
    if ((text = mon_option(q->args, OPT_states)) &&
        (!mon_number(text, UINT32_MAX, 1000, &q->states) || q->states == 0))
        return mon_fail(MON_USAGE, "--states %s: not a number above 0", text);
    struct pg_classifier *c = pg_classifier_open(&q->profile, q->seed);
    q->verdicts = calloc(PG_NOPS, sizeof *q->verdicts);
    if (!c || !q->verdicts) {
        if (c)
            pg_classifier_close(c);
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    }
    for (int op = 0; op < PG_NOPS && !mon_interrupted(); op++)
        if (only == PG_NOPS || only == (enum pg_op)op)
            pg_classify(c, (enum pg_op)op, q->states, PG_NPROPERTIES, &q->verdicts[op]);
    pg_classifier_close(c);
    if (mon_interrupted())
        return MON_INTERRUPTED;
    if (mon_option(q->args, OPT_json) && !explain)
        return mon_json_classify(q->profile.name, q->seed, q->verdicts);
    if (explain) {
        print_explanation(q, only);
    } else {
        print_table(q);
        print_theorems(q);
    }
    return 0;
}

int cmd_classify(const struct mon_args *args) {
    struct inquiry q = {.args = args};
    mon_catch_interrupts();
    int status = classify(&q);
    free(q.verdicts);
    return status;
}
