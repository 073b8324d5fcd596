/* trapeze run --record, --replay: a run in a file, run again. */
#include "tests/monitor/execute.h"

/* Echoes what it reads and ends with the number of bytes; it spins between, so that there are
 * marks. */
static const char echoes[] = "_start: li a5, 0\n"
                             "1:      in a0, 0x10(zero)\n"
                             "        li a1, -1\n"
                             "        beq a0, a1, 2f\n"
                             "        out a0, 0x10(zero)\n"
                             "        addi a5, a5, 1\n"
                             "        li a2, 400000\n"
                             "3:      addi a2, a2, -1\n"
                             "        bnez a2, 3b\n"
                             "        j 1b\n"
                             "2:      out a5, 0\n";

static void record(void) {
    write_text("echo.s", echoes);
    expect_in(&(struct setting){.input = "hello"}, 5, "hello", "",
              ARGUMENTS("run", "-m64K", "--record", "run.rec", "echo.s"));
}

static void is_the_same_everywhere(void **state) {
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    record();
    for (size_t k = 0; k < 5; k++)
        expect(5, "hello", "", "run", "--system", systems[k], "--replay", "run.rec", "echo.s");
}

static void ends_where_it_was_interrupted(void **state) {
    write_text("echo.s", echoes);
    struct ran ran =
        execute(&(struct setting){.input = "hello"},
                ARGUMENTS("run", "-m64K", "--limit", "2500000", "--record", "half.rec", "echo.s"));
    assert_int_equal(ran.status, 66);
    assert_string_equal(ran.out, "hell");
    ran_free(&ran);
    ran = execute(&(struct setting){0},
                  ARGUMENTS("run", "--system", "te", "--replay", "half.rec", "echo.s"));
    assert_string_equal(ran.out, "hell");
    assert_int_equal(ran.status, 66);
    ran_free(&ran);
}

/* Any byte that is changed, and any end that is cut off, is seen. */
static void is_refused_if_damaged(void **state) {
    size_t size;
    record();
    char *bytes = read_text("run.rec", &size);
    assert_non_null(bytes);
    for (size_t k = 0; k < size; k += 1 + size / 40) {
        bytes[k] ^= 4;
        write_bytes("bad.rec", bytes, size);
        bytes[k] ^= 4;
        struct ran ran =
            execute(&(struct setting){0}, ARGUMENTS("run", "--replay", "bad.rec", "echo.s"));
        assert_int_equal(ran.status, 68);
        assert_contains(ran.err, k < 8 ? "not a recording" : "cut off or was altered");
        ran_free(&ran);
    }
    for (size_t cut = 0; cut < size; cut += 1 + size / 10) {
        write_bytes("bad.rec", bytes, cut);
        struct ran ran =
            execute(&(struct setting){0}, ARGUMENTS("run", "--replay", "bad.rec", "echo.s"));
        assert_int_equal(ran.status, 68);
        ran_free(&ran);
    }
    free(bytes);
}

static void must_be_of_the_same_profile(void **state) {
    record();
    struct ran ran = execute(&(struct setting){0},
                             ARGUMENTS("run", "--profile", "x86", "--replay", "run.rec", "echo.s"));
    assert_int_equal(ran.status, 68);
    assert_contains(ran.err, "profile");
    ran_free(&ran);
}

static void wants_one_guest_and_no_input(void **state) {
    record();
    write_text("in", "x");
    static const char *const wrong[][8] = {
        {"run", "--replay", "run.rec", "--input", "in", "echo.s"},
        {"run", "--replay", "run.rec", "--record", "x", "echo.s"},
        {"run", "--replay", "run.rec", "echo.s", "echo.s"},
        {"run", "--replay", "none.rec", "echo.s"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        struct ran ran = execute(&(struct setting){0}, wrong[k]);
        assert_int_equal(ran.status, 68);
        assert_true(strlen(ran.err) > 20);
        ran_free(&ran);
    }
}

/* The debugger goes through it, back and forth. */
static void can_be_debugged(void **state) {
    record();
    write_text("script",
               "continue\nexpect exit code 5\nback 4\nreverse-continue\nexpect beginning\n"
               "break port console.data if [0x0] == 0\ngoto 800002\ncontinue\n"
               "expect stop 1\nprint a5\nexpect 1\n");
    struct ran ran =
        execute(&(struct setting){0}, ARGUMENTS("debug", "--system", "te", "--replay", "run.rec",
                                                "--script", "script", "echo.s"));
    if (ran.status != 0)
        fail_msg("%s%s", ran.out, ran.err);
    ran_free(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_same_everywhere),
        cmocka_unit_test(ends_where_it_was_interrupted),
        cmocka_unit_test(is_refused_if_damaged),
        cmocka_unit_test(must_be_of_the_same_profile),
        cmocka_unit_test(wants_one_guest_and_no_input),
        cmocka_unit_test(can_be_debugged),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
