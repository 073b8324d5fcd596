/* Loads, stores, branches and jumps against the RISC-V Unprivileged ISA, chapter "RV32I". */
#include "support.h"

/* ---- loads and stores */

static const uint8_t bytes[] = {0x00, 0x7f, 0x80, 0xff, 0x01, 0x80, 0xfe, 0x7f};

/* What `size` bytes at bytes[at] are, sign-extended from their top bit or not. */
static uint32_t value_at(unsigned at, unsigned size, bool is_signed) {
    int64_t value = 0;
    for (unsigned k = size; k-- > 0;)
        value = value * 256 + bytes[at + k];
    if (is_signed && bytes[at + size - 1] >= 0x80)
        value -= (int64_t)1 << 8 * size;
    return (uint32_t)(uint64_t)value;
}

static const struct {
    enum pg_op op;
    unsigned size;
    bool is_signed;
} loads[] = {
    {PG_OP_lb, 1, true},   {PG_OP_lh, 2, true},   {PG_OP_lw, 4, true},
    {PG_OP_lbu, 1, false}, {PG_OP_lhu, 2, false},
};

static void load_values(void **state) {
    struct pg_machine *m = machine_new();
    memcpy(m->ram.bytes + DATA, bytes, sizeof bytes);
    for (size_t k = 0; k < sizeof loads / sizeof *loads; k++)
        for (unsigned at = 0; at + loads[k].size <= sizeof bytes; at += loads[k].size)
            for (int32_t imm = -0x8000; imm <= 0x7fff; imm += 0x7fff) {
                uint32_t want = value_at(at, loads[k].size, loads[k].is_signed);
                set_psw(m, 0, CODE, 0, 0);
                m->cpu.r[5] = DATA + at - (uint32_t)imm;
                run_insn(m, loads[k].op, 7, 5, 0, imm);
                assert_int_equal(m->cpu.r[7], want);
                assert_int_equal(m->cpu.psw.pc, CODE + 4);
                set_psw(m, 0, CODE, 0, 0);
                run_insn(m, loads[k].op, 0, 5, 0, imm); /* r0 stays zero */
                assert_int_equal(m->cpu.r[0], 0);
                set_psw(m, 0, CODE, 0, 0);
                run_insn(m, loads[k].op, 5, 5, 0, imm); /* over its own address */
                assert_int_equal(m->cpu.r[5], want);
            }
    pg_machine_free(m);
}

/* A load into r0 still makes the access: it traps. */
static void load_to_zero_traps(void **state) {
    for (size_t k = 0; k < sizeof loads / sizeof *loads; k++) {
        struct pg_machine *m = machine_new();
        m->cpu.r[5] = MEMORY;
        run_insn(m, loads[k].op, 0, 5, 0, 0);
        assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_bound);
        pg_machine_free(m);
    }
}

static void store_values(void **state) {
    static const struct {
        enum pg_op op;
        unsigned size;
    } stores[] = {{PG_OP_sb, 1}, {PG_OP_sh, 2}, {PG_OP_sw, 4}};
    struct pg_machine *m = machine_new();
    for (size_t k = 0; k < sizeof stores / sizeof *stores; k++)
        for (unsigned at = 0; at < 8; at += stores[k].size) {
            uint8_t want[8];
            memset(want, 0xee, 8);
            memset(m->ram.bytes + DATA, 0xee, 8);
            for (unsigned n = 0; n < stores[k].size; n++)
                want[at + n] = (uint8_t)(0x44332211U >> 8 * n);
            set_psw(m, 0, CODE, 0, 0);
            m->cpu.r[5] = DATA + at + 16;
            m->cpu.r[6] = 0x44332211;
            run_insn(m, stores[k].op, 6, 5, 0, -16);
            assert_memory_equal(m->ram.bytes + DATA, want, 8);
            assert_int_equal(m->cpu.r[6], 0x44332211);
        }
    /* the source may be the address */
    set_psw(m, 0, CODE, 0, 0);
    m->cpu.r[5] = DATA;
    run_insn(m, PG_OP_sw, 5, 5, 0, 0);
    assert_int_equal(word_at(m, DATA), DATA);
    pg_machine_free(m);
}

