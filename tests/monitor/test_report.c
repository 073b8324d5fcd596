/* trapeze report: the page is well formed and whole, safe against names, and the same every time.
 */
#include "tests/monitor/execute.h"

#include <ctype.h>

#define GUEST_RINGS                                                                                \
    "_start: la t0, handler\n sw t0, 0x44(zero)\n li t1, 3\n again: la t0, user\n"                 \
    " sw t0, 0x104(zero)\n li t0, 3\n sw t0, 0x100(zero)\n lpsw 0x100(zero)\n"                     \
    "handler: addi t1, t1, -1\n bnez t1, again\n out zero, 0\n"                                    \
    "user: nop\n svc 7\n"

enum { DEPTH = 32, NAME = 16 };

/* Tags are balanced, attributes quoted, `<` and `&` are nowhere else: what XML asks for, as far as
 * the page uses it. */
static void assert_well_formed(const char *page) {
    char open[DEPTH][NAME];
    size_t depth = 0;
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const char *at = page;
    while (*at) {
        if (*at == '&') {
            size_t k = 0;
            while (k < 5 && strncmp(at, entities[k], strlen(entities[k])) != 0)
                k++;
            assert_true(k < 5);
            at += strlen(entities[k]);
        } else if (strncmp(at, "<!DOCTYPE html>", 15) == 0) {
            assert_ptr_equal(at, page);
            at += 15;
        } else if (*at == '<') {
            bool closing = at[1] == '/';
            char name[NAME];
            size_t n = 0;
            for (at += 1 + closing; isalnum((unsigned char)*at); at++) {
                assert_true(n < NAME - 1);
                name[n++] = *at;
            }
            name[n] = '\0';
            assert_true(n > 0);
            while (*at == ' ') {
                at += 1 + strcspn(at + 1, "=<> ");
                assert_memory_equal(at, "=\"", 2);
                at += 2 + strcspn(at + 2, "\"<");
                assert_int_equal(*at, '"');
                at++;
            }
            bool empty = *at == '/';
            at += empty;
            assert_int_equal(*at, '>');
            at++;
            if (closing) {
                assert_true(depth > 0);
                assert_string_equal(open[--depth], name);
            } else if (!empty) {
                assert_true(depth < DEPTH);
                memcpy(open[depth++], name, n + 1);
            }
        } else {
            assert_true((unsigned char)*at >= 0x20 || *at == '\n');
            at++;
        }
    }
    assert_int_equal(depth, 0);
}

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

static void has_every_section(void **state) {
    static const char *const parts[] = {
        "<title>rings in 5 systems</title>",
        "<dt>guest</dt><dd>rings.s</dd>",
        "<dt>profile</dt><dd>strict</dd>",
        "<dt>memory</dt><dd>65 536 bytes</dd>",
        "<dt>state hash</dt><dd>",
        "The guest ended in the same state under every system",
        "<h2 id=\"comparison\">",
        "<h2 id=\"shares\">",
        "<h2 id=\"traps\">",
        "<h2 id=\"rings\">",
        "<h2 id=\"counters\">",
        "<th scope=\"row\">guest instructions</th>",
        "<figcaption>Under bare, interp, te, hybrid, bt</figcaption>",
        "shadow page-table entries filled: faults the guest never sees",
    };
    write_text("rings.s", GUEST_RINGS);
    expect(0, "", "", "report", "-m64K", "rings.s", "-o", "page.html");
    char *page = read_text("page.html", NULL);
    assert_non_null(page);
    assert_well_formed(page);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        assert_contains(page, parts[k]);
    assert_int_equal(count(page, "<svg "), 3);
    /* Nothing is fetched or executed. */
    assert_int_equal(count(page, "<script"), 0);
    assert_int_equal(count(page, "href="), 0);
    assert_int_equal(count(page, "src="), 0);
    assert_int_equal(count(page, "url("), 0);
    assert_null(strstr(page, "host time"));
    free(page);
}

static void is_the_same_every_time(void **state) {
    size_t size[2];
    char *page[2];
    write_text("rings.s", GUEST_RINGS);
    for (int k = 0; k < 2; k++) {
        expect(0, "", "", "report", "-m64K", "rings.s", "-o", "page.html");
        page[k] = read_text("page.html", &size[k]);
        assert_non_null(page[k]);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(page[0], page[1], size[0]);
    free(page[0]);
    free(page[1]);
}

/* However long and however restless the run is, the picture stays small. */
static void the_timeline_is_bounded(void **state) {
    static const char *const guests[] = {"random:5", "random:17", "long.s", "sleep.s"};
    write_text("long.s",
               "_start: li t0, 3000000\n1: addi t0, t0, -1\n bnez t0, 1b\n out zero, 0\n");
    /* It sleeps until T = 2^63 - 1. */
    write_text("sleep.s", "_start: li t0, -1\n out t0, 0x20\n li t0, 0x7fffffff\n out t0, 0x21\n"
                          " li t0, 1\n out t0, 0x22\n idle\n out zero, 0\n");
    for (size_t k = 0; k < 4; k++) {
        struct ran ran = execute(&(struct setting){0},
                                 ARGUMENTS("report", "-q", "-I", SOURCE "/guests", "--limit", "20M",
                                           "--systems", "bare,te", guests[k], "-o", "page.html"));
        ran_free(&ran);
        char *page = read_text("page.html", NULL);
        assert_non_null(page);
        assert_well_formed(page);
        assert_true(count(page, "<rect ") <= 2100);
        free(page);
    }
}

static void escapes_names(void **state) {
    static const char name[] = "<b>&\"'\xff\xc3\xa9.s";
    write_text(name, GUEST_RINGS);
    expect(0, "", NULL, "report", "-m64K", "-o", "page.html", name);
    char *page = read_text("page.html", NULL);
    assert_non_null(page);
    assert_well_formed(page);
    assert_contains(page, "<dd>&lt;b&gt;&amp;&quot;&#39;?\xc3\xa9.s</dd>");
    assert_null(strstr(page, "<b>"));
    free(page);
}

static void shows_a_difference(void **state) {
    expect(71, "", "", "report", "-q", "-p", "x86", "-I", SOURCE "/guests",
           SOURCE "/guests/holes/smsw.s", "-o", "page.html");
    char *page = read_text("page.html", NULL);
    assert_non_null(page);
    assert_well_formed(page);
    assert_contains(page, "<p class=\"alarm\">Under te the guest ended in another state.</p>");
    assert_contains(page, "<td class=\"alarm\">DIFFERS ");
    assert_contains(page, "<dt>profile</dt><dd>x86</dd>");
    free(page);
}

static void refuses(void **state) {
    write_text("rings.s", GUEST_RINGS);
    expect(68, "", "trapeze: report: where to? Say -o FILE\n", "report", "rings.s");
    expect(68, "", "trapeze: -o rings.s: that file is an input of this run\n", "report", "rings.s",
           "-o", "rings.s");
    expect(68, "", "trapeze: report takes one guest\n", "report", "rings.s", "rings.s", "-o",
           "page.html");
    expect(70, "", "trapeze: no/page.html: No such file or directory\n", "report", "-m64K",
           "rings.s", "-o", "no/page.html");
    expect(70, "", "trapeze: /dev/full: No space left on device\n", "report", "-m64K", "rings.s",
           "-o", "/dev/full");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_every_section),       cmocka_unit_test(is_the_same_every_time),
        cmocka_unit_test(the_timeline_is_bounded), cmocka_unit_test(escapes_names),
        cmocka_unit_test(shows_a_difference),      cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
