/* run and compare --trace: both forms, their bound, and what goes wrong. */
#include "tests/monitor/execute.h"
#include "tests/monitor/schema.h"

#include <sys/stat.h>

/* Ring 3 code that is interrupted and calls the kernel; six changes of rings, then the end. */
#define GUEST_RINGS                                                                                \
    "_start: la t0, handler\n sw t0, 0x44(zero)\n li t1, 3\n again: la t0, user\n"                 \
    " sw t0, 0x104(zero)\n li t0, 3\n sw t0, 0x100(zero)\n lpsw 0x100(zero)\n"                     \
    "handler: addi t1, t1, -1\n bnez t1, again\n out zero, 0\n"                                    \
    "user: nop\n svc 7\n"

/* So many traps that a trace of them is long. */
#define GUEST_STORMS                                                                               \
    "_start: la t0, handler\n sw t0, 0x44(zero)\n li t1, 3000\n svc 1\n"                           \
    "handler: addi t1, t1, -1\n beqz t1, end\n svc 1\n end: out zero, 0\n"

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

static void writes_a_line_for_each_event(void **state) {
    write_text("rings.s", GUEST_RINGS);
    expect(0, "", "", "run", "-m64K", "--system", "te", "--trace", "rings.txt", "rings.s");
    char *text = read_text("rings.txt", NULL);
    assert_non_null(text);
    assert_int_equal(strncmp(text, "# rings under te\n#            T  R  event ", 42), 0);
    assert_int_equal(count(text, "  ring  "), 6);
    assert_int_equal(count(text, "  trap          svc          00000007  "), 3);
    assert_int_equal(count(text, "  reflect       svc          00000007  "), 3);
    assert_int_equal(count(text, "  lpsw 0x100(zero)\n"), 6); /* an exit and an emulation each */
    assert_contains(text, "  user+0x4  ");
    assert_contains(text, " of them dropped; the end, exit 0, at T = ");
    /* Columns are aligned, T ascends. */
    const char *heading = strchr(text, '\n') + 1;
    size_t insn = (size_t)(strstr(heading, "instruction") - heading);
    unsigned long long last = 0;
    for (const char *line = strchr(heading, '\n') + 1; *line != '#';
         line = strchr(line, '\n') + 1) {
        unsigned long long T = strtoull(line, NULL, 10);
        assert_true(T >= last);
        assert_true(strcspn(line, "\n") > insn);
        assert_memory_equal(line + insn - 2, "  ", 2);
        assert_int_not_equal(line[insn], ' ');
        last = T;
    }
    free(text);
}

/* What a run prints does not depend on whether it is traced, nor does how it ends. */
static void changes_nothing(void **state) {
    write_text("rings.s", GUEST_RINGS);
    struct ran plain =
        execute(&(struct setting){0}, ARGUMENTS("run", "-m64K", "-sbt", "--stats", "rings.s"));
    struct ran traced = execute(&(struct setting){0}, ARGUMENTS("run", "-m64K", "-sbt", "--stats",
                                                                "--trace", "t.txt", "rings.s"));
    assert_int_equal(plain.status, traced.status);
    *strstr(plain.err, "host time") = *strstr(traced.err, "host time") = '\0';
    assert_string_equal(plain.err, traced.err);
    ran_free(&plain);
    ran_free(&traced);
}

static void traces_several_guests(void **state) {
    write_text("rings.s", GUEST_RINGS);
    write_text("exit.s", GUEST_EXIT(0));
    expect(0, NULL, "", "run", "-m64K", "--trace", "two.txt", "rings.s", "exit.s");
    char *text = read_text("two.txt", NULL);
    assert_contains(text, "# rings under bare\n");
    assert_contains(text, "\n\n# exit under bare\n");
    assert_int_equal(count(text, " trap "), 3);
    free(text);
}

