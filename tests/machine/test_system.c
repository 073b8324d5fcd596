/* Sensitive and privileged instructions: who may, and what each does. */
#include "support.h"

/* A machine at CODE with this STATUS whose monitor space is all of memory, so that code at CODE is
 * found with MON and without. */
static struct pg_machine *machine_in(uint32_t status) {
    struct pg_machine *m = machine_new();
    m->cpu.mon_bound = MEMORY;
    set_psw(m, status, CODE, 0x3000, 0x10000);
    return m;
}

static const uint32_t statuses[] = {
    0, 1, 2, 3, PG_MON, PG_MON | 1, PG_MON | 2, PG_MON | 3,
};
enum { NSTATUSES = sizeof statuses / sizeof *statuses };

static bool may(uint32_t status) {
    return (status & PG_RING) == 0 || status & PG_MON;
}

/* An operand-fault-free form of each sensitive or privileged instruction. Registers: r5 points at
 * a good PSW, also in monitor space by m5; r6 is 0. */
static void put_good_form(struct pg_machine *m, enum pg_op op) {
    m->cpu.r[5] = m->cpu.m[5] = DATA;
    m->cpu.m[7] = 100;
    put_word(m, DATA, PG_IE);
    put_word(m, DATA + 4, CODE + 4);
    switch (pg_rows[op].format) {
    case PG_FMT_P: put_insn(m, CODE, op, 0, 5, 0, op == PG_OP_jrst ? CODE + 4 - DATA : 0); break;
    case PG_FMT_M: put_insn(m, CODE, op, 7, 6, 0, 0x10); break;
    case PG_FMT_D:
    case PG_FMT_K: put_insn(m, CODE, op, 7, 0, 0, 0); break;
    case PG_FMT_MJ: put_insn(m, CODE, op, 0, 5, 0, 4); break;
    case PG_FMT_ML:
    case PG_FMT_MM: put_insn(m, CODE, op, 6, 5, 0, 0); break;
    case PG_FMT_G: put_insn(m, CODE, op, 0, 0, 0, 7); break;
    case PG_FMT_MB: put_insn(m, CODE, op, 0, 0, 0, 1); break;
    default: put_word(m, CODE, (uint32_t)pg_rows[op].opcode << 24); break;
    }
}

static void who_may(void **state) {
    for (int op = 0; op < PG_NOPS; op++)
        for (int k = 0; k < NSTATUSES; k++) {
            if (pg_rows[op].cls < PG_CLASS_sensitive)
                continue;
            struct pg_machine *m = machine_in(statuses[k]);
            put_good_form(m, (enum pg_op)op);
            struct pg_cpu before = m->cpu;
            uint32_t word = word_at(m, CODE);
            pg_step(m);
            if (may(statuses[k])) {
                if (m->cpu.psw.pc != CODE + 4 || m->cpu.T != 1)
                    fail_msg("%s with STATUS 0x%x: pc 0x%x, cause %s", pg_rows[op].mnemonic,
                             statuses[k], m->cpu.psw.pc, pg_causes[m->trap.cause].name);
            } else {
                assert_frame(m, before.psw, 0, PG_CAUSE_privilege, 0, word);
                assert_memory_equal(m->cpu.r, before.r, sizeof before.r);
                assert_memory_equal(m->cpu.m, before.m, sizeof before.m);
                assert_int_equal(m->cpu.U, 0);
                assert_int_equal(m->run, PG_RUNNING);
            }
            pg_machine_free(m);
        }
}

/* A bad operand does not come before the privilege check, and neither does a profile's `ignore`
 * look at operands. */
static void profiles(void **state) {
    struct pg_profile p = {.name = "test"};
    for (int op = 0; op < PG_NOPS; op++) {
        if (pg_rows[op].cls != PG_CLASS_sensitive)
            continue;
        for (int action = PG_USER_TRAP; action <= PG_USER_IGNORE; action++)
            for (uint32_t ring = 1; ring <= 3; ring++) {
                struct pg_machine *m = machine_in(ring);
                m->profile = &p;
                p.user[op] = (uint8_t)action;
                put_good_form(m, (enum pg_op)op);
                m->cpu.r[7] = 0x777;
                struct pg_cpu before = m->cpu;
                pg_step(m);
                uint32_t cause = word_at(m, PG_FRAME_CAUSE);
                assert_int_equal(cause, action == PG_USER_TRAP ? PG_CAUSE_privilege : 0);
                if (action != PG_USER_TRAP) {
                    assert_int_equal(m->cpu.psw.pc, CODE + 4);
                    assert_int_equal(m->cpu.U, 1);
                    assert_int_equal(m->cpu.psw.status, ring);
                }
                if (action == PG_USER_IGNORE)
                    assert_memory_equal(m->cpu.r, before.r, sizeof before.r);
                pg_machine_free(m);
            }
    }
    /* with the true ring */
    struct pg_machine *m = machine_in(2);
    m->profile = &p;
    p.user[PG_OP_gpsw] = p.user[PG_OP_jrst] = PG_USER_EXECUTE;
    run_insn(m, PG_OP_gpsw, 7, 0, 0, 0);
    assert_int_equal(m->cpu.r[7], 2);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_jrst, 0, 0, 0, HANDLER + 1);
    assert_int_equal(m->cpu.psw.pc, HANDLER);
    assert_int_equal(m->cpu.psw.status, 2);
    /* a profile has no say over the privileged */
    for (int op = 0; op < PG_NOPS; op++)
        p.user[op] = PG_USER_IGNORE;
    set_psw(m, 2, CODE, 0, 0);
    run_insn(m, PG_OP_tlbia, 0, 0, 0, 0);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_privilege);
    pg_machine_free(m);
}

