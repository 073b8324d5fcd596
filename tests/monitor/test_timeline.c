/* test_timeline.c - time travel: to any moment of a run, in any system, and always the same one. */
#include "monitor/debug/timeline.h"

#include "isa/asm.h"
#include "machine/hash.h"
#include "tests/engine_under_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__ /* which is slow */
enum { JUMPS = 12 };
#else
enum { JUMPS = 40 };
#endif
enum { MEMORY = 1 << 20, MOMENTS = 12 };

static struct pg_image *assemble(const char *source) {
    char path[1024];
    const char *paths[] = {path};
    struct pg_diagnostics diags = {0};
    snprintf(path, sizeof path, SOURCE "/guests/%s", source);
    struct pg_image *image = pg_assemble(paths, 1, NULL, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    pg_diagnostics_free(&diags);
    assert_non_null(image);
    return image;
}

static struct timeline *begin(const struct pg_system *system, const struct pg_image *image,
                              const char *input) {
    struct pg_error err = {""};
    struct pg_setup setup = {.image = image,
                             .memory = MEMORY,
                             .disk_sectors = 0,
                             .input = (const uint8_t *)input,
                             .input_size = input ? strlen(input) : 0,
                             .live = !input,
                             .limit = PG_NEVER};
    struct timeline *t = timeline_open(system, engine_under_test(), &setup, &err);
    if (!t)
        fail_msg("%s", err.text);
    return t;
}

static void go(struct timeline *t, uint64_t T) {
    struct pg_error err = {""};
    if (timeline_goto(t, T, NULL, NULL, &err) == MOMENT_BROKEN)
        fail_msg("%s", err.text);
}

static void hash_of(struct timeline *t, char hash[PG_HASH_TEXT]) {
    pg_state_hash(timeline_machine(t), hash);
}

/* The states of a bare machine at some moments up to `end`. */
static void reference(const struct pg_image *image, uint64_t end, uint64_t moments[MOMENTS],
                      char hashes[MOMENTS][PG_HASH_TEXT]) {
    struct timeline *t = begin(&pg_system_bare, image, "");
    for (int k = 0; k < MOMENTS; k++) {
        go(t, end * (uint64_t)(k * k) / (MOMENTS * MOMENTS) + (uint64_t)k);
        moments[k] = timeline_now(t);
        hash_of(t, hashes[k]);
    }
    timeline_close(t);
}

/* To and fro, in every system, and across a change of systems: the states are those of bare. */
static void jumps(const char *source, uint64_t end) {
    struct pg_image *image = assemble(source);
    uint64_t moments[MOMENTS];
    char hashes[MOMENTS][PG_HASH_TEXT], hash[PG_HASH_TEXT];
    uint32_t random = 12345;
    reference(image, end, moments, hashes);
    for (size_t s = 0; pg_systems[s]; s++) {
        struct timeline *t = begin(pg_systems[s], image, "");
        for (int jump = 0; jump < JUMPS; jump++) {
            struct pg_error err = {""};
            random = random * 1664525 + 1013904223;
            int k = (int)(random >> 16) % MOMENTS;
            go(t, moments[k]);
            hash_of(t, hash);
            assert_int_equal(timeline_now(t), moments[k]);
            assert_string_equal(hash, hashes[k]);
            if (jump % 4 == 3)
                assert_true(timeline_switch(t, pg_systems[(s + (size_t)jump) % 5], &err));
        }
        timeline_close(t);
    }
    pg_image_free(image);
}

static void test_jumps_kernel(void **state) {
    jumps("kernel.s", 1000000);
}

static void test_jumps_paged(void **state) {
    jumps("pkernel.s", 1000000);
}

static void test_jumps_timer(void **state) {
    jumps("timer.s", 60000);
}

/* One step back is the last moment before: the same way through as on the way on. */
static void test_back(void **state) {
    struct pg_image *image = assemble("timer.s"); /* it idles: steps of many T */
    struct pg_error err = {""};
    enum { STEPS = 3000 };
    static uint64_t moments[STEPS];
    struct timeline *t = begin(&pg_system_te, image, "");
    int n = 0;
    for (; n < STEPS; n++) {
        moments[n] = timeline_now(t);
        if (timeline_step(t, &err) != MOMENT_REACHED)
            break;
    }
    assert_true(n > 100);
    for (int k = n - 1; k > 0; k -= 1 + k / 20) {
        uint64_t before;
        assert_true(timeline_before(t, moments[k], &before, &err));
        assert_int_equal(before, moments[k - 1]);
        go(t, before);
        assert_int_equal(timeline_now(t), before);
    }
    go(t, 0);
    assert_false(timeline_before(t, 0, moments, &err));
    timeline_close(t);
    pg_image_free(image);
}

static void assert_output(struct timeline *t, const char *text) {
    const struct pg_bytes *output = &timeline_machine(t)->bus.plugs.output;
    if (output->size != strlen(text) || memcmp(output->data, text, output->size) != 0)
        fail_msg("the console has \"%.*s\", not \"%s\"", (int)output->size, (char *)output->data,
                 text);
}

/* What the guest has written so far; free it. */
static char *output_of(struct timeline *t) {
    const struct pg_bytes *output = &timeline_machine(t)->bus.plugs.output;
    char *text = calloc(1, output->size + 1);
    assert_non_null(text);
    memcpy(text, output->data, output->size);
    return text;
}

/* Input that arrived is there again on the way through; other input makes another future. */
static void test_input(void **state) {
    struct pg_image *image = assemble("echo.s");
    struct pg_error err = {""};
    for (size_t s = 0; pg_systems[s]; s++) {
        struct timeline *t = begin(pg_systems[s], image, NULL);
        assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
        uint64_t first = timeline_now(t);
        assert_true(timeline_input(t, "one\n", 4));
        assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
        uint64_t second = timeline_now(t);
        char *told = output_of(t);
        assert_non_null(strstr(told, "ONE"));

        go(t, 0);
        go(t, second);
        assert_output(t, told);

        go(t, first);
        assert_true(timeline_input(t, "two\n", 4)); /* the moment has both, in that order */
        assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
        assert_int_equal(timeline_now(t), timeline_frontier(t));

        go(t, first > 2 ? first - 2 : 0);
        assert_true(timeline_input(t, "new\n", 4)); /* here, nothing has been typed yet */
        assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
        char *other = output_of(t);
        assert_non_null(strstr(other, "NEW"));
        assert_null(strstr(other, "ONE"));
        assert_true(timeline_input(t, NULL, 0));
        assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_ENDED);
        assert_false(timeline_input(t, "more", 4));
        free(told);
        free(other);
        timeline_close(t);
    }
    pg_image_free(image);
}

