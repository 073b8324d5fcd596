/* test_lockstep.c - systems held against the reference at checkpoints; audits; bisection. */
#include "isa/asm.h"
#include "tests/engine_under_test.h"
#include "vmm/random_guest.h"
#include "vmm/lockstep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MEMORY = 16 * PG_PAGE };

static struct pg_image *assemble(const char *text) {
    struct pg_diagnostics diags = {0};
    struct pg_image *image = pg_assemble_text("guest.s", text, strlen(text), NULL, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    pg_diagnostics_free(&diags);
    assert_non_null(image);
    return image;
}

static struct pg_lockstep *open_lockstep(const struct pg_lockstep_plan *plan) {
    struct pg_error err = {""};
    struct pg_lockstep *l = pg_lockstep_open(plan, &err);
    if (!l)
        fail_msg("%s", err.text);
    return l;
}

/* A profile that leaves user rings one instruction. */
static struct pg_profile leaving(enum pg_op op) {
    struct pg_profile profile = {.name = "leaving"};
    profile.user[op] = PG_USER_EXECUTE;
    return profile;
}

static void every_system_keeps_step_and_control(void **state) {
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct pg_image *image =
            pg_random_guest(seed, seed % 2 ? PG_RANDOM_PAGED | PG_RANDOM_WILD : PG_RANDOM_UNPAGED);
        struct pg_setup setup = {.image = image, .memory = PG_RANDOM_MEMORY};
        struct pg_lockstep_plan plan = {
            .engine = engine_under_test(), .setup = &setup, .audit = true};
        for (; pg_systems[plan.n]; plan.n++)
            plan.systems[plan.n] = pg_systems[plan.n];
        struct pg_lockstep *l = open_lockstep(&plan);
        for (uint64_t T = 0; T < 10000; T += 500)
            if (pg_lockstep_run(l, T))
                for (size_t k = 0; k < plan.n; k++)
                    if (pg_lockstep_part(l, k)->differs)
                        fail_msg("seed %d, %s: %s", (int)seed, plan.systems[k]->name,
                                 pg_lockstep_part(l, k)->difference);
        for (size_t k = 0; k < plan.n; k++) {
            const struct pg_lockstep_part *part = pg_lockstep_part(l, k);
            const uint64_t *n = part->session->counts(part->session, 0)->n;
            bool direct = n[PG_COUNT_direct] + n[PG_COUNT_translated] > 0;
            assert_int_equal(part->audited, plan.systems[k] != &pg_system_bare &&
                                                plan.systems[k] != &pg_system_interp);
            assert_true(!part->audited || !direct || part->audit.steps > 0);
            assert_true(part->audit.copies <= n[PG_COUNT_translated]);
        }
        pg_lockstep_close(l);
        pg_image_free(image);
    }
}

/* te cannot hide the real ring from gpsw where gpsw does not trap. */
static void the_first_differing_step_is_found(void **state) {
    static const char source[] = "_start: li   t0, 1000\n"
                                 "1:      addi t0, t0, -1\n"
                                 "        bnez t0, 1b\n"
                                 "        gpsw a0\n"
                                 "2:      addi t0, t0, 1\n"
                                 "        j 2b\n";
    struct pg_image *image = assemble(source);
    struct pg_profile profile = leaving(PG_OP_gpsw);
    struct pg_setup setup = {.image = image, .memory = MEMORY, .profile = &profile};
    struct pg_lockstep_plan plan = {
        .systems = {&pg_system_interp, &pg_system_te, &pg_system_hybrid, &pg_system_bt},
        .n = 4,
        .engine = engine_under_test(),
        .setup = &setup,
        .audit = true};
    struct pg_lockstep *l = open_lockstep(&plan);
    assert_int_equal(pg_lockstep_run(l, 1500), 0);
    assert_int_equal(pg_lockstep_run(l, 90000), 1);
    const struct pg_lockstep_part *te = pg_lockstep_part(l, 1);
    assert_true(te->differs && te->good == 1500 && te->bad == 90000);
    struct pg_divergence d;
    struct pg_error err;
    assert_true(pg_lockstep_bisect(&plan, te, &d, &err));
    assert_int_equal(d.T, 2001);
    assert_int_equal(d.before.psw.pc, 0x100c);
    assert_int_equal(d.insn, 0x90a00000);
    assert_int_equal(d.reference.r[10], 0);
    assert_int_equal(d.system.r[10] & PG_RING, 1);
    assert_false(d.delivered);
    pg_lockstep_close(l);
    pg_image_free(image);
}

