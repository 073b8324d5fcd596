/* Monitor mode: the fetch from monitor space, the monitor registers, tick. */
#include "support.h"

enum { MBASE = 0xa000, MBOUND = 0x2000 }; /* monitor space */

/* Ring 2 with MON, paged, with no page that the ring may use: only monitor space is left. */
static struct pg_machine *monitor_machine(void) {
    struct pg_machine *m = machine_new();
    m->cpu.mon_base = MBASE;
    m->cpu.mon_bound = MBOUND;
    set_psw(m, PG_MON | PG_MODE_PAGED | 2, 0x100, ROOT, 0x10000);
    return m;
}

static void run_at(struct pg_machine *m, enum pg_op op, unsigned d, unsigned a, unsigned b,
                   int32_t imm) {
    put_insn(m, MBASE + m->cpu.psw.pc, op, d, a, b, imm);
    pg_step(m);
}

static void code_from_monitor_space_data_through_r(void **state) {
    struct pg_machine *m = monitor_machine();
    struct pg_psw psw = m->cpu.psw;
    run_at(m, PG_OP_lw, 7, 0, 0, 0x400);
    assert_frame(m, psw, 0, PG_CAUSE_page, 0x400, encode(PG_OP_lw, 7, 0, 0, 0x400));
    /* at the current ring: MON gives no right to pages */
    put_word(m, ROOT, TABLE | PG_PTE_V);
    put_word(m, TABLE, DATA | 0x10f);
    set_psw(m, psw.status, 0x100, ROOT, 0x10000);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_page);
    put_word(m, TABLE, DATA | 0x20f);
    put_word(m, DATA + 0x400, 99);
    set_psw(m, psw.status, 0x100, ROOT, 0x10000);
    pg_step(m);
    assert_int_equal(m->cpu.r[7], 99);
    assert_int_equal(m->cpu.psw.pc, 0x104);
    assert_int_equal(m->cpu.U, 1); /* MON or not, the ring counts */
    pg_machine_free(m);
}

static void fetch_limits(void **state) {
    static const struct {
        uint32_t base, bound, pc;
        enum pg_cause cause; /* none: it is fetched */
    } cases[] = {
        {MBASE, MBOUND, MBOUND - 4, PG_CAUSE_none},
        {MBASE, MBOUND, MBOUND, PG_CAUSE_fetch_bound},
        {MBASE, MBOUND, MBOUND - 2, PG_CAUSE_fetch_align},
        {MBASE, 0, 0, PG_CAUSE_fetch_bound},
        {MEMORY - 0x1000, 0x2000, 0xffc, PG_CAUSE_none},
        {MEMORY - 0x1000, 0x2000, 0x1000, PG_CAUSE_fetch_bound},
        {0xfffff000, 0xfffff000, 0x1000, PG_CAUSE_fetch_bound}, /* no wrap to 0 */
        {0xfffff000, 0xfffff000, 0x2000, PG_CAUSE_fetch_bound},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_machine *m = monitor_machine();
        m->cpu.mon_base = cases[k].base;
        m->cpu.mon_bound = cases[k].bound;
        m->cpu.psw.pc = cases[k].pc;
        if (cases[k].cause == PG_CAUSE_none)
            put_insn(m, cases[k].base + cases[k].pc, PG_OP_addi, 5, 0, 0, 1);
        struct pg_psw psw = m->cpu.psw;
        pg_step(m);
        if (cases[k].cause == PG_CAUSE_none)
            assert_int_equal(m->cpu.r[5], 1);
        else
            assert_frame(m, psw, 0, cases[k].cause, cases[k].pc, 0);
        pg_machine_free(m);
    }
}

