/* What the assembler makes of each directive, pseudo-instruction and expression. */
#include "helper.h"

#include "isa/disasm.h"
#include "isa/isa.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ instructions */

/* A statement and what it must come to, in plain instructions separated by `;`. */
struct pair {
    const char *source, *plain;
};

/* Disassemble .text from 0x1000 on. */
static char *plain_text(const struct pg_image *image) {
    char *out = NULL, text[80];
    size_t size;
    FILE *f = open_memstream(&out, &size);
    const struct pg_segment *s = segment(image, ".text");
    for (uint32_t k = 0; k < s->size; k += 4)
        fprintf(f, "%s%s", k ? "; " : "",
                pg_disasm(word_at(image, s->addr + k), s->addr + k, NULL, text, sizeof text));
    fclose(f);
    return out;
}

static void check_pairs(const struct pair *pairs, size_t n) {
    for (size_t k = 0; k < n; k++) {
        struct pg_image *image = assemble(pairs[k].source, NULL);
        char *got = plain_text(image);
        assert_string_equal(got, pairs[k].plain);
        free(got);
        pg_image_free(image);
    }
}

static void pseudo_instructions(void **state) {
    static const struct pair pairs[] = {
        {"nop", "addi zero, zero, 0"},
        {"li a0, 0", "addi a0, zero, 0"},
        {"li a0, 32767", "addi a0, zero, 0x7fff"},
        {"li a0, -32768", "addi a0, zero, -32768"},
        {"li a0, 0xffffffff", "addi a0, zero, -1"},
        {"li a0, 0xffff8000", "addi a0, zero, -32768"},
        {"li a0, 0x8000", "lui a0, 8"},
        {"li a0, 32769", "lui a0, 8; addi a0, a0, 1"},
        {"li a0, 0x80000000", "lui a0, 0x80000"},
        {"li a0, -2147483648", "lui a0, 0x80000"},
        {"li a0, 0x12345678", "lui a0, 0x12345; addi a0, a0, 1656"},
        {"li a0, 0x12345fff", "lui a0, 0x12345; addi a0, a0, 4095"},
        {"li a0, -32769", "lui a0, 0xffff7; addi a0, a0, 4095"},
        {"li a0, later; later = 5", "lui a0, 0; addi a0, a0, 5"},
        {"here: li a0, here", "lui a0, 1; addi a0, a0, 0"},
        {"a: nop; b: li a0, b - a", "addi zero, zero, 0; addi a0, zero, 4"},
        {"la a0, 5", "lui a0, 0; addi a0, a0, 5"},
        {"la a0, end; end:", "lui a0, 1; addi a0, a0, 8"},
        {"mv a0, a1", "addi a0, a1, 0"},
        {"not a0, a1", "xori a0, a1, -1"},
        {"neg a0, a1", "sub a0, zero, a1"},
        {"seqz a0, a1", "sltiu a0, a1, 1"},
        {"snez a0, a1", "sltu a0, zero, a1"},
        {"sltz a0, a1", "slt a0, a1, zero"},
        {"sgtz a0, a1", "slt a0, zero, a1"},
        {"beqz a0, .", "beq a0, zero, 0x1000"},
        {"bnez a0, .", "bne a0, zero, 0x1000"},
        {"blez a0, .", "bge zero, a0, 0x1000"},
        {"bgez a0, .", "bge a0, zero, 0x1000"},
        {"bltz a0, .", "blt a0, zero, 0x1000"},
        {"bgtz a0, .", "blt zero, a0, 0x1000"},
        {"bgt a0, a1, .", "blt a1, a0, 0x1000"},
        {"ble a0, a1, .", "bge a1, a0, 0x1000"},
        {"bgtu a0, a1, .", "bltu a1, a0, 0x1000"},
        {"bleu a0, a1, .", "bgeu a1, a0, 0x1000"},
        {"j .+8", "jal zero, 0x1008"},
        {"jal .+8", "jal ra, 0x1008"},
        {"jal a0, .+8", "jal a0, 0x1008"},
        {"jr a0", "jalr zero, 0(a0)"},
        {"jalr a0", "jalr ra, 0(a0)"},
        {"jalr a0, a1", "jalr a0, 0(a1)"},
        {"jalr a0, 4(a1)", "jalr a0, 4(a1)"},
        {"jalr a0, (a1)", "jalr a0, 0(a1)"},
        {"jalr a0, 16", "jalr a0, 0x10(zero)"},
        {"call .+8", "jal ra, 0x1008"},
        {"tail .+8", "jal zero, 0x1008"},
        {"ret", "jalr zero, 0(ra)"},
    };
    check_pairs(pairs, sizeof pairs / sizeof *pairs);
}

