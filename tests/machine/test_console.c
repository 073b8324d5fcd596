/* The console: output, input that arrives at an exact T, the end of the input, live input. */
#include "support.h"

static struct pg_input *input_of(struct pg_machine *m) {
    return &m->bus.plugs.input;
}

/* A machine over nops whose input is open. */
static struct pg_machine *console_machine(uint32_t status) {
    struct pg_machine *m = machine_new();
    for (uint32_t k = 0; k < 512; k++)
        put_insn(m, CODE + 4 * k, PG_OP_addi, 0, 0, 0, 0);
    input_of(m)->open = true;
    set_psw(m, status, CODE, 0, 0);
    return m;
}

static void output(void **state) {
    struct pg_machine *m = console_machine(0);
    for (uint32_t k = 0; k < 1000; k++)
        port_out(m, "console.data", k * 3 + 0xabcd00); /* the low byte counts */
    assert_int_equal(m->bus.plugs.output.size, 1000);
    for (uint32_t k = 0; k < 1000; k++)
        assert_int_equal(m->bus.plugs.output.data[k], k * 3 & 0xff);
    pg_machine_free(m);
}

static void arrives_at_its_time(void **state) {
    struct pg_machine *m = console_machine(0);
    assert_true(pg_input_add(input_of(m), 5, "ab", 2));
    assert_true(pg_input_add(input_of(m), 5, "c", 1));
    assert_true(pg_input_add(input_of(m), 9, "d", 1));
    pg_input_end(input_of(m), 20);
    pg_refresh(m);
    assert_int_equal(port_in(m, "console.data"), UINT32_MAX);
    for (uint64_t T = 0; T < 25; T++) {
        assert_int_equal(m->cpu.T, T);
        pg_sample(m); /* what is visible to the instruction that begins at T */
        uint32_t status = port_in(m, "console.status");
        assert_int_equal(status, T == 5 || T == 9 ? 1 : T >= 20 ? 2 : 0);
        if (T == 5) {
            assert_int_equal(port_in(m, "console.data"), 'a');
            assert_int_equal(port_in(m, "console.data"), 'b');
            assert_int_equal(port_in(m, "console.data"), 'c');
        }
        if (T == 9)
            assert_int_equal(port_in(m, "console.data"), 'd');
        assert_int_equal(port_in(m, "console.data"), UINT32_MAX);
        pg_execute(m);
    }
    pg_machine_free(m);
}

/* The end does not hide what has not been read. */
static void end_after_the_last_byte(void **state) {
    struct pg_machine *m = console_machine(0);
    pg_input_add(input_of(m), 0, "x", 1);
    pg_input_end(input_of(m), 0);
    pg_refresh(m);
    pg_step(m);
    assert_int_equal(port_in(m, "console.status"), 1);
    assert_int_equal(port_in(m, "console.data"), 'x');
    assert_int_equal(port_in(m, "console.status"), 2);
    pg_machine_free(m);
    /* nor does it come before the last byte, whatever was recorded */
    m = console_machine(0);
    pg_input_add(input_of(m), 0, "x", 1);
    pg_input_add(input_of(m), 9, "y", 1);
    pg_input_add(input_of(m), 11, "z", 1);
    pg_input_end(input_of(m), 2);
    pg_refresh(m);
    for (uint64_t T = 0; T < 12; T++) {
        pg_step(m);
        assert_int_equal(port_in(m, "console.status"), T == 0 || T == 9 || T == 11);
        port_in(m, "console.data");
        assert_int_equal(port_in(m, "console.status"), T == 11 ? 2 : 0);
    }
    pg_machine_free(m);
}

static void interrupt_at_the_exact_step(void **state) {
    struct pg_machine *m = console_machine(PG_IE);
    pg_input_add(input_of(m), 7, "ab", 2);
    pg_input_end(input_of(m), 30);
    port_out(m, "console.control", 1);
    assert_int_equal(port_in(m, "console.control"), 1);
    steps(m, 8);
    assert_frame(m, ((struct pg_psw){PG_IE, CODE + 4 * 7, 0, 0}), 7, PG_CAUSE_interrupt, 1, 0);
    port_in(m, "console.data");
    assert_int_equal(m->bus.lines, 2); /* another byte is left */
    port_in(m, "console.data");
    assert_int_equal(m->bus.lines, 0);
    set_psw(m, PG_IE, CODE, 0, 0);
    steps(m, 23); /* T is 8: the end comes at 30 */
    assert_frame(m, ((struct pg_psw){PG_IE, CODE + 4 * 22, 0, 0}), 30, PG_CAUSE_interrupt, 1, 0);
    port_out(m, "console.control", 2); /* only bit 0 counts */
    assert_int_equal(port_in(m, "console.control"), 0);
    assert_int_equal(m->bus.lines, 0);
    pg_machine_free(m);
}

