/* Physical memory: views, watchers; loading a program. */
#include "support.h"

#include "machine/load.h"

struct heard {
    unsigned calls;
    uint32_t pa[8], size[8];
};

static void written(void *context, uint32_t pa, uint32_t size) {
    struct heard *h = context;
    if (h->calls < 8) {
        h->pa[h->calls] = pa;
        h->size[h->calls] = size;
    }
    h->calls++;
}

static void loads_and_stores(void **state) {
    struct pg_ram ram;
    assert_true(pg_ram_init(&ram, 2 * PG_PAGE));
    pg_ram_write(&ram, 0x10, 0x11223344, 4);
    assert_int_equal(ram.bytes[0x10], 0x44); /* little-endian */
    assert_int_equal(ram.bytes[0x13], 0x11);
    assert_int_equal(pg_ram_read(&ram, 0x11, 1), 0x33);
    assert_int_equal(pg_ram_read(&ram, 0x12, 2), 0x1122);
    pg_ram_write(&ram, 0x12, 0xaabbccdd, 2);
    assert_int_equal(pg_ram_read32(&ram, 0x10), 0xccdd3344);
    pg_ram_write(&ram, 0x10, 0xffffff00, 1);
    assert_int_equal(pg_ram_read32(&ram, 0x10), 0xccdd3300);
    pg_ram_free(&ram);
}

static void ranges(void **state) {
    struct pg_ram ram;
    assert_true(pg_ram_init(&ram, 2 * PG_PAGE));
    assert_true(pg_ram_has(&ram, 0, 2 * PG_PAGE));
    assert_true(pg_ram_has(&ram, 2 * PG_PAGE, 0));
    assert_true(pg_ram_has(&ram, 2 * PG_PAGE - 4, 4));
    assert_false(pg_ram_has(&ram, 2 * PG_PAGE - 4, 5));
    assert_false(pg_ram_has(&ram, 2 * PG_PAGE + 1, 0));
    assert_false(pg_ram_has(&ram, UINT32_MAX, 4));
    assert_false(pg_ram_has(&ram, 4, UINT32_MAX));
    pg_ram_free(&ram);
}

static void views(void **state) {
    struct pg_ram ram, view, inner;
    struct heard h = {0};
    assert_true(pg_ram_init(&ram, 8 * PG_PAGE));
    pg_ram_view(&view, &ram, 2 * PG_PAGE, 4 * PG_PAGE);
    pg_ram_view(&inner, &view, PG_PAGE, PG_PAGE);
    pg_ram_write32(&inner, 8, 1234);
    assert_int_equal(pg_ram_read32(&view, PG_PAGE + 8), 1234);
    assert_int_equal(pg_ram_read32(&ram, 3 * PG_PAGE + 8), 1234);
    assert_false(pg_ram_has(&inner, PG_PAGE, 1));
    /* A watch set through any of them is heard of through all, with the absolute address. */
    uint8_t bit = pg_ram_add_watcher(&view, written, &h);
    pg_ram_watch(&view, PG_PAGE, bit);
    pg_ram_write32(&inner, 0x20, 1);
    pg_ram_write(&ram, 3 * PG_PAGE + 0x33, 1, 1);
    pg_ram_write32(&ram, 2 * PG_PAGE, 1); /* another page */
    assert_int_equal(h.calls, 2);
    assert_int_equal(h.pa[0], 3 * PG_PAGE + 0x20);
    assert_int_equal(h.size[0], 4);
    assert_int_equal(h.pa[1], 3 * PG_PAGE + 0x33);
    assert_int_equal(h.size[1], 1);
    pg_ram_unwatch(&inner, 0, bit);
    pg_ram_write32(&inner, 0x20, 2);
    assert_int_equal(h.calls, 2);
    pg_ram_free(&inner);
    pg_ram_free(&view);
    assert_int_equal(pg_ram_read32(&ram, 3 * PG_PAGE + 8), 1234);
    pg_ram_free(&ram);
}