static void operands(void **state) {
    static const struct pair pairs[] = {
        {"ADD a0,a1,a2", "add a0, a1, a2"},
        {"add x10, r11, fp", "add a0, a1, s0"},
        {"in a0, 0x10", "in a0, 0x10(zero)"},
        {"out zero, (a0)", "out zero, 0(a0)"},
        {"lpsw (sp)", "lpsw 0(sp)"},
        {"lpsw 0x40", "lpsw 0x40(zero)"},
        {"lw a0, (2+2)(sp)", "lw a0, 4(sp)"},
        {"lw a0, (4)", "lw a0, 4(zero)"},
        {"lw a0, %lo(x)(a1); x=0x12345678", "lw a0, 1656(a1)"},
        {"mlw a0, 8(m7)", "mlw a0, 8(m7)"},
        {"mlwm m1, (m2)", "mlwm m1, 0(m2)"},
        {"mjmp (m2)", "mjmp 0(m2)"},
        {"mbeq m1, m2, .+4", "mbeq m1, m2, 0x1004"},
        {"mput m1, a0; mget a0, m1", "mput m1, a0; mget a0, m1"},
        {"grel a0, 1", "grel a0, 1"},
        {"j 0x1000 <main+8>", "jal zero, 0x1000"},
        {"beq a0, a1, 0x1000 <a.b_c>", "beq a0, a1, 0x1000"},
        {"j (1 < 2) * 0x1000", "jal zero, 0x1000"},
    };
    check_pairs(pairs, sizeof pairs / sizeof *pairs);
}

/* ------------------------------------------------------------------ expressions */

static void expressions(void **state) {
    static const struct {
        const char *expression;
        uint32_t value;
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"10 - 3 - 2", 5},
        {"-7 / 2", (uint32_t)-3},
        {"-7 % 2", (uint32_t)-1},
        {"7 % 4 * 2", 6},
        {"1 << 31", 0x80000000},
        {"3 << 31", 0x80000000},
        {"-1 << 4", (uint32_t)-16},
        {"-16 >> 2", (uint32_t)-4},
        {"0x80000000 >> 4", 0x08000000},
        {"1 << 2 + 1", 8},
        {"6 & 3 | 8 ^ 1", 11},
        {"~0", 0xffffffff},
        {"~0x80000000", 0x7fffffff},
        {"~0xfff & 0xffff", 0xf000},
        {"-1 ^ 0x80000000", 0x7fffffff},
        {"!5 + !0", 1},
        {"!!5", 1},
        {"- - 5", 5},
        {"+5", 5},
        {"1 < 2", 1},
        {"2 <= 1", 0},
        {"-1 > 0", 0},
        {"0xffffffff > 0", 1},
        {"2 >= 2", 1},
        {"1 == 1 && 2 != 2", 0},
        {"1 || 1 / 0", 1},
        {"0 && 1 / 0", 0},
        {"1 ? 2 : 1 / 0", 2},
        {"0 ? 1 : 0 ? 2 : 3", 3},
        {"1 || 0 && 0", 1},
        {"%hi(0x12345678)", 0x12345},
        {"%lo(0x12345678)", 0x678},
        {"%signed(0xffffffff) + 1", 0},
        {"(%hi(-1) << 12) + %lo(-1)", 0xffffffff},
        {"8 %hi * 3 + 1", 1}, /* behind a value % is an operator; hi is 4 */
        {"'A'", 65},
        {"'\\n' + '\\0' + '\\x41' + '\\101' + '\\''", 10 + 0x41 + 65 + 39},
        {"0x7FFFfffF", 0x7fffffff},
        {"0b1010 + 0B11", 13},
        {"010", 8},
        {"0", 0},
        {"4294967295", 0xffffffff},
        {"-2147483648", 0x80000000},
        {"end - start", 8},
        {"(end - start) / 4", 2},
        {"end > start", 1},
        {"start + 4 - start", 4},
        {"1f - 1b", 12},
        {".", 0x2004},
        {"later * 2", 84},
        {"chain1", 43},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *e = cases[k].expression;
        char source[256];
        snprintf(source, sizeof source,
                 ".data; 1: .word 0; .word %s; .word 0; 1: .text; start: nop; nop; end:\n"
                 ".equ chain1, chain2; .equ chain2, later + 1; later = 42; hi = 4",
                 e);
        struct pg_image *image = assemble(source, NULL);
        if (word_at(image, 0x2004) != cases[k].value)
            fail_msg("%s is 0x%x, not 0x%x", e, word_at(image, 0x2004), cases[k].value);
        pg_image_free(image);
    }
}