/* The file is no longer than it may be; what is missing is counted in it and told. */
static void is_bounded(void **state) {
    static const char *const files[] = {"long.txt", "long.json"};
    write_text("storms.s", GUEST_STORMS);
    for (size_t k = 0; k < 2; k++) {
        char begin[64], part[64];
        unsigned long long dropped, all;
        struct stat st;
        struct ran ran =
            execute(&(struct setting){0}, ARGUMENTS("run", "-m64K", "-ste", "--trace-size", "10K",
                                                    "--trace", files[k], "storms.s"));
        assert_int_equal(ran.status, 0);
        snprintf(begin, sizeof begin, "trapeze: %s: ", files[k]);
        assert_int_equal(strncmp(ran.err, begin, strlen(begin)), 0);
        assert_int_equal(sscanf(ran.err + strlen(begin), "%llu of %llu events", &dropped, &all), 2);
        assert_true(dropped > 8000 && dropped < all);
        assert_contains(ran.err, " of storms under te were dropped; --trace-size is 10240\n");
        assert_int_equal(stat(files[k], &st), 0);
        assert_true(st.st_size <= 10240);
        assert_true(st.st_size > 6000);
        char *text = read_text(files[k], NULL);
        snprintf(part, sizeof part,
                 k ? "from here on %llu events were dropped" : " %llu of them dropped", dropped);
        assert_contains(text, part);
        free(text);
        ran_free(&ran);
    }
    expect(0, "", "", "run", "-m64K", "-ste", "--trace", "long.txt", "storms.s");
    char *text = read_text("long.txt", NULL);
    assert_contains(text, " 0 of them dropped;");
    free(text);
}

static void refuses(void **state) {
    write_text("rings.s", GUEST_RINGS);
    expect(68, "", "trapeze: no/where.txt: No such file or directory\n", "run", "-m64K", "--trace",
           "no/where.txt", "rings.s");
    expect(68, "", "trapeze: --trace rings.s: that file is an input of this run\n", "run", "-m64K",
           "--trace", "rings.s", "rings.s");
    expect(68, "", "trapeze: --trace out: that is the file of --console, too\n", "run", "-m64K",
           "--console", "out", "--trace", "out", "rings.s");
    expect(68, "", "trapeze: --trace-size is of use only with --trace FILE\n", "run", "-m64K",
           "--trace-size", "1M", "rings.s");
    expect(68, "", "trapeze: --trace-size 1M5: it must be a number, such as 64M\n", "run", "-m64K",
           "--trace-size=1M5", "--trace", "t.txt", "rings.s");
    expect(68, "", "trapeze: --trace-size 16K: 20 K is the least here\n", "compare", "-m64K",
           "--trace-size", "16K", "--trace", "t.txt", "rings.s");
    expect(68, "", "trapeze: run: there is no option --trace-sise; did you mean --trace-size?\n",
           "run", "--trace-sise=5", "rings.s");
    expect(68, "", "trapeze: --trace is not for --depth: trace one depth with run\n", "compare",
           "--depth", "1", "--trace", "t.txt", "rings.s");
    expect(70, "", "trapeze: /dev/full: No space left on device\n", "run", "-m64K", "--trace",
           "/dev/full", "rings.s");
    expect(70, NULL, "trapeze: /dev/full: No space left on device\n", "compare", "-m64K", "--trace",
           "/dev/full", "rings.s");
}

#ifdef HAVE_JANSSON

static json_t *parse(const char *path) {
    json_error_t err;
    json_t *j = json_load_file(path, 0, &err);
    if (!j)
        fail_msg("%s:%d:%d: %s", path, err.line, err.column, err.text);
    assert_true(json_is_array(json_object_get(j, "traceEvents")));
    return j;
}

static const char *string(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_int_t integer(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

/* The slices of the ring track of a process follow each other from 0 to `T`, and what else there
 * is on the guest's own tracks goes to `own`. */
static void check_process(const json_t *trace, json_int_t pid, json_int_t T, json_t *own) {
    json_int_t at = 0;
    size_t k;
    json_t *e;
    json_array_foreach(json_object_get(trace, "traceEvents"), k, e) {
        if (integer(e, "pid") != pid || *string(e, "ph") == 'M')
            continue;
        if (*string(e, "ph") == 'X') {
            assert_int_equal(integer(e, "tid"), 1);
            assert_int_equal(integer(e, "ts"), at);
            assert_true(integer(e, "dur") > 0);
            at += integer(e, "dur");
            json_array_append_new(own, json_pack("{s:s, s:I, s:I}", "name", string(e, "name"), "ts",
                                                 integer(e, "ts"), "dur", integer(e, "dur")));
        } else {
            assert_string_equal(string(e, "ph"), "i");
            if (integer(e, "tid") == 2)
                json_array_append_new(own, json_pack("{s:s, s:I, s:O}", "name", string(e, "name"),
                                                     "ts", integer(e, "ts"), "args",
                                                     json_object_get(e, "args")));
        }
    }
    assert_int_equal(at, T);
}

static void writes_json(void **state) {
    write_text("rings.s", GUEST_RINGS);
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "-m64K", "-ste", "--json",
                                                             "--trace", "rings.json", "rings.s"));
    assert_int_equal(ran.status, 0);
    json_t *result = assert_schema("run", ran.out), *trace = parse("rings.json");
    json_t *own = json_array();
    check_process(trace, 1, integer(result, "T"), own);
    assert_int_equal(json_array_size(own), 7 + 3); /* slices, traps */
    const json_t *trap = json_array_get(own, 1);   /* in ring 3, whose slice ends later */
    assert_string_equal(string(trap, "name"), "trap svc");
    const json_t *args = json_object_get(trap, "args");
    assert_string_equal(string(args, "cause"), "svc");
    assert_string_equal(string(args, "value"), "0x7");
    assert_string_equal(string(args, "insn"), "svc 7");
    assert_string_equal(string(args, "place"), "user+0x4");
    assert_int_equal(integer(args, "ring"), 3);
    assert_int_equal(integer(json_object_get(trace, "otherData"), "dropped"), 0);
    json_decref(own);
    json_decref(trace);
    json_decref(result);
    ran_free(&ran);
}