static void misaligned(void **state) {
    static const struct {
        enum pg_op op;
        unsigned size;
    } all[] = {
        {PG_OP_lb, 1},  {PG_OP_lbu, 1}, {PG_OP_sb, 1}, {PG_OP_lh, 2},
        {PG_OP_lhu, 2}, {PG_OP_sh, 2},  {PG_OP_lw, 4}, {PG_OP_sw, 4},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        for (unsigned at = 0; at < 4; at++) {
            struct pg_machine *m = machine_new();
            struct pg_psw psw = m->cpu.psw;
            m->cpu.r[5] = DATA;
            m->cpu.r[7] = 0x12345678;
            put_word(m, DATA, 0xffffffff);
            run_insn(m, all[k].op, 7, 5, 0, (int32_t)at);
            if (at % all[k].size) {
                assert_frame(m, psw, 0, PG_CAUSE_align, DATA + at, word_at(m, CODE));
                assert_int_equal(m->cpu.r[7], 0x12345678);
                assert_int_equal(word_at(m, DATA), 0xffffffff);
            } else {
                assert_int_equal(m->cpu.psw.pc, CODE + 4);
            }
            pg_machine_free(m);
        }
}

/* Address arithmetic wraps at 2^32. */
static void address_wraps(void **state) {
    struct pg_machine *m = machine_new();
    put_word(m, 0x80, 0xabcd);
    m->cpu.r[5] = 0xffffff00;
    run_insn(m, PG_OP_lw, 7, 5, 0, 0x180);
    assert_int_equal(m->cpu.r[7], 0xabcd);
    set_psw(m, 0, CODE, 0, 0);
    run_insn(m, PG_OP_lw, 7, 0, 0, -4);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_bound);
    assert_int_equal(word_at(m, PG_FRAME_VALUE), 0xfffffffc);
    pg_machine_free(m);
}

/* ---- branches and jumps */

static void branches(void **state) {
    static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 5};
    static const int32_t offsets[] = {-3, -1, 0, 1, 2, 32767, -32768};
    struct pg_machine *m = machine_new();
    for (int op = PG_OP_beq; op <= PG_OP_bgeu; op++)
        for (size_t x = 0; x < 6; x++)
            for (size_t y = 0; y < 6; y++)
                for (size_t o = 0; o < 7; o++) {
                    int64_t ux = values[x], uy = values[y];
                    int64_t sx = ux - (ux >> 31 << 32), sy = uy - (uy >> 31 << 32);
                    const bool taken[] = {ux == uy, ux != uy, sx < sy, sx >= sy, ux < uy, ux >= uy};
                    uint32_t to =
                        taken[op - PG_OP_beq] ? CODE + 4 * (uint32_t)offsets[o] : CODE + 4;
                    m->cpu.r[5] = values[x];
                    m->cpu.r[6] = values[y];
                    set_psw(m, 0, CODE, 0, 0);
                    run_insn(m, (enum pg_op)op, 5, 6, 0, offsets[o]);
                    if (m->cpu.psw.pc != to)
                        fail_msg("%s 0x%08x, 0x%08x, %d went to 0x%08x, expected 0x%08x",
                                 pg_rows[op].mnemonic, values[x], values[y], offsets[o],
                                 m->cpu.psw.pc, to);
                }
    pg_machine_free(m);
}

static void jumps(void **state) {
    static const int32_t offsets[] = {-524288, -2, 0, 1, 524287};
    struct pg_machine *m = machine_new();
    for (size_t o = 0; o < 5; o++)
        for (unsigned d = 0; d < 16; d++) {
            set_psw(m, 0, CODE, 0, 0);
            run_insn(m, PG_OP_jal, d, 0, 0, offsets[o]);
            assert_int_equal(m->cpu.psw.pc, CODE + 4 * (uint32_t)offsets[o]);
            assert_int_equal(m->cpu.r[d], d ? CODE + 4 : 0);
        }
    pg_machine_free(m);
}

