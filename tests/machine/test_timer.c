/* The timer, exact to the step, in both of its modes; idle. */
#include "support.h"

/* Rows of nops at CODE and (physical) 0x3000, both reached in real mode. */
static struct pg_machine *nops(uint32_t status) {
    struct pg_machine *m = machine_new();
    for (uint32_t k = 0; k < 256; k++)
        put_insn(m, CODE + 4 * k, PG_OP_addi, 0, 0, 0, 0);
    set_psw(m, status, CODE, 0, 0);
    return m;
}

/* Step until an interrupt has been delivered; returns the T before its delivery. */
static uint64_t fires_at(struct pg_machine *m) {
    put_word(m, PG_FRAME_CAUSE, PG_CAUSE_none);
    for (int k = 0; k < 400 && word_at(m, PG_FRAME_CAUSE) != PG_CAUSE_interrupt; k++)
        pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_interrupt);
    assert_int_equal(word_at(m, PG_FRAME_VALUE), 0);
    return m->cpu.T - 1;
}

static void counts_t(void **state) {
    for (uint32_t delta = 0; delta < 20; delta++) {
        struct pg_machine *m = nops(PG_IE);
        m->cpu.T = 1000;
        port_out(m, "timer.delta", delta);
        assert_int_equal(port_in(m, "timer.control"), 1);
        assert_int_equal(fires_at(m), 1000 + delta);
        assert_int_equal(word_at(m, PG_FRAME_PSW + 4), CODE + 4 * delta);
        assert_int_equal(port_in(m, "timer.control"), 0x10); /* one shot: off, pending */
        pg_machine_free(m);
    }
}

/* The instruction that arms counts itself: with delta 1, nothing comes between. */
static void armed_by_an_instruction(void **state) {
    for (int32_t delta = 0; delta < 4; delta++) {
        struct pg_machine *m = nops(PG_IE);
        put_insn(m, CODE, PG_OP_addi, 5, 0, 0, delta);
        put_insn(m, CODE + 4, PG_OP_out, 5, 0, 0, 0x23);
        uint64_t T = fires_at(m);
        assert_int_equal(T, delta < 2 ? 2 : 1 + delta);
        pg_machine_free(m);
    }
}

static void absolute_deadline(void **state) {
    struct pg_machine *m = nops(PG_IE);
    m->cpu.T = 0xfffffff8; /* over the border of the low word */
    port_out(m, "timer.hi", 1);
    port_out(m, "timer.lo", 4);
    assert_int_equal(port_in(m, "timer.hi"), 1);
    assert_int_equal(port_in(m, "timer.lo"), 4);
    assert_int_equal(port_in(m, "timer.control"), 0);
    port_out(m, "timer.control", 1);
    assert_int_equal(fires_at(m), 0x100000004ULL);
    port_out(m, "timer.control", 1); /* again: in the past, so at once */
    assert_int_equal(port_in(m, "timer.control"), 1);
    uint64_t T = m->cpu.T;
    m->cpu.psw.status |= PG_IE;
    assert_int_equal(fires_at(m), T);
    port_out(m, "timer.control", 3); /* not a mode */
    assert_int_equal(port_in(m, "timer.control"), 0);
    pg_machine_free(m);
}

/* The line stays until it is dropped, and IE decides when it is seen. */
static void level_and_enable(void **state) {
    struct pg_machine *m = nops(0);
    port_out(m, "timer.delta", 3);
    steps(m, 10);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_none);
    assert_int_equal(m->bus.lines, 1);
    m->cpu.psw.status |= PG_IE;
    assert_int_equal(fires_at(m), 10);
    m->cpu.psw.status |= PG_IE; /* not acknowledged: again at once */
    assert_int_equal(fires_at(m), 11);
    port_out(m, "timer.delta", 50); /* dropped */
    assert_int_equal(m->bus.lines, 0);
    m->cpu.psw.status |= PG_IE;
    assert_int_equal(fires_at(m), 12 + 50);
    pg_machine_free(m);
}

/* A traced machine spends two units of T on every instruction. */
static void traps_count_for_t(void **state) {
    struct pg_machine *m = nops(PG_TRACE);
    set_new_psw(m, PG_TRACE | PG_IE, CODE, 0, 0);
    port_out(m, "timer.delta", 5);
    assert_int_equal(fires_at(m), 6);
    pg_machine_free(m);
}

static void counts_u(void **state) {
    for (uint32_t ring = 1; ring <= 3; ring++)
        for (uint32_t delta = 0; delta < 10; delta++) {
            struct pg_machine *m = nops(PG_IE | ring);
            m->cpu.T = 5000;
            m->cpu.U = 77;
            port_out(m, "timer.udelta", delta);
            assert_int_equal(port_in(m, "timer.control"), 2);
            assert_int_equal(port_in(m, "timer.lo"), 77 + delta);
            assert_int_equal(port_in(m, "timer.ulo"), 77);
            assert_int_equal(fires_at(m), 5000 + delta);
            assert_int_equal(m->cpu.U, 77 + delta);
            pg_machine_free(m);
        }
}

