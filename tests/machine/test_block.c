/* The block device: commands, their completion at an exact T, DMA, refusals. */
#include "support.h"

enum { SECTORS = 8, BUSY = 1, DONE = 2, BAD_SECTOR = 0x10, BAD_ADDRESS = 0x20, BAD_COMMAND = 0x40 };
enum { READ = 1, WRITE = 2, COST = 1000, COST_SECTOR = 100 };

/* A disk whose sector k is full of k + 1, over nops in ring 0. */
static struct pg_machine *disk_machine(uint32_t status) {
    struct pg_machine *m = machine_new();
    uint8_t disk[SECTORS * PG_SECTOR];
    for (uint32_t k = 0; k < SECTORS; k++)
        memset(disk + k * PG_SECTOR, (int)k + 1, PG_SECTOR);
    assert_true(pg_plug_disk(m, disk, sizeof disk, NULL));
    m->bus.plugs.input.open = true; /* so that idle waits rather than ends */
    put_insn(m, CODE, PG_OP_jal, 0, 0, 0, 0);
    set_psw(m, status, CODE, 0, 0);
    return m;
}

static void command(struct pg_machine *m, uint32_t what, uint32_t sector, uint32_t address,
                    uint32_t count) {
    port_out(m, "block.sector", sector);
    port_out(m, "block.address", address);
    port_out(m, "block.count", count);
    port_out(m, "block.command", what);
}

static void run_to(struct pg_machine *m, uint64_t T) {
    while (m->cpu.T < T)
        pg_step(m);
    pg_sample(m);
}

static void registers_read_back(void **state) {
    struct pg_machine *m = disk_machine(0);
    port_out(m, "block.sector", 0xffffffff);
    port_out(m, "block.address", 0x12345);
    port_out(m, "block.count", 77);
    assert_int_equal(port_in(m, "block.sector"), 0xffffffff);
    assert_int_equal(port_in(m, "block.address"), 0x12345);
    assert_int_equal(port_in(m, "block.count"), 77);
    assert_int_equal(port_in(m, "block.capacity"), SECTORS);
    assert_int_equal(port_in(m, "block.status"), 0);
    pg_machine_free(m);
}

static void read_completes_at_once_and_on_time(void **state) {
    for (uint32_t count = 0; count <= 3; count++) {
        struct pg_machine *m = disk_machine(0);
        uint64_t due = COST + COST_SECTOR * count;
        command(m, READ, 2, DATA + 1, count); /* any address, aligned or not */
        assert_int_equal(port_in(m, "block.status"), BUSY);
        run_to(m, due - 1);
        assert_int_equal(port_in(m, "block.status"), BUSY);
        assert_int_equal(word_at(m, DATA), 0); /* nothing has moved yet */
        assert_int_equal(m->bus.lines, 0);
        run_to(m, due);
        assert_int_equal(port_in(m, "block.status"), DONE);
        assert_int_equal(m->bus.lines, 4);
        for (uint32_t k = 0; k < 4 * PG_SECTOR; k++) {
            uint32_t want = k >= 1 && k < 1 + count * PG_SECTOR ? 3 + (k - 1) / PG_SECTOR : 0;
            assert_int_equal(m->ram.bytes[DATA + k], want);
        }
        pg_machine_free(m);
    }
}

/* What is written is memory as it stands at the completion; sectors beside it are left alone. */
static void write_takes_memory_at_the_completion(void **state) {
    struct pg_machine *m = disk_machine(0);
    memset(m->ram.bytes + DATA, 0xaa, 2 * PG_SECTOR);
    command(m, WRITE, 5, DATA, 2);
    run_to(m, 1100);
    put_word(m, DATA + 4, 0xbbbbbbbb);
    run_to(m, 1200);
    assert_int_equal(port_in(m, "block.status"), DONE);
    const struct pg_plugs *p = &m->bus.plugs;
    for (uint32_t k = 0; k < SECTORS * PG_SECTOR; k++) {
        uint32_t sector = k / PG_SECTOR, at = k - 5 * PG_SECTOR;
        bool target = sector == 5 || sector == 6;
        uint32_t want = !target ? sector + 1 : at >= 4 && at < 8 ? 0xbb : 0xaa;
        assert_int_equal(p->disk[k], want);
        assert_int_equal(p->disk_written[sector], target);
    }
    pg_machine_free(m);
}