static void jumps_through_registers(void **state) {
    static const struct {
        uint32_t base;
        int32_t imm;
        uint32_t to;
    } cases[] = {
        {HANDLER, 0, HANDLER},         {HANDLER, 1, HANDLER},      {HANDLER + 1, 0, HANDLER},
        {HANDLER + 1, 1, HANDLER + 2}, {HANDLER, -4, HANDLER - 4}, {HANDLER, 3, HANDLER + 2},
        {0xffffffff, 0x7fff, 0x7ffe},  {4, -8, 0xfffffffc},
    };
    struct pg_machine *m = machine_new();
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (unsigned d = 0; d < 16; d++)
            for (unsigned a = 1; a < 16; a++) { /* the link may be the base: `jalr ra, (ra)` */
                set_psw(m, 0, CODE, 0, 0);
                m->cpu.r[a] = cases[k].base;
                run_insn(m, PG_OP_jalr, d, a, 0, cases[k].imm);
                assert_int_equal(m->cpu.psw.pc, cases[k].to);
                assert_int_equal(m->cpu.r[d], d ? CODE + 4 : 0);
            }
    pg_machine_free(m);
}

/* The jump itself retires; the trap comes at the fetch. */
static void jump_to_nowhere(void **state) {
    static const struct {
        uint32_t to;
        enum pg_cause cause;
    } cases[] = {
        {HANDLER + 2, PG_CAUSE_fetch_align},
        {MEMORY, PG_CAUSE_fetch_bound},
        {0xfffffffc, PG_CAUSE_fetch_bound},
    };
    for (size_t k = 0; k < 3; k++) {
        struct pg_machine *m = machine_new();
        m->cpu.r[5] = cases[k].to;
        run_insn(m, PG_OP_jalr, 6, 5, 0, 0);
        assert_int_equal(m->cpu.T, 1);
        assert_int_equal(m->cpu.r[6], CODE + 4);
        struct pg_psw psw = m->cpu.psw;
        assert_int_equal(psw.pc, cases[k].to);
        pg_step(m);
        assert_frame(m, psw, 1, cases[k].cause, cases[k].to, 0);
        pg_machine_free(m);
    }
}

/* The pc wraps like every address. */
static void pc_wraps(void **state) {
    struct pg_machine *m = machine_new();
    put_insn(m, CODE + 0xffc, PG_OP_addi, 5, 0, 0, 1);
    put_word(m, ROOT + 4 * 1023, TABLE | PG_PTE_V);
    put_word(m, TABLE + 4 * 1023, CODE | 0x30f);
    set_psw(m, PG_MODE_PAGED, 0xfffffffc, ROOT, 0xfffff000);
    pg_step(m); /* the last page lies beyond every BOUND */
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_fetch_bound);
    m->cpu.mon_base = CODE - 0x1000; /* nor does monitor space reach it */
    m->cpu.mon_bound = 0xfffff000;
    set_psw(m, PG_MON, 0xfffffffc, 0, 0);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_fetch_bound);
    assert_int_equal(m->cpu.r[5], 0);
    /* a branch back over zero */
    set_psw(m, PG_MODE_BOUNDS, 0, CODE, 0x1000);
    run_insn(m, PG_OP_jal, 7, 0, 0, -1);
    assert_int_equal(m->cpu.psw.pc, 0xfffffffc);
    assert_int_equal(m->cpu.r[7], 4);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_values),     cmocka_unit_test(load_to_zero_traps),
        cmocka_unit_test(store_values),    cmocka_unit_test(misaligned),
        cmocka_unit_test(address_wraps),   cmocka_unit_test(branches),
        cmocka_unit_test(jumps),           cmocka_unit_test(jumps_through_registers),
        cmocka_unit_test(jump_to_nowhere), cmocka_unit_test(pc_wraps),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
