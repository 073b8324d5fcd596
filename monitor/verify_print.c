/* verify_print.c - the report of `trapeze verify`. */
#include "isa/disasm.h"
#include "machine/classify/classify.h"
#include "monitor/verify.h"

#include <stdlib.h>
#include <string.h>

struct mon_shares mon_shares(const struct pg_lockstep_part *part) {
    const uint64_t *n = part->session->counts(part->session, 0)->n;
    return (struct mon_shares){
        .direct = n[PG_COUNT_direct],
        .identical = part->audit.copies,
        .replaced = n[PG_COUNT_translated] - part->audit.copies,
        .emulated = n[PG_COUNT_emulated] + n[PG_COUNT_interpreted],
    };
}

/* ---- a divergence */

static size_t add(char *text, size_t size, size_t at, const char *what) {
    if (at < size)
        snprintf(text + at, size - at, "%s", what);
    return at + strlen(what);
}

/* What the instruction saw, where two values of STATUS differ. */
static void compare_status(uint32_t real, uint32_t own, char *text, size_t size) {
    static const char *const modes[] = {"real", "relocation-bounds", "paged", "?"};
    if ((real ^ own) & PG_RING)
        snprintf(text, size, "it saw the real ring %u; the guest believes that it is in ring %u",
                 real & PG_RING, own & PG_RING);
    else if ((real ^ own) & PG_MODE)
        snprintf(text, size, "it saw the real memory mode, %s; the guest's own is %s",
                 modes[(real & PG_MODE) >> 8], modes[(own & PG_MODE) >> 8]);
    else
        snprintf(text, size, "it saw the real STATUS 0x%04x; the guest's own is 0x%04x", real, own);
}

/* From how the two ends of the step differ. */
static void explain_difference(const struct pg_divergence *d, const char *system, char *text,
                               size_t size) {
    struct pg_insn in;
    pg_decode(d->insn, &in);
    const char *name = in.op < PG_NOPS ? pg_rows[in.op].mnemonic : "the step";
    char seen[160];
    if (in.op == PG_OP_gpsw && in.d && d->reference.r[in.d] != d->system.r[in.d]) {
        compare_status(d->system.r[in.d], d->reference.r[in.d], seen, sizeof seen);
        snprintf(text, size, "`gpsw` executed on the real machine: %s.", seen);
    } else if (in.op < PG_NOPS && pg_rows[in.op].cls == PG_CLASS_sensitive && in.d &&
               d->reference.r[in.d] != d->system.r[in.d]) {
        snprintf(text, size,
                 "`%s` executed on the real machine and gave 0x%08x, what is true there; the "
                 "guest's own is 0x%08x.",
                 name, d->system.r[in.d], d->reference.r[in.d]);
    } else if (d->reference.psw.status != d->system.psw.status && !d->delivered) {
        snprintf(text, size,
                 "the guest's STATUS became 0x%04x by `%s`, but 0x%04x under %s: it executed in "
                 "the real ring without a trap, and the VMM did not learn of it.",
                 d->reference.psw.status, name, d->system.psw.status, system);
    } else {
        snprintf(text, size, "after `%s` %s.", name, d->difference);
    }
}

void mon_explain_divergence(const struct verification *v, size_t k, char *text, size_t size) {
    const struct pg_divergence *d = &v->divergence[k];
    const struct pg_profile *profile = v->what.setup->profile;
    struct pg_insn in;
    explain_difference(d, v->what.systems[k]->name, text, size);
    pg_decode(d->insn, &in);
    if (in.op == PG_NOPS || pg_rows[in.op].cls != PG_CLASS_sensitive)
        return;
    struct pg_classifier *c = pg_classifier_open(profile, PG_CLASSIFY_SEED);
    struct pg_verdict *verdict = malloc(sizeof *verdict);
    if (c && verdict) {
        char sentence[256];
        pg_classify(c, (enum pg_op)in.op, PG_CLASSIFY_STATES / 5, PG_NPROPERTIES, verdict);
        pg_class_sentence(verdict, profile->name, sentence, sizeof sentence);
        size_t at = add(text, size, strlen(text), " ");
        at = add(text, size, at, sentence);
        add(text, size, at, ".");
    }
    if (c)
        pg_classifier_close(c);
    free(verdict);
}

static void print_word(const char *name, uint32_t before, uint32_t reference, uint32_t system) {
    if (before == reference && reference == system)
        return;
    printf("    %-8s 0x%08x   0x%08x   0x%08x%s\n", name, before, reference, system,
           reference != system ? " *" : "");
}

/* Both states after the step, as far as they changed or differ. */
static void print_states(const struct pg_divergence *d, const char *system) {
    const struct pg_cpu *b = &d->before, *r = &d->reference, *s = &d->system;
    printf("    %-8s %-10s   %-10s   %s\n", "", "before", "reference", system);
    for (int k = 0; k < PG_NREGS; k++)
        print_word(pg_reg_names[k], b->r[k], r->r[k], s->r[k]);
    print_word("STATUS", b->psw.status, r->psw.status, s->psw.status);
    print_word("PC", b->psw.pc, r->psw.pc, s->psw.pc);
    print_word("BASE", b->psw.base, r->psw.base, s->psw.base);
    print_word("BOUND", b->psw.bound, r->psw.bound, s->psw.bound);
    print_word("T low", (uint32_t)b->T, (uint32_t)r->T, (uint32_t)s->T);
    print_word("U low", (uint32_t)b->U, (uint32_t)r->U, (uint32_t)s->U);
}

