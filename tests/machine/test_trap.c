/* Traps: the frame of every cause, priorities, trace, the new PSW, storms. */
#include "support.h"

/* ---- one way to raise each cause, from ring 2 in paged mode wherever it can come from there */

enum {
    VCODE = 0x10000000, /* virtual page of the code */
    VDATA = 0x10001000, /* read-only */
    VHOLE = 0x10005000, /* not mapped */
    VBOUND = 0x10010000,
};

static struct pg_machine *user_machine(void) {
    struct pg_machine *m = machine_new();
    put_word(m, ROOT + 4 * (VCODE >> 22), TABLE | PG_PTE_V);
    put_word(m, TABLE, CODE | 0x30b);
    put_word(m, TABLE + 4, DATA | 0x303);
    m->cpu.T = 0x5555aaaa3333ULL;
    m->cpu.r[1] = VDATA;
    m->cpu.r[2] = VHOLE;
    m->cpu.r[3] = VBOUND;
    set_psw(m, PG_MODE_PAGED | PG_IE | 2, VCODE + 0x10, ROOT, VBOUND);
    return m;
}

/* The same with MON, so that the privileged ones can be tried; code from monitor space. */
static struct pg_machine *monitor_user_machine(void) {
    struct pg_machine *m = user_machine();
    m->cpu.mon_base = CODE;
    m->cpu.mon_bound = 0x1000;
    set_psw(m, PG_MON | m->cpu.psw.status, 0x10, ROOT, VBOUND);
    return m;
}

static void at_pc(struct pg_machine *m, enum pg_op op, unsigned d, unsigned a, int32_t imm) {
    put_insn(m, CODE + 0x10, op, d, a, 0, imm);
}

/* What a case expects: the frame's value, and how far the old pc and T lie behind the start. */
struct expectation {
    uint32_t value;
    uint32_t pc; /* old pc */
    uint64_t retired;
    bool insn; /* the word at the pc is in the frame */
};

#define RAISE(name) static struct pg_machine *raise_##name(struct expectation *e)

RAISE(interrupt) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_addi, 5, 5, 1);
    port_out(m, "timer.delta", 1);
    steps(m, 1);
    *e = (struct expectation){0, VCODE + 0x14, 1, false};
    return m;
}
RAISE(trace) {
    struct pg_machine *m = user_machine();
    m->cpu.psw.status |= PG_TRACE;
    at_pc(m, PG_OP_jal, 0, 0, 4);
    *e = (struct expectation){0, VCODE + 0x20, 1, true};
    return m;
}
RAISE(fetch_align) {
    struct pg_machine *m = user_machine();
    m->cpu.psw.pc += 2;
    *e = (struct expectation){VCODE + 0x12, VCODE + 0x12, 0, false};
    return m;
}
RAISE(fetch_bound) {
    struct pg_machine *m = user_machine();
    m->cpu.psw.pc = VBOUND;
    *e = (struct expectation){VBOUND, VBOUND, 0, false};
    return m;
}
RAISE(fetch_page) {
    struct pg_machine *m = user_machine();
    m->cpu.psw.pc = VDATA + 8; /* not executable */
    *e = (struct expectation){VDATA + 8, VDATA + 8, 0, false};
    return m;
}
RAISE(illegal) {
    struct pg_machine *m = user_machine();
    put_word(m, CODE + 0x10, 0xffffffff);
    *e = (struct expectation){0xffffffff, VCODE + 0x10, 0, true};
    return m;
}
RAISE(privilege) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_idle, 0, 0, 0);
    *e = (struct expectation){0, VCODE + 0x10, 0, true};
    return m;
}
RAISE(svc) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_svc, 0, 0, 0xfedc);
    *e = (struct expectation){0xfedc, VCODE + 0x10, 0, true};
    return m;
}
RAISE(brk) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_brk, 0, 0, 0);
    *e = (struct expectation){0, VCODE + 0x10, 0, true};
    return m;
}
RAISE(hvc) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_hvc, 0, 0, 0xffff);
    *e = (struct expectation){0xffff, VCODE + 0x10, 0, true};
    return m;
}
RAISE(align) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_lh, 5, 1, 3);
    *e = (struct expectation){VDATA + 3, VCODE + 0x10, 0, true};
    return m;
}
RAISE(port) {
    struct pg_machine *m = monitor_user_machine();
    at_pc(m, PG_OP_out, 5, 1, 4);
    *e = (struct expectation){VDATA + 4, 0x10, 0, true};
    return m;
}
RAISE(psw) {
    struct pg_machine *m = monitor_user_machine();
    put_word(m, DATA, 0x40);
    at_pc(m, PG_OP_lpsw, 0, 1, 0);
    *e = (struct expectation){0x40, 0x10, 0, true};
    return m;
}
RAISE(bound) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_sb, 5, 3, 1);
    *e = (struct expectation){VBOUND + 1, VCODE + 0x10, 0, true};
    return m;
}
RAISE(page) {
    struct pg_machine *m = user_machine();
    at_pc(m, PG_OP_sw, 5, 1, 8); /* read-only */
    *e = (struct expectation){VDATA + 8, VCODE + 0x10, 0, true};
    return m;
}
RAISE(tick) {
    struct pg_machine *m = monitor_user_machine();
    m->cpu.m[7] = 6;
    at_pc(m, PG_OP_tick, 0, 0, 7);
    *e = (struct expectation){7, 0x10, 0, true};
    return m;
}
RAISE(none) {
    *e = (struct expectation){0};
    return NULL; /* not a trap */
}

