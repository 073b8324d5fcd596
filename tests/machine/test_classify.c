/* test_classify.c - the classes and theorems that the classifier finds. */
#include "machine/classify/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Enough to find all there is; the full number is tried once, below. */
enum { FEW = 4000 };

static struct pg_verdict *classify_all(const struct pg_profile *profile, uint64_t states) {
    struct pg_verdict *verdicts = calloc(PG_NOPS, sizeof *verdicts);
    struct pg_classifier *c = pg_classifier_open(profile, PG_CLASSIFY_SEED);
    assert_true(verdicts && c);
    for (int op = 0; op < PG_NOPS; op++)
        pg_classify(c, (enum pg_op)op, states, PG_NPROPERTIES, &verdicts[op]);
    pg_classifier_close(c);
    return verdicts;
}

/* The names of what breaks the theorem, in the order of the table. */
static void assert_broken_by(const struct pg_theorem *t, const char *names) {
    char text[256] = "";
    for (size_t k = 0; k < t->n; k++) {
        strcat(text, k ? " " : "");
        strcat(text, pg_rows[t->broken_by[k]].mnemonic);
    }
    assert_string_equal(text, names);
    assert_int_equal(t->holds, *names == '\0');
}

static void assert_theorems(const struct pg_profile *profile, const char *first,
                            const char *third) {
    struct pg_theorem theorems[3];
    struct pg_verdict *verdicts = classify_all(profile, FEW);
    pg_theorems(verdicts, theorems);
    assert_broken_by(&theorems[0], first);
    assert_broken_by(&theorems[1], first);
    assert_broken_by(&theorems[2], third);
    free(verdicts);
}

static void the_theorems_by_profile(void **state) {
    struct pg_profile x86, pdp10;
    assert_true(pg_profile_builtin("x86", &x86) && pg_profile_builtin("pdp10", &pdp10));
    assert_theorems(&pg_profile_strict, "", "");
    assert_theorems(&x86, "gpsw ppsw grel probe", "gpsw grel probe");
    assert_theorems(&pdp10, "jrst", "");
}

static void flipping_one_line_flips_the_verdict(void **state) {
    struct pg_profile p = pg_profile_strict;
    p.user[PG_OP_rdt] = PG_USER_EXECUTE;
    assert_theorems(&p, "rdt", "rdt");
    p.user[PG_OP_rdt] = PG_USER_IGNORE; /* then a user state cannot see it, but ring 0 can */
    assert_theorems(&p, "rdt", "");
    assert_true(pg_profile_builtin("pdp10", &p));
    p.user[PG_OP_jrst] = PG_USER_TRAP;
    assert_theorems(&p, "", "");
}

/* The class that insn.def declares is the one that the experiments give. */
static void declared_and_derived_classes_agree(void **state) {
    struct pg_profile all = pg_profile_strict;
    memset(all.user, PG_USER_EXECUTE, sizeof all.user);
    struct pg_verdict *v = classify_all(&all, FEW);
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_derived_class(&v[op]) != pg_rows[op].cls)
            fail_msg("%s is declared %s, and found to be %s", pg_rows[op].mnemonic,
                     pg_class_name(pg_rows[op].cls), pg_class_name(pg_derived_class(&v[op])));
    free(v);
}

static void every_yes_has_a_witness_and_every_no_its_states(void **state) {
    struct pg_profile x86;
    assert_true(pg_profile_builtin("x86", &x86));
    struct pg_classifier *c = pg_classifier_open(&x86, PG_CLASSIFY_SEED);
    struct pg_verdict *v = malloc(2 * sizeof *v);
    assert_true(c && v);
    for (int op = PG_OP_gpsw; op <= PG_OP_lpsw; op++) {
        pg_classify(c, (enum pg_op)op, PG_CLASSIFY_STATES, PG_NPROPERTIES, v);
        assert_true(v->states >= PG_CLASSIFY_STATES);
        for (int p = 0; p < PG_NPROPERTIES; p++)
            assert_true(!v->is[p] || (v->witness[p].found && v->witness[p].difference.name));
    }
    /* The same seed, the same verdict; another seed, other states. */
    pg_classify(c, PG_OP_gpsw, FEW, PG_NPROPERTIES, &v[0]);
    pg_classifier_close(c);
    c = pg_classifier_open(&x86, PG_CLASSIFY_SEED);
    pg_classify(c, PG_OP_gpsw, FEW, PG_NPROPERTIES, &v[1]);
    assert_memory_equal(&v[0].witness[PG_PROPERTY_user].trial,
                        &v[1].witness[PG_PROPERTY_user].trial, sizeof v[0].witness[0].trial);
    pg_classifier_close(c);
    c = pg_classifier_open(&x86, 7);
    pg_classify(c, PG_OP_gpsw, FEW, PG_NPROPERTIES, &v[1]);
    assert_true(v[1].is[PG_PROPERTY_user]);
    assert_memory_not_equal(&v[0].witness[PG_PROPERTY_user].trial,
                            &v[1].witness[PG_PROPERTY_user].trial, sizeof v[0].witness[0].trial);
    pg_classifier_close(c);
    free(v);
}

