/* words.c - verdicts and witnesses in words. */
#include "machine/classify/parts.h"

#include <stdio.h>
#include <string.h>

const struct pg_property_row pg_properties[PG_NPROPERTIES] = {
#define X(name, letter, words) {#name, letter, words},
#include "machine/classify/property.def"
#undef X
};

void pg_classify_varied(enum pg_op op, char *text, size_t size) {
    const struct pg_layout *l = &pg_layouts[pg_rows[op].format];
    size_t n = (size_t)snprintf(text, size,
                                "ring x MON x IE x BOUND x %d arrangements of the "
                                "devices x %d maps (",
                                PG_NDEVICE_STATES, PG_NMAPS);
    for (int k = 0; k < PG_NMAPS && n < size; k++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", k ? "; " : "", pg_map_words[k]);
    if (n < size)
        snprintf(text + n, size - n, ")%s%s, the monitor pair and T; everything else at random",
                 *l->operands ? " x operands " : "", l->operands);
}

void pg_class_sentence(const struct pg_verdict *v, const char *profile, char *text, size_t size) {
    char list[128] = "";
    size_t n = 0;
    for (int p = PG_PROPERTY_control; p <= PG_PROPERTY_resource; p++)
        if (v->is[p] && n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "",
                                  pg_properties[p].words);
    snprintf(text, size, "`%s` is %s and %s in profile %s", pg_rows[v->op].mnemonic,
             n ? list : "not sensitive",
             v->gate                         ? "a gate"
             : v->is[PG_PROPERTY_privileged] ? "privileged"
                                             : "not privileged",
             profile);
}

bool pg_witness_has_two(const struct pg_witness *w) {
    return w->kind != PG_PROPERTY_control;
}

void pg_witness_text(const struct pg_witness *w, char *text, size_t size) {
    const struct pg_difference *d = &w->difference;
    snprintf(text, size, "%s: %s, %s %s", d->name, d->value[0],
             pg_witness_has_two(w) ? "or" : "then", d->value[1]);
}

static void mode_words(const struct pg_cpu *cpu, char *text, size_t size) {
    snprintf(text, size, "in ring %u%s", pg_psw_ring(&cpu->psw),
             cpu->psw.status & PG_MON ? " with MON" : "");
}

/* What sets this state apart from the other. */
static void setting_words(const struct pg_trial *t, const struct pg_trial *other, char *text,
                          size_t size) {
    const struct pg_cpu *c = &t->cpu, *o = &other->cpu;
    uint32_t changed = c->psw.status ^ o->psw.status;
    if (t->map != other->map)
        snprintf(text, size, "with the map \"%s\"", pg_map_words[t->map]);
    else if (changed & PG_IE)
        snprintf(text, size, "with IE %u", c->psw.status & PG_IE ? 1 : 0);
    else if (c->T != o->T)
        snprintf(text, size, "at T = 0x%llx", (unsigned long long)c->T);
    else if (c->mon_base != o->mon_base || c->mon_bound != o->mon_bound)
        snprintf(text, size, "with the monitor pair (0x%x, 0x%x)", c->mon_base, c->mon_bound);
    else if (t->devices != other->devices)
        snprintf(text, size, "with the devices as in arrangement %u", t->devices);
    else
        mode_words(c, text, size);
}

void pg_witness_sentence(const struct pg_witness *w, char *text, size_t size) {
    static const char *const why[PG_NPROPERTIES] = {
        [PG_PROPERTY_privileged] = "User states take the privilege trap, supervisor states do not.",
        [PG_PROPERTY_location] = "What it does depends on where memory lies.",
        [PG_PROPERTY_mode] = "What it does depends on the mode.",
        [PG_PROPERTY_resource] = "What it does depends on a resource.",
    };
    const struct pg_difference *d = &w->difference;
    const char *name = pg_rows[w->trial[0].insn.op].mnemonic;
    char setting[2][96];
    if (!pg_witness_has_two(w)) {
        mode_words(&w->trial[0].cpu, setting[0], sizeof setting[0]);
        snprintf(text, size, "`%s` %s completes and changes authority: %s: %s, then %s.", name,
                 setting[0], d->name, d->value[0], d->value[1]);
        return;
    }
    for (int k = 0; k < 2; k++)
        setting_words(&w->trial[k], &w->trial[!k], setting[k], sizeof setting[k]);
    bool outcome = strcmp(d->name, "outcome") == 0; /* says enough by itself */
    const char *what = outcome ? "" : d->name, *is = outcome ? "" : " = ";
    snprintf(text, size, "`%s` %s: %s%s%s; %s: %s%s%s. %s", name, setting[0], what, is, d->value[0],
             setting[1], what, is, d->value[1], why[w->kind]);
}