/* One row per row of cause.def: a cause without a RAISE does not compile. */
static struct pg_machine *(*const raisers[PG_NCAUSES])(struct expectation *) = {
#define X(name, value, meaning) [PG_CAUSE_##name] = raise_##name,
#include "machine/cause.def"
#undef X
};

static void frame_of_every_cause(void **state) {
    for (int cause = 1; cause < PG_NCAUSES; cause++) {
        struct expectation e;
        struct pg_machine *m = raisers[cause](&e);
        for (uint32_t k = 0; k < 16; k++)
            put_word(m, 4 * k, 0xdeadbeef); /* the frame is 10 words, all of them stored */
        uint32_t memory_after_frame = word_at(m, 0x28);
        set_new_psw(m, PG_MODE_BOUNDS | PG_TRACE | 1, 0x24, HANDLER, 0x3000);
        struct pg_cpu before = m->cpu;
        uint32_t insn = word_at(m, CODE + 0x10);
        uint64_t start = 0x5555aaaa3333ULL;
        pg_step(m);
        struct pg_psw old = before.psw;
        old.pc = e.pc;
        assert_frame(m, old, start + e.retired, (enum pg_cause)cause, e.value, e.insn ? insn : 0);
        assert_int_equal(word_at(m, 0x28), memory_after_frame);
        /* the new PSW, all four words */
        const struct pg_psw new = {PG_MODE_BOUNDS | PG_TRACE | 1, 0x24, HANDLER, 0x3000};
        assert_memory_equal(&m->cpu.psw, &new, sizeof new);
        assert_int_equal(m->trap.cause, cause);
        assert_int_equal(m->trap.value, e.value);
        /* and nothing else */
        assert_memory_equal(m->cpu.r + 6, before.r + 6, 10 * sizeof *before.r);
        assert_memory_equal(m->cpu.m, before.m, sizeof before.m);
        assert_int_equal(m->cpu.U, e.retired); /* a delivery is no instruction */
        assert_int_equal(m->cpu.deliveries, 1);
        assert_int_equal(m->run, PG_RUNNING);
        pg_machine_free(m);
    }
}

static void zero_and_one_words_are_illegal(void **state) {
    static const uint32_t words[] = {0, 0xffffffff, 0xc0000000};
    for (size_t k = 0; k < 3; k++) {
        struct pg_machine *m = machine_new();
        struct pg_psw psw = m->cpu.psw;
        put_word(m, CODE, words[k]);
        pg_step(m);
        assert_frame(m, psw, 0, PG_CAUSE_illegal, words[k], words[k]);
        pg_machine_free(m);
    }
}

/* ---- priorities: two conditions at once, the first must win */