/* A witness is all that it takes to see the same again. */
static void a_witness_can_be_run_again(void **state) {
    struct pg_profile all = pg_profile_strict;
    memset(all.user, PG_USER_EXECUTE, sizeof all.user);
    struct pg_verdict *v = classify_all(&all, FEW);
    struct pg_classifier *c = pg_classifier_open(&all, PG_CLASSIFY_SEED);
    int n = 0;
    assert_non_null(c);
    for (int op = 0; op < PG_NOPS; op++)
        for (int p = 0; p < PG_NPROPERTIES; p++) {
            const struct pg_witness *w = &v[op].witness[p];
            for (int k = 0; w->found && k <= pg_witness_has_two(w); k++, n++) {
                struct pg_result r;
                pg_trial_run(c, &w->trial[k], &r);
                assert_int_equal(r.outcome, w->result[k].outcome);
                assert_int_equal(r.devices, w->result[k].devices);
                assert_int_equal(r.nstored, w->result[k].nstored);
                assert_int_equal(r.tlb_lost, w->result[k].tlb_lost);
                assert_memory_equal(r.cpu.r, w->result[k].cpu.r, sizeof r.cpu.r);
                assert_memory_equal(&r.cpu.psw, &w->result[k].cpu.psw, sizeof r.cpu.psw);
                assert_int_equal(r.cpu.T, w->result[k].cpu.T);
            }
        }
    assert_true(n > 50);
    /* An entry can leave only a TLB that has one. */
    uint32_t table, tlb;
    assert_true(
        pg_trial_page(&v[PG_OP_tlbia].witness[PG_PROPERTY_control].trial[0], 0, &table, &tlb) &&
        tlb);
    pg_classifier_close(c);
    free(v);
}

/* ---- how many different states there were */

/* Every state that is run passes here (the linker's --wrap). */
void __real_pg_trial_run(struct pg_classifier *c, const struct pg_trial *t, struct pg_result *r);
void __wrap_pg_trial_run(struct pg_classifier *c, const struct pg_trial *t, struct pg_result *r);

static struct {
    struct pg_trial *trials;
    size_t n, capacity;
    bool counts;
} seen;

void __wrap_pg_trial_run(struct pg_classifier *c, const struct pg_trial *t, struct pg_result *r) {
    __real_pg_trial_run(c, t, r);
    if (seen.counts && seen.n < seen.capacity)
        seen.trials[seen.n++] = *t;
}

/* The parts of a trial that make it another one. */
static int order(const void *x, const void *y) {
    const struct pg_trial *a = x, *b = y;
    const uint32_t p[] = {a->insn.word, a->cpu.mon_base, a->cpu.mon_bound, a->map, a->devices};
    const uint32_t q[] = {b->insn.word, b->cpu.mon_base, b->cpu.mon_bound, b->map, b->devices};
    int d = memcmp(&a->cpu.T, &b->cpu.T, sizeof a->cpu.T);
    if (!d)
        d = memcmp(p, q, sizeof p);
    if (!d)
        d = memcmp(&a->cpu.psw, &b->cpu.psw, sizeof a->cpu.psw);
    return d ? d : memcmp(a->cpu.r, b->cpu.r, sizeof a->cpu.r);
}