static void symbols_that_change(void **state) {
    struct pg_image *image = assemble("n = 1\n .word n\n n = n + 1\n .word n\n .set n, n * 10\n"
                                      ".rept 3\n .word n\n n = n + 1\n .endr\n"
                                      ".equ where, end - 4\n .word where\n end:",
                                      NULL);
    static const uint32_t words[] = {1, 2, 20, 21, 22, 0x1014};
    for (uint32_t k = 0; k < 6; k++)
        assert_int_equal(word_at(image, 0x1000 + 4 * k), words[k]);
    pg_image_free(image);
}

static void local_labels(void **state) {
    struct pg_image *image = assemble("1: j 1f\n 1: j 1b\n j 1f\n 2: 1: j 2b\n 99: j 99b", NULL);
    char *text = plain_text(image);
    assert_string_equal(text, "jal zero, 0x1004; jal zero, 0x1004; jal zero, 0x100c; "
                              "jal zero, 0x100c; jal zero, 0x1010");
    free(text);
    assert_int_equal(image->nsymbols, 0);
    pg_image_free(image);
}

/* ------------------------------------------------------------------ data and places */

/* The bytes of .data that a source makes, given as hexadecimal digits. */
static void data_directives(void **state) {
    static const struct {
        const char *source, *bytes;
    } cases[] = {
        {".byte 1, -1, 255, 'a'", "01ffff61"},
        {".half 1, -1, 0xfffe", "0100fffffeff"},
        {".word 1, -1, 0x12345678", "01000000ffffffff78563412"},
        {".ascii \"ab\", \"c\"", "616263"},
        {".asciz \"ab\", \"\"", "61620000"},
        {".string \"#;//\"", "233b2f2f00"},
        {".ascii \"\\n\\t\\r\\\\\\\"\\'\\0\\x7f\\377\\e\"", "0a090d5c2227007fff1b"},
        {".ascii \"\\18\"", "0138"},
        {".ascii \"\"; .byte 5", "05"},
        {".space 3", "000000"},
        {".zero 2, 0xaa", "aaaa"},
        {".skip 2, -1", "ffff"},
        {".space 0", ""},
        {".byte 1; .align 2; .byte 2", "0100000002"},
        {".byte 1; .align 0; .byte 2", "0102"},
        {".byte 1; .balign 4, 0xee; .byte 2", "01eeeeee02"},
        {".word 1; .balign 4; .byte 2", "0100000002"},
        {".byte 1; .org 4; .byte 2", "0100000002"},
        {".byte 1; .org 4, 9; .byte 2", "0109090902"},
        {"x: .byte 1; .org x + 3; .byte 2", "01000002"},
        {".rept 3; .byte 7; .endr", "070707"},
        {".rept 2; .rept 2; .byte 7; .endr; .byte 8; .endr", "070708070708"},
        {".rept 0; .byte 7; .endr; .byte 1", "01"},
        {".byte 1 # 2\n.byte 3 // 4\n.byte /* 5\n; 6 */ 7", "010307"},
        {".byte 1; .if 0; .byte 2; .else; .byte 3; .endif", "0103"},
        {".if 1; .byte 2; .else; .byte 3; .endif", "02"},
        {".if 0; .byte 1; .elseif 1; .byte 2; .elseif 1; .byte 3; .else; .byte 4; .endif", "02"},
        {".if 0; .byte 1; .elseif 0; .byte 2; .else; .byte 4; .endif", "04"},
        {".if 0; .if 1; .byte 1; .else; .byte 2; .endif\n \" $ '\n.else; .byte 3; .endif", "03"},
        {".ifdef x; .byte 1; .endif; x = 1; .ifdef x; .byte 2; .endif", "02"},
        {".ifndef x; .byte 1; .endif; x: .ifndef x; .byte 2; .endif", "01"},
        {".ifdef GIVEN; .byte GIVEN; .endif", "2a"},
        {".macro m; .endm; .ifdef m; .byte 1; .endif", "01"},
        {".if (2 + 2 == 4) && !0; .byte 1; .endif", "01"},
        {"a: .word 0; b: .if b - a == 4; .byte 1; .endif", "0000000001"},
    };
    static const struct pg_asm_define given = {"GIVEN", 42};
    struct pg_asm_options options = pg_asm_options_default();
    options.defines = &given;
    options.ndefines = 1;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char source[256], got[64] = "";
        snprintf(source, sizeof source, ".data\n%s\n", cases[k].source);
        struct pg_image *image = assemble(source, &options);
        for (uint32_t j = 0; image->nsegments && j < image->segments[0].file_size; j++)
            snprintf(got + 2 * j, 3, "%02x", image->segments[0].bytes[j]);
        if (strcmp(got, cases[k].bytes) != 0)
            fail_msg("%s gives %s, not %s", cases[k].source, got, cases[k].bytes);
        pg_image_free(image);
    }
}

