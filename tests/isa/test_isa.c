/* The instruction table: encode, decode, and the text between them. */
#include "helper.h"

#include "isa/disasm.h"
#include "isa/isa.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ the encodings */

/* The bits of a word that a row fixes, from its format: opcode and unused bits. */
static uint32_t fixed_bits(enum pg_op op) {
    enum pg_format f = pg_rows[op].format;
    uint32_t free_bits = (uint32_t)((1ULL << pg_layouts[f].bits) - 1);
    free_bits |= pg_format_has(f, 'd') ? 15U << 20 : pg_format_has(f, 'D') ? 7U << 20 : 0;
    free_bits |= pg_format_has(f, 'a') ? 15U << 16 : pg_format_has(f, 'A') ? 7U << 16 : 0;
    free_bits |= pg_format_has(f, 'b') ? 15U << 12 : pg_format_has(f, 'B') ? 7U << 12 : 0;
    return ~free_bits;
}

static void no_two_rows_overlap(void **state) {
    for (int a = 0; a < PG_NOPS; a++)
        for (int b = 0; b < a; b++) {
            uint32_t difference = (uint32_t)(pg_rows[a].opcode ^ pg_rows[b].opcode) << 24;
            if ((difference & fixed_bits(a) & fixed_bits(b)) == 0)
                fail_msg("%s and %s share a word", pg_rows[a].mnemonic, pg_rows[b].mnemonic);
            assert_string_not_equal(pg_rows[a].mnemonic, pg_rows[b].mnemonic);
        }
}

/* A word is an instruction exactly if its fixed bits are those of a row, and then encoding
 * what was decoded gives it back. */
static void check_word(uint32_t word) {
    struct pg_insn in;
    uint32_t back;
    bool legal = false;
    for (int op = 0; op < PG_NOPS; op++)
        legal |= (word & fixed_bits(op)) == (uint32_t)pg_rows[op].opcode << 24;
    if (pg_decode(word, &in) != legal)
        fail_msg("%08x is %s", word, legal ? "legal" : "illegal");
    assert_int_equal(in.word, word);
    if (!legal) {
        assert_int_equal(in.op, PG_NOPS);
        return;
    }
    assert_true(pg_encode(&in, &back));
    assert_int_equal(back, word);
}

static void decoding_is_exact(void **state) {
    uint32_t random = 1;
    check_word(0);
    check_word(0xffffffff);
    for (int k = 0; k < 200000; k++) {
        uint32_t word = next_random(&random);
        check_word(word);
        /* Random words are mostly illegal: also one with a row's fixed bits, and one of those
         * with one bit turned. */
        int op = (int)(next_random(&random) % PG_NOPS);
        word = (word & ~fixed_bits(op)) | (uint32_t)pg_rows[op].opcode << 24;
        check_word(word);
        check_word(word ^ 1U << next_random(&random) % 32);
    }
}

static void encoding_refuses(void **state) {
    uint32_t word;
    for (int op = 0; op < PG_NOPS; op++) {
        enum pg_format f = pg_rows[op].format;
        int32_t max = pg_layouts[f].bits ? pg_imm_max(f) : 0;
        int32_t min = pg_layouts[f].bits ? pg_imm_min(f) : 0;
        struct pg_insn good = {.op = (uint8_t)op};
        assert_true(pg_encode(&good, &word));
        struct pg_insn bad = good;
        bad.imm = max + 1;
        assert_false(pg_encode(&bad, &word));
        bad.imm = min - 1;
        assert_false(pg_encode(&bad, &word));
        const char general[] = "dab", monitor[] = "DAB";
        for (int k = 0; k < 3; k++) {
            bad = good;
            uint8_t *fields[] = {&bad.d, &bad.a, &bad.b};
            *fields[k] = pg_format_has(f, general[k])   ? PG_NREGS
                         : pg_format_has(f, monitor[k]) ? PG_NMREGS
                                                        : 1;
            assert_false(pg_encode(&bad, &word));
        }
    }
    assert_false(pg_encode(&(struct pg_insn){.op = PG_NOPS}, &word));
}

static void names(void **state) {
    for (int op = 0; op < PG_NOPS; op++)
        assert_int_equal(pg_op_by_name(pg_rows[op].mnemonic), op);
    assert_int_equal(pg_op_by_name("ADDI"), PG_OP_addi);
    assert_int_equal(pg_op_by_name("add "), PG_NOPS);
    static const struct {
        const char *name;
        int number;
    } regs[] = {{"zero", 0}, {"r0", 0},   {"x15", 15},
                {"r15", 15}, {"a5", 15},  {"fp", 8},
                {"s0", 8},   {"r16", -1}, {"r00", -1},
                {"r01", -1}, {"r", -1},   {"", -1},
                {"r1x", -1}, {"a6", -1},  {"m1", -1},
                {"A0", -1},  {"r-1", -1}, {"r99999999999999999999", -1}};
    for (size_t k = 0; k < sizeof regs / sizeof *regs; k++)
        assert_int_equal(pg_reg_by_name(regs[k].name), regs[k].number);
    assert_int_equal(pg_mreg_by_name("m7"), 7);
    assert_int_equal(pg_mreg_by_name("m8"), -1);
}

