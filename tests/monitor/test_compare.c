/* trapeze compare: the table, the object, the verdict. */
#include "tests/monitor/execute.h"
#include "tests/monitor/schema.h"

/* Some work, an input byte, a trap of its own, an exit code. */
#define GUEST_WORK                                                                                 \
    "_start: li t0, handler\n sw t0, 0x44(zero)\n li t1, 30000\n1: addi t1, t1, -1\n"              \
    " bnez t1, 1b\n in s0, 0x10\n svc 5\nhandler: mv a0, s0\n out a0, 0\n"

/* The row of the table that begins with `label`, squeezed to single blanks; "" if there is none. */
static const char *row(const char *table, const char *label, char text[128]) {
    char begin[64];
    size_t n = 0;
    snprintf(begin, sizeof begin, "\n%s  ", label);
    const char *at = strstr(table, begin);
    if (!at)
        return "";
    for (at++; *at && *at != '\n' && n < 127; at++)
        if (*at != ' ' || (n > 0 && text[n - 1] != ' '))
            text[n++] = *at;
    text[n] = '\0';
    return text;
}

static void assert_row(const char *table, const char *label, const char *cells) {
    char text[128];
    const char *seen = row(table, label, text);
    if (strcmp(seen, cells) != 0)
        fail_msg("the row is `%s`, not `%s`, in:\n%s", seen, cells, table);
}

static void holds_every_system_to_the_first(void **state) {
    char text[128], state_row[128];
    write_text("work.s", GUEST_WORK);
    write_text("words", "\x2a");
    struct ran ran = execute(&(struct setting){0},
                             ARGUMENTS("compare", "-ethreaded", "-m64K", "-i", "words", "work.s"));
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err, "");
    assert_int_equal(strncmp(ran.out, "work, on the threaded engine\n\n", 30), 0);
    assert_row(ran.out, "result", "result exit 42 exit 42 exit 42 exit 42 exit 42");
    char hash[8];
    assert_int_equal(sscanf(row(ran.out, "state", text), "state %7s", hash), 1);
    snprintf(state_row, sizeof state_row, "state %s equal %s equal %s equal %s equal %s", hash,
             hash, hash, hash, hash);
    assert_row(ran.out, "state", state_row);
    assert_row(ran.out, "guest instructions",
               "guest instructions 60 007 60 007 60 007 60 007 60 007");
    assert_row(ran.out, "  interpreted", "interpreted - 100.00 % - 100.00 % -");
    assert_row(ran.out, "traps reflected", "traps reflected - - 1 1 1");
    assert_row(ran.out, "shadow flushes", ""); /* all 0 */
    assert_true(*row(ran.out, "host time", text));
    assert_true(*row(ran.out, "  ratio to bare", text));
    for (const char *line = ran.out; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 100);
    ran_free(&ran);
}

static void takes_the_systems_it_is_told(void **state) {
    char text[128];
    write_text("work.s", GUEST_WORK);
    struct ran ran = execute(&(struct setting){.input = "never read"},
                             ARGUMENTS("compare", "-m64K", "--systems", "te,bare", "--engine",
                                       "reference", "--limit", "5K", "work.s"));
    assert_int_equal(ran.status, 0);
    assert_int_equal(strncmp(ran.out, "work, on the reference engine\n\n", 31), 0);
    assert_contains(ran.out, "           te          bare\n");
    assert_row(ran.out, "result", "result limit limit");
    assert_row(ran.out, "guest instructions", "guest instructions 5 000 5 000");
    assert_true(*row(ran.out, "  ratio to te", text));
    ran_free(&ran);
}

