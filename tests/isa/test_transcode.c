/* test_transcode.c - every row of rv32.def: RISC-V's word in, PG32's instruction out; and refusals.
 */
#include "isa/isa.h"
#include "isa/transcode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* As gcc's assembler writes them. */
static const struct {
    uint32_t riscv;
    enum pg_op op;
    unsigned d, a, b;
    int32_t imm;
} words[] = {
    {0x00c58533, PG_OP_add, 10, 11, 12, 0},     /* add a0, a1, a2 */
    {0x40c58533, PG_OP_sub, 10, 11, 12, 0},     /* sub a0, a1, a2 */
    {0x02c5d533, PG_OP_divu, 10, 11, 12, 0},    /* divu a0, a1, a2 */
    {0x02c5b533, PG_OP_mulhu, 10, 11, 12, 0},   /* mulhu a0, a1, a2 */
    {0x80058513, PG_OP_addi, 10, 11, 0, -2048}, /* addi a0, a1, -2048 */
    {0x7ff5f513, PG_OP_andi, 10, 11, 0, 2047},  /* andi a0, a1, 2047 */
    {0x41f5d513, PG_OP_srai, 10, 11, 0, 31},    /* srai a0, a1, 31 */
    {0x00159513, PG_OP_slli, 10, 11, 0, 1},     /* slli a0, a1, 1 */
    {0xfffff537, PG_OP_lui, 10, 0, 0, 0xfffff}, /* lui a0, 0xfffff */
    {0x00001097, PG_OP_auipc, 1, 0, 0, 1},      /* auipc ra, 1 */
    {0xffc5a503, PG_OP_lw, 10, 11, 0, -4},      /* lw a0, -4(a1) */
    {0x7ff5c503, PG_OP_lbu, 10, 11, 0, 2047},   /* lbu a0, 2047(a1) */
    {0xfea5ae23, PG_OP_sw, 10, 11, 0, -4},      /* sw a0, -4(a1) */
    {0x7ea58fa3, PG_OP_sb, 10, 11, 0, 2047},    /* sb a0, 2047(a1) */
    {0x00b50463, PG_OP_beq, 10, 11, 0, 2},      /* beq a0, a1, .+8 */
    {0x80b57063, PG_OP_bgeu, 10, 11, 0, -1024}, /* bgeu a0, a1, .-4096 */
    {0x0080006f, PG_OP_jal, 0, 0, 0, 2},        /* jal x0, .+8 */
    {0x800000ef, PG_OP_jal, 1, 0, 0, -262144},  /* jal ra, .-1048576 */
    {0x00008067, PG_OP_jalr, 0, 1, 0, 0},       /* ret */
    {0x00000073, PG_OP_svc, 0, 0, 0, 0},        /* ecall */
    {0x00100073, PG_OP_brk, 0, 0, 0, 0},        /* ebreak */
    {0x0ff0000f, PG_OP_addi, 0, 0, 0, 0},       /* fence */
    {0x0105850b, PG_OP_in, 10, 11, 0, 16},      /* .insn i 0x0b, 0, a0, 16(a1) */
    {0x0105950b, PG_OP_out, 10, 11, 0, 16},     /* .insn i 0x0b, 1, a0, 16(a1) */
    {0x0005a00b, PG_OP_lpsw, 0, 11, 0, 0},      /* .insn i 0x0b, 2, x0, 0(a1) */
    {0x0070600b, PG_OP_hvc, 0, 0, 0, 7},        /* .insn i 0x0b, 6, x0, 7(x0) */
    {0x0000052b, PG_OP_gpsw, 10, 0, 0, 0},      /* .insn r 0x2b, 0, 0, a0, x0, x0 */
    {0x0400152b, PG_OP_grel, 10, 0, 0, 1},      /* .insn r 0x2b, 1, 2, a0, x0, x0 */
    {0x0a00002b, PG_OP_idle, 0, 0, 0, 0},       /* .insn r 0x2b, 0, 5, x0, x0, x0 */
};

static void words_become_words(void **state) {
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        uint32_t pg32 = 0;
        char why[256];
        struct pg_insn in;
        if (!pg_transcode_word(words[k].riscv, &pg32, why, sizeof why))
            fail_msg("%s", why);
        assert_true(pg_decode(pg32, &in));
        if (in.op != words[k].op || in.d != words[k].d || in.a != words[k].a ||
            in.b != words[k].b || in.imm != words[k].imm)
            fail_msg("0x%08x became 0x%08x: %s %u %u %u %d", words[k].riscv, pg32,
                     pg_rows[in.op].mnemonic, in.d, in.a, in.b, in.imm);
    }
}

static void what_pg32_has_not_is_refused(void **state) {
    static const struct {
        uint32_t riscv;
        const char *says;
    } cases[] = {
        {0x00004501, "a compressed instruction"}, {0x30001073, "csrrw"},
        {0x1005a52f, "an atomic instruction"},    {0x00c5f553, "a floating-point instruction"},
        {0x00c5a507, "a floating-point"},         {0x01058533, "uses register x16"},
        {0x010588b3, "uses register x17"},        {0xffffffff, "RV32EM does not have"},
        {0x0020006f, "jumps by 2 bytes"},         {0xfff0600b, "hvc takes no immediate -1"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        uint32_t pg32;
        char why[256];
        assert_false(pg_transcode_word(cases[k].riscv, &pg32, why, sizeof why));
        if (!strstr(why, cases[k].says))
            fail_msg("0x%08x: `%s` does not say `%s`", cases[k].riscv, why, cases[k].says);
    }
    uint32_t zero = 1;
    assert_true(pg_transcode_word(0, &zero, NULL, 0));
    assert_int_equal(zero, 0);
}

/* No word at all makes trouble, and what comes out is an instruction or zero. */
static void any_word_is_taken_or_refused(void **state) {
    uint32_t w = 1, taken = 0;
    for (int k = 0; k < 2000000; k++) {
        uint32_t pg32;
        char why[256];
        struct pg_insn in;
        w = w * 1664525 + 1013904223;
        if (!pg_transcode_word(w | 3, &pg32, why, sizeof why))
            continue;
        taken++;
        assert_true(pg_decode(pg32, &in));
    }
    assert_true(taken > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_words),
        cmocka_unit_test(what_pg32_has_not_is_refused),
        cmocka_unit_test(any_word_is_taken_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
