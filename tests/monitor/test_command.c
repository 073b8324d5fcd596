/* The command line: help, usage, asm, dis, doc. */
#include "tests/monitor/execute.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- help and usage */

static void helps(void **state) {
    static const char *const commands[] = {"run", "compare", "asm", "dis", "doc"};
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("--help"));
    assert_int_equal(ran.status, 0);
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        char line[64], usage[64];
        snprintf(line, sizeof line, "\n  %-8s ", commands[k]);
        assert_contains(ran.out, line);
        struct ran one = execute(&(struct setting){0}, ARGUMENTS(commands[k], "--help"));
        assert_int_equal(one.status, 0);
        snprintf(usage, sizeof usage, "usage: trapeze %s [OPTION]...", commands[k]);
        assert_int_equal(strncmp(one.out, usage, strlen(usage)), 0);
        assert_contains(one.out, "-h, --help ");
        expect(0, one.out, "", "help", commands[k]);
        ran_free(&one);
    }
    assert_contains(ran.out, "\n  te         trap-and-emulate");
    assert_contains(ran.out, "\n  reference  ");
    assert_contains(ran.out, "\n  67         idle for ever\n");
    expect(0, ran.out, "", "help");
    expect(0, ran.out, "", "-h");
    ran_free(&ran);
}

static void help_has_the_options_of_the_command(void **state) {
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("asm", "-h"));
    assert_contains(ran.out, "\n  -o, --output OUT ");
    assert_null(strstr(ran.out, "--system"));
    ran_free(&ran);
    expect(68, "", "trapeze: asm: there is no option --system; see trapeze asm --help\n", "asm",
           "--system", "te");
}

static void says_its_version(void **state) {
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("--version"));
    assert_int_equal(ran.status, 0);
    assert_int_equal(strncmp(ran.out, "trapeze 0.", 10), 0);
    ran_free(&ran);
}

static void refuses_wrong_usage(void **state) {
    static const struct {
        const char *arguments[5], *err;
    } rows[] = {
        {{NULL}, "which command? See trapeze --help"},
        {{"rum"}, "there is no command `rum`; did you mean `run`?"},
        {{"compair"}, "there is no command `compair`; did you mean `compare`?"},
        {{"dance"}, "there is no command `dance`; see trapeze --help"},
        {{"help", "rnu"}, "there is no command `rnu`; did you mean `run`?"},
        {{"run", "--sytem=te", "x"}, "run: there is no option --sytem; did you mean --system?"},
        {{"run", "--xyz", "x"}, "run: there is no option --xyz; see trapeze run --help"},
        {{"run", "-Z", "x"}, "run: there is no option -Z; see trapeze run --help"},
        {{"run", "x", "--limit"}, "run: --limit needs an argument, N"},
        {{"run", "--stats=yes", "x"}, "run: --stats takes no argument"},
        {{"run"}, "run: which guest? See trapeze run --help"},
        {{"run", "--", "--limit"}, "--limit: No such file or directory"},
        {{"run", "--system", "tee", "x"}, "there is no system `tee`; did you mean `te`?"},
        {{"run", "--engine", "threadde", "x"},
         "there is no engine `threadde`; did you mean `threaded`?"},
        {{"run", "-D", "=3", "x.s"}, "--define =3: not a name and a number, such as WORK=1"},
        {{"run", "--profile", "lax", "x"}, "there is no profile `lax`; see trapeze --help"},
        {{"run", "--memory", "4097", "x"},
         "--memory 4097: not a multiple of 4096 bytes from 8K to less than 4G, such as 1M"},
        {{"run", "--memory", "4G", "x"},
         "--memory 4G: not a multiple of 4096 bytes from 8K to less than 4G, such as 1M"},
        {{"run", "--memory", "4K", "x"},
         "--memory 4K: not a multiple of 4096 bytes from 8K to less than 4G, such as 1M"},
        {{"run", "--limit", "1T", "x"}, "--limit 1T: not a number of steps, such as 10M"},
        {{"run", "--limit", "-1", "x"}, "--limit -1: not a number of steps, such as 10M"},
        {{"run", "--limit", "99999999999G", "x"},
         "--limit 99999999999G: not a number of steps, such as 10M"},
        {{"run", "--input", "nowhere", "x"}, "nowhere: No such file or directory"},
        {{"compare", "x", "y"}, "compare takes one guest"},
        {{"compare", "--systems", "bare,be", "x"}, "there is no system `be`; did you mean `te`?"},
        {{"compare", "--systems", "", "x"}, "--systems: which?"},
        {{"dis", "x", "y"}, "dis takes one program"},
        {{"asm"}, "asm: which file?; usage: trapeze asm FILE... -o OUT"},
        {{"asm", "x.s"}, "asm: where to? -o is missing; usage: trapeze asm FILE... -o OUT"},
        {{"asm", "--text=2", "-ox", "x.s"}, "--text 2: not an address that is a multiple of 4"},
        {{"doc", "--check", "nowhere"}, "nowhere: No such file or directory"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char err[256];
        snprintf(err, sizeof err, "trapeze: %s\n", rows[k].err);
        bool is_file = strcmp(rows[k].err, "--limit: No such file or directory") == 0;
        expect_in(&(struct setting){0}, is_file ? 69 : 68, "", err, rows[k].arguments);
    }
}

static void refuses_too_many(void **state) {
    const char *arguments[20] = {"run"};
    for (size_t k = 1; k <= 17; k++)
        arguments[k] = "x";
    expect_in(&(struct setting){0}, 68, "", "trapeze: run: more than 16 guests\n", arguments);
    expect(68, "", "trapeze: run: more disks than guests\n", "run", "-da", "-db", "x");
}

static void reports_a_closed_output(void **state) {
    expect_in(&(struct setting){.output_path = "/dev/full"}, 70, NULL,
              "trapeze: cannot write to standard output: No space left on device\n",
              ARGUMENTS("--help"));
    expect_in(&(struct setting){.output_closed = true}, 70, NULL,
              "trapeze: cannot write to standard output: Bad file descriptor\n", ARGUMENTS("doc"));
}

/* ---- asm */

static void assembles(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    expect(0, "", "", "asm", "seven.s", "-o", "seven.elf");
    expect(7, "", "", "run", "seven.elf");
    expect(0, "", "", "asm", "seven.s", "-oseven2.elf", "--text", "0x8000");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("dis", "seven2.elf"));
    assert_contains(ran.out, "\n00008000 <_start>:\n");
    ran_free(&ran);
}