static void code_is_padded_with_nops(void **state) {
    struct pg_image *image = assemble("idle; .align 4; idle; .balign 8, 0x55; idle", NULL);
    static const uint32_t words[] = {0xa3000000, 0x20000000, 0x20000000, 0x20000000,
                                     0xa3000000, 0x55555555, 0xa3000000};
    for (uint32_t k = 0; k < 7; k++)
        assert_int_equal(word_at(image, 0x1000 + 4 * k), words[k]);
    pg_image_free(image);
}

static void sections(void **state) {
    struct pg_image *image = assemble(
        ".bss\n buffer: .space 100\n .data\n .word 1\n .text\n nop\n .rodata\n .byte 1\n"
        ".section .more\n .byte 2\n .section .text.late\n nop\n .section .vectors, \"ax\", 0x100\n"
        "nop\n .data\n .word 2\n .section .low, \"a\", 0x200\n .byte 3\n .section .bss.more\n"
        ".space 8\n",
        NULL);
    static const struct {
        const char *name;
        uint32_t addr, size;
        unsigned flags;
    } expected[] = {{".vectors", 0x100, 4, PG_SEG_R | PG_SEG_X},
                    {".low", 0x200, 1, PG_SEG_R},
                    {".text", 0x1000, 4, PG_SEG_R | PG_SEG_X},
                    {".data", 0x2000, 8, PG_SEG_R | PG_SEG_W},
                    {".rodata", 0x3000, 1, PG_SEG_R},
                    {".more", 0x4000, 1, PG_SEG_R | PG_SEG_W},
                    {".text.late", 0x5000, 4, PG_SEG_R | PG_SEG_X},
                    {".bss.more", 0x6000, 8, PG_SEG_R | PG_SEG_W},
                    {".bss", 0x7000, 100, PG_SEG_R | PG_SEG_W}};
    assert_int_equal(image->nsegments, sizeof expected / sizeof *expected);
    for (size_t k = 0; k < image->nsegments; k++) {
        assert_string_equal(image->segments[k].name, expected[k].name);
        assert_int_equal(image->segments[k].addr, expected[k].addr);
        assert_int_equal(image->segments[k].size, expected[k].size);
        assert_int_equal(image->segments[k].flags, expected[k].flags);
        bool bss = strncmp(expected[k].name, ".bss", 4) == 0;
        assert_int_equal(image->segments[k].file_size, bss ? 0 : expected[k].size);
    }
    assert_int_equal(image->entry, 0x1000);
    assert_int_equal(pg_image_symbol(image, "buffer")->addr, 0x7000);
    pg_image_free(image);

    /* The last byte of the address space can be used. */
    image = assemble(".section .top, \"aw\", 0xfffffff0; .space 15; last: .byte 1", NULL);
    assert_int_equal(pg_image_symbol(image, "last")->addr, 0xffffffff);
    pg_image_free(image);
}