static void view_of_everything_owns_nothing(void **state) {
    struct pg_ram ram, view;
    assert_true(pg_ram_init(&ram, 2 * PG_PAGE));
    pg_ram_view(&view, &ram, 0, 2 * PG_PAGE);
    pg_ram_free(&view);
    pg_ram_write32(&ram, 0, 7);
    assert_int_equal(pg_ram_read32(&ram, 0), 7);
    /* A machine over it owns nothing either, whether it was given the view or the memory. */
    pg_ram_view(&view, &ram, 0, 2 * PG_PAGE);
    pg_machine_free(pg_machine_view(&view, NULL));
    pg_machine_free(pg_machine_view(&ram, NULL));
    assert_int_equal(pg_ram_read32(&ram, 0), 7);
    pg_ram_free(&ram);
}

static void range_across_pages(void **state) {
    struct pg_ram ram;
    struct heard h = {0};
    assert_true(pg_ram_init(&ram, 4 * PG_PAGE));
    uint8_t bit = pg_ram_add_watcher(&ram, written, &h);
    pg_ram_watch(&ram, 0, bit);
    pg_ram_watch(&ram, 3 * PG_PAGE, bit); /* not the two in between */
    pg_ram_written(&ram, 0x100, 3 * PG_PAGE);
    assert_int_equal(h.calls, 2);
    assert_int_equal(h.pa[0], 0x100);
    assert_int_equal(h.size[0], PG_PAGE - 0x100);
    assert_int_equal(h.pa[1], 3 * PG_PAGE);
    assert_int_equal(h.size[1], 0x100);
    pg_ram_written(&ram, 0, 0);
    assert_int_equal(h.calls, 2);
    pg_ram_free(&ram);
}

static void watchers_come_and_go(void **state) {
    struct pg_ram ram;
    struct heard h[PG_MAX_WATCHERS] = {{0}};
    uint8_t bits[PG_MAX_WATCHERS], all = 0;
    assert_true(pg_ram_init(&ram, 2 * PG_PAGE));
    for (int k = 0; k < PG_MAX_WATCHERS; k++) {
        bits[k] = pg_ram_add_watcher(&ram, written, &h[k]);
        assert_int_not_equal(bits[k], 0);
        assert_int_equal(bits[k] & all, 0);
        all |= bits[k];
        pg_ram_watch(&ram, 0, bits[k]);
    }
    assert_int_equal(pg_ram_add_watcher(&ram, written, NULL), 0);
    pg_ram_remove_watcher(&ram, bits[3]);
    pg_ram_write32(&ram, 0, 1);
    for (int k = 0; k < PG_MAX_WATCHERS; k++)
        assert_int_equal(h[k].calls, k == 3 ? 0 : 1);
    assert_int_equal(pg_ram_add_watcher(&ram, written, &h[3]), bits[3]);
    pg_ram_write32(&ram, 0, 1); /* the new one watches nothing yet */
    assert_int_equal(h[3].calls, 0);
    pg_ram_free(&ram);
}

/* ---- every kind of write is heard of */

static void who_writes(void **state) {
    struct pg_machine *m = machine_new();
    struct heard h = {0};
    uint8_t bit = pg_ram_add_watcher(&m->ram, written, &h);
    m->cpu.r[5] = DATA;
    pg_ram_watch(&m->ram, DATA, bit);
    run_insn(m, PG_OP_sh, 5, 5, 0, 2);
    assert_int_equal(h.calls, 1);
    assert_int_equal(h.pa[0], DATA + 2);
    assert_int_equal(h.size[0], 2);
    pg_ram_watch(&m->ram, 0, bit);
    set_psw(m, 0, CODE, 0, 0);
    run_insn(m, PG_OP_svc, 0, 0, 0, 0); /* the frame */
    assert_int_equal(h.calls, 11);
    h.calls = 0;
    pg_ram_watch(&m->ram, TABLE, bit); /* accessed bits */
    put_word(m, ROOT, TABLE | PG_PTE_V);
    put_word(m, TABLE + 4 * (CODE >> 12), CODE | PG_PTE_V | PG_PTE_X | PG_PTE_A);
    put_word(m, TABLE + 4 * (DATA >> 12), DATA | PG_PTE_V | PG_PTE_R | PG_PTE_RING);
    h.calls = 0;
    set_psw(m, PG_MODE_PAGED, CODE, ROOT, 0x10000);
    run_insn(m, PG_OP_lw, 6, 5, 0, 0);
    assert_int_equal(h.calls, 1);
    assert_int_equal(h.pa[0], TABLE + 4 * (DATA >> 12));
    pg_machine_free(m);
}

