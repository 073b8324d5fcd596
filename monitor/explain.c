/* explain.c - `classify --explain`: witnesses in full. */
#include "isa/disasm.h"
#include "monitor/classify.h"

#include <string.h>

/* A witness as it is printed: one or two states, each before and after. */
struct view {
    struct pg_classifier *classifier;
    const struct pg_trial *trial;
    const struct pg_result *result;
    int n; /* states */
};

/* One row of figures: two states' before and after, marked where the states differ; or one state's,
 * marked where it changes. */
struct figures {
    uint64_t before[2], after[2];
};

static bool marked(const struct view *v, const struct figures *f) {
    return v->n == 1 ? f->before[0] != f->after[0]
                     : f->before[0] != f->before[1] || f->after[0] != f->after[1];
}

static bool changes(const struct view *v, const struct figures *f) {
    return marked(v, f) || f->before[0] != f->after[0];
}

static void print_figures(const struct view *v, const char *name, const struct figures *f,
                          int digits) {
    printf("    %-8s", name);
    for (int k = 0; k < v->n; k++) {
        char text[64];
        snprintf(text, sizeof text, "0x%0*llx -> 0x%0*llx", digits,
                 (unsigned long long)f->before[k], digits, (unsigned long long)f->after[k]);
        printf(v->n > 1 && k == 0 ? " %-42s" : " %s", text);
    }
    puts(marked(v, f) ? " *" : "");
}

#define FIGURES(v, field)                                                                          \
    {                                                                                              \
        {(v)->trial[0].cpu.field, (v)->trial[1].cpu.field}, {                                      \
            (v)->result[0].cpu.field, (v)->result[1].cpu.field                                     \
        }                                                                                          \
    }

/* ---- the parts of a state */

static const char *state_name(const struct view *v, int k) {
    static const char *const words[] = {"first", "second"};
    return v->n > 1 ? words[k] : "state";
}

static void print_modes(const struct view *v) {
    static const char *const modes[] = {"real", "relocation-bounds", "paged", "?"};
    for (int k = 0; k < v->n; k++) {
        const struct pg_trial *t = &v->trial[k];
        uint32_t status = t->cpu.psw.status;
        printf("    %-8s ring %u%s%s, %s mode", state_name(v, k), status & PG_RING,
               status & PG_MON ? ", MON" : "", status & PG_IE ? ", IE" : "",
               modes[(status & PG_MODE) >> 8]);
        printf("; map: %s; devices: arrangement %u\n", pg_map_words[t->map], t->devices);
    }
}

/* Does the instruction name this register, in a field of the format? */
static bool names(const struct pg_insn *in, const char *fields, int number) {
    enum pg_format format = pg_rows[in->op].format;
    const uint8_t at[] = {in->d, in->a, in->b};
    for (int k = 0; k < 3; k++)
        if (pg_format_has(format, fields[k]) && at[k] == number)
            return true;
    return false;
}

/* The registers that the instruction names, and all that change or differ. */
static void print_registers(const struct view *v) {
    char name[16];
    for (int k = 1; k < PG_NREGS; k++) {
        struct figures f = FIGURES(v, r[k]);
        if (names(&v->trial->insn, "dab", k) || changes(v, &f))
            print_figures(v, pg_reg_names[k], &f, 8);
    }
    for (int k = 1; k < PG_NMREGS; k++) {
        struct figures f = FIGURES(v, m[k]);
        snprintf(name, sizeof name, "m%d", k);
        if (names(&v->trial->insn, "DAB", k) || changes(v, &f))
            print_figures(v, name, &f, 8);
    }
}

static void print_control(const struct view *v) {
    const struct figures status = FIGURES(v, psw.status), pc = FIGURES(v, psw.pc),
                         base = FIGURES(v, psw.base), bound = FIGURES(v, psw.bound),
                         mon_base = FIGURES(v, mon_base), mon_bound = FIGURES(v, mon_bound),
                         T = FIGURES(v, T), U = FIGURES(v, U);
    print_figures(v, "STATUS", &status, 8);
    print_figures(v, "PC", &pc, 8);
    print_figures(v, "BASE", &base, 8);
    print_figures(v, "BOUND", &bound, 8);
    print_figures(v, "MBASE", &mon_base, 8);
    print_figures(v, "MBOUND", &mon_bound, 8);
    print_figures(v, "T", &T, 16);
    print_figures(v, "U", &U, 16);
}

/* How the page at the address that register a gives is mapped, if it is. */
static void print_page(const struct view *v) {
    const struct pg_insn *in = &v->trial->insn;
    if (!pg_format_has(pg_rows[in->op].format, 'a'))
        return;
    for (int k = 0; k < v->n; k++) {
        uint32_t va = v->trial[k].cpu.r[in->a] + (uint32_t)in->imm, table, tlb;
        if (pg_trial_page(&v->trial[k], va, &table, &tlb))
            printf("    %-8s page of 0x%08x: 0x%08x in the table, 0x%08x in the TLB\n",
                   state_name(v, k), va, table, tlb);
    }
}