/* A change by hand is kept on the way back and forth, and what lay ahead of it is no more. */
static void test_change(void **state) {
    struct pg_image *image = assemble("kernel.s");
    char before[PG_HASH_TEXT], after[PG_HASH_TEXT], hash[PG_HASH_TEXT];
    for (size_t s = 0; pg_systems[s]; s++) {
        struct timeline *t = begin(pg_systems[s], image, "");
        go(t, 40000);
        hash_of(t, before);
        go(t, 90000);
        go(t, 50000);
        timeline_machine(t)->cpu.r[10] ^= 0x55;
        assert_true(timeline_changed(t));
        assert_int_equal(timeline_frontier(t), timeline_now(t));
        uint64_t changed = timeline_now(t);
        uint32_t a0 = timeline_machine(t)->cpu.r[10];
        go(t, 60000);
        hash_of(t, after);
        go(t, 40000);
        hash_of(t, hash);
        assert_string_equal(hash, before);
        go(t, 60000);
        hash_of(t, hash);
        assert_string_equal(hash, after);
        go(t, changed);
        assert_int_equal(timeline_machine(t)->cpu.r[10], a0);
        timeline_close(t);
    }
    pg_image_free(image);
}

/* A snapshot is where another run can begin, in another system. */
static void test_snapshot(void **state) {
    struct pg_image *image = assemble("pkernel.s");
    struct pg_bytes bytes = {0};
    struct pg_error err = {""};
    char later[PG_HASH_TEXT], hash[PG_HASH_TEXT];
    struct timeline *a = begin(&pg_system_bt, image, ""), *b = begin(&pg_system_te, image, "");
    go(a, 200000);
    assert_true(timeline_save(a, &bytes, &err));
    go(a, 400000);
    hash_of(a, later);
    go(b, 1000);
    assert_true(timeline_restore(b, bytes.data, bytes.size, &err));
    assert_int_equal(timeline_begin(b), 200000);
    go(b, 400000);
    hash_of(b, hash);
    assert_string_equal(hash, later);
    go(b, 0); /* there is no way to before the snapshot */
    assert_int_equal(timeline_now(b), 200000);

    hash_of(b, hash);
    bytes.data[bytes.size / 2] ^= 1;
    assert_false(timeline_restore(b, bytes.data, bytes.size, &err));
    assert_true(strlen(err.text) > 0);
    hash_of(b, later);
    assert_string_equal(hash, later);
    go(b, 300000);
    free(bytes.data);
    timeline_close(a);
    timeline_close(b);
    pg_image_free(image);
}

