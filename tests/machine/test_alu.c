/* Register, immediate, multiply and divide instructions against the RISC-V Unprivileged ISA,
 * chapters "RV32I" and "M". The expectations are computed here in wide integers, from the manual's
 * words and not from the machine's source. */
#include "support.h"

typedef __int128 wide;

static const uint32_t edges[] = {
    0,          1,          2,          3,          4,          7,          31,
    32,         33,         63,         0x7fff,     0x8000,     0xffff,     0x10000,
    0x12345678, 0x55555555, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xaaaaaaaa,
    0xcafebabe, 0xffff8000, 0xffffffe0, 0xffffffff, 0xfffffffe,
};
enum { NEDGES = sizeof edges / sizeof *edges };

/* The value of a word read as a signed number. */
static wide s(uint32_t x) {
    return x < 0x80000000U ? (wide)x : (wide)x - ((wide)1 << 32);
}

static wide u(uint32_t x) {
    return x;
}

static uint32_t low(wide x) {
    return (uint32_t)(x & 0xffffffff);
}

/* Division rounding down, whatever the signs. */
static wide floor_div(wide a, wide b) {
    wide q = a / b;
    return q * b != a && (a < 0) != (b < 0) ? q - 1 : q;
}

static uint32_t bitwise(uint32_t a, uint32_t b, int table) {
    uint32_t d = 0;
    for (int k = 0; k < 32; k++)
        d |= (uint32_t)(table >> ((a >> k & 1) * 2 + (b >> k & 1)) & 1) << k;
    return d;
}

/* What the operation with these operands gives, the second a register or an immediate. */
static bool expected(enum pg_op op, uint32_t a, uint32_t b, uint32_t *d) {
    wide two = (wide)1 << (b & 31);
    switch (op) {
    case PG_OP_add:
    case PG_OP_addi: *d = low(s(a) + s(b)); return true;
    case PG_OP_sub: *d = low(s(a) - s(b)); return true;
    case PG_OP_sll:
    case PG_OP_slli: *d = low(u(a) * two); return true;
    case PG_OP_srl:
    case PG_OP_srli: *d = low(u(a) / two); return true;
    case PG_OP_sra:
    case PG_OP_srai: *d = low(floor_div(s(a), two)); return true;
    case PG_OP_slt:
    case PG_OP_slti: *d = s(a) - s(b) < 0; return true;
    case PG_OP_sltu:
    case PG_OP_sltiu: *d = u(a) - u(b) < 0; return true;
    case PG_OP_xor:
    case PG_OP_xori: *d = bitwise(a, b, 0x6); return true;
    case PG_OP_or:
    case PG_OP_ori: *d = bitwise(a, b, 0xe); return true;
    case PG_OP_and:
    case PG_OP_andi: *d = bitwise(a, b, 0x8); return true;
    case PG_OP_mul: *d = low(s(a) * s(b)); return true;
    case PG_OP_mulh: *d = low(floor_div(s(a) * s(b), (wide)1 << 32)); return true;
    case PG_OP_mulhsu: *d = low(floor_div(s(a) * u(b), (wide)1 << 32)); return true;
    case PG_OP_mulhu: *d = low(u(a) * u(b) / ((wide)1 << 32)); return true;
    case PG_OP_div: *d = low(b == 0 ? -1 : s(a) / s(b)); return true;
    case PG_OP_divu: *d = low(b == 0 ? -1 : u(a) / u(b)); return true;
    case PG_OP_rem: *d = low(b == 0 ? s(a) : s(a) - s(a) / s(b) * s(b)); return true;
    case PG_OP_remu: *d = low(b == 0 ? u(a) : u(a) % u(b)); return true;
    default: return false;
    }
}

/* Run one instruction with r5 = a, r6 = b and check its result, and that nothing else happened. */
static void check(struct pg_machine *m, enum pg_op op, unsigned d, unsigned ra, unsigned rb,
                  int32_t imm, uint32_t want) {
    struct pg_cpu before = m->cpu;
    before.psw.pc = CODE;
    m->cpu.psw.pc = CODE;
    run_insn(m, op, d, ra, rb, imm);
    if (d)
        before.r[d] = want;
    before.psw.pc += 4;
    before.T++;
    if (memcmp(&before, &m->cpu, offsetof(struct pg_cpu, deliveries)) != 0)
        fail_msg("%s r%u, r%u, r%u, %d with 0x%08x, 0x%08x: got 0x%08x, expected 0x%08x (or "
                 "another register changed)",
                 pg_rows[op].mnemonic, d, ra, rb, imm, before.r[5], before.r[6], m->cpu.r[d], want);
}