static void refusals(void **state) {
    static const struct {
        uint32_t what, sector, address, count, error;
    } cases[] = {
        {READ, SECTORS, DATA, 1, BAD_SECTOR},
        {READ, SECTORS - 1, DATA, 2, BAD_SECTOR},
        {READ, 0, DATA, SECTORS + 1, BAD_SECTOR},
        {READ, 0xffffffff, DATA, 1, BAD_SECTOR},
        {READ, 0xffffffff, DATA, 2, BAD_SECTOR}, /* sector + count wraps to 1 */
        {READ, 1, DATA, 0xffffffff, BAD_SECTOR}, /* wraps to 0 */
        {WRITE, 2, DATA, 0xfffffffe, BAD_SECTOR},
        {READ, 0, MEMORY, 1, BAD_ADDRESS},
        {READ, 0, MEMORY - 511, 1, BAD_ADDRESS},
        {READ, 0, MEMORY - 512, 2, BAD_ADDRESS},
        {READ, 0, 0xffffffff, 1, BAD_ADDRESS},
        {WRITE, 0, 0xfffffe00, 1, BAD_ADDRESS}, /* address + size wraps to 0 */
        {WRITE, 0, 0xfffffe00, 8, BAD_ADDRESS},
        {0, 0, DATA, 1, BAD_COMMAND},
        {3, 0, DATA, 1, BAD_COMMAND},
        {0xffffffff, 0, DATA, 1, BAD_COMMAND},
        {READ, SECTORS, DATA, 0, 0}, /* nothing, at the very end: allowed */
        {READ, 0, MEMORY, 0, 0},
        {READ, 0, MEMORY - 512, 1, 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct pg_machine *m = disk_machine(0), *same = disk_machine(0);
        command(m, cases[k].what, cases[k].sector, cases[k].address, cases[k].count);
        assert_int_equal(port_in(m, "block.status"), BUSY | cases[k].error);
        uint64_t due = COST + (cases[k].error ? 0 : (uint64_t)COST_SECTOR * cases[k].count);
        run_to(m, due - 1);
        assert_int_equal(port_in(m, "block.status") & (BUSY | DONE), BUSY);
        run_to(m, due);
        assert_int_equal(port_in(m, "block.status"), DONE | cases[k].error);
        assert_int_equal(m->bus.lines, 4);
        if (cases[k].error) { /* nothing has moved */
            assert_memory_equal(m->ram.bytes, same->ram.bytes, MEMORY);
            assert_memory_equal(m->bus.plugs.disk, same->bus.plugs.disk, SECTORS * PG_SECTOR);
        }
        pg_machine_free(m);
        pg_machine_free(same);
    }
}

static void busy(void **state) {
    struct pg_machine *m = disk_machine(0);
    command(m, READ, 0, DATA, 1);
    command(m, WRITE, 3, DATA + 0x800, 2); /* refused; the first goes on */
    assert_int_equal(port_in(m, "block.status"), BUSY | BAD_COMMAND);
    port_out(m, "block.status", 0); /* clears all but busy */
    assert_int_equal(port_in(m, "block.status"), BUSY);
    port_out(m, "block.command", READ);
    run_to(m, 1100);
    assert_int_equal(port_in(m, "block.status"), DONE | BAD_COMMAND);
    assert_int_equal(m->ram.bytes[DATA], 1);
    assert_int_equal(m->ram.bytes[DATA + 0x800], 0);
    assert_int_equal(m->bus.plugs.disk_written[3], 0);
    pg_machine_free(m);
}

static void interrupt_and_acknowledge(void **state) {
    struct pg_machine *m = disk_machine(PG_IE);
    command(m, READ, 0, DATA, 1);
    while (word_at(m, PG_FRAME_CAUSE) == PG_CAUSE_none)
        pg_step(m);
    assert_frame(m, ((struct pg_psw){PG_IE, CODE, 0, 0}), 1100, PG_CAUSE_interrupt, 2, 0);
    assert_int_equal(m->bus.lines, 4);
    port_out(m, "block.status", 0xffffffff);
    assert_int_equal(m->bus.lines, 0);
    assert_int_equal(port_in(m, "block.status"), 0);
    /* a new command drops the line, too */
    command(m, READ, 0, DATA, 1);
    run_to(m, 1101 + 1100);
    assert_int_equal(m->bus.lines, 4);
    port_out(m, "block.command", READ);
    assert_int_equal(m->bus.lines, 0);
    assert_int_equal(port_in(m, "block.status"), BUSY);
    pg_machine_free(m);
}

static void idle_until_done(void **state) {
    struct pg_machine *m = disk_machine(0);
    command(m, READ, 0, DATA, 4);
    run_insn(m, PG_OP_idle, 0, 0, 0, 0);
    assert_int_equal(m->cpu.T, 1400);
    pg_sample(m);
    assert_int_equal(m->ram.bytes[DATA + 3 * PG_SECTOR], 4);
    pg_machine_free(m);
}

/* ---- DMA and what is cached of memory */

struct heard {
    unsigned calls;
    uint32_t pa, end;
};

static void written(void *context, uint32_t pa, uint32_t size) {
    struct heard *h = context;
    if (h->calls++ == 0)
        h->pa = pa;
    h->end = pa + size;
}

static void dma_is_heard_of(void **state) {
    struct pg_machine *m = disk_machine(0);
    struct heard h = {0};
    uint8_t bit = pg_ram_add_watcher(&m->ram, written, &h);
    pg_ram_watch(&m->ram, DATA, bit);
    pg_ram_watch(&m->ram, DATA + PG_PAGE, bit);
    command(m, READ, 0, DATA + PG_PAGE - 600, 2);
    run_to(m, 1199);
    assert_int_equal(h.calls, 0);
    run_to(m, 1200);
    assert_int_equal(h.calls, 2); /* once a page */
    assert_int_equal(h.pa, DATA + PG_PAGE - 600);
    assert_int_equal(h.end, DATA + PG_PAGE - 600 + 2 * PG_SECTOR);
    h.calls = 0;
    command(m, WRITE, 0, DATA, 1); /* only reads memory */
    run_to(m, 1200 + 1100);
    assert_int_equal(h.calls, 0);
    pg_machine_free(m);
}

/* DMA goes by physical addresses and leaves A and D alone. */
static void dma_is_physical(void **state) {
    struct pg_machine *m = disk_machine(0);
    put_word(m, ROOT, TABLE | PG_PTE_V);
    put_word(m, TABLE + 4, CODE | 0x30f);
    put_word(m, TABLE + 16, 0xb000 | 0x30f); /* DATA lies elsewhere */
    set_psw(m, PG_MODE_PAGED | 1, CODE, ROOT, 0x10000);
    command(m, READ, 0, DATA, 1);
    run_to(m, 1100);
    assert_int_equal(m->ram.bytes[DATA], 1);
    assert_int_equal(m->ram.bytes[0xb000], 0);
    assert_int_equal(word_at(m, TABLE + 16), 0xb000 | 0x30f);
    pg_machine_free(m);
}

/* Code that DMA replaces is the new code from the completion on. */
static void dma_into_code(void **state) {
    struct pg_machine *m = disk_machine(0);
    for (uint32_t k = 0; k < PG_SECTOR; k += 4) {
        uint32_t word = encode(PG_OP_addi, 7, 0, 0, 0x55);
        for (uint32_t b = 0; b < 4; b++)
            m->bus.plugs.disk[k + b] = (uint8_t)(word >> 8 * b);
    }
    command(m, READ, 0, CODE, 1);
    run_to(m, 1099);
    assert_int_equal(m->cpu.r[7], 0);
    pg_step(m); /* the last of the old */
    assert_int_equal(m->cpu.r[7], 0);
    assert_int_equal(m->cpu.T, 1100);
    pg_step(m);
    assert_int_equal(m->cpu.r[7], 0x55);
    pg_machine_free(m);
}

/* ---- plugging */

static void no_disk(void **state) {
    struct pg_machine *m = machine_new();
    assert_int_equal(port_in(m, "block.capacity"), 0);
    command(m, READ, 0, DATA, 1);
    assert_int_equal(port_in(m, "block.status"), BUSY | BAD_SECTOR);
    pg_machine_free(m);
}

static void plugs(void **state) {
    struct pg_machine *m = disk_machine(0);
    struct pg_error err = {""};
    uint8_t small[2 * PG_SECTOR] = {9};
    assert_false(pg_plug_disk(m, small, 100, &err));
    assert_non_null(strstr(err.text, "a disk of 100 bytes: it must be a multiple of 512"));
    assert_false(pg_plug_disk(m, small, (size_t)PG_SECTOR * (PG_MAX_SECTORS + 1), &err));
    assert_int_equal(port_in(m, "block.capacity"), SECTORS);
    /* a smaller disk in the middle of a command: an error, and nothing moves */
    for (uint32_t what = READ; what <= WRITE; what++) {
        assert_true(pg_plug_disk(m, m->ram.bytes, SECTORS * PG_SECTOR, &err));
        command(m, what, 1, DATA, 4);
        assert_true(pg_plug_disk(m, small, sizeof small, &err));
        small[0] = 8; /* it was copied */
        run_to(m, m->cpu.T + 1400);
        assert_int_equal(port_in(m, "block.status"), DONE | BAD_SECTOR);
        assert_int_equal(word_at(m, DATA), 0);
        assert_int_equal(m->bus.plugs.disk[PG_SECTOR], 0);
        small[0] = 9;
    }
    assert_int_equal(m->bus.plugs.disk[0], 9);
    assert_true(pg_plug_disk(m, NULL, 0, &err)); /* a disk without sectors */
    assert_int_equal(port_in(m, "block.capacity"), 0);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_read_back),
        cmocka_unit_test(read_completes_at_once_and_on_time),
        cmocka_unit_test(write_takes_memory_at_the_completion),
        cmocka_unit_test(refusals),
        cmocka_unit_test(busy),
        cmocka_unit_test(interrupt_and_acknowledge),
        cmocka_unit_test(idle_until_done),
        cmocka_unit_test(dma_is_heard_of),
        cmocka_unit_test(dma_is_physical),
        cmocka_unit_test(dma_into_code),
        cmocka_unit_test(no_disk),
        cmocka_unit_test(plugs),
    };
    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