static void text_base(void **state) {
    struct pg_asm_options options = pg_asm_options_default();
    options.text_base = 0x80000004;
    struct pg_image *image =
        assemble("j end; .align 4; _start: end: nop; .data; .word end", &options);
    assert_int_equal(image->segments[0].addr, 0x80000004);
    assert_int_equal(image->segments[1].addr, 0x80001000);
    assert_int_equal(word_at(image, 0x80001000), 0x80000010);
    assert_int_equal(image->entry, 0x80000010);
    pg_image_free(image);
    options.text_base = 2;
    char *printed = refuse("nop", &options);
    assert_string_equal(printed, "error: the address of .text, 0x2, is no multiple of 4\n");
    free(printed);
}

static void nothing_at_all(void **state) {
    static const char *const sources[] = {"", "\n", "# only a comment", "/* */", ";;;\n;"};
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++) {
        struct pg_image *image = assemble(sources[k], NULL);
        assert_int_equal(image->nsegments, 0);
        pg_image_free(image);
    }
}

/* ------------------------------------------------------------------ macros, includes, files */

static void macros(void **state) {
    static const struct pair pairs[] = {
        {".macro push reg\n addi sp, sp, -4\n sw \\reg, 0(sp)\n.endm\n push ra\n push a0",
         "addi sp, sp, -4; sw ra, 0(sp); addi sp, sp, -4; sw a0, 0(sp)"},
        {".macro load reg, value = 7, base=zero\n addi \\reg, \\base, \\value\n.endm\n"
         "load a0\n load a0, 8\n load a0, , a1\n load a0, (1)+0, a1",
         "addi a0, zero, 7; addi a0, zero, 8; addi a0, a1, 7; addi a0, a1, 1"},
        {".macro wait n\n loop\\@: addi \\n, \\n, -1\n bnez \\n, loop\\@\n.endm\n wait a0\n wait "
         "a1",
         "addi a0, a0, -1; bne a0, zero, 0x1000; addi a1, a1, -1; bne a1, zero, 0x1008"},
        {".macro name a\n lab\\()\\a: j lab\\a\n.endm\n name 5", "jal zero, 0x1000"},
        {".macro m a b\n li \\a, \\b # \\c \"\\d\n.endm\n m a0 , 5", "addi a0, zero, 5"},
        {".macro count n\n.if \\n\n li a0, \\n\n count \\n - 1\n.endif\n.endm\n count 2",
         "addi a0, zero, 2; addi a0, zero, 1"},
        {".macro outer\n.macro inner\n li a0, 1\n.endm\n.endm\n outer\n inner", "addi a0, zero, 1"},
        {".macro args a, b\n li a0, \\a\n li a1, \\b\n.endm\n args (1 + 2) * 3, 'x'",
         "addi a0, zero, 9; addi a1, zero, 120"},
        {".macro twice\n.rept 2\n nop\n.endr\n.endm\n twice", "addi zero, zero, 0; addi zero, "
                                                              "zero, 0"},
    };
    check_pairs(pairs, sizeof pairs / sizeof *pairs);
    struct pg_image *image = assemble(
        ".data\n.macro text t\n .asciz \\t\n .ascii \"\\n\\\\t\"\n.endm\n text \"a,b;#\"", NULL);
    assert_int_equal(image->segments[0].size, 9);
    assert_memory_equal(image->segments[0].bytes, "a,b;#\0\n\\t", 9);
    pg_image_free(image);
}

static struct memory_file files[] = {
    {"src/main.s", ".include \"defs.inc\"\n _start: call helper\n li a0, VALUE\n"
                   ".include \"sub/more.inc\"\n local: .data\n .word shared, local\n .byte 1"},
    {"src/helper.s", ".globl helper, shared\n shared = 99\n helper: ret\n local: .data\n .word "
                     "local\n"},
    {"src/defs.inc", "VALUE = 5\n"},
    {"src/sub/more.inc", ".include \"deep.inc\"\n.include \"lib.inc\"\n"},
    {"src/sub/deep.inc", "li a1, VALUE\n"},
    {"lib/lib.inc", "li a2, VALUE\n"},
    {"dup.s", ".globl helper\n helper: nop\n"},
    {NULL, NULL},
};