static void compares_every_ending(void **state) {
    static const struct {
        const char *source, *result;
    } rows[] = {
        {"_start: .word 0\n", "result check-stop check-stop check-stop check-stop check-stop"},
        {"_start: idle\n", "result idle idle idle idle idle"},
        {GUEST_SPIN, "result limit limit limit limit limit"},
        {GUEST_EXIT(300), "result exit 300 exit 300 exit 300 exit 300 exit 300"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        write_text("guest.s", rows[k].source);
        struct ran ran = execute(&(struct setting){0},
                                 ARGUMENTS("compare", "-m64K", "--limit", "1M", "guest.s"));
        assert_int_equal(ran.status, 0);
        assert_row(ran.out, "result", rows[k].result);
        ran_free(&ran);
    }
}

static void reports_a_difference(void **state) {
    const struct setting liar = {.program = TRAPEZE_LIAR};
    write_text("seven.s", GUEST_EXIT(7));
    struct ran ran =
        execute(&liar, ARGUMENTS("compare", "-m64K", "--systems", "bare,liar,te", "seven.s"));
    assert_int_equal(ran.status, 71);
    assert_string_equal(ran.err, "trapeze: seven: the state at the end differs under liar from "
                                 "that under bare\n");
    assert_row(ran.out, "result", "result exit 7 exit 7 exit 7");
    char text[128];
    assert_contains(row(ran.out, "state", text), " DIFFERS ");
    assert_contains(row(ran.out, "state", text), " equal ");
    assert_null(strchr(ran.out, '\033'));
    ran_free(&ran);
    expect_in(&liar, 71, NULL, "",
              ARGUMENTS("compare", "-m64K", "-q", "--systems", "bare,liar", "seven.s"));
    expect_in(&liar, 0, NULL, "",
              ARGUMENTS("compare", "-m64K", "--systems", "liar,liar", "seven.s"));
    expect_in(&liar, 70, NULL, "trapeze: broken: the VMM failed: out of luck\n",
              ARGUMENTS("compare", "-m64K", "--systems", "bare,broken", "seven.s"));
}

static void reports_output_that_cannot_be_written(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    expect_in(&(struct setting){.output_path = "/dev/full"}, 70, NULL,
              "trapeze: cannot write to standard output: No space left on device\n",
              ARGUMENTS("compare", "-m64K", "seven.s"));
}

#ifdef HAVE_JANSSON

static void prints_json(void **state) {
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    write_text("work.s", GUEST_WORK);
    write_text("words", "\x2a");
    struct ran ran = execute(&(struct setting){0},
                             ARGUMENTS("compare", "-m64K", "--json", "-i", "words", "work.s"));
    assert_int_equal(ran.status, 0);
    json_t *j = assert_schema("compare", ran.out), *list = json_object_get(j, "systems");
    assert_int_equal(json_array_size(list), 5);
    for (size_t k = 0; k < 5; k++) {
        const json_t *one = json_array_get(list, k), *first = json_array_get(list, 0);
        const json_t *counters = json_object_get(one, "counters");
        static const char *const shares[] = {"direct", "translated", "emulated", "interpreted"};
        json_int_t sum = 0;
        assert_string_equal(json_string_value(json_object_get(one, "system")), systems[k]);
        assert_true(json_is_true(json_object_get(one, "equal")));
        assert_true(
            json_equal(json_object_get(one, "state_hash"), json_object_get(first, "state_hash")));
        for (size_t s = 0; s < 4; s++)
            sum += json_integer_value(json_object_get(counters, shares[s]));
        assert_int_equal(sum, json_integer_value(json_object_get(one, "instructions")));
        assert_int_equal(sum, 60007);
    }
    json_decref(j);
    ran_free(&ran);
}

static void json_reports_a_difference(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    struct ran ran =
        execute(&(struct setting){.program = TRAPEZE_LIAR},
                ARGUMENTS("compare", "-m64K", "-j", "--systems", "bare,liar", "seven.s"));
    assert_int_equal(ran.status, 71);
    json_t *j = assert_schema("compare", ran.out), *list = json_object_get(j, "systems");
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "equal")));
    assert_true(json_is_false(json_object_get(json_array_get(list, 1), "equal")));
    json_decref(j);
    ran_free(&ran);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_every_system_to_the_first),
        cmocka_unit_test(takes_the_systems_it_is_told),
        cmocka_unit_test(compares_every_ending),
        cmocka_unit_test(reports_a_difference),
        cmocka_unit_test(reports_output_that_cannot_be_written),
#ifdef HAVE_JANSSON
        cmocka_unit_test(prints_json),
        cmocka_unit_test(json_reports_a_difference),
#endif
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