/* ------------------------------------------------------------------ text */

static void disassembly(void **state) {
    static const struct {
        uint32_t word;
        const char *plain, *pseudo;
    } cases[] = {
        {0x10abc000, "add a0, a1, a2", NULL},
        {0x20abffff, "addi a0, a1, -1", NULL},
        {0x20ab7fff, "addi a0, a1, 0x7fff", NULL},
        {0x20000000, "addi zero, zero, 0", "nop"},
        {0x20a00005, "addi a0, zero, 5", "li a0, 5"},
        {0x20ab0000, "addi a0, a1, 0", "mv a0, a1"},
        {0x26ab001f, "srai a0, a1, 31", NULL},
        {0x29a12345, "lui a0, 0x12345", NULL},
        {0x29a00001, "lui a0, 1", NULL},
        {0x42a2fffc, "lw a0, -4(sp)", NULL},
        {0x52a20010, "sw a0, 16(sp)", NULL},
        {0x42a00010, "lw a0, 0x10(zero)", NULL},
        {0xa1a00010, "in a0, 0x10(zero)", NULL},
        {0xa0020000, "lpsw 0(sp)", NULL},
        {0x60ab0002, "beq a0, a1, 0x1008", NULL},
        {0x60a0ffff, "beq a0, zero, 0xffc", "beqz a0, 0xffc"},
        {0x64ab0002, "blt a0, a1, 0x1008", "bgt a1, a0, 0x1008"},
        {0x640a0002, "blt zero, a0, 0x1008", "bgtz a0, 0x1008"},
        {0x701ffc00, "jal ra, 0x0", "jal 0x0"},
        {0x700ffbff, "jal zero, 0xfffffffc", "j 0xfffffffc"},
        {0x71010000, "jalr zero, 0(ra)", "ret"},
        {0x71050000, "jalr zero, 0(t0)", "jr t0"},
        {0x80000005, "svc 5", NULL},
        {0x8000ffff, "svc 0xffff", NULL},
        {0xa3000000, "idle", NULL},
        {0x92a00001, "grel a0, 1", NULL},
        {0xb0a70008, "mlw a0, 8(m7)", NULL},
        {0xb8123000, "madd m1, m2, m3", NULL},
        {0xbb120001, "mbeq m1, m2, 0x1004", NULL},
        {0x00000000, ".word 0x00000000", NULL},
        {0xffffffff, ".word 0xffffffff", NULL},
        {0xb8823000, ".word 0xb8823000", NULL},
    };
    char text[80];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        assert_string_equal(pg_disasm(cases[k].word, 0x1000, NULL, text, sizeof text),
                            cases[k].plain);
        assert_string_equal(
            pg_disasm_as(cases[k].word, 0x1000, NULL, PG_DISASM_PSEUDO, text, sizeof text),
            cases[k].pseudo ? cases[k].pseudo : cases[k].plain);
    }
    /* What does not fit is cut. */
    char small[6], none[1] = "x";
    assert_string_equal(pg_disasm(0x10abc000, 0, NULL, small, sizeof small), "add a");
    assert_string_equal(pg_disasm(0x10abc000, 0, NULL, none, sizeof none), "");
    none[0] = 'x';
    pg_disasm(0x10abc000, 0, NULL, none, 0);
    assert_int_equal(none[0], 'x');
}

static void targets_are_named(void **state) {
    struct pg_image *image =
        assemble("main: nop\n loop: nop\n j loop\n j main+4\n .data\n x: .word 1", NULL);
    char text[80];
    assert_string_equal(pg_disasm(word_at(image, 0x1008), 0x1008, image, text, sizeof text),
                        "jal zero, 0x1004 <loop>");
    assert_string_equal(pg_disasm(0x70000001, 0x1004, image, text, sizeof text),
                        "jal zero, 0x1008 <loop+0x4>");
    assert_string_equal(pg_disasm(0x70000001, 0x1ff8, image, text, sizeof text),
                        "jal zero, 0x1ffc"); /* between the segments */
    pg_image_free(image);
}

/* ------------------------------------------------------------------ there and back */

/* Words whose texts are assembled together, one after the other from `base` on. */
struct batch {
    uint32_t base;
    unsigned flags;
    uint32_t words[4096];
    size_t n;
};

