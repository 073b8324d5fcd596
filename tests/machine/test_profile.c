/* test_profile.c - profile files: what they say, and every refusal with its place. */
#include "machine/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void the_built_in_ones_are_files_too(void **state) {
    struct pg_profile p;
    for (int k = 0; pg_profile_texts[k].name; k++) {
        assert_true(pg_profile_builtin(pg_profile_texts[k].name, &p));
        assert_string_equal(p.name, pg_profile_texts[k].name);
    }
    assert_true(pg_profile_builtin("strict", &p));
    assert_memory_equal(&p, &pg_profile_strict, sizeof p);
    assert_true(pg_profile_builtin("x86", &p));
    assert_int_equal(p.user[PG_OP_gpsw], PG_USER_EXECUTE);
    assert_int_equal(p.user[PG_OP_ppsw], PG_USER_IGNORE);
    assert_int_equal(p.user[PG_OP_jrst], PG_USER_TRAP);
    assert_false(pg_profile_builtin("vax", &p));
}

static void lines_say_what_user_rings_get(void **state) {
    static const char text[] = "# mine\n\n  gpsw\texecute # comment\r\nppsw ignore\ngrel trap";
    struct pg_profile p;
    struct pg_diagnostics diags = {0};
    assert_true(pg_profile_parse(text, strlen(text), "dir/mine.profile", &p, &diags));
    assert_int_equal(diags.count, 0);
    assert_string_equal(p.name, "mine");
    for (int op = 0; op < PG_NOPS; op++)
        assert_int_equal(p.user[op], op == PG_OP_gpsw   ? PG_USER_EXECUTE
                                     : op == PG_OP_ppsw ? PG_USER_IGNORE
                                                        : PG_USER_TRAP);
    assert_true(pg_profile_parse("name other\n", 11, "mine", &p, &diags));
    assert_string_equal(p.name, "other");
}

static void what_is_wrong_is_refused_with_its_place(void **state) {
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *says;
    } cases[] = {
        {"gpsw execute\ngrell trap\n", 2, 1,
         "no sensitive instruction `grell`; did you mean `grel`"},
        {"gpsw  exeute", 1, 7, "not `exeute`; did you mean `execute`"},
        {"gpsw", 1, 1, "`gpsw` takes trap, execute or ignore"},
        {"gpsw trap trap", 1, 11, "nothing more is expected"},
        {"gpsw trap\ngpsw ignore", 2, 1, "given in line 1 already"},
        {" add trap", 1, 2, "`add` is innocuous: it executes in every ring"},
        {"lpsw trap", 1, 1, "`lpsw` is privileged: it traps in user rings whatever"},
        {"svc trap", 1, 1, "`svc` is a gate"},
        {"name", 1, 1, "`name` takes a name"},
        {"name a\nname b", 2, 1, "a second name"},
        {"name an-incredibly-long-name-for-a-profile", 1, 6, "longer than 31"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_profile p = {.name = "untouched"};
        struct pg_diagnostics diags = {0};
        assert_false(pg_profile_parse(cases[k].text, strlen(cases[k].text), "p", &p, &diags));
        assert_string_equal(p.name, "untouched");
        assert_int_equal(diags.nerrors, 1);
        assert_int_equal(diags.items[0].line, cases[k].line);
        assert_int_equal(diags.items[0].column, cases[k].column);
        if (!strstr(diags.items[0].message, cases[k].says))
            fail_msg("`%s` does not say `%s`", diags.items[0].message, cases[k].says);
        pg_diagnostics_free(&diags);
    }
}

/* Files are not trusted: bytes of any kind, lines of any length, any number of mistakes. */
static void foreign_files_do_no_harm(void **state) {
    char bytes[100000];
    struct pg_profile p;
    struct pg_diagnostics diags = {0};
    memset(bytes, 'x', sizeof bytes);
    assert_false(pg_profile_parse(bytes, sizeof bytes, "long", &p, &diags));
    pg_diagnostics_free(&diags);
    for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (char)(k * 2654435761U >> 13);
    assert_false(pg_profile_parse(bytes, sizeof bytes, "noise", &p, &diags));
    assert_true(diags.nerrors >= 1 && diags.nerrors <= 20);
    pg_diagnostics_free(&diags);
    static const char nul[] = "name a\ngpsw\0trap\n", bell[] = "gpsw tr\033ap";
    assert_false(pg_profile_parse(nul, sizeof nul - 1, "nul", &p, &diags));
    assert_int_equal(diags.items[0].line, 2);
    assert_int_equal(diags.items[0].column, 5);
    assert_string_equal(diags.items[0].message, "a byte 0x00: this is no text");
    assert_string_equal(diags.items[0].source, "gpsw trap");
    pg_diagnostics_free(&diags);
    assert_false(pg_profile_parse(bell, sizeof bell - 1, "bell", &p, &diags));
    assert_int_equal(diags.nerrors, 1);
    assert_int_equal(diags.items[0].column, 8);
    assert_string_equal(diags.items[0].source, "gpsw tr ap");
    pg_diagnostics_free(&diags);
    assert_true(pg_profile_parse("", 0, "empty", &p, &diags));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_ones_are_files_too),
        cmocka_unit_test(lines_say_what_user_rings_get),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
        cmocka_unit_test(foreign_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
