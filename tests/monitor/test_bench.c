/* trapeze bench: it measures what it says, in the form that it says. How fast is no test's matter.
 */
#include "tests/monitor/execute.h"
#include "tests/monitor/schema.h"

static void operations_have_the_exits_that_they_must(void **state) {
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("bench", "--nano", "--runs", "1",
                                                             "--systems", "bare,te,bt"));
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "syscall");
    assert_contains(ran.out, "ptemod");
    ran_free(&ran);
#ifdef HAVE_JANSSON
    ran = execute(&(struct setting){0},
                  ARGUMENTS("bench", "--nano", "--json", "--runs", "1", "--systems", "bare,te,bt"));
    assert_int_equal(ran.status, 0);
    json_t *j = assert_schema("bench", ran.out), *rows = json_object_get(j, "operations");
    static const double te[] = {2, 1, 1, 0, 3, 2, 0}; /* traps of each; a fault is also a fill */
    assert_int_equal(json_array_size(rows), 7);
    for (size_t k = 0; k < 7; k++) {
        const json_t *exits = json_object_get(json_array_get(rows, k), "exits");
        double bare = json_number_value(json_object_get(exits, "bare"));
        double seen = json_number_value(json_object_get(exits, "te"));
        assert_true(bare == 0);
        assert_true(seen > te[k] - 0.01 && seen < te[k] + 0.01);
    }
    json_decref(j);
    ran_free(&ran);
#endif
}

static void programs_are_run_natively_and_as_guests(void **state) {
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("bench", "--runs", "1", "--systems",
                                                             "bare", "-o", "plot.svg", "chase"));
    if (ran.status == 69) { /* no cross compiler */
        ran_free(&ran);
        skip();
    }
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "chase");
    assert_contains(ran.out, "mean");
    ran_free(&ran);
    size_t size;
    char *plot = read_text("plot.svg", &size);
    assert_non_null(plot);
    assert_contains(plot, "<title>bare: ");
    assert_contains(plot, "</svg>\n");
    free(plot);
#ifdef HAVE_JANSSON
    ran = execute(&(struct setting){0},
                  ARGUMENTS("bench", "--json", "--runs", "1", "--systems", "bare,te", "chase"));
    assert_int_equal(ran.status, 0);
    json_t *j = assert_schema("bench", ran.out);
    const json_t *row = json_array_get(json_object_get(j, "programs"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "kind")), "integer");
    assert_int_equal(json_object_size(json_object_get(row, "seconds")), 3);
    json_decref(j);
    ran_free(&ran);
#endif
}

/* What one costs comes from two runs of the system; a session is one. */
static void the_work_of_an_operating_system_is_measured(void **state) {
#ifdef __SANITIZE_ADDRESS__ /* which is slow */
    skip();
#endif
    struct ran ran = execute(&(struct setting){0},
                             ARGUMENTS("bench", "--os", "--runs", "1", "--systems", "bare"));
    if (ran.status == 69) { /* no cross compiler, so that there is no guests/os */
        ran_free(&ran);
        skip();
    }
    assert_int_equal(ran.status, 0);
    assert_contains(ran.out, "\nswitch ");
    assert_contains(ran.out, "\nusertests ");
    assert_contains(ran.out, "\nbuild ");
    ran_free(&ran);
}

/* Model cycles are counters times a table. */
static void cycles_follow_the_table(void **state) {
    write_text("loop.s", "_start: li a0, 499\n1: addi a0, a0, -1\n bnez a0, 1b\n out a0, 0\n");
    write_text("double", "# all twice\n\n direct 2 # an instruction\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "-m64K", "--stats", "loop.s"));
    assert_contains(ran.err, "model cycles                            1 000\n");
    ran_free(&ran);
    ran = execute(&(struct setting){0},
                  ARGUMENTS("run", "-m64K", "--stats", "--costs", "double", "loop.s"));
    assert_contains(ran.err, "model cycles                            2 000\n");
    ran_free(&ran);
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"direct 1\ndirekt 2\n", "costs:2: there is no counter direkt; did you mean direct?\n"},
        {"direct\n", "costs:1: direct: expected a number of cycles, at most 1000000000\n"},
        {"\ndirect 1 2\n", "costs:2: direct: expected a number"},
        {"exits 99999999999\n", "costs:1: exits: expected a number"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        write_text("costs", wrong[k].text);
        ran =
            execute(&(struct setting){0}, ARGUMENTS("run", "-m64K", "--costs", "costs", "loop.s"));
        assert_int_equal(ran.status, 68);
        assert_contains(ran.err, wrong[k].message);
        ran_free(&ran);
    }
}

static void can_be_fitted_to_a_host(void **state) {
    struct ran ran =
        execute(&(struct setting){0}, ARGUMENTS("bench", "--calibrate", "--runs", "1"));
    assert_int_equal(ran.status, 0);
    write_text("fitted", ran.out);
    ran_free(&ran);
    write_text("end.s", "_start: out zero, 0\n");
    expect(0, "", "", "run", "-m64K", "--costs", "fitted", "end.s");
}

static void says_what_is_wrong(void **state) {
    static const char *const wrong[][6] = {
        {"bench", "nosuch"},           {"bench", "hosted"}, /* is for tests */
        {"bench", "--nano", "--os"},   {"bench", "--bars", "chase"},
        {"bench", "--runs", "0"},      {"bench", "--runs", "x"},
        {"bench", "--systems", "bar"}, {"bench", "--engine", "threadde"}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        struct ran ran = execute(&(struct setting){0}, wrong[k]);
        assert_int_equal(ran.status, 68);
        assert_string_equal(ran.out, "");
        assert_true(strlen(ran.err) > 20);
        ran_free(&ran);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_have_the_exits_that_they_must),
        cmocka_unit_test(programs_are_run_natively_and_as_guests),
        cmocka_unit_test(the_work_of_an_operating_system_is_measured),
        cmocka_unit_test(cycles_follow_the_table),
        cmocka_unit_test(can_be_fitted_to_a_host),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