static void no_interrupt_unless_asked(void **state) {
    struct pg_machine *m = console_machine(PG_IE);
    pg_input_add(input_of(m), 3, "a", 1);
    pg_refresh(m);
    steps(m, 10);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_none);
    assert_int_equal(port_in(m, "console.status"), 1);
    pg_machine_free(m);
}

/* ---- idle, and input that comes while the machine waits */

static void idle_until_input(void **state) {
    struct pg_machine *m = console_machine(PG_IE);
    pg_input_add(input_of(m), 5000, "a", 1);
    port_out(m, "console.control", 1);
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_int_equal(m->cpu.T, 5000);
    pg_step(m);
    assert_frame(m, ((struct pg_psw){PG_IE, CODE + 4, 0, 0}), 5000, PG_CAUSE_interrupt, 1, 0);
    pg_machine_free(m);
}

static void waits_for_live_input(void **state) {
    struct pg_machine *m = console_machine(PG_IE);
    port_out(m, "console.control", 1);
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_int_equal(m->run, PG_WAITING);
    assert_int_equal(m->cpu.T, 1);
    pg_step(m);
    assert_int_equal(m->cpu.T, 1); /* waiting takes no time */
    assert_true(pg_feed(m, "z", 1));
    assert_int_equal(m->run, PG_RUNNING);
    assert_int_equal(input_of(m)->arrivals[0].T, 1); /* recorded */
    pg_step(m);
    assert_frame(m, ((struct pg_psw){PG_IE, CODE + 4, 0, 0}), 1, PG_CAUSE_interrupt, 1, 0);
    /* the end wakes it as well */
    port_in(m, "console.data");
    set_psw(m, PG_IE, CODE, 0, 0);
    pg_step(m);
    assert_int_equal(m->run, PG_WAITING);
    assert_true(pg_feed(m, NULL, 0));
    assert_int_equal(m->run, PG_RUNNING);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_interrupt);
    assert_int_equal(port_in(m, "console.status"), 2);
    /* and then there is nothing to wait for */
    port_out(m, "console.control", 0);
    set_psw(m, PG_IE, CODE, 0, 0);
    pg_step(m);
    assert_int_equal(m->run, PG_IDLE_FOREVER);
    assert_true(pg_feed(m, NULL, 0));
    assert_int_equal(m->run, PG_IDLE_FOREVER);
    pg_machine_free(m);
}

/* A run with live input can be repeated from the recorded arrivals. */
static void replay(void **state) {
    struct pg_machine *live = console_machine(0), *again = console_machine(0);
    /* read and echo for ever */
    for (int k = 0; k < 2; k++) {
        struct pg_machine *m = k ? again : live;
        put_insn(m, CODE, PG_OP_in, 5, 0, 0, 0x10);
        put_insn(m, CODE + 4, PG_OP_blt, 5, 0, 0, -1);
        put_insn(m, CODE + 8, PG_OP_out, 5, 0, 0, 0x10);
        put_insn(m, CODE + 12, PG_OP_jal, 0, 0, 0, -3);
    }
    for (unsigned k = 0; k < 40; k++) {
        steps(live, 3 * k % 17);
        char c[2] = {(char)('a' + k % 26), 'A'};
        assert_true(pg_feed(live, c, 1 + k % 2));
    }
    pg_feed(live, NULL, 0);
    steps(live, 500);
    const struct pg_input *in = input_of(live);
    size_t at = 0;
    for (size_t k = 0; k < in->narrivals; k++) {
        const struct pg_arrival *a = &in->arrivals[k];
        assert_true(pg_input_add(input_of(again), a->T, in->bytes.data + at, a->upto - at));
        at = a->upto;
    }
    pg_input_end(input_of(again), in->end_T);
    pg_refresh(again);
    while (again->cpu.T < live->cpu.T)
        pg_step(again);
    assert_same(live, again);
    assert_int_equal(live->bus.plugs.output.size, 60);
    pg_machine_free(live);
    pg_machine_free(again);
}

/* Input counts in 32 bits; what goes beyond is refused, not wrapped. */
static void too_much_input(void **state) {
    struct pg_machine *m = console_machine(0);
    struct pg_input *in = input_of(m);
    assert_true(pg_input_add(in, 0, "abc", 3));
    assert_false(pg_input_add(in, 0, "abc", UINT32_MAX - 2));
    assert_int_equal(in->bytes.size, 3);
    assert_int_equal(in->narrivals, 1);
    assert_false(pg_bytes_add(&in->bytes, "abc", SIZE_MAX));
    assert_int_equal(in->bytes.size, 3);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output),
        cmocka_unit_test(arrives_at_its_time),
        cmocka_unit_test(end_after_the_last_byte),
        cmocka_unit_test(interrupt_at_the_exact_step),
        cmocka_unit_test(no_interrupt_unless_asked),
        cmocka_unit_test(idle_until_input),
        cmocka_unit_test(waits_for_live_input),
        cmocka_unit_test(replay),
        cmocka_unit_test(too_much_input),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