static void priorities(void **state) {
    struct expectation e;
    struct pg_machine *m;

    /* trace of the completed instruction, then the interrupt, then the next fetch */
    m = raise_trace(&e);
    port_out(m, "timer.delta", 1);
    at_pc(m, PG_OP_jalr, 0, 2, 2); /* to where nothing is */
    set_new_psw(m, PG_IE, HANDLER, 0, 0);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_trace);
    assert_int_equal(word_at(m, PG_FRAME_PSW + 4), VHOLE + 2);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_interrupt);
    assert_int_equal(word_at(m, PG_FRAME_PSW + 4), HANDLER);
    pg_machine_free(m);

    /* interrupt before a fetch that cannot be */
    m = raise_fetch_align(&e);
    port_out(m, "timer.delta", 0);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_interrupt);
    assert_int_equal(word_at(m, PG_FRAME_PSW + 4), VCODE + 0x12);
    pg_machine_free(m);

    /* the lowest pending line first */
    m = user_machine();
    m->bus.plugs.input.open = true;
    port_out(m, "console.control", 1);
    pg_feed(m, "x", 1);
    port_out(m, "block.command", 9);
    port_out(m, "timer.delta", 1000); /* just as late as the disk */
    m->cpu.psw.status &= ~(uint32_t)PG_IE;
    m->cpu.T += 1000;
    pg_sample(m);
    assert_int_equal(m->bus.lines, 7);
    m->cpu.psw.status |= PG_IE;
    set_new_psw(m, PG_IE, HANDLER, 0, 0);
    static const char *const acknowledge[] = {"timer.control", "console.control", "block.status"};
    for (uint32_t line = 0; line < 3; line++) {
        pg_step(m);
        assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_interrupt);
        assert_int_equal(word_at(m, PG_FRAME_VALUE), line);
        port_out(m, acknowledge[line], 0);
    }
    assert_int_equal(m->bus.lines, 0);
    pg_machine_free(m);

    /* fetch: alignment before bound before page */
    m = user_machine();
    m->cpu.psw.pc = VBOUND + 1;
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_fetch_align);
    pg_machine_free(m);
    m = user_machine(); /* beyond the bound there is no page either */
    m->cpu.psw.pc = VBOUND + 0x400000;
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_fetch_bound);
    pg_machine_free(m);

    /* illegal before privilege: a privileged opcode with a bit too many */
    m = user_machine();
    put_word(m, CODE + 0x10, 0xa3000001);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_illegal);
    pg_machine_free(m);

    /* privilege before the operand: alignment, port, bound */
    static const struct {
        enum pg_op op;
        int32_t imm;
    } bad[] = {{PG_OP_lpsw, 1}, {PG_OP_lpsw, 0}, {PG_OP_in, 0x7fff}, {PG_OP_out, 0x7fff}};
    for (size_t k = 0; k < 4; k++) {
        m = user_machine();
        at_pc(m, bad[k].op, 0, 3, bad[k].imm);
        pg_step(m);
        assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_privilege);
        pg_machine_free(m);
    }

    /* alignment before bound before page */
    m = user_machine();
    at_pc(m, PG_OP_lw, 5, 3, 1);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_align);
    pg_machine_free(m);
    m = user_machine();
    at_pc(m, PG_OP_lw, 5, 2, 1);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_align);
    pg_machine_free(m);
}

/* lpsw reads four words that may lie in two pages: bound before page, then the lowest address. */
static void load_psw_across_pages(void **state) {
    enum { LAST = VDATA + 0xff8 }; /* two words in VDATA's page, two in the next */
    struct pg_machine *m = monitor_user_machine();
    struct pg_psw psw = m->cpu.psw;
    uint64_t T = m->cpu.T;
    m->cpu.r[4] = LAST;
    at_pc(m, PG_OP_lpsw, 0, 4, 0);
    uint32_t word = word_at(m, CODE + 0x10);
    pg_step(m); /* the second page is not mapped: the lowest of its two words */
    assert_frame(m, psw, T, PG_CAUSE_page, VDATA + 0x1000, word);
    assert_int_equal(word_at(m, TABLE + 4), DATA | 0x313); /* A of a translation that succeeded */
    pg_machine_free(m);

    m = monitor_user_machine(); /* neither is mapped */
    T = m->cpu.T;
    m->cpu.r[4] = LAST;
    put_word(m, TABLE + 4, 0);
    at_pc(m, PG_OP_lpsw, 0, 4, 0);
    pg_step(m);
    assert_frame(m, psw, T, PG_CAUSE_page, LAST, word);
    pg_machine_free(m);

    m = monitor_user_machine(); /* the first is not mapped, the second is beyond the bound */
    T = m->cpu.T;
    m->cpu.r[4] = VBOUND - 8;
    at_pc(m, PG_OP_lpsw, 0, 4, 0);
    pg_step(m);
    assert_frame(m, psw, T, PG_CAUSE_bound, VBOUND, word);
    pg_machine_free(m);

    m = monitor_user_machine(); /* both mapped: it goes through, and has marked both */
    m->cpu.r[4] = LAST;
    put_word(m, TABLE + 8, 0xb000 | 0x303);
    put_word(m, DATA + 0xff8, PG_MODE_PAGED | 1);
    put_word(m, DATA + 0xffc, VCODE);
    put_word(m, 0xb000, ROOT);
    put_word(m, 0xb004, 0x8000);
    at_pc(m, PG_OP_lpsw, 0, 4, 0);
    pg_step(m);
    const struct pg_psw new = {PG_MODE_PAGED | 1, VCODE, ROOT, 0x8000};
    assert_memory_equal(&m->cpu.psw, &new, sizeof new);
    assert_int_equal(word_at(m, TABLE + 8), 0xb000 | 0x313);
    pg_machine_free(m);

    m = monitor_user_machine(); /* a refused PSW changes nothing */
    m->cpu.r[4] = VDATA;
    psw = m->cpu.psw;
    T = m->cpu.T;
    put_word(m, DATA, 1);
    put_word(m, DATA + 8, 0x123);
    at_pc(m, PG_OP_lpsw, 0, 4, 0);
    pg_step(m);
    assert_frame(m, psw, T, PG_CAUSE_psw, 0x123, word);
    pg_machine_free(m);
}