static void assembles_several_files(void **state) {
    write_text("main.s", ".globl _start\n_start: jal ra, answer\n out a0, 0\n");
    mkdir("lib", 0777);
    write_text("lib/answer.inc", ".equ ANSWER, 42\n");
    write_text("answer.s", ".globl answer\n.include \"answer.inc\"\n"
                           "answer: li a0, ANSWER\n ret\n");
    expect(0, "", "", "asm", "main.s", "answer.s", "-I", "lib", "-o", "both.elf");
    expect(42, "", "", "run", "both.elf");
}

static void reports_errors_in_the_source(void **state) {
    write_text("bad.s", "_start: adi a0, a0, 1\n addi a0, a0, 70000\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("asm", "bad.s", "-o", "bad.elf"));
    assert_int_equal(ran.status, 69);
    assert_string_equal(ran.out, "");
    assert_contains(ran.err, "bad.s:1:9: error: there is no instruction or macro `adi`; did you "
                             "mean `addi`?\n    _start: adi a0, a0, 1\n            ^\n");
    assert_contains(ran.err, "bad.s:2:15: error: ");
    assert_null(strchr(ran.err, '\033'));
    assert_int_equal(access("bad.elf", F_OK), -1);
    ran_free(&ran);
    /* The others assemble sources, too. */
    static const char *const commands[] = {"run", "compare", "dis"};
    for (size_t k = 0; k < 3; k++) {
        ran = execute(&(struct setting){0}, ARGUMENTS(commands[k], "bad.s"));
        assert_int_equal(ran.status, 69);
        assert_contains(ran.err, "bad.s:1:9: error: ");
        ran_free(&ran);
    }
}

static void leaves_other_files_alone(void **state) {
    write_text("source.s", GUEST_EXIT(0));
    expect(68, "", "trapeze: source.s: that is a source file, and would be overwritten\n", "asm",
           "source.s", "-o", "./source.s");
    expect(68, "", "trapeze: source.s: that is a source file, and would be overwritten\n", "asm",
           "source.s", "-o", "x.elf", "-l", "./source.s");
    char *text = read_text("source.s", NULL);
    assert_string_equal(text, GUEST_EXIT(0));
    free(text);
}

static void reports_output_that_cannot_be_written(void **state) {
    write_text("fine.s", GUEST_EXIT(0));
    expect(70, "", "trapeze: no/where.elf: cannot be written: No such file or directory\n", "asm",
           "fine.s", "-o", "no/where.elf");
    expect(70, "", NULL, "asm", "fine.s", "-o", "fine.elf", "-l", "/dev/full");
}

/* What cannot hold a program is not removed for that: it may be a device. */
static void keeps_what_is_no_file(void **state) {
    struct stat st;
    write_text("fine.s", GUEST_EXIT(0));
    assert_int_equal(mkfifo("fifo", 0666), 0);
    expect(70, "", NULL, "asm", "fine.s", "-o", "fifo");
    assert_int_equal(lstat("fifo", &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
}

static void writes_listings(void **state) {
    write_text("list.s", GUEST_EXIT(7));
    struct ran ran =
        execute(&(struct setting){0}, ARGUMENTS("asm", "list.s", "-o", "list.elf", "-l", "-"));
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "20a00007");
    assert_contains(ran.out, "_start: li a0, 7");
    expect(0, "", "", "asm", "list.s", "-o", "list.elf", "-l", "list.txt");
    char *listing = read_text("list.txt", NULL);
    assert_string_equal(listing, ran.out);
    free(listing);
    ran_free(&ran);
}

/* ---- dis */

static void disassembles(void **state) {
    write_text("two.s", "_start: li a0, 7\n out a0, 0\nother: jal ra, _start\n");
    static const char *const all = "\n00001000 <_start>:\n"
                                   "  00001000  20a00007  addi a0, zero, 7\n"
                                   "  00001004  a2a00000  out a0, 0(zero)\n"
                                   "\n00001008 <other>:\n"
                                   "  00001008  701ffffe  jal ra, 0x1000 <_start>\n";
    static const char *const other = "\n00001008 <other>:\n"
                                     "  00001008  701ffffe  jal ra, 0x1000 <_start>\n";
    expect(0, all, "", "dis", "two.s");
    expect(0, other, "", "dis", "two.s", "--symbol", "other");
    expect(0, other, "", "dis", "two.s", "--range", "0x1008..0x100c");
    expect(0, "", "", "dis", "two.s", "--range", "0x100c..0x2000");
    expect(68, "", "trapeze: there is no symbol `othre`; did you mean `other`?\n", "dis", "two.s",
           "--symbol", "othre");
    expect(68, "", "trapeze: --range 5: not A..B, such as 0x1000..0x1040\n", "dis", "two.s",
           "--range", "5");
    expect(68, "", "trapeze: --range 9..5: not A..B, such as 0x1000..0x1040\n", "dis", "two.s",
           "--range", "9..5");
}

static void shows_the_source(void **state) {
    static const char first[] = "\n00001000 <_start>:\n"
                                "# src/main.s:3:  _start: li a0, 7 # seven\n"
                                "  00001000  20a00007  addi a0, zero, 7\n";
    static const char included[] = "# src/stop.inc:2:    out a0, 0\n"
                                   "  00001004  a2a00000  out a0, 0(zero)\n";
    static const char nowhere[] =
        "\n00001000 <_start>:\n"
        "  00001000  20a00007  addi a0, zero, 7                        # src/main.s:3\n";
    mkdir("src", 0777);
    write_text("src/main.s", "# begin\n\n_start: li a0, 7 # seven\n.include \"stop.inc\"\n");
    write_text("src/stop.inc", "\n  out a0, 0  \n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("dis", "src/main.s", "--source"));
    assert_int_equal(strncmp(ran.out, first, strlen(first)), 0);
    assert_contains(ran.out, included);

    /* The same out of a file, by the names that it has; then beside the program. */
    expect(0, "", "", "asm", "src/main.s", "-o", "main.elf");
    expect(0, ran.out, "", "dis", "main.elf", "--source");
    mkdir("there", 0777);
    assert_int_equal(rename("main.elf", "there/main.elf") | rename("src", "there/src"), 0);
    expect(0, ran.out, "", "dis", "there/main.elf", "--source");
    ran_free(&ran);

    /* No file, or one that is shorter, or one that is no text. */
    unlink("there/src/main.s");
    ran = execute(&(struct setting){0}, ARGUMENTS("dis", "there/main.elf", "--source"));
    assert_int_equal(strncmp(ran.out, nowhere, strlen(nowhere)), 0);
    assert_contains(ran.out, included);
    ran_free(&ran);
    write_text("there/src/main.s", "\n");
    ran = execute(&(struct setting){0}, ARGUMENTS("dis", "there/main.elf", "--source"));
    assert_int_equal(strncmp(ran.out, nowhere, strlen(nowhere)), 0);
    ran_free(&ran);
    write_text("there/src/main.s", "\n\n\033[1mbold");
    ran = execute(&(struct setting){0}, ARGUMENTS("dis", "there/main.elf", "--source"));
    assert_contains(ran.out, "# src/main.s:3:  ?[1mbold\n");
    ran_free(&ran);
}

static void shows_translations(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("dis", "-t", "seven.s"));
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "unit at 0x00001000 <_start+0x0>: 3 instructions, ");
    assert_contains(ran.out, "  00001000  20a00007  addi a0, zero, 7          ");
    assert_contains(ran.out, "20a00007  addi a0, zero, 7\n");
    assert_contains(ran.out, "# callout: ");
    ran_free(&ran);
}

/* ---- dis --native */

#if defined TRAPEZE_NATIVE && defined HAVE_ZYDIS

/* Constants, a loop with a table, a call, a port. */
static const char native_guest[] = "_start: lui a0, 0x12\n"
                                   "        addi a0, a0, 0x345\n"
                                   "        li a2, 12\n"
                                   "loop:   lw a4, 0x40(a2)\n"
                                   "        mv ra, a4\n"
                                   "        addi a2, a2, -4\n"
                                   "        bne a2, zero, loop\n"
                                   "        jal ra, f\n"
                                   "        li a0, 5\n"
                                   "        out a0, 0\n"
                                   "f:      lw a3, 0x40(a2)\n"
                                   "        ret\n";

/* The text behind the guest's instruction, up to the line's end or the next of the guest's. */
static void assert_made_of(const char *listing, const char *guest, const char *host) {
    const char *line = strstr(listing, guest), *end;
    assert_non_null(line);
    end = line;
    do
        end = strchr(end, '\n') + 1;
    while (strncmp(end, "          ", 10) == 0);
    char *part = strndup(line, (size_t)(end - line));
    assert_contains(part, host);
    free(part);
}

static void shows_what_native_generates(void **state) {
    write_text("native.s", native_guest);
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("dis", "--native", "native.s"));
    assert_string_equal(ran.err, "");
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "registers: sp=ebp ");
    assert_contains(ran.out,
                    "\nblock_00001000 <_start+0x0> at native.s:1: 7 instructions for ring 0, "
                    "memory by tables\n");
    assert_made_of(ran.out, "  00001000  29a00012  lui a0, 0x12  ", "  mov esi, 0x12345\n");
    assert_contains(ran.out, "\n+ 00001004  20aa0345  addi a0, a0, 837           |\n");
    assert_made_of(ran.out, "  lw a4, 64(a2) ", ", gs:[rcx*8+read]\n");
    assert_made_of(ran.out, "  0000100c  out of line ", "  call help\n");
    assert_made_of(ran.out, "  addi ra, a4, 0 ", "  mov [frame.ra], ");
    assert_made_of(ran.out, "  bne a2, zero, 0x100c ", "  jnz block_0000100c\n");
    assert_made_of(ran.out, "  bne a2, zero, 0x100c ", "  jmp leave\n");
    assert_made_of(ran.out, "  jal ra, 0x1028 ", "  call block_00001028\n");
    assert_made_of(ran.out, "  out a0, 0(zero) ", "  call help\n");
    assert_contains(ran.out,
                    "\nblock_00001028 <f+0x0> at native.s:11: 2 instructions for ring 0, ");
    ran_free(&ran);
    ran = execute(&(struct setting){0},
                  ARGUMENTS("dis", "--native", "--engine", "eager", "native.s"));
    assert_contains(ran.out, "memory by the window\n");
    assert_contains(ran.out, "  mov edx, gs:[r9d+0x40]\n");
    ran_free(&ran);
}

