/* cmd_classify.c - `trapeze classify`: the classes and the theorems, by experiment. */
#include "monitor/classify.h"

#include <stdlib.h>
#include <string.h>

/* ---- the table */

/* The groups of the table, those first that a VMM has to fear. */
enum group { UNPRIVILEGED, SENSITIVE, PRIVILEGED, GATES, INNOCUOUS, NGROUPS };

static const char *const groups[NGROUPS] = {
    [UNPRIVILEGED] = "sensitive, not privileged",
    [SENSITIVE] = "sensitive and privileged",
    [PRIVILEGED] = "privileged, not sensitive",
    [GATES] = "gates: they trap from every state, by a cause of their own",
    [INNOCUOUS] = "innocuous",
};

static enum group group_of(const struct pg_verdict *v) {
    if (v->sensitive)
        return v->is[PG_PROPERTY_privileged] ? SENSITIVE : UNPRIVILEGED;
    if (v->is[PG_PROPERTY_privileged])
        return PRIVILEGED;
    return v->gate ? GATES : INNOCUOUS;
}

static void print_row(const struct pg_verdict *v) {
    printf("%-7s ", pg_rows[v->op].mnemonic);
    for (int p = 0; p < PG_NPROPERTIES; p++)
        printf(" %c", v->is[p] ? pg_properties[p].letter : '.');
    printf("  %7llu", (unsigned long long)v->states);
    for (int p = PG_PROPERTY_control; p < PG_NPROPERTIES; p++)
        if (v->is[p]) {
            char text[256];
            pg_witness_text(&v->witness[p], text, sizeof text);
            printf("  %c %s", pg_properties[p].letter, text);
            break;
        }
    putchar('\n');
}

static void print_table(const struct classification *q) {
    printf("profile %s, seed %llu\n\n", q->profile.name, (unsigned long long)q->seed);
    for (int p = 0; p < PG_NPROPERTIES; p++)
        printf("%c %s%s", pg_properties[p].letter, pg_properties[p].words,
               p + 1 < PG_NPROPERTIES ? ", " : "\n\n");
    printf("%-7s  P C L M R U   states  first witness\n", "");
    for (int g = 0; g < NGROUPS; g++) {
        bool any = false;
        for (int op = 0; op < PG_NOPS; op++) {
            if ((int)group_of(&q->verdicts[op]) != g)
                continue;
            if (!any)
                printf("%s\n", groups[g]);
            any = true;
            print_row(&q->verdicts[op]);
        }
    }
}

static void print_theorems(const struct classification *q) {
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

static int classify(const struct mon_args *args, struct classification *q) {
    const char *text = mon_option(args, OPT_profile), *explain = mon_option(args, OPT_explain);
    enum pg_op only = PG_NOPS;
    uint64_t states = PG_CLASSIFY_STATES;
    int status = mon_json_check(args);
    if (status || (status = mon_profile(text ? text : "strict", &q->profile)) ||
        (explain && (status = find_instruction(explain, &only))))
        return status;
    if (args->noperands)
        return mon_fail(MON_USAGE, "classify takes no guest");
    if (explain && mon_option(args, OPT_json))
        return mon_fail(MON_USAGE, "--explain prints text; --json has every witness as it is");
    q->seed = PG_CLASSIFY_SEED;
    if ((text = mon_option(args, OPT_seed)) && !mon_number(text, UINT64_MAX, 0, &q->seed))
        return mon_fail(MON_USAGE, "--seed %s: not a number", text);
    if ((text = mon_option(args, OPT_states)) &&
        (!mon_number(text, PG_CLASSIFY_MOST, 1000, &states) || states == 0))
        return mon_fail(MON_USAGE, "--states %s: not a number from 1 to %u", text,
                        PG_CLASSIFY_MOST);
    q->classifier = pg_classifier_open(&q->profile, q->seed);
    q->verdicts = calloc(PG_NOPS, sizeof *q->verdicts);
    if (!q->classifier || !q->verdicts)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    for (int op = 0; op < PG_NOPS && !mon_interrupted(); op++)
        if (only == PG_NOPS || only == (enum pg_op)op)
            pg_classify(q->classifier, (enum pg_op)op, states, PG_NPROPERTIES, &q->verdicts[op]);
    if (mon_interrupted())
        return MON_INTERRUPTED;
    if (mon_option(args, OPT_json))
        return mon_json_classify(q);
    if (explain) {
        mon_explain_class(q, only);
    } else {
        print_table(q);
        print_theorems(q);
    }
    return 0;
}

int cmd_classify(const struct mon_args *args) {
    struct classification q = {0};
    mon_catch_interrupts();
    int status = classify(args, &q);
    if (q.classifier)
        pg_classifier_close(q.classifier);
    free(q.verdicts);
    return status;
}