static void print_divergence(const struct verification *v, size_t k) {
    const struct pg_divergence *d = &v->divergence[k];
    const struct pg_image *image = v->what.setup->image;
    const char *name = v->what.systems[k]->name;
    char text[1024], number[32];
    printf("\n%s differs in the step at T = %s", name, mon_grouped(d->T, number));
    if (d->delivered)
        printf(", a trap: %s", pg_causes[d->cause].name);
    printf("\n  %08x", d->before.psw.pc);
    const struct pg_symbol *symbol = pg_image_symbol_at(image, d->before.psw.pc);
    const struct pg_line *line = pg_image_line_at(image, d->before.psw.pc);
    if (symbol)
        printf(" <%s+0x%x>", symbol->name, d->before.psw.pc - symbol->addr);
    if (d->insn) {
        pg_disasm(d->insn, d->before.psw.pc, image, text, sizeof text);
        printf("  %08x  %s", d->insn, text);
    }
    if (line)
        printf("  at %s:%u", image->files[line->file], line->line);
    printf("\n");
    print_states(d, name);
    printf("    %s\n", d->difference);
    mon_explain_divergence(v, k, text, sizeof text);
    printf("  %s\n", text);
}

/* ---- the three properties */

static void print_equivalence(const struct verification *v) {
    char checkpoints[32], every[32], T[32];
    const struct pg_machine *m = pg_lockstep_reference(v->lockstep);
    printf("\nequivalence: %s checkpoints, every %s steps up to T = %s\n",
           mon_grouped(v->checkpoints, checkpoints), mon_grouped(v->every, every),
           mon_grouped(m->cpu.T, T));
    for (size_t k = 0; k < v->what.n; k++) {
        const struct pg_lockstep_part *part = pg_lockstep_part(v->lockstep, k);
        printf("  %-8s %s%s\n", part->system->name, part->differs ? "DIFFERS: " : "equal at all",
               v->found[k] && !part->audit.lost ? v->divergence[k].difference : part->difference);
    }
}

static void print_control(const struct verification *v) {
    char entries[32], steps[32];
    printf("\nresource control: each step of guest code on the real machine is watched\n");
    for (size_t k = 0; k < v->what.n; k++) {
        const struct pg_lockstep_part *part = pg_lockstep_part(v->lockstep, k);
        const struct pg_audit *a = &part->audit;
        printf("  %-8s ", part->system->name);
        if (part->system == &pg_system_bare)
            printf("the guest owns the machine\n");
        else if (!part->audited)
            printf("no guest code runs on the real machine\n");
        else if (a->lost) {
            struct pg_insn in;
            pg_decode(a->insn, &in);
            printf("LOST at T = %s by `%s`: %s\n", mon_grouped(a->T, steps),
                   in.op < PG_NOPS ? pg_rows[in.op].mnemonic : "?", a->what);
        } else
            printf(
                "%s steps in %s entries: no access outside the allocation, no change of ring, R, "
                "mode,\n           IE, timer, ports or TLB\n",
                mon_grouped(a->steps, steps), mon_grouped(a->entries, entries));
    }
}

static void print_share(uint64_t part, uint64_t all) {
    if (part == 0)
        printf(" %10s", "-");
    else
        printf(" %8.2f %%", 100.0 * (double)part / (double)all);
}

static void print_efficiency(const struct verification *v) {
    printf("\nefficiency: %22s %10s %10s %10s\n", "direct", "identical", "replaced", "emulated");
    for (size_t k = 0; k < v->what.n; k++) {
        const struct pg_lockstep_part *part = pg_lockstep_part(v->lockstep, k);
        const struct pg_counts *counts = part->session->counts(part->session, 0);
        struct mon_shares s = mon_shares(part);
        uint64_t all = s.direct + s.identical + s.replaced + s.emulated;
        printf("  %-20s", part->system->name);
        print_share(s.direct, all);
        print_share(s.identical, all);
        print_share(s.replaced, all);
        print_share(s.emulated, all);
        if (part->system->promise)
            printf("  %s: %s", part->system->promise,
                   part->system->keeps(counts) ? "kept" : "NOT KEPT");
        putchar('\n');
    }
}

void mon_print_verification(const struct verification *v) {
    printf("verify %s: profile %s, against bare on the reference engine\n", v->plan.names[0],
           v->what.setup->profile->name);
    print_equivalence(v);
    print_control(v);
    print_efficiency(v);
    for (size_t k = 0; k < v->what.n; k++)
        if (v->found[k])
            print_divergence(v, k);
    printf("\n%s\n", v->pass ? "pass" : "FAIL");
    for (size_t k = 0; k < v->what.n; k++)
        if (pg_lockstep_part(v->lockstep, k)->audit.lost)
            printf("%s: %s\n", v->what.systems[k]->name,
                   pg_lockstep_part(v->lockstep, k)->difference);
}