/* Ring 0 takes T but no U. */
static void ring_zero_does_not_count(void **state) {
    struct pg_machine *m = nops(PG_IE);
    port_out(m, "timer.udelta", 3);
    steps(m, 100);
    assert_int_equal(m->cpu.U, 0);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_none);
    set_psw(m, PG_IE | 1, CODE, 0, 0);
    assert_int_equal(fires_at(m), 103);
    pg_machine_free(m);
}

/* In and out of user rings by every way there is: svc into ring 0, lpsw and jrst out of it. */
static void across_rings(void **state) {
    for (uint32_t delta = 1; delta < 30; delta++) {
        struct pg_machine *m = nops(0);
        put_insn(m, CODE + 8, PG_OP_svc, 0, 0, 0, 0); /* user: two nops, then a call */
        put_insn(m, HANDLER, PG_OP_lw, 5, 0, 0, PG_FRAME_PSW + 4);
        put_insn(m, HANDLER + 4, PG_OP_addi, 5, 0, 0, CODE);
        put_insn(m, HANDLER + 8, PG_OP_sw, 5, 0, 0, PG_FRAME_PSW + 4);
        put_insn(m, HANDLER + 12, PG_OP_lpsw, 0, 0, 0, 0);
        set_psw(m, 0, CODE + 0x200, 0, 0);
        put_insn(m, CODE + 0x200, PG_OP_jrst, 0, 0, 0, CODE); /* into ring 3, IE off */
        port_out(m, "timer.udelta", delta);
        uint64_t user = 0, T = 0;
        uint32_t lines;
        do { /* U and the pending line, checked against a count of our own */
            uint32_t ring = pg_psw_ring(&m->cpu.psw);
            bool call = m->cpu.psw.pc == CODE + 8;
            pg_sample(m);
            lines = m->bus.lines;
            assert_int_equal(lines, user >= delta);
            pg_execute(m);
            user += ring != 0 && !call;
            T++;
            assert_int_equal(m->cpu.U, user);
            assert_int_equal(m->cpu.T, T);
        } while (lines == 0 && T < 400);
        assert_int_equal(lines, 1);
        pg_machine_free(m);
    }
}

/* The deadline in U is due in ring 0, too: set there to what U is, or reached by an instruction
 * after which a trap leaves the user ring before the next sampling. */
static void due_in_ring_zero(void **state) {
    struct pg_machine *m = nops(PG_IE);
    m->cpu.U = 9;
    port_out(m, "timer.udelta", 0);
    assert_int_equal(fires_at(m), 0);
    pg_machine_free(m);

    m = nops(PG_TRACE | 1);
    set_new_psw(m, PG_IE, HANDLER, 0, 0);
    port_out(m, "timer.udelta", 1);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_trace);
    assert_int_equal(fires_at(m), 2);
    pg_machine_free(m);
}

/* A new PSW may lie in a user ring: the trap then starts the count. */
static void trap_into_a_user_ring(void **state) {
    struct pg_machine *m = nops(0);
    put_insn(m, CODE + 4, PG_OP_svc, 0, 0, 0, 0);
    set_new_psw(m, PG_IE | 2, CODE + 0x40, 0, 0);
    port_out(m, "timer.udelta", 3);
    steps(m, 2);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_svc);
    assert_int_equal(fires_at(m), 2 + 3);
    assert_int_equal(m->cpu.U, 3);
    pg_machine_free(m);
}

/* An event in T that comes first does not make the one in U late. */
static void another_event_first(void **state) {
    struct pg_machine *m = nops(1);
    m->bus.plugs.input.open = true;
    pg_input_add(&m->bus.plugs.input, 10, "x", 1);
    port_out(m, "timer.udelta", 20);
    steps(m, 5);
    set_psw(m, 0, CODE, 0, 0); /* as a trap would: ring 0 for 7 steps, past the input */
    steps(m, 7);
    set_psw(m, PG_IE | 1, CODE, 0, 0);
    assert_int_equal(fires_at(m), 5 + 7 + 15);
    pg_machine_free(m);
}

/* ---- idle */

static void idle_passes_to_the_event(void **state) {
    static const uint32_t deltas[] = {0, 1, 2, 1000, 0xffffffff};
    for (size_t k = 0; k < 5; k++) {
        struct pg_machine *m = nops(PG_IE);
        m->cpu.T = 10;
        port_out(m, "timer.delta", deltas[k]);
        if (deltas[k] == 0) {
            assert_int_equal(fires_at(m), 10);
        } else {
            run_insn(m, PG_OP_idle, 0, 0, 0, 0);
            uint64_t due = 10 + (uint64_t)deltas[k];
            assert_int_equal(m->cpu.T, due);
            assert_int_equal(fires_at(m), due);
            assert_int_equal(word_at(m, PG_FRAME_PSW + 4), CODE + 4);
        }
        pg_machine_free(m);
    }
}