/* ---- trace */

static void trace_follows_what_began_traced(void **state) {
    struct pg_machine *m = machine_new();
    struct pg_psw psw = {PG_TRACE, CODE, 0, 0};
    m->cpu.psw = psw;
    put_insn(m, CODE, PG_OP_addi, 5, 0, 0, 7);
    pg_step(m); /* one step: the instruction and its trace trap */
    psw.pc += 4;
    assert_frame(m, psw, 1, PG_CAUSE_trace, 0, word_at(m, CODE));
    assert_int_equal(m->cpu.r[5], 7);
    assert_int_equal(m->cpu.deliveries, 1);

    /* turning TRACE on: not this one, the next */
    set_psw(m, 0, CODE, 0, 0);
    m->cpu.r[5] = PG_TRACE;
    put_word(m, PG_FRAME_CAUSE, 0);
    put_insn(m, CODE, PG_OP_ppsw, 0, 5, 0, 0);
    put_insn(m, CODE + 4, PG_OP_ppsw, 0, 0, 0, 0);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), 0);
    pg_step(m); /* turning it off: traced once more; the frame has the new STATUS */
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_trace);
    assert_int_equal(word_at(m, PG_FRAME_PSW), 0);
    assert_int_equal(word_at(m, PG_FRAME_PSW + 4), CODE + 8);

    /* lpsw out of a traced state: the frame holds the PSW that was loaded */
    put_word(m, DATA, 2);
    put_word(m, DATA + 4, 0x777);
    put_word(m, DATA + 8, 0x5000);
    put_word(m, DATA + 12, 0x6000);
    m->cpu.r[5] = DATA;
    set_psw(m, PG_TRACE, CODE, 0, 0);
    run_insn(m, PG_OP_lpsw, 0, 5, 0, 0);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_trace);
    assert_int_equal(word_at(m, PG_FRAME_PSW), 2);
    assert_int_equal(word_at(m, PG_FRAME_PSW + 4), 0x777);
    assert_int_equal(word_at(m, PG_FRAME_PSW + 8), 0x5000);
    assert_int_equal(word_at(m, PG_FRAME_PSW + 12), 0x6000);
    assert_int_equal(m->cpu.U, 0); /* it began in ring 0 */

    /* an instruction that traps is not traced */
    set_psw(m, PG_TRACE, CODE, 0, 0);
    run_insn(m, PG_OP_svc, 0, 0, 0, 1);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_svc);
    assert_int_equal(word_at(m, PG_FRAME_PSW), PG_TRACE);

    /* nor is the last one: power off, and that is that */
    set_psw(m, PG_TRACE, CODE, 0, 0);
    run_insn(m, PG_OP_out, 5, 0, 0, 0);
    assert_int_equal(m->run, PG_HALTED);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_svc);
    pg_machine_free(m);
}

static void traced_idle_does_not_wait(void **state) {
    struct pg_machine *m = machine_new();
    port_out(m, "timer.delta", 1000);
    set_psw(m, PG_TRACE, CODE, 0, 0);
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_trace);
    assert_int_equal(m->cpu.T, 2);
    pg_machine_free(m);
}

/* ---- the new PSW, and storms */