/* Every register operation on every pair of edges, with all ways in which registers coincide. */
static void register_operations(void **state) {
    struct pg_machine *m = machine_new();
    unsigned tried = 0;
    for (int op = 0; op < PG_NOPS; op++) {
        uint32_t want;
        if (pg_rows[op].format != PG_FMT_R)
            continue;
        if (!expected((enum pg_op)op, 0, 0, &want))
            fail_msg("no expectation for %s", pg_rows[op].mnemonic);
        tried++;
        for (int x = 0; x < NEDGES; x++)
            for (int y = 0; y < NEDGES; y++) {
                uint32_t a = edges[x], b = edges[y];
                for (unsigned d = 5; d <= 7; d++) { /* 5 is a, 6 is b, 7 neither */
                    m->cpu.r[5] = a;
                    m->cpu.r[6] = b;
                    expected((enum pg_op)op, a, b, &want);
                    check(m, (enum pg_op)op, d, 5, 6, 0, want);
                }
                m->cpu.r[5] = a;
                m->cpu.r[6] = b;
                check(m, (enum pg_op)op, 0, 5, 6, 0, 0);
                expected((enum pg_op)op, a, a, &want);
                check(m, (enum pg_op)op, 5, 5, 5, 0, want);
                m->cpu.r[5] = a;
                expected((enum pg_op)op, a, 0, &want); /* r0 as operand */
                check(m, (enum pg_op)op, 7, 5, 0, 0, want);
                expected((enum pg_op)op, 0, b, &want);
                check(m, (enum pg_op)op, 7, 0, 6, 0, want);
            }
    }
    assert_true(tried > 0); /* a row more needs an expectation more, and nothing here */
    pg_machine_free(m);
}

/* Every immediate operation on edges and all immediates that matter. */
static void immediate_operations(void **state) {
    struct pg_machine *m = machine_new();
    static const int32_t imms[] = {0,      1,      2,       5,       31,    -1,     -2,
                                   0x7ffe, 0x7fff, -0x7fff, -0x8000, 0x555, -0x555, 2047};
    unsigned tried = 0;
    for (int op = 0; op < PG_NOPS; op++) {
        enum pg_format f = pg_rows[op].format;
        uint32_t want;
        if (f != PG_FMT_I && f != PG_FMT_H)
            continue;
        if (!expected((enum pg_op)op, 0, 0, &want))
            fail_msg("no expectation for %s", pg_rows[op].mnemonic);
        tried++;
        for (int x = 0; x < NEDGES; x++)
            for (size_t k = 0; k < (f == PG_FMT_H ? 32 : sizeof imms / sizeof *imms); k++) {
                int32_t imm = f == PG_FMT_H ? (int32_t)k : imms[k];
                expected((enum pg_op)op, edges[x], (uint32_t)imm, &want);
                m->cpu.r[5] = edges[x];
                check(m, (enum pg_op)op, 7, 5, 0, imm, want);
                check(m, (enum pg_op)op, 0, 5, 0, imm, 0);
                check(m, (enum pg_op)op, 5, 5, 0, imm, want);
            }
    }
    assert_true(tried > 0);
    pg_machine_free(m);
}

static void upper_immediates(void **state) {
    struct pg_machine *m = machine_new();
    static const int32_t imms[] = {0, 1, 2, 0x7ffff, 0x80000, 0xfffff, 0x12345};
    for (size_t k = 0; k < sizeof imms / sizeof *imms; k++) {
        uint32_t upper = (uint32_t)imms[k] * 4096U;
        check(m, PG_OP_lui, 7, 0, 0, imms[k], upper);
        check(m, PG_OP_lui, 0, 0, 0, imms[k], 0);
        check(m, PG_OP_auipc, 7, 0, 0, imms[k], low((wide)CODE + upper));
        check(m, PG_OP_auipc, 0, 0, 0, imms[k], 0);
    }
    /* auipc gives the virtual pc, not where the code lies in memory */
    put_insn(m, CODE, PG_OP_auipc, 7, 0, 0, 1);
    set_psw(m, PG_MODE_BOUNDS, 0, CODE, 0x1000);
    pg_step(m);
    assert_int_equal(m->cpu.r[7], 0x1000);
    pg_machine_free(m);
}

/* The results that the manual names one by one. */
static void division_by_the_book(void **state) {
    static const struct {
        enum pg_op op;
        uint32_t a, b, d;
    } book[] = {
        {PG_OP_div, 7, 0, 0xffffffff},
        {PG_OP_divu, 7, 0, 0xffffffff},
        {PG_OP_rem, 0xfffffff9, 0, 0xfffffff9},
        {PG_OP_remu, 7, 0, 7},
        {PG_OP_div, 0x80000000, 0xffffffff, 0x80000000},
        {PG_OP_rem, 0x80000000, 0xffffffff, 0},
        {PG_OP_div, 0xfffffff9, 2, 0xfffffffd},
        {PG_OP_rem, 0xfffffff9, 2, 0xffffffff},
        {PG_OP_rem, 7, 0xfffffffe, 1},
        {PG_OP_div, 0, 0, 0xffffffff},
        {PG_OP_rem, 0, 0, 0},
        {PG_OP_mulh, 0x80000000, 0x80000000, 0x40000000},
        {PG_OP_mulhsu, 0xffffffff, 0xffffffff, 0xffffffff},
        {PG_OP_mulhu, 0xffffffff, 0xffffffff, 0xfffffffe},
        {PG_OP_sra, 0x80000000, 63, 0xffffffff},
        {PG_OP_srl, 0x80000000, 63, 1},
        {PG_OP_sll, 1, 32, 1},
    };
    struct pg_machine *m = machine_new();
    for (size_t k = 0; k < sizeof book / sizeof *book; k++) {
        m->cpu.r[5] = book[k].a;
        m->cpu.r[6] = book[k].b;
        check(m, book[k].op, 7, 5, 6, 0, book[k].d);
    }
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(register_operations),
        cmocka_unit_test(immediate_operations),
        cmocka_unit_test(upper_immediates),
        cmocka_unit_test(division_by_the_book),
    };
    return cmocka_run_group_tests_name("alu", tests, NULL, NULL);
}