/* compare: a process for each system, with the same rings and traps in each. */
static void compares_in_one_file(void **state) {
    write_text("rings.s", GUEST_RINGS);
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("compare", "-m64K", "--json",
                                                             "--trace", "all.json", "rings.s"));
    assert_int_equal(ran.status, 0);
    json_t *result = assert_schema("compare", ran.out), *trace = parse("all.json");
    json_t *systems = json_object_get(result, "systems"), *first = json_array(), *system;
    size_t k;
    json_array_foreach(systems, k, system) {
        json_t *own = json_array();
        char name[64];
        check_process(trace, (json_int_t)k + 1, integer(system, "T"), k ? own : first);
        assert_true(k == 0 || json_equal(own, first));
        json_decref(own);
        snprintf(name, sizeof name, "rings under %s", string(system, "system"));
        size_t e, found = 0;
        json_t *event;
        json_array_foreach(json_object_get(trace, "traceEvents"), e, event) found +=
            strcmp(string(json_object_get(event, "args"), "name"), name) == 0;
        assert_int_equal(found, 1);
    }
    json_decref(first);
    json_decref(trace);
    json_decref(result);
    ran_free(&ran);
}

/* Names that come from files can hold anything. */
static void escapes_names(void **state) {
    write_text("a\"b\\\xff\n\xc3\xa9.s", GUEST_RINGS);
    expect(0, "", NULL, "run", "-m64K", "--trace", "odd.json", "a\"b\\\xff\n\xc3\xa9.s");
    json_t *trace = parse("odd.json");
    const json_t *first = json_array_get(json_object_get(trace, "traceEvents"), 0);
    assert_string_equal(string(json_object_get(first, "args"), "name"),
                        "a\"b\\?\n\xc3\xa9 under bare");
    json_decref(trace);
    expect(0, "", NULL, "run", "-m64K", "--trace", "odd.txt", "a\"b\\\xff\n\xc3\xa9.s");
    char *text = read_text("odd.txt", NULL);
    assert_contains(text, "# a\"b\\???? under bare\n");
    free(text);
}

/* A trace that was cut is still an object, and its slices end where knowledge does. */
static void what_is_cut_parses(void **state) {
    write_text("storms.s", GUEST_STORMS);
    for (unsigned size = 4096; size < 8192; size += 97) {
        char text[16];
        struct stat st;
        snprintf(text, sizeof text, "%u", size);
        expect(0, "", NULL, "run", "-m64K", "-sbt", "--trace", "cut.json", "--trace-size", text,
               "storms.s");
        assert_int_equal(stat("cut.json", &st), 0);
        assert_true(st.st_size <= size);
        json_t *trace = parse("cut.json");
        assert_true(integer(json_object_get(trace, "otherData"), "dropped") > 8000);
        json_decref(trace);
    }
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_line_for_each_event),
        cmocka_unit_test(changes_nothing),
        cmocka_unit_test(traces_several_guests),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(refuses),
#ifdef HAVE_JANSSON
        cmocka_unit_test(writes_json),
        cmocka_unit_test(compares_in_one_file),
        cmocka_unit_test(escapes_names),
        cmocka_unit_test(what_is_cut_parses),
#endif
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