static void trap_saves_mon(void **state) {
    struct pg_machine *m = monitor_machine();
    struct pg_psw psw = m->cpu.psw;
    run_at(m, PG_OP_svc, 0, 0, 0, 3);
    assert_frame(m, psw, 0, PG_CAUSE_svc, 3, encode(PG_OP_svc, 0, 0, 0, 3));
    assert_int_equal(m->cpu.psw.status, 0);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_lpsw, 0, 0, 0, 0); /* and lpsw brings it back */
    assert_int_equal(m->cpu.psw.status, psw.status);
    pg_machine_free(m);
}

/* Loads and stores of monitor space: every limit, for each of the five. */
static void operand_limits(void **state) {
    static const enum pg_op ops[] = {PG_OP_mlw, PG_OP_msw, PG_OP_mlwm, PG_OP_mswm, PG_OP_mjmp};
    static const struct {
        uint32_t base;
        int32_t imm;
        enum pg_cause cause;
    } cases[] = {
        {0x400, 0, PG_CAUSE_none},   {MBOUND, -4, PG_CAUSE_none}, {0xffffffff, 5, PG_CAUSE_none},
        {MBOUND, 0, PG_CAUSE_bound}, {0, -4, PG_CAUSE_bound},     {0x400, 1, PG_CAUSE_align},
        {0x402, 0, PG_CAUSE_align},  {MBOUND, 2, PG_CAUSE_align},
    };
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            struct pg_machine *m = monitor_machine();
            uint32_t offset = cases[k].base + (uint32_t)cases[k].imm;
            m->cpu.m[5] = cases[k].base;
            m->cpu.m[6] = 0x666;
            m->cpu.r[6] = 0x777;
            if (cases[k].cause == PG_CAUSE_none)
                put_word(m, MBASE + offset, 0x12345678);
            struct pg_cpu before = m->cpu;
            unsigned d = ops[o] == PG_OP_mjmp ? 0 : 6;
            run_at(m, ops[o], d, 5, 0, cases[k].imm);
            if (cases[k].cause != PG_CAUSE_none) {
                assert_frame(m, before.psw, 0, cases[k].cause, offset,
                             encode(ops[o], d, 5, 0, cases[k].imm));
                assert_memory_equal(m->cpu.r, before.r, sizeof before.r);
                assert_memory_equal(m->cpu.m, before.m, sizeof before.m);
                pg_machine_free(m);
                continue;
            }
            uint32_t word = word_at(m, MBASE + offset);
            assert_int_equal(m->cpu.r[6], ops[o] == PG_OP_mlw ? 0x12345678 : 0x777);
            assert_int_equal(m->cpu.m[6], ops[o] == PG_OP_mlwm ? 0x12345678 : 0x666);
            assert_int_equal(word, ops[o] == PG_OP_msw    ? 0x777
                                   : ops[o] == PG_OP_mswm ? 0x666
                                                          : 0x12345678);
            assert_int_equal(m->cpu.psw.pc, ops[o] == PG_OP_mjmp ? 0x12345678 : 0x104);
            pg_machine_free(m);
        }
}

static void register_zero(void **state) {
    struct pg_machine *m = monitor_machine();
    put_word(m, MBASE, 5);
    m->cpu.r[6] = m->cpu.m[6] = 7;
    run_at(m, PG_OP_mlw, 0, 0, 0, 0);
    run_at(m, PG_OP_mlwm, 0, 0, 0, 0);
    run_at(m, PG_OP_mput, 0, 6, 0, 0);
    run_at(m, PG_OP_mget, 0, 6, 0, 0);
    run_at(m, PG_OP_maddi, 0, 6, 0, 1);
    run_at(m, PG_OP_mandi, 0, 6, 0, 0xffff);
    run_at(m, PG_OP_madd, 0, 6, 6, 0);
    run_at(m, PG_OP_msub, 0, 0, 6, 0);
    run_at(m, PG_OP_mor, 0, 6, 6, 0);
    assert_int_equal(m->cpu.T, 9);
    assert_int_equal(m->cpu.psw.pc, 0x100 + 9 * 4);
    assert_int_equal(m->cpu.r[0], 0);
    assert_int_equal(m->cpu.m[0], 0);
    pg_machine_free(m);
}