/* ---- making machines, loading programs */

static void sizes_of_memory(void **state) {
    static const uint32_t bad[] = {0, PG_PAGE, PG_PAGE + 4, 3 * PG_PAGE + 1, UINT32_MAX};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct pg_error err = {""};
        assert_null(pg_machine_new(bad[k], &err));
        assert_non_null(strstr(err.text, "multiple of 4096 and at least 8192"));
    }
    struct pg_machine *m = pg_machine_new(PG_MIN_MEMORY, NULL);
    assert_non_null(m);
    pg_machine_free(m);
    pg_machine_free(NULL);
}

static void load(void **state) {
    struct pg_machine *m = machine_new();
    struct heard h = {0};
    uint8_t bit = pg_ram_add_watcher(&m->ram, written, &h);
    uint8_t text[] = {1, 2, 3, 4, 5};
    struct pg_segment segments[] = {
        {.addr = CODE, .size = 8, .file_size = 5, .bytes = text, .name = ".text"},
        {.addr = MEMORY - 16, .size = 16, .name = ".bss"},
        {.addr = MEMORY, .size = 0, .name = "empty"},
    };
    struct pg_image image = {.segments = segments, .nsegments = 3, .entry = CODE + 4};
    for (uint32_t k = 0; k < 16; k += 4) {
        put_word(m, CODE + k, 0xffffffff);
        put_word(m, MEMORY - 16 + k, 0xffffffff);
    }
    m->cpu.r[4] = 9;
    m->cpu.T = 100;
    pg_ram_watch(&m->ram, CODE, bit);
    assert_true(pg_load_image(m, &image, NULL));
    assert_int_equal(word_at(m, CODE), 0x04030201);
    assert_int_equal(word_at(m, CODE + 4), 5); /* zero past the file's bytes */
    assert_int_equal(word_at(m, CODE + 8), 0xffffffff);
    assert_int_equal(word_at(m, MEMORY - 4), 0);
    assert_int_equal(m->cpu.psw.pc, CODE + 4);
    assert_int_equal(m->cpu.psw.status, 0);
    assert_int_equal(m->cpu.r[4], 0);
    assert_int_equal(m->cpu.T, 0);
    assert_int_equal(h.calls, 1);
    assert_int_equal(h.size[0], 8);
    pg_machine_free(m);
}

static void load_refusals(void **state) {
    static const struct {
        uint32_t addr, size, file_size;
        const char *message;
    } cases[] = {
        {MEMORY - 4, 8, 0, "segment .data at 0x0001fffc, 8 bytes, does not fit into 131072 bytes"},
        {MEMORY - 4, 8, 0, "a memory of 135168 bytes would do"},
        {0xfffffff0, 0x20, 0, "no memory would do"},
        {0xffffff00, 0x100, 0, "no memory would do"},
        {MEMORY + 4, 0, 0, "segment .data"},
        {CODE, 4, 8, "has 8 bytes for a size of 4"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_machine *m = machine_new(), *same = machine_new();
        struct pg_error err = {""};
        uint8_t bytes[8] = {1};
        struct pg_segment segments[] = {
            {.addr = CODE, .size = 8, .file_size = 8, .bytes = bytes},
            {cases[k].addr, cases[k].size, cases[k].file_size, bytes, 0, (char[]){".data"}},
        };
        struct pg_image image = {.segments = segments, .nsegments = 2, .entry = 4};
        assert_false(pg_load_image(m, &image, &err));
        if (!strstr(err.text, cases[k].message))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[k].message);
        assert_same(m, same);
        pg_machine_free(m);
        pg_machine_free(same);
    }
}

