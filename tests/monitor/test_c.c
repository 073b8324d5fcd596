/* Programs in C: `trapeze cc`, and what it puts around them. Skipped without the cross compiler. */
#include "tests/monitor/execute.h"

#include <unistd.h>

static bool is_there;

static int look_for_the_compiler(void **state) {
    if (enter_directory(state) != 0)
        return -1;
    write_text("try.c", "int main(void) { return 0; }\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("cc", "try.c", "-o", "try.elf"));
    is_there = ran.status == 0;
    ran_free(&ran);
    return 0;
}

/* Compile a program; the rest of the test is skipped if that cannot be done here. */
static void compile(const char *text) {
    if (!is_there)
        skip();
    write_text("program.c", text);
    expect(0, "", "", "cc", "-O1", "-g", "program.c", "-o", "program.elf");
}

/* A program's options are for its own files, and not for what is linked beside them. */
static void options_do_not_reach_the_support(void **state) {
    static const char *const options[][3] = {
        {"-ansi"},         {"-std=c90", "-pedantic-errors", "-Werror"},
        {"-DPAGE=1"},      {"-Dfail=5"},
        {"-O2", "-flto"},  {"-finstrument-functions"},
        {"-fpie"},         {"-fstack-protector-all"},
        {"-fshort-enums"}, {"-include", "stdlib.h"},
    };
    if (!is_there)
        skip();
    write_text("hello.c",
               "#include <stdio.h>\nint main(void) {\n    puts(\"hello\");\n    return 5;\n}\n");
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        const char *arguments[9] = {"cc", "hello.c", "-o", "hello.elf"};
        for (size_t o = 0; o < 3; o++)
            arguments[4 + o] = options[k][o];
        expect_in(&(struct setting){0}, 0, "", "", arguments);
        expect(5, "hello\n", "", "run", "hello.elf");
        unlink("hello.elf");
    }
}

/* A program's own functions come before those of the support. */
static void the_programs_functions_come_first(void **state) {
    compile("#include <stdio.h>\n"
            "int open(int x) { return x + 1; }\n"
            "int sleep(int x) { return open(x); }\n"
            "int main(void) { printf(\"%d\\n\", sleep(3)); return 0; }\n");
    expect(0, "4\n", "", "run", "program.elf");
}

/* Page 0 is not there but for a program that wants no paging; all else is the same. */
static void runs_unpaged_if_it_is_wanted(void **state) {
    compile("#include <stdio.h>\n#include <stdlib.h>\n"
            "int main(int argc, char **argv) {\n"
            "    volatile int *volatile nothing = NULL;\n"
            "    printf(\"%p %p\\n\", malloc(10000), (void *)&nothing);\n"
            "    fflush(stdout);\n"
            "    return *nothing & 0;\n"
            "}\n");
    struct ran paged = execute(&(struct setting){0}, ARGUMENTS("run", "program.elf"));
    assert_int_equal(paged.status, 65);
    expect(0, "", "", "cc", "-O1", "-g", "-Wl,--defsym=pg32_unpaged=1", "program.c", "-o",
           "program.elf");
    expect(0, paged.out, "", "run", "program.elf");
    expect(0, paged.out, "", "run", "--system", "bt", "program.elf");
    ran_free(&paged);
}

/* In ring 3, where the trap handler does what the C library's support may not: the console, the
 * clock, sleeping. Faults are the program's as ever. */
static void runs_in_a_user_ring_if_it_is_wanted(void **state) {
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    static const char *const kinds[] = {"-Wl,--defsym=pg32_user=1", "-Wl,--defsym=pg32_unpaged=1"};
    if (!is_there)
        skip();
    write_text("user.c",
               "#include <pg32.h>\n#include <stdio.h>\n#include <time.h>\n#include <unistd.h>\n"
               "static int twice(int (*f)(int), int x) { return f(f(x)); }\n"
               "int main(int argc, char **argv) {\n"
               "    int add(int x) { return x + argc; }\n"
               "    char line[80];\n"
               "    time_t before = time(NULL);\n"
               "    sleep(2);\n"
               "    printf(\"ring %u, %d, %d s, %s\", (unsigned)pg32_gpsw() & 3, twice(add, 5),\n"
               "           (int)(time(NULL) - before), fgets(line, sizeof line, stdin));\n"
               "    fflush(stdout);\n"
               "    pg32_tlbia();\n" /* not for the handler */
               "    return 3;\n"
               "}\n");
    write_text("input", "hello\n");
    for (size_t paged = 0; paged < 2; paged++) {
        expect(0, "", "", "cc", "-g", "user.c", "-o", "user.elf", kinds[0], kinds[paged]);
        for (size_t k = 0; k < sizeof systems / sizeof *systems; k++) {
            struct ran ran =
                execute(&(struct setting){0},
                        ARGUMENTS("run", "-s", systems[k], "--input", "input", "user.elf"));
            assert_int_equal(ran.status, 65);
            assert_string_equal(ran.out, "ring 3, 7, 2 s, hello\n");
            assert_contains(ran.err, "trap privilege");
            assert_contains(ran.err, "/user.c:14");
            ran_free(&ran);
        }
    }
}