static struct pg_asm_options memory_options(void) {
    struct pg_asm_options options = pg_asm_options_default();
    static const char *const include_paths[] = {"nowhere", "lib/"};
    options.read = read_memory_file;
    options.read_context = files;
    options.include_paths = include_paths;
    options.ninclude_paths = 2;
    return options;
}

static void several_files(void **state) {
    static const char *const paths[] = {"src/main.s", "src/helper.s"};
    struct pg_asm_options options = memory_options();
    struct pg_diagnostics diags = {0};
    struct pg_image *image = pg_assemble(paths, 2, &options, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    assert_non_null(image);
    char *text = plain_text(image);
    assert_string_equal(text, "jal ra, 0x1010; addi a0, zero, 5; addi a1, zero, 5; "
                              "addi a2, zero, 5; jalr zero, 0(ra)");
    free(text);
    /* Each file has its own `local`; the second begins on a word, behind an odd byte. */
    assert_int_equal(word_at(image, 0x2000), 99);
    assert_int_equal(word_at(image, 0x2004), 0x1010);
    assert_int_equal(word_at(image, 0x200c), 0x1014);
    assert_int_equal(image->entry, 0x1000);
    assert_true(pg_image_symbol(image, "helper")->global);
    assert_false(pg_image_symbol(image, "local")->global);
    assert_null(pg_image_symbol(image, "VALUE"));

    static const struct {
        uint32_t addr;
        const char *file;
        uint32_t line;
    } lines[] = {{0x1000, "src/main.s", 2},
                 {0x1004, "src/main.s", 3},
                 {0x1008, "src/sub/deep.inc", 1},
                 {0x100c, "lib/lib.inc", 1},
                 {0x1010, "src/helper.s", 3}};
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        const struct pg_line *l = pg_image_line_at(image, lines[k].addr);
        assert_non_null(l);
        assert_string_equal(image->files[l->file], lines[k].file);
        assert_int_equal(l->line, lines[k].line);
    }
    assert_null(pg_image_line_at(image, 0x2000));
    assert_null(pg_image_line_at(image, 0xfff));
    pg_image_free(image);

    static const char *const twice[] = {"src/helper.s", "dup.s"};
    image = pg_assemble(twice, 2, &options, &diags);
    assert_null(image);
    assert_string_equal(diags.items[0].message, "`helper` is defined twice");
    assert_string_equal(diags.items[0].file, "dup.s");
    assert_int_equal(diags.items[0].line, 2);
    assert_string_equal(diags.items[1].file, "src/helper.s");
    pg_diagnostics_free(&diags);

    static const char *const missing[] = {"src/main.s", "none.s"};
    assert_null(pg_assemble(missing, 2, &options, &diags));
    assert_string_equal(diags.items[0].message, "`none.s` cannot be opened");
    pg_diagnostics_free(&diags);
}

static void recorded_paths(void **state) {
    static struct memory_file absolute[] = {
        {"/home/me/prog/main.s", ".include \"lib/x.inc\"\n nop\n .include \"/usr/y.inc\""},
        {"/home/me/prog/lib/x.inc", "nop\n"},
        {"/usr/y.inc", "nop\n"},
        {NULL, NULL}};
    static const char *const paths[] = {"/home/me/prog/main.s"};
    struct pg_asm_options options = pg_asm_options_default();
    struct pg_diagnostics diags = {0};
    options.read = read_memory_file;
    options.read_context = absolute;
    struct pg_image *image = pg_assemble(paths, 1, &options, &diags);
    assert_int_equal(image->nfiles, 3);
    assert_string_equal(image->files[0], "main.s");
    assert_string_equal(image->files[1], "lib/x.inc");
    assert_string_equal(image->files[2], "y.inc");
    pg_image_free(image);
    options.source_root = "/home/me/";
    image = pg_assemble(paths, 1, &options, &diags);
    assert_string_equal(image->files[0], "prog/main.s");
    assert_string_equal(image->files[1], "prog/lib/x.inc");
    assert_string_equal(image->files[2], "y.inc");
    pg_image_free(image);
    pg_diagnostics_free(&diags);
}