static void shows_native_code_of_some_blocks(void **state) {
    write_text("native.s", native_guest);
    struct ran ran =
        execute(&(struct setting){0}, ARGUMENTS("dis", "--native", "native.s", "--symbol", "f"));
    assert_contains(ran.out, "\nblock_00001028 <f+0x0>");
    assert_null(strstr(ran.out, "\nblock_00001000"));
    ran_free(&ran);
    ran = execute(&(struct setting){0}, ARGUMENTS("dis", "--native", "native.s", "--limit", "5"));
    assert_null(strstr(ran.out, "\nblock_00001028"));
    ran_free(&ran);
}

/* What a guest overwrites, and runs again. */
static void shows_native_code_as_it_is_now(void **state) {
    write_text("rewrite.s", "_start: jal ra, f\n"
                            "        la a1, g\n"
                            "        lw a2, 0(a1)\n"
                            "        la a1, f\n"
                            "        sw a2, 0(a1)\n"
                            "        jal ra, f\n"
                            "        out zero, 0\n"
                            "f:      li a0, 1\n"
                            "        ret\n"
                            "g:      li a0, 2\n");
    struct ran ran =
        execute(&(struct setting){0}, ARGUMENTS("dis", "--native", "rewrite.s", "--symbol", "f"));
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "  mov esi, 0x2\n");
    assert_null(strstr(ran.out, "  mov esi, 0x1\n"));
    ran_free(&ran);
}