/* All device registers of a witness. */
struct registers {
    struct figures figures[64];
    const struct pg_device *device[64];
    const struct pg_reg *reg[64];
    int n, state;
};

static void note_register(void *context, const struct pg_device *device, const struct pg_reg *reg,
                          uint64_t before, uint64_t after) {
    struct registers *list = context;
    if (list->n == (int)(sizeof list->reg / sizeof *list->reg))
        return;
    list->device[list->n] = device;
    list->reg[list->n] = reg;
    list->figures[list->n].before[list->state] = before;
    list->figures[list->n++].after[list->state] = after;
}

static void print_devices(const struct view *v) {
    struct registers list = {.n = 0};
    for (int k = 0; k < v->n; k++) {
        list.n = 0;
        list.state = k;
        pg_trial_devices(v->classifier, &v->trial[k], note_register, &list);
    }
    for (int k = 0; k < list.n; k++)
        if (changes(v, &list.figures[k])) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", list.device[k]->name, list.reg[k]->name);
            print_figures(v, name, &list.figures[k], 2 * list.reg[k]->size);
        }
}

static void print_effects(const struct view *v) {
    for (int k = 0; k < v->n; k++) {
        const struct pg_result *r = &v->result[k];
        for (unsigned n = 0; n < r->nstored && n < PG_NSTORED; n++) {
            const struct pg_stored *s = &r->stored[n];
            printf("    %-8s stores 0x%0*x ", state_name(v, k), (int)(2 * s->size), s->value);
            if (s->place == PG_UNMAPPED)
                printf("outside the map\n");
            else
                printf("at 0x%08x of the map\n", s->place);
        }
        if (r->tlb_lost)
            printf("    %-8s takes an entry out of the TLB\n", state_name(v, k));
    }
    printf("    %-8s", "outcome");
    for (int k = 0; k < v->n; k++)
        printf("%s%s%s", k ? "; " : " ",
               v->result[k].outcome == PG_RETIRED ? "it completes" : "trap: ",
               v->result[k].outcome == PG_RETIRED ? "" : pg_causes[v->result[k].trap.cause].name);
    putchar('\n');
}

/* Both states before and after, as far as the instruction has to do with them. */
static void print_witness(const struct classification *q, const struct pg_witness *w) {
    const struct view v = {q->classifier, w->trial, w->result, pg_witness_has_two(w) ? 2 : 1};
    char text[512];
    pg_disasm(w->trial->insn.word, w->trial->cpu.psw.pc, NULL, text, sizeof text);
    printf("    %08x  %s\n", w->trial->insn.word, text);
    print_modes(&v);
    printf(v.n > 1 ? "    %-8s %-42s %s\n" : "    %-8s %s%s\n", "",
           v.n > 1 ? "first: before -> after" : "before -> after",
           v.n > 1 ? "second: before -> after" : "");
    print_registers(&v);
    print_control(&v);
    print_devices(&v);
    if (w->kind == PG_PROPERTY_location || w->kind == PG_PROPERTY_mode)
        print_page(&v);
    print_effects(&v);
    pg_witness_sentence(w, text, sizeof text);
    printf("    %s\n\n", text);
}

void mon_explain_class(const struct classification *q, enum pg_op op) {
    const struct pg_verdict *v = &q->verdicts[op];
    unsigned long long states = v->states, pairs = v->pairs;
    char text[1024];
    pg_class_sentence(v, q->profile.name, text, sizeof text);
    printf("%s.\n%s: %s\n", text, pg_rows[op].mnemonic, pg_rows[op].meaning);
    pg_classify_varied(op, text, sizeof text);
    printf("%llu states were tried, all different. Varied: %s.\n", states, text);
    printf("%llu pairs of a user and a supervisor state had no memory or operand trap.\n\n", pairs);
    for (int p = 0; p < PG_NPROPERTIES; p++) {
        const struct pg_witness *w = &v->witness[p];
        printf("%c %s: ", pg_properties[p].letter, pg_properties[p].words);
        if (!v->is[p]) {
            if (p == PG_PROPERTY_privileged)
                printf("no\n\n");
            else
                printf("no; %llu states show nothing of it\n\n", states);
            continue;
        }
        printf("yes%s%s\n", p == PG_PROPERTY_user ? ", as it is shown by user states: " : "",
               p == PG_PROPERTY_user ? pg_properties[w->kind].words : "");
        print_witness(q, w);
    }
}