/* ---- sensitive */

static void status_word(void **state) {
    struct pg_machine *m = machine_in(PG_MON | PG_MODE_BOUNDS | 2);
    run_insn(m, PG_OP_gpsw, 7, 0, 0, 0);
    assert_int_equal(m->cpu.r[7], PG_MON | PG_MODE_BOUNDS | 2);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_gpsw, 0, 0, 0, 0);
    assert_int_equal(m->cpu.r[0], 0);
    for (uint32_t k = 0; k < 4; k++) { /* from all flags to all flags; nothing else changes */
        uint32_t old = PG_MON | PG_MODE_PAGED | 3 | (k & 1 ? PG_IE : 0) | (k & 2 ? PG_TRACE : 0);
        static const uint32_t values[] = {0, 0xffffffff, PG_IE, PG_TRACE, 0xffffffcf};
        for (size_t v = 0; v < 5; v++) {
            set_psw(m, old, CODE, 0x3000, 0x10000);
            m->cpu.r[5] = values[v];
            put_insn(m, CODE, PG_OP_ppsw, 0, 5, 0, 0);
            set_new_psw(m, 0, HANDLER, 0, 0);
            struct pg_insn in;
            pg_decode(word_at(m, CODE), &in);
            assert_int_equal(pg_perform(m, &in), PG_RETIRED);
            assert_int_equal(m->cpu.psw.status, (old & ~0x30U) | (values[v] & 0x30));
        }
    }
    pg_machine_free(m);
}

static void relocation(void **state) {
    struct pg_machine *m = machine_in(0);
    run_insn(m, PG_OP_grel, 7, 0, 0, 0);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_grel, 8, 0, 0, 1);
    assert_int_equal(m->cpu.r[7], 0x3000);
    assert_int_equal(m->cpu.r[8], 0x10000);
    m->cpu.mon_base = 0x5000;
    m->cpu.mon_bound = 0x6000;
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_gmon, 7, 0, 0, 0);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_gmon, 8, 0, 0, 1);
    assert_int_equal(m->cpu.r[7], 0x5000);
    assert_int_equal(m->cpu.r[8], 0x6000);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_gmon, 0, 0, 0, 1);
    assert_int_equal(m->cpu.r[0], 0);
    pg_machine_free(m);
}

static void jrst_by_ring(void **state) {
    for (int k = 0; k < NSTATUSES; k++) {
        if (!may(statuses[k]))
            continue;
        struct pg_machine *m = machine_in(statuses[k] | PG_IE);
        m->cpu.r[5] = HANDLER + 2;
        run_insn(m, PG_OP_jrst, 0, 5, 0, -1);
        assert_int_equal(m->cpu.psw.pc, HANDLER);
        uint32_t ring = statuses[k] & PG_RING;
        assert_int_equal(m->cpu.psw.status, statuses[k] | PG_IE | (ring == 0 ? 3 : 0));
        assert_int_equal(m->cpu.U, ring != 0); /* it began there */
        pg_machine_free(m);
    }
}

static void the_time(void **state) {
    struct pg_machine *m = machine_in(0);
    m->cpu.T = 0x123456789abcdef0;
    run_insn(m, PG_OP_rdt, 7, 0, 0, 0);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_rdt, 8, 0, 0, 1);
    assert_int_equal(m->cpu.r[7], 0x9abcdef0);
    assert_int_equal(m->cpu.r[8], 0x12345678);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_rdt, 7, 0, 0, 0);
    assert_int_equal(m->cpu.r[7], 0x9abcdef2);
    pg_machine_free(m);
}

/* ---- privileged */