static void refuses_to_show_native_code(void **state) {
    write_text("native.s", native_guest);
    expect(68, "", "trapeze: --native: the engine threaded generates no code\n", "dis", "--native",
           "--engine", "threaded", "native.s");
    expect(68, "", "trapeze: --translated and --native: one of them\n", "dis", "--native", "-t",
           "native.s");
}

#else

static void refuses_to_show_native_code(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("dis", "--native", "seven.s"));
    assert_int_equal(ran.status, 68);
    assert_contains(ran.err, "--native: this trapeze was built without ");
    ran_free(&ran);
}

#endif

/* ---- doc */

static void keeps_documents_fresh(void **state) {
    write_text("page.md", "before\n<!-- generated: causes -->\nold\n<!-- end -->\nafter\n");
    chmod("page.md", 0640);
    expect(71, "", "trapeze: page.md is stale: run `trapeze doc --update page.md`\n", "doc",
           "--check", "page.md");
    expect(0, "", "", "doc", "--update", "page.md");
    expect(0, "", "", "doc", "--check", "page.md");
    char *page = read_text("page.md", NULL);
    assert_int_equal(strncmp(page, "before\n<!-- generated: causes -->\n| cause |", 43), 0);
    assert_contains(page, "\n| 8 | svc | immediate | supervisor call |\n");
    assert_contains(page, "|\n<!-- end -->\nafter\n");
    free(page);
    struct stat st;
    assert_int_equal(stat("page.md", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    write_text("odd.md", "<!-- generated: poems -->\n<!-- end -->\n");
    expect(68, "", "trapeze: odd.md: there is no section `poems`\n", "doc", "--update", "odd.md");
    write_text("open.md", "<!-- generated: causes -->\n");
    expect(68, "", "trapeze: open.md: a generated section without its end\n", "doc", "--check",
           "open.md");
}

static void prints_all_tables(void **state) {
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("doc"));
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "## instructions\n\n| opcode |");
    assert_contains(ran.out, "| `lpsw` |");
    assert_contains(ran.out, "| 0x10 | console.data |");
    assert_contains(ran.out, "\n| 130 | interrupted |\n");
    ran_free(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helps),
        cmocka_unit_test(help_has_the_options_of_the_command),
        cmocka_unit_test(says_its_version),
        cmocka_unit_test(refuses_wrong_usage),
        cmocka_unit_test(refuses_too_many),
        cmocka_unit_test(reports_a_closed_output),
        cmocka_unit_test(assembles),
        cmocka_unit_test(assembles_several_files),
        cmocka_unit_test(reports_errors_in_the_source),
        cmocka_unit_test(leaves_other_files_alone),
        cmocka_unit_test(reports_output_that_cannot_be_written),
        cmocka_unit_test(keeps_what_is_no_file),
        cmocka_unit_test(writes_listings),
        cmocka_unit_test(disassembles),
        cmocka_unit_test(shows_the_source),
        cmocka_unit_test(shows_translations),
#if defined TRAPEZE_NATIVE && defined HAVE_ZYDIS
        cmocka_unit_test(shows_what_native_generates),
        cmocka_unit_test(shows_native_code_of_some_blocks),
        cmocka_unit_test(shows_native_code_as_it_is_now),
#endif
        cmocka_unit_test(refuses_to_show_native_code),
        cmocka_unit_test(keeps_documents_fresh),
        cmocka_unit_test(prints_all_tables),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
