/* test_sessions.c - several guests on one real machine; the narrow interface; the full cache. */
#include "vmm/random_guest.h"
#include "vmm/bt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { GUESTS = 3, STEPS = 30000 };

static void run_to_the_end(struct pg_session *s) {
    enum pg_progress progress;
    while ((progress = s->run(s, 5000)) == PG_PROGRESS_MORE) {
    }
    if (progress != PG_PROGRESS_DONE)
        fail_msg("%s: %s", s->system->name, s->error.text);
}

static void assert_same_machine(struct pg_machine *a, struct pg_machine *b) {
    assert_true(a->cpu.T == b->cpu.T);
    assert_int_equal(a->run, b->run);
    assert_memory_equal(a->cpu.r, b->cpu.r, sizeof a->cpu.r);
    assert_memory_equal(&a->cpu.psw, &b->cpu.psw, sizeof a->cpu.psw);
    assert_memory_equal(a->ram.bytes, b->ram.bytes, a->ram.size);
    assert_int_equal(a->bus.plugs.output.size, b->bus.plugs.output.size);
}

/* Guests that share the real processor end as each would alone, whatever the others do. */
static void several_guests_end_as_each_alone(void **state) {
    for (int system = 0; pg_systems[system]; system++) {
        struct pg_setup setups[GUESTS];
        struct pg_error err = {""};
        for (unsigned k = 0; k < GUESTS; k++)
            setups[k] = (struct pg_setup){
                .image = pg_random_guest(77 + k, PG_RANDOM_UNPAGED |
                                                     (k ? PG_RANDOM_PAGED : PG_RANDOM_WILD)),
                .memory = PG_RANDOM_MEMORY,
                .limit = STEPS + 5000 * k};
        struct pg_session *together = pg_systems[system]->open(pg_engines[0], setups, GUESTS, &err);
        assert_non_null(together);
        run_to_the_end(together);
        for (unsigned k = 0; k < GUESTS; k++) {
            struct pg_session *alone = pg_system_bare.open(pg_engines[0], &setups[k], 1, &err);
            assert_non_null(alone);
            run_to_the_end(alone);
            assert_same_machine(alone->guest(alone, 0), together->guest(together, k));
            alone->close(alone);
        }
        together->close(together);
        for (unsigned k = 0; k < GUESTS; k++)
            pg_image_free((struct pg_image *)setups[k].image);
    }
}

/* Guests on te and bt are preempted by the real timer, and every share of the instructions is
 * accounted for. */
static void the_timer_preempts_and_the_shares_add_up(void **state) {
    for (int system = 0; pg_systems[system]; system++) {
        struct pg_setup setups[2];
        struct pg_error err = {""};
        for (unsigned k = 0; k < 2; k++)
            setups[k] = (struct pg_setup){.image = pg_random_guest(500 + k, PG_RANDOM_UNPAGED),
                                          .memory = PG_RANDOM_MEMORY,
                                          .limit = 200000};
        struct pg_session *s = pg_systems[system]->open(pg_engines[0], setups, 2, &err);
        assert_non_null(s);
        run_to_the_end(s);
        for (unsigned k = 0; k < 2; k++) {
            const uint64_t *n = s->counts(s, k)->n;
            assert_true(n[PG_COUNT_direct] + n[PG_COUNT_translated] + n[PG_COUNT_emulated] +
                            n[PG_COUNT_interpreted] ==
                        s->guest(s, k)->retired);
            assert_true(pg_systems[system] == &pg_system_bare || n[PG_COUNT_preemptions] >= 9);
        }
        s->close(s);
        for (unsigned k = 0; k < 2; k++)
            pg_image_free((struct pg_image *)setups[k].image);
    }
}

/* The VMM gets by with the narrow interface: the real machine's own state is inaccessible to it
 * while it runs, and the result is the same. */
static void the_vmm_needs_only_the_narrow_interface(void **state) {
    static const struct pg_system *const systems[] = {&pg_system_te, &pg_system_bt};
    for (size_t k = 0; k < 2; k++) {
        struct pg_setup setup = {.image = pg_random_guest(9, PG_RANDOM_UNPAGED | PG_RANDOM_PAGED),
                                 .memory = PG_RANDOM_MEMORY,
                                 .limit = 3000};
        struct pg_error err = {""};
        struct pg_session *bare = pg_system_bare.open(pg_engines[0], &setup, 1, &err);
        struct pg_session *s = systems[k]->open(pg_engines[0], &setup, 1, &err);
        assert_non_null(bare);
        assert_non_null(s);
        assert_true(pg_real_deny(((struct pg_vmm *)s)->real, true));
        run_to_the_end(bare);
        run_to_the_end(s);
        assert_same_machine(bare->guest(bare, 0), s->guest(s, 0));
        s->close(s);
        bare->close(bare);
        pg_image_free((struct pg_image *)setup.image);
    }
}