/* A piece of program put into one that exists: names come from its image. */
static void symbols_from_an_image(void **state) {
    struct pg_image *program = assemble("main: nop; loop: j loop; .data; x: .word 1", NULL);
    struct pg_asm_options options = pg_asm_options_default();
    options.symbols = program;
    options.text_base = 0x1004;
    struct pg_image *patch = assemble("j main; loop: la a0, x; j loop", &options);
    char *text = plain_text(patch);
    assert_string_equal(text, "jal zero, 0x1000; lui a0, 2; addi a0, a0, 0; jal zero, 0x1008");
    free(text);
    pg_image_free(patch);
    pg_image_free(program);
}

static void entry_prefers_the_global_start(void **state) {
    static struct memory_file two[] = {{"a.s", "nop\n _start: nop\n"},
                                       {"b.s", "nop\n .globl _start\n _start: nop\n"},
                                       {NULL, NULL}};
    static const char *const paths[] = {"a.s", "b.s"};
    struct pg_asm_options options = pg_asm_options_default();
    struct pg_diagnostics diags = {0};
    options.read = read_memory_file;
    options.read_context = two;
    struct pg_image *image = pg_assemble(paths, 2, &options, &diags);
    assert_int_equal(image->entry, 0x100c);
    pg_image_free(image);
}

/* ------------------------------------------------------------------ images */

static void symbol_lookup(void **state) {
    struct pg_image *image = assemble(".globl c\n a: nop\n b: c: nop\n .Lhidden: nop\n end: "
                                      ".data\n nop\n x: .word 1\n e: .bss\n y:",
                                      NULL);
    static const struct {
        uint32_t addr;
        const char *name;
    } cases[] = {{0xfff, NULL},   {0x1000, "a"},  {0x1003, "a"},  {0x1004, "c"}, {0x1008, "c"},
                 {0x100c, "end"}, {0x100d, NULL}, {0x2000, NULL}, {0x2004, "x"}, {0x2007, "x"},
                 {0x2008, "e"},   {0x2009, NULL}, {0x3000, "y"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct pg_symbol *s = pg_image_symbol_at(image, cases[k].addr);
        if (!cases[k].name)
            assert_null(s);
        else
            assert_string_equal(s ? s->name : "(null)", cases[k].name);
    }
    assert_null(pg_image_symbol(image, ".Lhidden"));
    assert_true(pg_image_symbol(image, "a")->function);
    assert_false(pg_image_symbol(image, "x")->function);
    pg_image_free(image);
}

static void line_records(void **state) {
    struct pg_image *image = assemble("nop\n.macro m\n nop\n nop\n.endm\n m\n\n/* \n */ li a0, "
                                      "0x12345678; nop\n.rept 2\n nop\n.endr\n .data\n nop",
                                      NULL);
    static const struct {
        uint32_t addr, line;
    } expected[] = {{0x1000, 1}, {0x1004, 6}, {0x100c, 9}, {0x1018, 11}, {0x2000, 14}};
    assert_int_equal(image->nlines, sizeof expected / sizeof *expected);
    for (size_t k = 0; k < image->nlines; k++) {
        assert_int_equal(image->lines[k].addr, expected[k].addr);
        assert_int_equal(image->lines[k].line, expected[k].line);
    }
    pg_image_free(image);
}

static void listing(void **state) {
    static const char source[] = "# a listing\n"
                                 "        .text\n"
                                 "start:  li      a0, 0x12345678\n"
                                 "        nop; nop    # two\n"
                                 "        .macro  twice what\n"
                                 "        \\what\n"
                                 "        \\what\n"
                                 "        .endm\n"
                                 "        twice   idle\n"
                                 "        .if     0\n"
                                 "        nonsense\n"
                                 "        .endif\n"
                                 "        .rept   2\n"
                                 "        mv      a0, a1\n"
                                 "        .endr\n"
                                 "        .data\n"
                                 "text:   .asciz  \"0123456789\"\n"
                                 "        .byte   1, 2\n"
                                 "        .align  2\n"
                                 "        .word   text\n"
                                 "        /* over\n"
                                 "           two lines */ .half 1\n"
                                 "        .bss\n"
                                 "        .space  64";
    static const char expected[] =
        "     1                              # a listing\n"
        "     2                                      .text\n"
        "     3  00001000  29a12345          start:  li      a0, 0x12345678\n"
        "        00001004  20aa0678\n"
        "     4  00001008  20000000                  nop; nop    # two\n"
        "        0000100c  20000000\n"
        "     5                                      .macro  twice what\n"
        "     6                                      \\what\n"
        "     7                                      \\what\n"
        "     8                                      .endm\n"
        "     9                                      twice   idle\n"
        "     6+ 00001010  a3000000                  idle\n"
        "     7+ 00001014  a3000000                  idle\n"
        "    10                                      .if     0\n"
        "    11                                      nonsense\n"
        "    12                                      .endif\n"
        "    13                                      .rept   2\n"
        "    14                                      mv      a0, a1\n"
        "    15                                      .endr\n"
        "    14  00001018  20ab0000                  mv      a0, a1\n"
        "    14  0000101c  20ab0000                  mv      a0, a1\n"
        "    16                                      .data\n"
        "    17  00002000  3031323334353637  text:   .asciz  \"0123456789\"\n"
        "        00002008  383900\n"
        "    18  0000200b  01                        .byte   1, 2\n"
        "        0000200c  02\n"
        "    19  0000200d  3 bytes                   .align  2\n"
        "    20  00002010  00002000                  .word   text\n"
        "    21  00002014  0001                      /* over\n"
        "    22                                         two lines */ .half 1\n"
        "    23                                      .bss\n"
        "    24  00003000  64 bytes                  .space  64\n";
    char *printed = NULL;
    size_t size;
    struct pg_asm_options options = pg_asm_options_default();
    options.listing = open_memstream(&printed, &size);
    pg_image_free(assemble(source, &options));
    fclose(options.listing);
    assert_string_equal(printed, expected);
    free(printed);
}

/* ------------------------------------------------------------------ diagnostics, limits */

static void limits(void **state) {
    struct pg_asm_options options = pg_asm_options_default();
    options.max_errors = 2;
    char *printed = refuse("wrong1\n j nowhere\n wrong2\n wrong3\n", &options);
    assert_non_null(strstr(printed, "wrong1"));
    assert_null(strstr(printed, "wrong3"));
    assert_non_null(strstr(printed, "note: stopped here: too many errors\n"));
    free(printed);

    options.max_errors = 0;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int k = 0; k < 100; k++)
        fprintf(out, "frobnicate%d\n", k);
    fclose(out);
    printed = refuse(text, &options);
    assert_non_null(strstr(printed, "frobnicate99"));
    free(printed);
    free(text);

    options = pg_asm_options_default();
    options.max_image = 16;
    pg_image_free(assemble(".space 16", &options));
    printed = refuse(".space 17", &options);
    assert_non_null(strstr(printed, "the program is larger than 16 bytes"));
    free(printed);

    options.max_source = 10;
    pg_image_free(assemble("nop #5678", &options));
    printed = refuse("nop #56789", &options);
    assert_non_null(strstr(printed, "too much source text"));
    free(printed);
}