static void arithmetic(void **state) {
    static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x1234ffff};
    struct pg_machine *m = monitor_machine();
    for (size_t x = 0; x < 6; x++)
        for (size_t y = 0; y < 6; y++) {
            uint32_t a = values[x], b = values[y];
            m->cpu.psw.pc = 0x100;
            m->cpu.m[1] = a;
            m->cpu.m[2] = b;
            m->cpu.r[9] = b;
            run_at(m, PG_OP_madd, 3, 1, 2, 0);
            run_at(m, PG_OP_msub, 4, 1, 2, 0);
            run_at(m, PG_OP_mor, 5, 1, 2, 0);
            run_at(m, PG_OP_mput, 6, 9, 0, 0);
            run_at(m, PG_OP_mget, 8, 1, 0, 0);
            assert_int_equal(m->cpu.m[3], (uint32_t)((uint64_t)a + b));
            assert_int_equal(m->cpu.m[4], (uint32_t)((uint64_t)a - b));
            assert_int_equal(m->cpu.m[5], a | b);
            assert_int_equal(m->cpu.m[6], b);
            assert_int_equal(m->cpu.r[8], a);
            run_at(m, PG_OP_maddi, 3, 1, 0, -0x8000);
            run_at(m, PG_OP_mandi, 4, 1, 0, 0xfff0);
            assert_int_equal(m->cpu.m[3], (uint32_t)((int64_t)a - 0x8000));
            assert_int_equal(m->cpu.m[4], a & 0xfff0);
            uint32_t pc = m->cpu.psw.pc;
            run_at(m, PG_OP_mbeq, 1, 2, 0, 5);
            assert_int_equal(m->cpu.psw.pc, a == b ? pc + 20 : pc + 4);
            pc = m->cpu.psw.pc;
            run_at(m, PG_OP_mbne, 1, 2, 0, -3);
            assert_int_equal(m->cpu.psw.pc, a != b ? pc - 12 : pc + 4);
        }
    pg_machine_free(m);
}

static void ticks(void **state) {
    static const struct {
        uint32_t budget;
        int32_t n;
        bool traps;
    } cases[] = {
        {10, 10, false},
        {10, 11, true},
        {0, 0, false},
        {0, 1, true},
        {0xffff, 0xffff, false},
        {0xfffe, 0xffff, true},
        {0xffffffff, 0xffff, false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_machine *m = monitor_machine();
        struct pg_psw psw = m->cpu.psw;
        m->cpu.m[7] = cases[k].budget;
        run_at(m, PG_OP_tick, 0, 0, 0, cases[k].n);
        uint32_t n = (uint32_t)cases[k].n;
        if (cases[k].traps)
            assert_frame(m, psw, 0, PG_CAUSE_tick, n, encode(PG_OP_tick, 0, 0, 0, cases[k].n));
        assert_int_equal(m->cpu.m[7], cases[k].traps ? cases[k].budget : cases[k].budget - n);
        pg_machine_free(m);
    }
}

/* Without MON, ring 0 may use monitor space too: that is how a VMM fills it. */
static void from_ring_zero(void **state) {
    struct pg_machine *m = monitor_machine();
    set_psw(m, 0, CODE, 0, 0);
    m->cpu.r[6] = 0x55aa;
    run_insn(m, PG_OP_msw, 6, 0, 0, 0x20);
    assert_int_equal(word_at(m, MBASE + 0x20), 0x55aa);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_from_monitor_space_data_through_r),
        cmocka_unit_test(fetch_limits),
        cmocka_unit_test(trap_saves_mon),
        cmocka_unit_test(operand_limits),
        cmocka_unit_test(register_zero),
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(ticks),
        cmocka_unit_test(from_ring_zero),
    };
    return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