static void assert_all_differ(void) {
    bool rings[4] = {false}, maps[PG_NMAPS] = {false}, devices[PG_NDEVICE_STATES] = {false};
    qsort(seen.trials, seen.n, sizeof *seen.trials, order);
    for (size_t k = 0; k < seen.n; k++) {
        const struct pg_trial *t = &seen.trials[k];
        assert_true(k == 0 || order(t - 1, t) != 0);
        assert_false(t->cpu.psw.status & PG_TRACE);
        rings[t->cpu.psw.status & PG_RING] = maps[t->map] = devices[t->devices] = true;
    }
    for (int k = 0; k < 4; k++)
        assert_true(rings[k]);
    for (int k = 0; k < PG_NMAPS; k++)
        assert_true(maps[k]);
    for (int k = 0; k < PG_NDEVICE_STATES; k++)
        assert_true(devices[k]);
}

static void all_states_differ(void **state) {
    static const enum pg_op ops[] = {PG_OP_add, PG_OP_lw, PG_OP_idle, PG_OP_jrst};
    struct pg_verdict *v = malloc(sizeof *v);
    struct pg_classifier *c = pg_classifier_open(&pg_profile_strict, PG_CLASSIFY_SEED);
    seen.capacity = PG_CLASSIFY_STATES + 100;
    seen.trials = malloc(seen.capacity * sizeof *seen.trials);
    assert_true(v && c && seen.trials);
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        seen.n = 0;
        seen.counts = true;
        pg_classify(c, ops[k], PG_CLASSIFY_STATES, PG_NPROPERTIES, v);
        seen.counts = false;
        assert_true(seen.n < seen.capacity);
        assert_int_equal(seen.n, v->states);
        assert_true(v->states >= PG_CLASSIFY_STATES);
        assert_all_differ();
    }
    pg_classifier_close(c);
    free(seen.trials);
    free(v);
}

static void gates_trap_from_everywhere(void **state) {
    struct pg_verdict *v = classify_all(&pg_profile_strict, FEW);
    int n = 0;
    for (int op = 0; op < PG_NOPS; op++) {
        if (!v[op].gate)
            continue;
        n++;
        assert_false(v[op].sensitive || v[op].is[PG_PROPERTY_privileged] ||
                     v[op].is[PG_PROPERTY_user]);
    }
    assert_int_equal(n, 3);
    free(v);
}

static void policy_asks_for_user_sensitivity(void **state) {
    struct pg_profile x86, pdp10;
    assert_true(pg_profile_builtin("x86", &x86) && pg_profile_builtin("pdp10", &pdp10));
    assert_true(pg_user_sensitive(&x86, PG_OP_gpsw));
    assert_true(pg_user_sensitive(&x86, PG_OP_probe));
    assert_false(pg_user_sensitive(&x86, PG_OP_ppsw));
    assert_false(pg_user_sensitive(&x86, PG_OP_rdt));
    assert_false(pg_user_sensitive(&pdp10, PG_OP_jrst));
}

static void a_class_in_a_sentence(void **state) {
    struct pg_profile x86;
    char text[256];
    struct pg_verdict *v = malloc(sizeof *v);
    assert_true(pg_profile_builtin("x86", &x86));
    struct pg_classifier *c = pg_classifier_open(&x86, PG_CLASSIFY_SEED);
    assert_true(c && v);
    pg_classify(c, PG_OP_ppsw, FEW, PG_NPROPERTIES, v);
    pg_class_sentence(v, "x86", text, sizeof text);
    assert_string_equal(text, "`ppsw` is control-sensitive, behaviour-sensitive by mode and not "
                              "privileged in profile x86");
    pg_witness_sentence(&v->witness[PG_PROPERTY_control], text, sizeof text);
    assert_non_null(strstr(text, "`ppsw` in ring"));
    assert_non_null(strstr(text, "completes and changes authority: STATUS: 0x"));
    pg_classifier_close(c);
    free(v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_theorems_by_profile),
        cmocka_unit_test(flipping_one_line_flips_the_verdict),
        cmocka_unit_test(declared_and_derived_classes_agree),
        cmocka_unit_test(every_yes_has_a_witness_and_every_no_its_states),
        cmocka_unit_test(a_witness_can_be_run_again),
        cmocka_unit_test(all_states_differ),
        cmocka_unit_test(gates_trap_from_everywhere),
        cmocka_unit_test(policy_asks_for_user_sensitivity),
        cmocka_unit_test(a_class_in_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