/* A program of words at 0x1000, in `pages` pages of memory; the new PSW is not set. */
static struct pg_image *words(const uint32_t *code, size_t n) {
    struct pg_image *image = pg_random_guest(1, PG_RANDOM_UNPAGED);
    struct pg_segment *s = &image->segments[0];
    memset(s->bytes, 0, s->size);
    for (size_t k = 0; k < n; k++)
        for (unsigned b = 0; b < 4; b++)
            s->bytes[0x1000 + 4 * k + b] = (uint8_t)(code[k] >> 8 * b);
    image->entry = 0x1000;
    return image;
}

/* More units than the cache has room for: it is emptied and the guest goes on. */
static void a_full_cache_is_flushed(void **state) {
    enum { JUMPS = BT_UNITS + 100 };
    uint32_t *code = malloc((JUMPS + 2) * sizeof *code);
    assert_non_null(code);
    for (size_t k = 0; k < JUMPS; k++)
        code[k] = bt_word(PG_OP_jal, 0, 0, 0, 1); /* a unit of its own */
    code[JUMPS] = bt_word(PG_OP_addi, 10, 0, 0, 42);
    code[JUMPS + 1] = bt_word(PG_OP_out, 10, 0, 0, 0); /* power.exit */
    struct pg_setup setup = {
        .image = words(code, JUMPS + 2), .memory = PG_RANDOM_MEMORY, .limit = PG_NEVER};
    struct pg_error err = {""};
    struct pg_session *s = pg_system_bt.open(pg_engines[0], &setup, 1, &err);
    assert_non_null(s);
    run_to_the_end(s);
    assert_int_equal(s->guest(s, 0)->run, PG_HALTED);
    assert_int_equal(s->guest(s, 0)->exit_code, 42);
    assert_true(s->guest(s, 0)->cpu.T == JUMPS + 2);
    assert_true(s->counts(s, 0)->n[PG_COUNT_cache_flushes] == 1);
    s->close(s);
    pg_image_free((struct pg_image *)setup.image);
    free(code);
}

/* A loop is translated once, and then jumps inside the cache: the VMM is not entered again. */
static void a_loop_stays_in_the_cache(void **state) {
    const uint32_t code[] = {
        bt_word(PG_OP_lui, 5, 0, 0, 16),  /* 65536 rounds */
        bt_word(PG_OP_addi, 5, 5, 0, -1), /* */
        bt_word(PG_OP_jal, 1, 0, 0, 4),   /* call a function that returns */
        bt_word(PG_OP_bne, 5, 0, 0, -2),  /* */
        bt_word(PG_OP_out, 0, 0, 0, 0),   /* */
        bt_word(PG_OP_addi, 0, 0, 0, 0),  /* */
        bt_word(PG_OP_gpsw, 6, 0, 0, 0),  /* the function: in-line code */
        bt_word(PG_OP_jalr, 0, 1, 0, 0),  /* found by the look-up */
    };
    struct pg_setup setup = {.image = words(code, sizeof code / sizeof *code),
                             .memory = PG_RANDOM_MEMORY,
                             .limit = PG_NEVER};
    struct pg_error err = {""};
    struct pg_session *s = pg_system_bt.open(pg_engines[0], &setup, 1, &err);
    assert_non_null(s);
    run_to_the_end(s);
    const struct pg_counts *counts = s->counts(s, 0);
    assert_int_equal(s->guest(s, 0)->run, PG_HALTED);
    assert_true(s->guest(s, 0)->retired == 1 + 5 * 65536 + 1);
    assert_true(counts->n[PG_COUNT_exits] < 30);
    assert_true(counts->n[PG_COUNT_chained] >= 3);
    assert_true(counts->n[PG_COUNT_lookup_misses] <= 2);
    s->close(s);
    pg_image_free((struct pg_image *)setup.image);
}

/* Code that patches the very next instruction. */
static void a_store_into_the_running_unit_takes_effect_at_once(void **state) {
    const uint32_t code[] = {
        bt_word(PG_OP_auipc, 5, 0, 0, 0), /* 0x1000 */
        bt_word(PG_OP_lw, 6, 5, 0, 24),   /* the word to plant */
        bt_word(PG_OP_sw, 6, 5, 0, 12),   /* over the next instruction */
        bt_word(PG_OP_addi, 10, 0, 0, 1), /* becomes a0 = 7 */
        bt_word(PG_OP_out, 10, 0, 0, 0),  /* */
        0,                                /* */
        bt_word(PG_OP_addi, 10, 0, 0, 7),
    };
    struct pg_setup setup = {.image = words(code, sizeof code / sizeof *code),
                             .memory = PG_RANDOM_MEMORY,
                             .limit = PG_NEVER};
    for (int k = 0; pg_systems[k]; k++)
        for (int e = 0; pg_engines[e]; e++) {
            struct pg_error err = {""};
            struct pg_session *s = pg_systems[k]->open(pg_engines[e], &setup, 1, &err);
            assert_non_null(s);
            run_to_the_end(s);
            assert_int_equal(s->guest(s, 0)->exit_code, 7);
            s->close(s);
        }
    pg_image_free((struct pg_image *)setup.image);
}