/* ---- two machines in one process */

static struct pg_machine *counting(uint32_t step) {
    struct pg_machine *m = machine_new();
    put_insn(m, CODE, PG_OP_addi, 5, 5, 0, (int32_t)step);
    put_insn(m, CODE + 4, PG_OP_sw, 5, 0, 0, DATA);
    put_insn(m, CODE + 8, PG_OP_out, 5, 0, 0, 0x10);
    put_insn(m, CODE + 12, PG_OP_jal, 0, 0, 0, -3);
    port_out(m, "timer.delta", 7 * step);
    put_insn(m, HANDLER, PG_OP_addi, 6, 6, 0, 1);
    put_insn(m, HANDLER + 4, PG_OP_addi, 7, 0, 0, 11);
    put_insn(m, HANDLER + 8, PG_OP_out, 7, 0, 0, 0x23);
    put_insn(m, HANDLER + 12, PG_OP_lpsw, 0, 0, 0, 0);
    set_psw(m, PG_IE, CODE, 0, 0);
    return m;
}

static void two_machines(void **state) {
    struct pg_machine *a = counting(1), *b = counting(3);
    struct pg_machine *alone_a = counting(1), *alone_b = counting(3);
    for (unsigned k = 0; k < 500; k++) {
        steps(a, 1 + k % 3);
        steps(b, 2 - k % 2);
    }
    steps(alone_a, 999);
    steps(alone_b, 750);
    assert_same(a, alone_a);
    assert_same(b, alone_b);
    assert_true(a->cpu.r[6] > 20);
    assert_int_not_equal(a->cpu.r[5], b->cpu.r[5]);
    pg_machine_free(a);
    pg_machine_free(b);
    pg_machine_free(alone_a);
    pg_machine_free(alone_b);
}

/* Two machines over parts of one memory do not touch each other's. */
static void two_views(void **state) {
    struct pg_machine *whole = machine_new();
    struct pg_ram parts[2];
    struct pg_machine *m[2];
    for (uint32_t k = 0; k < 2; k++) {
        pg_ram_view(&parts[k], &whole->ram, 0x8000 + k * 0x4000, 0x4000);
        m[k] = pg_machine_view(&parts[k], NULL);
        put_insn(m[k], 0, PG_OP_svc, 0, 0, 0, 0);
        set_new_psw(m[k], 0, 0x1000, 0, 0);
        put_insn(m[k], 0x1000, PG_OP_sw, 0, 0, 0, 0x4000); /* just outside */
        pg_machine_reset(m[k], 0);
    }
    steps(m[0], 2);
    assert_int_equal(word_at(m[0], PG_FRAME_CAUSE), PG_CAUSE_bound);
    assert_int_equal(word_at(whole, 0x8000 + PG_FRAME_CAUSE), PG_CAUSE_bound);
    assert_int_equal(word_at(m[1], PG_FRAME_CAUSE), PG_CAUSE_none);
    assert_int_equal(word_at(m[1], 0), encode(PG_OP_svc, 0, 0, 0, 0));
    steps(m[1], 1);
    assert_int_equal(word_at(m[1], PG_FRAME_CAUSE), PG_CAUSE_svc);
    pg_machine_free(m[0]);
    pg_machine_free(m[1]);
    pg_machine_free(whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_and_stores),
        cmocka_unit_test(ranges),
        cmocka_unit_test(views),
        cmocka_unit_test(view_of_everything_owns_nothing),
        cmocka_unit_test(range_across_pages),
        cmocka_unit_test(watchers_come_and_go),
        cmocka_unit_test(who_writes),
        cmocka_unit_test(sizes_of_memory),
        cmocka_unit_test(load),
        cmocka_unit_test(load_refusals),
        cmocka_unit_test(two_machines),
        cmocka_unit_test(two_views),
    };
    return cmocka_run_group_tests_name("ram", tests, NULL, NULL);
}