/* An audit sees at once what a run would show only when the timer fails to come. */
static void a_guest_that_turns_real_interrupts_off_is_caught(void **state) {
    static const char source[] = "_start: li   t0, 1000\n"
                                 "1:      addi t0, t0, -1\n"
                                 "        bnez t0, 1b\n"
                                 "        ppsw zero\n"
                                 "2:      j 2b\n";
    struct pg_image *image = assemble(source);
    struct pg_profile profile = leaving(PG_OP_ppsw);
    struct pg_setup setup = {.image = image, .memory = MEMORY, .profile = &profile};
    struct pg_lockstep_plan plan = {.systems = {&pg_system_te, &pg_system_hybrid, &pg_system_bt},
                                    .n = 3,
                                    .engine = engine_under_test(),
                                    .setup = &setup,
                                    .audit = true};
    struct pg_lockstep *l = open_lockstep(&plan);
    assert_int_equal(pg_lockstep_run(l, 100000), 1);
    const struct pg_lockstep_part *te = pg_lockstep_part(l, 0);
    assert_true(te->audit.lost);
    assert_int_equal(te->audit.T, 2002);
    assert_int_equal(te->audit.insn, 0x91000000);
    assert_non_null(strstr(te->difference, "resource control lost at T = 2002"));
    pg_lockstep_close(l);

    struct pg_error err;
    setup.limit = PG_NEVER;
    struct pg_session *s = pg_system_te.open(engine_under_test(), &setup, 1, &err);
    assert_non_null(s);
    enum pg_progress progress;
    while ((progress = s->run(s, 1000000)) == PG_PROGRESS_MORE) {
    }
    assert_int_equal(progress, PG_PROGRESS_BROKEN);
    s->close(s);
    pg_image_free(image);
}

/* A load from the page that it stands in, which the TLB lets be executed but not read: the walk for
 * the data finds another frame, and from the next fetch on the code is that frame's. */
static void a_load_may_move_the_code_it_stands_in(void **state) {
    static const char source[] = ".equ LEAF, 0x11000\n"
                                 "_start: li t0, LEAF + 1\n"
                                 "        li t1, 0x10000\n"
                                 "        sw t0, 0(t1)\n"
                                 "        li t0, 0xf\n" /* pages 0 to 31 as they are, VRWX */
                                 "        li t1, LEAF\n"
                                 "        li t2, LEAF + 4 * 32\n"
                                 "        li a1, 0x1000\n"
                                 "1:      sw t0, 0(t1)\n"
                                 "        add t0, t0, a1\n"
                                 "        addi t1, t1, 4\n"
                                 "        bltu t1, t2, 1b\n"
                                 "        li t1, LEAF + 4 * 6\n"
                                 "        li t0, 0x6009\n" /* page 6: V and X alone */
                                 "        sw t0, 0(t1)\n"
                                 "        li t0, 0x700b\n" /* later: frame 7, V, R, X */
                                 "        li s0, 0x6000\n"
                                 "        li s1, 1\n"
                                 "        li a5, 2\n"
                                 "        la a0, psw\n"
                                 "        lpsw 0(a0)\n"
                                 "        .data\n"
                                 "psw:    .word 0x200, 0x6000, 0x10000, 0x20000\n"
                                 "        .section .old, \"ax\", 0x6000\n"
                                 "        sw t0, 0(t1)\n"
                                 "        lw a0, 0(s0)\n"
                                 "        out a5, 0\n" /* 2: the code has not moved */
                                 "        .section .new, \"ax\", 0x7000\n"
                                 "        nop\n"
                                 "        out s1, 0\n" /* 1: the load was fetched again */
                                 "        out zero, 0\n";
    struct pg_image *image = assemble(source);
    struct pg_setup setup = {.image = image, .memory = 32 * PG_PAGE};
    struct pg_lockstep_plan plan = {.engine = engine_under_test(), .setup = &setup, .audit = true};
    for (; pg_systems[plan.n]; plan.n++)
        plan.systems[plan.n] = pg_systems[plan.n];
    struct pg_lockstep *l = open_lockstep(&plan);
    for (uint64_t T = 1; !pg_lockstep_ended(l) && T < 1000; T++)
        assert_int_equal(pg_lockstep_run(l, T), 0);
    assert_int_equal(pg_lockstep_reference(l)->run, PG_HALTED);
    assert_int_equal(pg_lockstep_reference(l)->exit_code, 0);
    for (size_t k = 0; k < plan.n; k++) {
        struct pg_session *s = pg_lockstep_part(l, k)->session;
        assert_int_equal(s->guest(s, 0)->exit_code, 0);
        if (plan.systems[k] == &pg_system_te)
            assert_int_equal(s->counts(s, 0)->n[PG_COUNT_completed], 1);
    }
    pg_lockstep_close(l);
    pg_image_free(image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_system_keeps_step_and_control),
        cmocka_unit_test(the_first_differing_step_is_found),
        cmocka_unit_test(a_load_may_move_the_code_it_stands_in),
        cmocka_unit_test(a_guest_that_turns_real_interrupts_off_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