/* Disassemble the batch, assemble its text, and compare; then the batch is empty. */
static void check_batch(struct batch *b) {
    struct pg_asm_options options = pg_asm_options_default();
    options.text_base = b->base;
    struct pg_image *names = assemble("a: nop\n b: nop", &options);
    char *source = NULL, text[80];
    size_t size;
    FILE *out = open_memstream(&source, &size);
    for (size_t k = 0; k < b->n; k++)
        fprintf(out, "%s\n",
                pg_disasm_as(b->words[k], b->base + 4 * (uint32_t)k, names, b->flags, text,
                             sizeof text));
    fclose(out);
    struct pg_image *image = assemble(source, &options);
    assert_int_equal(image->segments[0].size, 4 * b->n);
    for (size_t k = 0; k < b->n; k++)
        if (word_at(image, b->base + 4 * (uint32_t)k) != b->words[k])
            fail_msg("%08x became %08x", b->words[k], word_at(image, b->base + 4 * (uint32_t)k));
    pg_image_free(image);
    pg_image_free(names);
    free(source);
    b->n = 0;
}

static void add_word(struct batch *b, uint32_t word) {
    b->words[b->n++] = word;
    if (b->n == sizeof b->words / sizeof *b->words)
        check_batch(b);
}

/* Every instruction with every combination of edge operands. */
static void every_row_round_trip(void **state) {
    struct batch b = {.base = *(uint32_t *)*state, .flags = ((unsigned *)*state)[1]};
    for (int op = 0; op < PG_NOPS; op++) {
        enum pg_format f = pg_rows[op].format;
        const int32_t imms[] = {pg_imm_min(f), -1, 0, 1, 9, 10, 4095, 4096, pg_imm_max(f)};
        const uint8_t general[] = {0, 1, 2, 15}, monitor[] = {0, 1, 2, 7}, none[] = {0};
        const uint8_t *registers[3];
        int n[3], nimms = pg_layouts[f].bits ? 9 : 1;
        for (int k = 0; k < 3; k++) {
            bool is_general = pg_format_has(f, "dab"[k]), is_monitor = pg_format_has(f, "DAB"[k]);
            registers[k] = is_general ? general : is_monitor ? monitor : none;
            n[k] = is_general || is_monitor ? 4 : 1;
        }
        for (int k = 0; k < n[0] * n[1] * n[2] * nimms; k++) {
            int i = k / (n[0] * n[1] * n[2]);
            struct pg_insn in = {.op = (uint8_t)op,
                                 .d = registers[0][k % n[0]],
                                 .a = registers[1][k / n[0] % n[1]],
                                 .b = registers[2][k / (n[0] * n[1]) % n[2]],
                                 .imm = nimms > 1 ? imms[i] : 0};
            uint32_t word;
            if (pg_encode(&in, &word)) /* not all edges fit all formats */
                add_word(&b, word);
        }
    }
    check_batch(&b);
}

static void random_words_round_trip(void **state) {
    struct batch b = {.base = *(uint32_t *)*state, .flags = ((unsigned *)*state)[1]};
    uint32_t random = 7;
    for (int k = 0; k < 60000; k++) {
        uint32_t word = next_random(&random);
        if (k % 4) {
            int op = (int)(next_random(&random) % PG_NOPS);
            word = (word & ~fixed_bits(op)) | (uint32_t)pg_rows[op].opcode << 24;
        }
        add_word(&b, word);
    }
    check_batch(&b);
}

int main(void) {
    /* In low memory, in the middle, and at the end, where jumps go round; plainly and with
     * pseudo-instructions. */
    static uint32_t low[] = {0, 0}, middle[] = {0x80000000, PG_DISASM_PSEUDO},
                    high[] = {0xffff8000, PG_DISASM_PSEUDO}, plain[] = {0x1000, 0};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_rows_overlap),
        cmocka_unit_test(decoding_is_exact),
        cmocka_unit_test(encoding_refuses),
        cmocka_unit_test(names),
        cmocka_unit_test(disassembly),
        cmocka_unit_test(targets_are_named),
        cmocka_unit_test_prestate(every_row_round_trip, plain),
        cmocka_unit_test_prestate(every_row_round_trip, low),
        cmocka_unit_test_prestate(every_row_round_trip, middle),
        cmocka_unit_test_prestate(every_row_round_trip, high),
        cmocka_unit_test_prestate(random_words_round_trip, plain),
        cmocka_unit_test_prestate(random_words_round_trip, low),
        cmocka_unit_test_prestate(random_words_round_trip, middle),
        cmocka_unit_test_prestate(random_words_round_trip, high),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