static void caret_and_colour(void **state) {
    struct pg_diagnostics diags = {0};
    static const char source[] = "\tnop /* \xc3\xa9 */ nop\r\n";
    assert_null(pg_assemble_text("x.s", source, sizeof source - 1, NULL, &diags));
    char *printed = NULL;
    size_t size;
    FILE *out = open_memstream(&printed, &size);
    pg_diagnostics_print(&diags, out, true);
    fclose(out);
    assert_string_equal(printed, "x.s:1:15: \033[1;31merror:\033[0m expected the end of the "
                                 "statement, found `nop`: `nop` takes no operands\n"
                                 "    \tnop /* \xc3\xa9 */ nop\n"
                                 "    \t            \033[1;31m^\033[0m\n");
    free(printed);
    pg_diagnostics_free(&diags);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pseudo_instructions),
        cmocka_unit_test(operands),
        cmocka_unit_test(expressions),
        cmocka_unit_test(symbols_that_change),
        cmocka_unit_test(local_labels),
        cmocka_unit_test(data_directives),
        cmocka_unit_test(code_is_padded_with_nops),
        cmocka_unit_test(sections),
        cmocka_unit_test(text_base),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(macros),
        cmocka_unit_test(several_files),
        cmocka_unit_test(recorded_paths),
        cmocka_unit_test(symbols_from_an_image),
        cmocka_unit_test(entry_prefers_the_global_start),
        cmocka_unit_test(symbol_lookup),
        cmocka_unit_test(line_records),
        cmocka_unit_test(listing),
        cmocka_unit_test(limits),
        cmocka_unit_test(caret_and_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