static void new_psw_refusals(void **state) {
    static const struct {
        uint32_t psw[4];
        unsigned check;
    } cases[] = {
        {{0, 0, 0, 0}, PG_CHECK_unset},
        {{4, HANDLER, 0, 0}, PG_CHECK_invalid},
        {{0x300, HANDLER, 0, 0}, PG_CHECK_invalid},
        {{0x10000, HANDLER, 0, 0}, PG_CHECK_invalid},
        {{0, HANDLER, 1, 0}, PG_CHECK_invalid},
        {{0, HANDLER, 0, 0x800}, PG_CHECK_invalid},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_machine *m = machine_new();
        const uint32_t *p = cases[k].psw;
        struct pg_psw old = m->cpu.psw;
        set_new_psw(m, p[0], p[1], p[2], p[3]);
        run_insn(m, PG_OP_svc, 0, 0, 0, 5);
        assert_frame(m, old, 0, PG_CAUSE_svc, 5, word_at(m, CODE)); /* delivered, then stopped */
        assert_int_equal(m->run, PG_CHECK_STOP);
        assert_ptr_equal(m->why, pg_checks[cases[k].check]);
        uint64_t T = m->cpu.T;
        steps(m, 3); /* stopped is stopped */
        assert_int_equal(m->cpu.T, T);
        pg_machine_free(m);
    }
}

static void storm(void **state) {
    struct pg_machine *m = machine_new();
    set_new_psw(m, 0, HANDLER + 2, 0, 0); /* every fetch traps */
    run_insn(m, PG_OP_svc, 0, 0, 0, 5);
    steps(m, PG_STORM - 2);
    assert_int_equal(m->run, PG_RUNNING);
    assert_int_equal(m->cpu.deliveries, PG_STORM - 1);
    pg_step(m);
    assert_int_equal(m->run, PG_CHECK_STOP);
    assert_ptr_equal(m->why, pg_checks[PG_CHECK_storm]);
    assert_int_equal(m->cpu.T, PG_STORM);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_fetch_align);
    assert_int_equal(word_at(m, PG_FRAME_T), PG_STORM - 1);
    pg_machine_free(m);
}

/* One retired instruction ends what might have become a storm. */
static void no_storm(void **state) {
    struct pg_machine *m = machine_new();
    put_insn(m, HANDLER, PG_OP_svc, 0, 0, 0, 1);
    run_insn(m, PG_OP_svc, 0, 0, 0, 5);
    steps(m, PG_STORM - 2);
    put_insn(m, HANDLER, PG_OP_addi, 0, 0, 0, 0);
    pg_step(m);
    assert_int_equal(m->cpu.deliveries, 0);
    put_insn(m, HANDLER + 4, PG_OP_svc, 0, 0, 0, 1);
    put_insn(m, HANDLER, PG_OP_svc, 0, 0, 0, 1);
    steps(m, PG_STORM - 1);
    assert_int_equal(m->run, PG_RUNNING);
    pg_step(m);
    assert_int_equal(m->run, PG_CHECK_STOP);
    pg_machine_free(m);
}

/* Tracing every instruction is no storm; interrupts that nobody acknowledges are one. */
static void interrupts_storm_traces_do_not(void **state) {
    struct pg_machine *m = machine_new();
    set_new_psw(m, PG_TRACE, HANDLER, 0, 0);
    set_psw(m, PG_TRACE, HANDLER, 0, 0);
    steps(m, 200);
    assert_int_equal(m->run, PG_RUNNING);
    assert_int_equal(m->cpu.T, 400);
    port_out(m, "timer.delta", 0);
    set_new_psw(m, PG_IE, HANDLER, 0, 0);
    set_psw(m, PG_IE, HANDLER, 0, 0);
    steps(m, PG_STORM);
    assert_int_equal(m->run, PG_CHECK_STOP);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_interrupt);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_of_every_cause),
        cmocka_unit_test(zero_and_one_words_are_illegal),
        cmocka_unit_test(priorities),
        cmocka_unit_test(load_psw_across_pages),
        cmocka_unit_test(trace_follows_what_began_traced),
        cmocka_unit_test(traced_idle_does_not_wait),
        cmocka_unit_test(new_psw_refusals),
        cmocka_unit_test(storm),
        cmocka_unit_test(no_storm),
        cmocka_unit_test(interrupts_storm_traces_do_not),
    };
    return cmocka_run_group_tests_name("trap", tests, NULL, NULL);
}