/* Assembly and a library beside it. */
static void links_several_kinds(void **state) {
    if (!is_there)
        skip();
    write_text("main.c",
               "int three(void), four(void);\nint main(void) { return three() + four(); }\n");
    write_text("three.S", "#define THREE 3\n.globl three\nthree: li a0, THREE\n ret\n");
    write_text("four.c", "int four(void) { return 4; }\n");
    expect(0, "", "", "cc", "-c", "four.c", "-o", "four.o");
    expect(0, "", "", "cc", "-g", "main.c", "three.S", "four.o", "-o", "seven.elf");
    expect(7, "", "", "run", "seven.elf");
}

/* More code than a jump reaches over. */
static void links_much_code(void **state) {
    compile("__asm__(\".section .text.much, \\\"ax\\\"\\nmuch:\\n\"\n"
            "        \".rept 300000\\nnop\\n.endr\\nret\\n.previous\");\n"
            "void much(void);\n"
            "int main(void) {\n    much();\n    return 4;\n}\n");
    expect(4, "", "", "run", "program.elf");
}

/* The clocks are T: the same in every run and under every system. */
static void clocks_are_the_machines(void **state) {
    static const char out[] = "Mon Jul  1 00:01:30 1974\n90 90 1 1\n";
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    compile(
        "#include <stdio.h>\n#include <time.h>\n#include <unistd.h>\n#include <sys/time.h>\n"
        "int main(void) {\n"
        "    struct timespec monotonic, utc;\n"
        "    struct timeval day;\n"
        "    sleep(90);\n"
        "    time_t now = time(NULL);\n"
        "    printf(\"%s\", ctime(&now));\n"
        "    clock_gettime(CLOCK_MONOTONIC, &monotonic);\n"
        "    timespec_get(&utc, TIME_UTC);\n"
        "    gettimeofday(&day, NULL);\n"
        "    printf(\"%d %d %d %d\\n\", (int)(clock() / CLOCKS_PER_SEC), (int)monotonic.tv_sec,\n"
        "           utc.tv_sec == now, day.tv_sec == now);\n"
        "    return 0;\n"
        "}\n");
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++)
        expect(0, out, "", "run", "--system", systems[k], "program.elf");
}

/* Code that gcc makes on the stack is RISC-V's, and is carried out all the same. */
static void nested_functions_have_addresses(void **state) {
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    compile("static int twice(int (*f)(int), int x) { return f(f(x)); }\n"
            "int main(int argc, char **argv) {\n"
            "    int calls = argc - 1;\n"
            "    int add(int x) { calls++; return x + 20; }\n"
            "    return twice(add, 1) + calls;\n"
            "}\n");
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++)
        expect(43, "", "", "run", "--system", systems[k], "program.elf");
}

/* Faults stop the machine where they happen, also those that the handler for such code sees. */
static void faults_stop_the_machine(void **state) {
    static const struct {
        const char *statement, *cause, *place;
    } rows[] = {
        {"volatile int *volatile p = 0; *p = 1;", "trap page, value 0x00000000", "<culprit+"},
        {"__asm__(\"ebreak\");", "trap brk, value 0x00000000", "<culprit+"},
        {"static int words[4] = {0x3b7, 0x2b7, 0x38393, 0x28066}; ((void (*)(void))words)();",
         "trap illegal, value 0x000003b7", "called from"},
        {"((void (*)(void))0)();", "trap fetch_page, value 0x00000000", "called from"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char text[512];
        snprintf(text, sizeof text,
                 "__attribute__((noinline)) void culprit(void) {\n    %s\n}\n"
                 "int main(void) {\n    culprit();\n    return 0;\n}\n",
                 rows[k].statement);
        compile(text);
        struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "program.elf"));
        assert_int_equal(ran.status, 65);
        assert_contains(ran.err, rows[k].cause);
        assert_contains(ran.err, rows[k].place);
        ran_free(&ran);
    }
}