/* ---- a walk at random */

enum { WALK = JUMPS / 2 + 4 };

struct visit {
    uint64_t T;
    char hash[PG_HASH_TEXT];
};

static int by_T(const void *a, const void *b) {
    const struct visit *v = a, *w = b;
    return v->T < w->T ? -1 : v->T > w->T;
}

/* A move of any kind: far, near, back by a step, on by some, into another system. */
static void move(struct timeline *t, uint32_t random, uint64_t end) {
    struct pg_error err = {""};
    uint64_t now = timeline_now(t), before;
    uint32_t far = random >> 8;
    switch (random >> 4 & 7) {
    case 0: assert_true(timeline_switch(t, pg_systems[far % 5], &err)); break;
    case 1: go(t, (uint64_t)far * end >> 24); break;
    case 2: go(t, now > far % 3000 ? now - far % 3000 : 0); break;
    case 3:
        timeline_mark(t);
        go(t, now / 2);
        break;
    case 4:
    case 5:
        for (uint32_t k = 0; k < 1 + far % 200; k++)
            if (timeline_step(t, &err) == MOMENT_BROKEN)
                fail_msg("%s", err.text);
        break;
    default:
        for (int k = 0; k < 2 && timeline_now(t) > timeline_begin(t); k++) {
            assert_true(timeline_before(t, timeline_now(t), &before, &err));
            go(t, before);
            assert_int_equal(timeline_now(t), before);
        }
    }
}

/* Wherever a walk comes to, in whatever systems, is where one straight run of bare comes to. */
static void walk(const struct pg_setup *setup, uint64_t end, int moves, uint32_t random) {
    static struct visit visits[WALK];
    struct pg_error err = {""};
    char hash[PG_HASH_TEXT];
    for (size_t s = 0; pg_systems[s]; s++) {
        struct timeline *t = timeline_open(pg_systems[s], engine_under_test(), setup, &err);
        assert_non_null(t);
        go(t, end / 3);
        for (int k = 0; k < moves; k++) {
            random = random * 1664525 + 1013904223;
            move(t, random, end);
            visits[k].T = timeline_now(t);
            hash_of(t, visits[k].hash);
        }
        timeline_close(t);
        qsort(visits, (size_t)moves, sizeof *visits, by_T);
        t = timeline_open(&pg_system_bare, &pg_engine_reference, setup, &err);
        assert_non_null(t);
        for (int k = 0; k < moves; k++) {
            go(t, visits[k].T);
            hash_of(t, hash);
            if (timeline_now(t) != visits[k].T || strcmp(hash, visits[k].hash) != 0)
                fail_msg("%s: at T %llu it is another state", pg_systems[s]->name,
                         (unsigned long long)visits[k].T);
        }
        timeline_close(t);
    }
}

static void test_walk(void **state) {
    static const char *const sources[] = {"timer.s", "pkernel.s", "smc.s"};
    for (uint32_t k = 0; k < sizeof sources / sizeof *sources; k++) {
        struct pg_image *image = assemble(sources[k]);
        struct pg_setup setup = {.image = image, .memory = MEMORY, .limit = PG_NEVER};
        walk(&setup, 300000, WALK, k);
        pg_image_free(image);
    }
}