/* Port accesses through a register and stores beside code: what has trapped for a while is
 * translated anew for it, and is still right when something else comes. */
static void what_keeps_trapping_is_translated_anew(void **state) {
    enum { ROUNDS = 100, PORTS = 3 };
    const uint32_t code[] = {
        bt_word(PG_OP_auipc, 12, 0, 0, 0),                             /* 0x1000 */
        bt_word(PG_OP_addi, 5, 0, 0, pg_port_by_name("block.sector")), /* and those */
        bt_word(PG_OP_addi, 9, 0, 0, PORTS),                           /* behind it */
        bt_word(PG_OP_addi, 8, 0, 0, ROUNDS),                          /* */
        bt_word(PG_OP_out, 8, 5, 0, 0),                                /* posted */
        bt_word(PG_OP_in, 6, 5, 0, 0),                                 /* too early */
        bt_word(PG_OP_in, 7, 0, 0, pg_port_by_name("block.sector")),   /* in-line */
        bt_word(PG_OP_add, 10, 10, 6, 0),                              /* */
        bt_word(PG_OP_add, 10, 10, 7, 0),                              /* */
        bt_word(PG_OP_sw, 10, 12, 0, 0x100),                           /* */
        bt_word(PG_OP_addi, 8, 8, 0, -1),                              /* */
        bt_word(PG_OP_bne, 8, 0, 0, -7),                               /* */
        bt_word(PG_OP_addi, 5, 5, 0, 1),                               /* */
        bt_word(PG_OP_addi, 9, 9, 0, -1),                              /* */
        bt_word(PG_OP_bne, 9, 0, 0, -11),                              /* */
        bt_word(PG_OP_out, 10, 0, 0, 0),
    };
    struct pg_setup setup = {.image = words(code, sizeof code / sizeof *code),
                             .memory = PG_RANDOM_MEMORY,
                             .limit = PG_NEVER};
    struct pg_error err = {""};
    struct pg_session *bare = pg_system_bare.open(pg_engines[0], &setup, 1, &err);
    assert_non_null(bare);
    run_to_the_end(bare);
    for (int e = 0; pg_engines[e]; e++) {
        struct pg_session *s = pg_system_bt.open(pg_engines[e], &setup, 1, &err);
        assert_non_null(s);
        run_to_the_end(s);
        assert_same_machine(bare->guest(bare, 0), s->guest(s, 0));
        const uint64_t *n = s->counts(s, 0)->n;
        assert_true(n[PG_COUNT_retranslated] >= 1 + PORTS);
        assert_true(n[PG_COUNT_code_writes] <= BT_HOT);
        assert_true(n[PG_COUNT_emulated] - n[PG_COUNT_code_writes] <
                    2 * PORTS * ROUNDS + 2 * PORTS * BT_HOT); /* `in` and `sw`, hardly ever `out` */
        s->close(s);
    }
    bare->close(bare);
    pg_image_free((struct pg_image *)setup.image);
}

static void a_guest_that_does_not_fit_is_refused(void **state) {
    struct pg_image *image = pg_random_guest(1, PG_RANDOM_UNPAGED);
    for (int k = 0; pg_systems[k]; k++) {
        struct pg_setup setup = {.image = image, .memory = PG_MIN_MEMORY, .limit = PG_NEVER};
        struct pg_error err = {""};
        assert_null(pg_systems[k]->open(pg_engines[0], &setup, 1, &err));
        assert_non_null(strstr(err.text, "does not fit"));
        setup.memory = 12345;
        assert_null(pg_systems[k]->open(pg_engines[0], &setup, 1, &err));
        assert_non_null(strstr(err.text, "multiple of 4096"));
    }
    pg_image_free(image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_guests_end_as_each_alone),
        cmocka_unit_test(the_timer_preempts_and_the_shares_add_up),
        cmocka_unit_test(the_vmm_needs_only_the_narrow_interface),
        cmocka_unit_test(a_full_cache_is_flushed),
        cmocka_unit_test(a_loop_stays_in_the_cache),
        cmocka_unit_test(a_store_into_the_running_unit_takes_effect_at_once),
        cmocka_unit_test(what_keeps_trapping_is_translated_anew),
        cmocka_unit_test(a_guest_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