static void load_psw(void **state) {
    struct pg_machine *m = machine_in(0);
    const uint32_t psw[] = {PG_MON | PG_MODE_BOUNDS | PG_TRACE | 2, 0x123, 0x5000, 0xfffff000};
    for (uint32_t k = 0; k < 4; k++)
        put_word(m, DATA + 4 * k, psw[k]);
    m->cpu.r[5] = DATA + 0x100;
    run_insn(m, PG_OP_lpsw, 0, 5, 0, -0x100);
    assert_int_equal(m->cpu.psw.status, psw[0]); /* not traced: it began with TRACE off */
    assert_int_equal(m->cpu.psw.pc, psw[1]);
    assert_int_equal(m->cpu.psw.base, psw[2]);
    assert_int_equal(m->cpu.psw.bound, psw[3]);
    assert_int_equal(m->cpu.T, 1);
    assert_int_equal(m->cpu.U, 0);
    pg_machine_free(m);
}

static void load_psw_refusals(void **state) {
    static const struct {
        uint32_t psw[4];
        uint32_t refused;
    } cases[] = {
        {{4, CODE, 0, 0}, 4},
        {{8, CODE, 0, 0}, 8},
        {{0x40, CODE, 0, 0}, 0x40},
        {{0x80, CODE, 0, 0}, 0x80},
        {{0x300, CODE, 0, 0}, 0x300},
        {{0x400, CODE, 0, 0}, 0x400},
        {{0x800, CODE, 0, 0}, 0x800},
        {{0x2000, CODE, 0, 0}, 0x2000},
        {{0x80000000, CODE, 1, 1}, 0x80000000}, /* the first word that is refused */
        {{0, CODE, 0x3004, 1}, 0x3004},
        {{0, CODE, 0x3000, 0x800}, 0x800},
        {{0, 0, 0, 0}, 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_machine *m = machine_in(0);
        struct pg_psw before = m->cpu.psw;
        for (uint32_t w = 0; w < 4; w++)
            put_word(m, DATA + 4 * w, cases[k].psw[w]);
        m->cpu.r[5] = DATA;
        run_insn(m, PG_OP_lpsw, 0, 5, 0, 0);
        assert_frame(m, before, 0, PG_CAUSE_psw, cases[k].refused, word_at(m, CODE));
        pg_machine_free(m);
    }
    /* alignment before all */
    struct pg_machine *m = machine_in(0);
    struct pg_psw before = m->cpu.psw;
    m->cpu.r[5] = MEMORY;
    run_insn(m, PG_OP_lpsw, 0, 5, 0, 2);
    assert_frame(m, before, 0, PG_CAUSE_align, MEMORY + 2, word_at(m, CODE));
    pg_machine_free(m);
}

static void monitor_pair(void **state) {
    static const struct {
        uint32_t base, bound, refused;
    } cases[] = {
        {0x5000, 0xfffff000, 0},  {0, 0, 0}, {0x5001, 0x1000, 0x5001}, {0x5000, 0x1800, 0x1800},
        {0x5fff, 0x1fff, 0x5fff},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_machine *m = machine_in(0);
        m->cpu.r[5] = cases[k].base;
        m->cpu.r[6] = cases[k].bound;
        run_insn(m, PG_OP_smon, 5, 6, 0, 0);
        bool bad = cases[k].refused != 0;
        assert_int_equal(word_at(m, PG_FRAME_CAUSE), bad ? PG_CAUSE_psw : 0);
        assert_int_equal(word_at(m, PG_FRAME_VALUE), cases[k].refused);
        assert_int_equal(m->cpu.mon_base, bad ? 0 : cases[k].base);
        assert_int_equal(m->cpu.mon_bound, bad ? MEMORY : cases[k].bound);
        pg_machine_free(m);
    }
}

static void ports_by_register_and_immediate(void **state) {
    struct pg_machine *m = machine_in(0);
    m->cpu.r[5] = 0x111;
    m->cpu.r[6] = 'x' | 0x4500;
    run_insn(m, PG_OP_out, 6, 5, 0, -0x101);
    assert_int_equal(m->bus.plugs.output.size, 1);
    assert_int_equal(m->bus.plugs.output.data[0], 'x');
    m->cpu.psw.pc = CODE;
    m->cpu.r[5] = 0xffffffff;
    run_insn(m, PG_OP_in, 7, 5, 0, 2); /* port 1 */
    assert_int_equal(m->cpu.r[7], MEMORY);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_in, 0, 0, 0, 1);
    assert_int_equal(m->cpu.r[0], 0);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may),      cmocka_unit_test(profiles),
        cmocka_unit_test(status_word),  cmocka_unit_test(relocation),
        cmocka_unit_test(jrst_by_ring), cmocka_unit_test(the_time),
        cmocka_unit_test(load_psw),     cmocka_unit_test(load_psw_refusals),
        cmocka_unit_test(monitor_pair), cmocka_unit_test(ports_by_register_and_immediate),
    };
    return cmocka_run_group_tests_name("system", tests, NULL, NULL);
}