static void a_stack_that_grows_too_large_faults(void **state) {
    compile("#include <stdlib.h>\n"
            "__attribute__((noinline)) static int deep(int n) {\n"
            "    volatile char frame[500];\n"
            "    frame[0] = (char)n;\n"
            "    return deep(n + 1) + frame[0];\n"
            "}\n"
            "int main(void) {\n    while (malloc(4096))\n        ;\n    return deep(0);\n}\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "program.elf"));
    assert_int_equal(ran.status, 65);
    assert_contains(ran.err, "trap page, value 0x00bf");
    assert_contains(ran.err, "<deep+");
    ran_free(&ran);
    expect(63, "there is no room for a stack: run this with more --memory\n", "", "run", "--memory",
           "32K", "program.elf");
}

/* How a run ends, and what it does before. */
static void ends_as_it_should(void **state) {
    static const struct {
        const char *statement, *out;
        int status;
    } rows[] = {
        {"return 7;", "begin\natexit\nend\n", 7},
        {"quick_exit(8);", "begin\nquick\n", 8},
        {"_Exit(9);", "begin\n", 9},
        {"signal(SIGABRT, handler); abort();", "begin\nsignal 6\n", 64},
        {"signal(SIGINT, handler); kill(getpid(), SIGINT); return 1;",
         "begin\nsignal 2\natexit\nend\n", 1},
        {"raise(SIGTERM);", "begin\n", 64},
        {"raise(SIGCHLD); return envp[0] ? 1 : argc;", "begin\natexit\nend\n", 1},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char text[1024];
        snprintf(
            text, sizeof text,
            "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
            "static void quick(void) { puts(\"quick\"); }\n"
            "static void bye(void) { puts(\"atexit\"); }\n"
            "static void handler(int n) { printf(\"signal %%d\\n\", n); }\n"
            "__attribute__((constructor)) static void begin(void) { puts(\"begin\"); }\n"
            "__attribute__((destructor)) static void end(void) { puts(\"end\"); }\n"
            "int main(int argc, char **argv, char **envp) {\n"
            "    atexit(bye);\n    at_quick_exit(quick);\n    %s\n}\n",
            rows[k].statement);
        compile(text);
        expect(rows[k].status, rows[k].out, NULL, "run", "program.elf");
    }
}

static void shows_the_source(void **state) {
    compile("static int times(int a, int b) {\n    return a * b;\n}\n\n"
            "int main(int argc, char **argv) {\n    return times(argc + 1, 3);\n}\n");
    expect(0, "", "", "cc", "-g", "program.c", "-o", "program.elf");
    expect(6, "", "", "run", "program.elf");
    struct ran ran = execute(&(struct setting){0},
                             ARGUMENTS("dis", "program.elf", "--source", "--symbol", "times"));
    const char *one = strstr(ran.out, "program.c:1:  static int times(int a, int b) {\n");
    const char *two = strstr(ran.out, "program.c:2:      return a * b;\n");
    assert_true(one && two && one < two && strstr(two, "  mul "));
    ran_free(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_do_not_reach_the_support),
        cmocka_unit_test(the_programs_functions_come_first),
        cmocka_unit_test(runs_unpaged_if_it_is_wanted),
        cmocka_unit_test(runs_in_a_user_ring_if_it_is_wanted),
        cmocka_unit_test(links_several_kinds),
        cmocka_unit_test(links_much_code),
        cmocka_unit_test(clocks_are_the_machines),
        cmocka_unit_test(nested_functions_have_addresses),
        cmocka_unit_test(faults_stop_the_machine),
        cmocka_unit_test(a_stack_that_grows_too_large_faults),
        cmocka_unit_test(ends_as_it_should),
        cmocka_unit_test(shows_the_source),
    };
    return cmocka_run_group_tests(tests, look_for_the_compiler, leave_directory);
}