/* With IE off idle waits all the same, and the program goes on. */
static void idle_without_interrupts(void **state) {
    struct pg_machine *m = nops(0);
    port_out(m, "timer.delta", 500);
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_int_equal(m->cpu.T, 500);
    pg_step(m);
    assert_int_equal(m->cpu.psw.pc, CODE + 8);
    assert_int_equal(m->bus.lines, 1);
    set_psw(m, 0, CODE, 0, 0); /* a line is pending: no waiting */
    pg_step(m);
    assert_int_equal(m->cpu.T, 502);
    assert_int_equal(m->run, PG_RUNNING);
    pg_machine_free(m);
}

static void idle_for_ever(void **state) {
    struct pg_machine *m = nops(PG_IE);
    m->bus.plugs.input.end_T = 0;
    pg_step(m);
    set_psw(m, PG_IE, CODE, 0, 0);
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_int_equal(m->run, PG_IDLE_FOREVER);
    assert_int_equal(m->cpu.T, 2); /* it retires */
    assert_int_equal(m->cpu.psw.pc, CODE + 4);
    pg_machine_free(m);
    /* a timer that counts U will not come either: ring 0 is idle */
    m = nops(PG_IE);
    pg_step(m);
    port_out(m, "timer.udelta", 5);
    set_psw(m, PG_IE, CODE, 0, 0);
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_int_equal(m->run, PG_IDLE_FOREVER);
    pg_machine_free(m);
}

/* In a user ring with MON, idle passes T but no U: the timer in U does not come. */
static void idle_in_a_user_ring(void **state) {
    for (int other = 0; other < 2; other++) {
        struct pg_machine *m = nops(0);
        m->cpu.mon_bound = MEMORY;
        m->bus.plugs.input.open = true;
        port_out(m, "timer.udelta", 50);
        if (other)
            pg_input_add(&m->bus.plugs.input, 100, "x", 1);
        set_psw(m, PG_MON | PG_IE | 2, CODE, 0, 0);
        run_insn(m, PG_OP_idle, 0, 0, 0, 0);
        if (other) {
            assert_int_equal(m->cpu.T, 100); /* the input's */
            assert_int_equal(m->cpu.U, 1);
            assert_int_equal(fires_at(m), 100 + 49);
        } else {
            assert_int_equal(m->run, PG_WAITING);
            assert_int_equal(m->cpu.T, 1);
        }
        pg_machine_free(m);
    }
}

/* ---- the end of time: a guest may set any deadline, and no sum may overflow */

static void deadlines_that_never_come(void **state) {
    static const uint32_t his[] = {0x80000000, 0xffffffff};
    for (size_t k = 0; k < 2; k++)
        for (uint32_t mode = 1; mode <= 2; mode++) {
            struct pg_machine *m = nops(PG_IE);
            pg_step(m);
            port_out(m, "timer.hi", his[k]);
            port_out(m, "timer.lo", 0xfffffff0);
            port_out(m, "timer.control", mode);
            set_psw(m, PG_IE, CODE, 0, 0);
            run_insn(m, PG_OP_idle, 0, 0, 0, 0);
            assert_int_equal(m->run, PG_IDLE_FOREVER);
            assert_int_equal(m->cpu.T, 2);
            pg_machine_free(m);
        }
    /* the last one that does */
    struct pg_machine *m = nops(PG_IE);
    port_out(m, "timer.hi", 0x7fffffff);
    port_out(m, "timer.lo", 0xffffffff);
    port_out(m, "timer.control", 1);
    m->bus.plugs.input.open = true;
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_true(m->cpu.T == PG_HORIZON - 1);
    assert_true(fires_at(m) == PG_HORIZON - 1);
    port_out(m, "timer.delta", 0xffffffff); /* past the horizon now */
    assert_true(m->bus.next_event == PG_NEVER);
    port_out(m, "timer.udelta", 4); /* but U goes on */
    uint64_t T = m->cpu.T;
    set_psw(m, PG_IE | 1, CODE + 8, 0, 0);
    assert_true(T >= PG_HORIZON);
    assert_true(fires_at(m) == T + 4);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_t),
        cmocka_unit_test(armed_by_an_instruction),
        cmocka_unit_test(absolute_deadline),
        cmocka_unit_test(level_and_enable),
        cmocka_unit_test(traps_count_for_t),
        cmocka_unit_test(counts_u),
        cmocka_unit_test(ring_zero_does_not_count),
        cmocka_unit_test(across_rings),
        cmocka_unit_test(due_in_ring_zero),
        cmocka_unit_test(trap_into_a_user_ring),
        cmocka_unit_test(another_event_first),
        cmocka_unit_test(idle_passes_to_the_event),
        cmocka_unit_test(idle_without_interrupts),
        cmocka_unit_test(idle_for_ever),
        cmocka_unit_test(idle_in_a_user_ring),
        cmocka_unit_test(deadlines_that_never_come),
    };
    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
