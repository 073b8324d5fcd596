/* The host runs out of memory, at each allocation in turn: an error each time, no crash, no leak
 * (which AddressSanitizer watches), and what was there stays. */
#include "support.h"

#include "machine/hash.h"
#include "machine/snapshot.h"

#include <sys/mman.h>

/* The linker sends the allocations of this program here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_mmap(void *at, size_t size, int rights, int flags, int file, off_t offset);
void *__wrap_mmap(void *at, size_t size, int rights, int flags, int file, off_t offset);

static int budget = -1; /* allocations until the one that fails; < 0: none does */

static bool fails(void) {
    return budget >= 0 && budget-- == 0;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_mmap(void *at, size_t size, int rights, int flags, int file, off_t offset) {
    return fails() ? MAP_FAILED : __real_mmap(at, size, rights, flags, file, offset);
}

/* Let the n-th allocation of `body` fail, for n = 0, 1, ... until it gets through. `body` returns
 * whether it succeeded; it must not when an allocation failed. Returns the failures seen. */
static int every_allocation(bool (*body)(void *context), void *context) {
    for (int n = 0;; n++) {
        budget = n;
        bool ok = body(context);
        bool failed = budget < 0;
        budget = -1;
        if (ok == failed)
            fail_msg("allocation %d %s, and yet the result is %s", n,
                     failed ? "failed" : "did not fail", ok ? "success" : "failure");
        if (ok)
            return n;
    }
}

static bool make(void *context) {
    struct pg_error err = {""};
    struct pg_machine *m = pg_machine_new(MEMORY, &err);
    if (!m && !strstr(err.text, "host"))
        fail_msg("\"%s\" does not say what is missing", err.text);
    pg_machine_free(m);
    return m != NULL;
}

static bool make_view(void *context) {
    struct pg_machine *m = pg_machine_view(&((struct pg_machine *)context)->ram, NULL);
    pg_machine_free(m);
    return m != NULL;
}

static void making_machines(void **state) {
    struct pg_machine *m = machine_new();
    assert_int_equal(every_allocation(make, NULL), 1 + 4 + PG_NDEVICES);
    assert_int_equal(every_allocation(make_view, m), 1 + PG_NDEVICES);
    pg_machine_free(m);
}

static bool plug(void *context) {
    struct pg_machine *m = context;
    struct pg_error err = {""};
    uint8_t disk[PG_SECTOR] = {7};
    bool ok = pg_plug_disk(m, disk, sizeof disk, &err);
    assert_true(ok || strstr(err.text, "host"));
    assert_int_equal(m->bus.plugs.disk_sectors, ok ? 1 : 2); /* else the old one */
    return ok;
}

static bool feed(void *context) {
    struct pg_machine *m = context;
    size_t n = m->bus.plugs.input.narrivals;
    bool ok = pg_feed(m, "abc", 3);
    assert_int_equal(m->bus.plugs.input.narrivals, n + ok);
    return ok;
}

static void plugging(void **state) {
    struct pg_machine *m = machine_new();
    static const uint8_t disk[2 * PG_SECTOR];
    assert_true(pg_plug_disk(m, disk, sizeof disk, NULL));
    assert_int_equal(every_allocation(plug, m), 2);
    m->bus.plugs.input.open = true;
    assert_int_equal(every_allocation(feed, m), 2);
    pg_machine_free(m);
}

/* A machine that goes on needing host memory ends as PG_NO_MEMORY, and says so to no guest. */
static void running(void **state) {
    struct pg_machine *m = machine_new();
    budget = 0;
    m->cpu.r[5] = 'x';
    run_insn(m, PG_OP_out, 5, 0, 0, 0x10); /* the console's output */
    budget = -1;
    assert_int_equal(m->run, PG_NO_MEMORY);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_none);
    pg_machine_free(m);
    for (int n = 0; n < 2; n++) { /* the TLB */
        m = machine_new();
        put_word(m, ROOT, TABLE | PG_PTE_V);
        put_word(m, TABLE + 4, CODE | 0x30f);
        set_psw(m, PG_MODE_PAGED, CODE, ROOT, 0x10000);
        budget = n;
        pg_step(m);
        budget = -1;
        assert_int_equal(m->run, PG_NO_MEMORY);
        assert_int_equal(m->tlb.live, 0);
        pg_machine_free(m);
    }
}

/* ---- snapshots */

static struct pg_machine *full_machine(void) {
    struct pg_machine *m = machine_new();
    static const uint8_t disk[2 * PG_SECTOR] = {1};
    assert_true(pg_plug_disk(m, disk, sizeof disk, NULL));
    m->bus.plugs.input.open = true;
    assert_true(pg_feed(m, "abc", 3));
    port_out(m, "console.data", 'o');
    put_word(m, ROOT, TABLE | PG_PTE_V);
    put_word(m, TABLE + 4, CODE | 0x30f);
    put_insn(m, CODE, PG_OP_addi, 5, 5, 0, 1);
    set_psw(m, PG_MODE_PAGED, CODE, ROOT, 0x10000);
    pg_step(m);
    return m;
}

static bool save(void *context) {
    struct pg_bytes bytes = {0};
    struct pg_error err = {""};
    bool ok = pg_snapshot_save(context, &bytes, &err);
    assert_true(ok ? bytes.size > 0 : bytes.size == 0 && strstr(err.text, "host"));
    free(bytes.data);
    return ok;
}

struct target {
    struct pg_machine *m, *same;
    struct pg_bytes bytes;
};

static bool restore(void *context) {
    struct target *t = context;
    struct pg_error err = {""};
    bool ok = pg_snapshot_restore(t->m, t->bytes.data, t->bytes.size, &err);
    if (!ok) {
        int left = budget;
        budget = -1;
        assert_non_null(strstr(err.text, "the host is out of memory"));
        assert_same(t->m, t->same);
        budget = left;
    }
    return ok;
}

static void snapshots(void **state) {
    struct pg_machine *m = full_machine();
    assert_true(every_allocation(save, m) > 3);
    struct target t = {.m = machine_new(), .same = machine_new()};
    assert_true(pg_snapshot_save(m, &t.bytes, NULL));
    /* devices, TLB 2, disk 2, input 2, output */
    assert_int_equal(every_allocation(restore, &t), PG_NDEVICES + 7);
    assert_same(t.m, m);
    free(t.bytes.data);
    pg_machine_free(t.m);
    pg_machine_free(t.same);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_machines),
        cmocka_unit_test(plugging),
        cmocka_unit_test(running),
        cmocka_unit_test(snapshots),
    };
    return cmocka_run_group_tests_name("host memory", tests, NULL, NULL);
}