/* After a change by hand in the past, older input is still to come; newer input ends it. */
static void test_input_after_change(void **state) {
    struct pg_image *image = assemble("echo.s");
    struct pg_error err = {""};
    struct timeline *t = begin(&pg_system_te, image, NULL);
    assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
    uint64_t first = timeline_now(t);
    assert_true(timeline_input(t, "one\n", 4));
    assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
    assert_true(timeline_input(t, NULL, 0));
    go(t, first - 2);
    assert_true(timeline_changed(t));
    assert_true(timeline_input(t, "new\n", 4));
    assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
    char *told = output_of(t);
    assert_non_null(strstr(told, "NEW"));
    assert_null(strstr(told, "ONE"));
    free(told);
    timeline_close(t);
    pg_image_free(image);
}

#ifdef OS_BUILT

/* A whole file; the test fails if it cannot be read. */
static uint8_t *slurp(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(1 << 23);
    if (!file || !bytes)
        fail_msg("%s cannot be read", path);
    *size = fread(bytes, 1, 1 << 23, file);
    fclose(file);
    return bytes;
}

/* From the shell's prompt to the first instruction and forward again: the same state, in every
 * system. */
static void test_os(void **state) {
    struct pg_error err = {""};
    size_t size, disk_size;
    uint8_t *elf = slurp(OS_BUILT "/kernel.elf", &size);
    uint8_t *disk = slurp(OS_BUILT "/disk.img", &disk_size);
    struct pg_image *image = pg_image_read(elf, size, "kernel.elf", &err);
    char expected[PG_HASH_TEXT] = "", hash[PG_HASH_TEXT];
    assert_non_null(image);
    for (size_t s = 0; pg_systems[s]; s++) {
        struct pg_setup setup = {.image = image,
                                 .memory = 4 << 20,
                                 .disk = disk,
                                 .disk_sectors = (uint32_t)(disk_size / PG_SECTOR),
                                 .live = true,
                                 .limit = PG_NEVER};
        struct timeline *t = timeline_open(pg_systems[s], engine_under_test(), &setup, &err);
        assert_non_null(t);
        assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
        assert_true(timeline_input(t, "ls | wc\n", 8));
        assert_int_equal(timeline_goto(t, PG_NEVER, NULL, NULL, &err), MOMENT_WAITING);
        uint64_t prompt = timeline_now(t);
        hash_of(t, hash);
        if (*expected)
            assert_string_equal(hash, expected);
        memcpy(expected, hash, sizeof expected);
        go(t, 0);
        assert_int_equal(timeline_machine(t)->cpu.psw.pc, image->entry);
        go(t, prompt);
        hash_of(t, hash);
        assert_string_equal(hash, expected);
        timeline_close(t);
    }
    pg_image_free(image);
    free(elf);
    free(disk);
}

static void test_walk_os(void **state) {
    static const char input[] = "ls | wc\ncat /home/motd\n";
    struct pg_error err = {""};
    size_t size, disk_size;
    uint8_t *elf = slurp(OS_BUILT "/kernel.elf", &size);
    uint8_t *disk = slurp(OS_BUILT "/disk.img", &disk_size);
    struct pg_image *image = pg_image_read(elf, size, "kernel.elf", &err);
    assert_non_null(image);
    struct pg_setup setup = {.image = image,
                             .memory = 4 << 20,
                             .disk = disk,
                             .disk_sectors = (uint32_t)(disk_size / PG_SECTOR),
                             .input = (const uint8_t *)input,
                             .input_size = sizeof input - 1,
                             .limit = PG_NEVER};
    walk(&setup, 600000, WALK / 4, 77);
    pg_image_free(image);
    free(elf);
    free(disk);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jumps_kernel),
        cmocka_unit_test(test_jumps_paged),
        cmocka_unit_test(test_jumps_timer),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_input_after_change),
#ifdef OS_BUILT
        cmocka_unit_test(test_os),
        cmocka_unit_test(test_walk_os),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
