/* Snapshots: what is saved comes back, the future is the same, and what is not a snapshot is
 * refused and changes nothing. */
#include "support.h"

#include "machine/sha256.h"
#include "machine/snapshot.h"

/* A machine in the middle of everything: paged user code that reads and writes, with the timer,
 * console input and a disk command under way. */
static struct pg_machine *busy_machine(void) {
    struct pg_machine *m = machine_new();
    static const uint8_t disk[4 * PG_SECTOR] = {1, 2, 3, [3 * PG_SECTOR] = 4};
    assert_true(pg_plug_disk(m, disk, sizeof disk, NULL));
    m->bus.plugs.input.open = true;
    assert_true(pg_feed(m, "abc", 3));
    assert_true(pg_input_add(&m->bus.plugs.input, 40, "later", 5));
    put_word(m, ROOT, TABLE | PG_PTE_V);
    put_word(m, TABLE, CODE | 0x30f);
    for (uint32_t k = 1; k < 8; k++)
        put_word(m, TABLE + 4 * k, (DATA + (k & 3) * PG_PAGE) | 0x307);
    /* user: walk over the pages, count in each */
    uint32_t at = CODE;
    put_insn(m, at, PG_OP_addi, 5, 5, 0, 0x1000);
    put_insn(m, at += 4, PG_OP_andi, 5, 5, 0, 0x3000);
    put_insn(m, at += 4, PG_OP_addi, 6, 5, 0, 0x1000);
    put_insn(m, at += 4, PG_OP_lw, 7, 6, 0, 8);
    put_insn(m, at += 4, PG_OP_addi, 7, 7, 0, 1);
    put_insn(m, at += 4, PG_OP_sw, 7, 6, 0, 8);
    put_insn(m, at + 4, PG_OP_jal, 0, 0, 0, -6);
    /* handler: read and echo a byte, start the timer again, return */
    at = HANDLER;
    put_insn(m, at, PG_OP_in, 8, 0, 0, 0x10);
    put_insn(m, at += 4, PG_OP_out, 8, 0, 0, 0x10);
    put_insn(m, at += 4, PG_OP_addi, 9, 0, 0, 17);
    put_insn(m, at += 4, PG_OP_out, 9, 0, 0, 0x24);
    put_insn(m, at += 4, PG_OP_out, 0, 0, 0, 0x34);
    put_insn(m, at + 4, PG_OP_lpsw, 0, 0, 0, 0);
    port_out(m, "timer.udelta", 9);
    port_out(m, "block.address", DATA);
    port_out(m, "block.count", 2);
    port_out(m, "block.command", 1);
    m->cpu.m[3] = 5;
    m->cpu.mon_base = 0x3000;
    set_psw(m, PG_MODE_PAGED | PG_IE | 3, 0, ROOT, 0x8000);
    return m;
}

static struct pg_bytes saved(const struct pg_machine *m) {
    struct pg_bytes bytes = {0};
    struct pg_error err = {""};
    if (!pg_snapshot_save(m, &bytes, &err))
        fail_msg("%s", err.text);
    return bytes;
}

static void restored(struct pg_machine *m, const struct pg_bytes *bytes) {
    struct pg_error err = {""};
    if (!pg_snapshot_restore(m, bytes->data, bytes->size, &err))
        fail_msg("%s", err.text);
}

static void future_is_the_same(void **state) {
    struct pg_machine *m = busy_machine();
    for (unsigned part = 0; part < 30; part++) {
        struct pg_bytes bytes = saved(m);
        struct pg_machine *other = machine_new();
        restored(other, &bytes);
        assert_same(m, other);
        assert_int_equal(m->bus.next_event, other->bus.next_event);
        assert_int_equal(m->trap.cause, other->trap.cause);
        /* A second snapshot is the same bytes. */
        struct pg_bytes again = saved(other);
        assert_int_equal(bytes.size, again.size);
        assert_memory_equal(bytes.data, again.data, bytes.size);
        steps(m, 53);
        steps(other, 53);
        assert_same(m, other);
        pg_machine_free(other);
        free(bytes.data);
        free(again.data);
    }
    /* It did what it was made for. */
    assert_true(m->bus.plugs.output.size > 8);
    assert_memory_equal(m->bus.plugs.output.data, "abclater", 8);
    assert_true(m->tlb.live >= 5);
    assert_true(m->cpu.T > 1300); /* past the disk command */
    pg_machine_free(m);
}

static void over_another_state(void **state) {
    struct pg_machine *m = busy_machine();
    steps(m, 100);
    struct pg_bytes bytes = saved(m);
    struct pg_machine *other = busy_machine();
    steps(other, 1500);
    put_word(other, 0x1f000, 77); /* a page that the snapshot does not have */
    restored(other, &bytes);
    assert_same(m, other);
    assert_int_equal(word_at(other, 0x1f000), 0);
    assert_int_equal(other->bus.plugs.disk_written[0], 0);
    /* a sector of zeros that was written is not one that never was */
    m->bus.plugs.disk_written[2] = 1;
    free(bytes.data);
    bytes = saved(m);
    restored(other, &bytes);
    assert_memory_equal(other->bus.plugs.disk_written, m->bus.plugs.disk_written, 4);
    free(bytes.data);
    pg_machine_free(m);
    pg_machine_free(other);
}

static void every_run_state(void **state) {
    static const uint32_t stops[] = {PG_CHECK_unset, PG_CHECK_invalid, PG_CHECK_storm};
    for (unsigned k = 0; k < PG_NCHECKS; k++) {
        struct pg_machine *m = machine_new(), *other = machine_new();
        uint32_t status = stops[k] == PG_CHECK_invalid ? 0x8000 : 0;
        set_new_psw(m, status, stops[k] == PG_CHECK_storm ? 2 : 0, 0, 0);
        steps(m, 100); /* the first word is illegal */
        assert_int_equal(m->run, PG_CHECK_STOP);
        assert_ptr_equal(m->why, pg_checks[stops[k]]);
        struct pg_bytes bytes = saved(m);
        restored(other, &bytes);
        assert_same(m, other);
        assert_int_equal(other->run, PG_CHECK_STOP);
        assert_ptr_equal(other->why, m->why);
        free(bytes.data);
        pg_machine_free(m);
        pg_machine_free(other);
    }
    struct pg_machine *m = machine_new(), *other = machine_new();
    port_out(m, "power.exit", 42);
    struct pg_bytes bytes = saved(m);
    restored(other, &bytes);
    assert_int_equal(other->run, PG_HALTED);
    assert_int_equal(other->exit_code, 42);
    free(bytes.data);
    pg_machine_free(m);
    pg_machine_free(other);
}

static void just_reset(void **state) {
    struct pg_machine *m = machine_new(), *other = machine_new();
    pg_machine_reset(m, 0); /* a PSW of four zero words */
    struct pg_bytes bytes = saved(m);
    restored(other, &bytes);
    assert_same(m, other);
    free(bytes.data);
    pg_machine_free(m);
    pg_machine_free(other);
}

/* ---- listeners */

struct heard {
    unsigned pages;
    uint32_t first;
};

static void written(void *context, uint32_t pa, uint32_t size) {
    struct heard *h = context;
    if (h->pages++ == 0)
        h->first = pa;
}

static void listeners_are_told(void **state) {
    struct pg_machine *m = busy_machine(), *other = machine_new();
    steps(m, 100);
    struct pg_bytes bytes = saved(m);
    struct heard h = {0};
    uint8_t bit = pg_ram_add_watcher(&other->ram, written, &h);
    for (uint32_t pa = 0; pa < MEMORY; pa += PG_PAGE)
        pg_ram_watch(&other->ram, pa, bit);
    uint64_t known = other->tlb.changes;
    restored(other, &bytes);
    assert_true(h.pages > 3);
    assert_int_equal(h.first, 0);
    struct pg_tlb_departure left;
    assert_true(pg_tlb_departed(&other->tlb, &known, &left));
    assert_int_equal(left.page, PG_TLB_ALL);
    assert_false(pg_tlb_departed(&other->tlb, &known, &left));
    h.pages = 0;
    restored(other, &bytes); /* nothing changes now */
    assert_int_equal(h.pages, 0);
    free(bytes.data);
    pg_machine_free(m);
    pg_machine_free(other);
}

/* ---- refusals */

static void seal(struct pg_bytes *b) {
    struct pg_sha256 h;
    pg_sha256_begin(&h);
    pg_sha256_add(&h, b->data, b->size - PG_SHA256_SIZE);
    pg_sha256_end(&h, b->data + b->size - PG_SHA256_SIZE);
}

/* Restoring must fail with this in the message and leave the machine as it is. */
static void refused(const struct pg_bytes *b, const char *message) {
    struct pg_machine *m = busy_machine(), *same = busy_machine();
    struct pg_error err = {""};
    steps(m, 77);
    steps(same, 77);
    if (pg_snapshot_restore(m, b->data, b->size, &err))
        fail_msg("accepted; expected: %s", message);
    if (!strstr(err.text, message))
        fail_msg("refused with \"%s\", expected: %s", err.text, message);
    assert_same(m, same);
    assert_int_equal(m->bus.plugs.input.narrivals, same->bus.plugs.input.narrivals);
    pg_machine_free(m);
    pg_machine_free(same);
}

static void truncated(void **state) {
    struct pg_machine *m = busy_machine();
    struct pg_bytes bytes = saved(m);
    size_t size = bytes.size;
    static const size_t kept[] = {0, 7, 15, 16, 47, 48, 100};
    for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
        bytes.size = kept[k];
        refused(&bytes, kept[k] < 16 ? "not a snapshot" : "truncated");
    }
    bytes.size = size - 1;
    refused(&bytes, "truncated");
    /* Truncated, and the checksum made good: the sections' own lengths tell. */
    for (size_t n = 48; n < size; n += 997) {
        struct pg_bytes cut = {.data = malloc(n), .size = n};
        memcpy(cut.data, bytes.data, n);
        seal(&cut);
        refused(&cut, "snapshot: section");
        free(cut.data);
    }
    free(bytes.data);
    pg_machine_free(m);
}

static void altered(void **state) {
    struct pg_machine *m = busy_machine();
    struct pg_bytes bytes = saved(m);
    for (size_t k = 16; k < bytes.size; k += 1009) {
        bytes.data[k] ^= 0x10;
        refused(&bytes, "altered");
        bytes.data[k] ^= 0x10;
    }
    bytes.data[8]++;
    refused(&bytes, "version 2");
    bytes.data[8]--;
    bytes.data[0] = 'X';
    refused(&bytes, "not a snapshot");
    free(bytes.data);
    pg_machine_free(m);
}

static void other_memory(void **state) {
    struct pg_machine *m = pg_machine_new(2 * MEMORY, NULL);
    struct pg_bytes bytes = saved(m);
    uint32_t memory = 0;
    assert_true(pg_snapshot_memory(bytes.data, bytes.size, &memory, NULL));
    assert_int_equal(memory, 2 * MEMORY);
    refused(&bytes, "262144 bytes of memory, and this one has 131072");
    free(bytes.data);
    pg_machine_free(m);
}

static void other_profile(void **state) {
    struct pg_machine *m = machine_new();
    struct pg_profile mine = {.name = "strict"};
    mine.user[PG_OP_gpsw] = PG_USER_EXECUTE;
    m->profile = &mine;
    struct pg_bytes bytes = saved(m);
    refused(&bytes, "another profile");
    free(bytes.data);
    pg_machine_free(m);
}

/* The content of a section, by its tag. */
static uint8_t *section(const struct pg_bytes *b, const char *tag) {
    size_t at = 16;
    while (memcmp(b->data + at, tag, 4) != 0) {
        uint64_t size = 0;
        for (int k = 0; k < 8; k++)
            size |= (uint64_t)b->data[at + 4 + k] << 8 * k;
        at += 12 + size;
        assert_true(at < b->size);
    }
    return b->data + at + 12;
}

/* Change `size` bytes at an offset of a section to `value`, seal, expect the refusal, undo. */
static void tampered(struct pg_bytes *b, const char *tag, size_t offset, uint64_t value,
                     unsigned size, const char *message) {
    uint8_t *p = section(b, tag) + offset, old[8];
    memcpy(old, p, 8);
    for (unsigned k = 0; k < size; k++)
        p[k] = (uint8_t)(value >> 8 * k);
    seal(b);
    refused(b, message);
    memcpy(p, old, 8);
}

/* Sections: another order, one too long, something after the last. */
static void impossible_layout(void **state) {
    struct pg_machine *m = busy_machine();
    struct pg_bytes b = saved(m);
    size_t cpu = (size_t)(section(&b, "CPU ") - b.data);
    b.data[cpu - 12] = 'Q';
    seal(&b);
    refused(&b, "section CPU : another section stands in its place");
    b.data[cpu - 12] = 'C';
    /* the CPU's section takes eight bytes of the next one */
    b.data[cpu - 8] += 8;
    seal(&b);
    refused(&b, "section CPU : it is too long");
    pg_machine_free(m);
    free(b.data);

    m = busy_machine();
    b = saved(m);
    uint8_t *tail = calloc(1, b.size + 5);
    memcpy(tail, b.data, b.size);
    free(b.data);
    b = (struct pg_bytes){.data = tail, .size = b.size + 5};
    seal(&b);
    refused(&b, "5 bytes after the last section");
    free(b.data);
    pg_machine_free(m);
}

static void impossible_cpu(void **state) {
    struct pg_machine *m = busy_machine();
    steps(m, 60);
    struct pg_bytes b = saved(m);
    tampered(&b, "CPU ", 0, 1, 4, "register 0");
    tampered(&b, "CPU ", 64, 1, 4, "register 0");
    tampered(&b, "CPU ", 96, 0x300, 4, "PSW");   /* memory mode 3 */
    tampered(&b, "CPU ", 96, 0x10000, 4, "PSW"); /* a reserved bit */
    tampered(&b, "CPU ", 104, 0x8001, 4, "PSW"); /* BASE */
    tampered(&b, "CPU ", 108, 0x8001, 4, "PSW"); /* BOUND */
    tampered(&b, "CPU ", 112, 1, 4, "monitor pair");
    tampered(&b, "CPU ", 116, 1, 4, "monitor pair");
    tampered(&b, "CPU ", 120, 64, 4, "trap storm");
    tampered(&b, "CPU ", 124, 6, 4, "run state");
    tampered(&b, "CPU ", 124, PG_CHECK_STOP, 4, "disagree");
    tampered(&b, "CPU ", 132, PG_NCAUSES, 4, "trap cause");
    tampered(&b, "CPU ", 144, 1, 4, "disagree");
    tampered(&b, "CPU ", 144, PG_NCHECKS + 1, 4, "reason");
    tampered(&b, "CPU ", 148, UINT64_MAX, 8, "T or U"); /* T */
    tampered(&b, "CPU ", 156, 1 << 30, 8, "T or U");    /* U beyond T */
    free(b.data);
    pg_machine_free(m);
}

static void impossible_memory(void **state) {
    struct pg_machine *m = busy_machine();
    steps(m, 60);
    struct pg_bytes b = saved(m);
    tampered(&b, "MEM ", 0, 1, 4, "section MEM ");
    tampered(&b, "MEM ", 0, MEMORY, 4, "outside memory");
    tampered(&b, "MEM ", 4 + PG_PAGE, 0, 4, "out of order");
    tampered(&b, "TLB ", 0, 1, 4, "no walk");              /* root not aligned */
    tampered(&b, "TLB ", 0, MEMORY, 4, "no walk");         /* root outside */
    tampered(&b, "TLB ", 4, 0x100000, 4, "no walk");       /* page beyond 20 bits */
    tampered(&b, "TLB ", 8, MEMORY | 0x31f, 4, "no walk"); /* frame outside */
    tampered(&b, "TLB ", 8, 0x30f, 4, "no walk");          /* not accessed */
    tampered(&b, "TLB ", 8, 0x31e, 4, "no walk");          /* not valid */
    tampered(&b, "TLB ", 4, 5, 4, "out of order");
    tampered(&b, "DISK", 0, 2, 1, "impossible disk");
    tampered(&b, "DISK", 0, 0, 1, "impossible disk");
    tampered(&b, "DISK", 1, 0xffffffff, 4, "impossible disk");
    tampered(&b, "DISK", 5, 4, 4, "not on the disk");
    tampered(&b, "DISK", 9, 2, 1, "sector");
    tampered(&b, "DISK", 10 + PG_SECTOR, 0, 4, "out of order");
    free(b.data);
    pg_machine_free(m);
}

static void impossible_input(void **state) {
    struct pg_machine *m = busy_machine();
    struct pg_bytes b = saved(m);
    tampered(&b, "IN  ", 0, 2, 1, "arrivals");
    tampered(&b, "IN  ", 1, UINT64_MAX, 8, "arrivals");
    tampered(&b, "IN  ", 33, UINT64_MAX, 8, "out of order"); /* T of the second */
    tampered(&b, "IN  ", 9, 1000, 8, "arrivals");
    tampered(&b, "IN  ", 9, UINT64_MAX / 16 + 2, 8, "arrivals");
    tampered(&b, "IN  ", 9, 1, 8, "never arrives");
    tampered(&b, "IN  ", 17, 41, 8, "out of order"); /* T */
    tampered(&b, "IN  ", 25, UINT64_MAX, 8, "out of order");
    tampered(&b, "IN  ", 41, 2, 8, "out of order"); /* upto of the second */
    tampered(&b, "IN  ", 41, 7, 8, "never arrives");
    free(b.data);
    pg_machine_free(m);
}

/* Where a device register stands in the section. */
static size_t register_at(const struct pg_bytes *b, const char *device, const char *name) {
    const uint8_t *p = section(b, "DEV "), *start = p;
    for (int k = 0; k < PG_NDEVICES; k++) {
        p += 1 + *p + 1;
        for (size_t r = 0; r < pg_devices[k]->nregs; r++) {
            p += 1 + *p;
            if (strcmp(pg_devices[k]->name, device) == 0 &&
                strcmp(pg_devices[k]->regs[r].name, name) == 0)
                return (size_t)(p - start);
            p += pg_devices[k]->regs[r].size;
        }
    }
    fail_msg("no register %s.%s", device, name);
    return 0;
}

static void impossible_devices(void **state) {
    struct pg_machine *m = busy_machine();
    struct pg_bytes b = saved(m);
    tampered(&b, "DEV ", 1, 'q', 1, "not the devices");
    tampered(&b, "DEV ", 1 + strlen("power"), 9, 1, "not the devices");
    tampered(&b, "DEV ", 3 + strlen("power"), 'q', 1, "not the device registers");
    tampered(&b, "DEV ", register_at(&b, "timer", "mode"), 3, 4, "device timer");
    tampered(&b, "DEV ", register_at(&b, "timer", "pending"), 2, 4, "device timer");
    tampered(&b, "DEV ", register_at(&b, "console", "arrived"), 9, 4, "device console");
    tampered(&b, "DEV ", register_at(&b, "console", "read"), 4, 4, "device console");
    tampered(&b, "DEV ", register_at(&b, "console", "ended"), 2, 4, "device console");
    tampered(&b, "DEV ", register_at(&b, "console", "control"), 2, 4, "device console");
    tampered(&b, "DEV ", register_at(&b, "block", "command"), 3, 4, "device block");
    tampered(&b, "DEV ", register_at(&b, "block", "due"), UINT64_MAX - 9, 8, "device block");
    tampered(&b, "DEV ", register_at(&b, "block", "status"), 2, 4, "device block");
    tampered(&b, "DEV ", register_at(&b, "block", "status"), 0x81, 4, "device block");
    free(b.data);
    pg_machine_free(m);
}

/* A command in progress may hold any range: it is checked when it completes. */
static void disk_command_out_of_range(void **state) {
    static const struct {
        const char *reg;
        uint32_t value, error;
    } cases[] = {
        {"at_sector", 5, 0x10},       {"at_sector", UINT32_MAX, 0x10},
        {"at_count", 5, 0x10},        {"at_count", UINT32_MAX, 0x10},
        {"at_address", MEMORY, 0x20}, {"at_address", UINT32_MAX - 100, 0x20},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (uint32_t command = 1; command <= 2; command++) {
            struct pg_machine *m = busy_machine(), *other = machine_new();
            struct pg_bytes b = saved(m);
            uint8_t *reg = section(&b, "DEV ");
            memcpy(reg + register_at(&b, "block", cases[k].reg), &cases[k].value, 4);
            memcpy(reg + register_at(&b, "block", "command"), &command, 4);
            seal(&b);
            restored(other, &b);
            while (other->run == PG_RUNNING && port_in(other, "block.status") & 1)
                pg_step(other);
            assert_int_equal(port_in(other, "block.status"), 2 | cases[k].error);
            free(b.data);
            pg_machine_free(m);
            pg_machine_free(other);
        }
}

/* Bytes changed at random under a good checksum: refused, or a machine that runs and is itself
 * saved and restored to the same. AddressSanitizer watches the rest. */
static void damaged_at_random(void **state) {
    enum { ROUNDS = 100 };
    struct pg_machine *m = busy_machine(), *other = machine_new(), *third = machine_new();
    steps(m, 700);
    struct pg_bytes whole = saved(m), b = {0};
    size_t memory = (size_t)(section(&whole, "MEM ") - whole.data);
    size_t after = (size_t)(section(&whole, "TLB ") - whole.data);
    size_t disk = (size_t)(section(&whole, "DISK") - whole.data);
    uint32_t seed = 12345, accepted = 0, refusals = 0;
    for (int n = 0; n < ROUNDS; n++) {
        b.size = 0;
        pg_bytes_add(&b, whole.data, whole.size);
        for (int k = n % 3; k >= 0; k--) {
            seed = seed * 1664525 + 1013904223;                 /* Numerical Recipes' generator */
            size_t small = memory + 0x100 + whole.size - after; /* one page is enough of memory */
            size_t at = 16 + (seed >> 8) % (small - 16 - PG_SHA256_SIZE);
            at += at >= memory + 0x100 ? after - memory - 0x100 : 0;
            if (at > disk && at < disk + 5)
                at = disk; /* gigabytes of disk are valid, and slow */
            b.data[at] ^= (uint8_t)(1 << (seed >> 5 & 7));
        }
        seal(&b);
        if (!pg_snapshot_restore(other, b.data, b.size, NULL)) {
            refusals++;
            continue;
        }
        accepted++;
        steps(other, 200);
        struct pg_bytes again = saved(other);
        restored(third, &again);
        assert_same(other, third);
        free(again.data);
    }
    assert_true(accepted > ROUNDS / 10 && refusals > ROUNDS / 10);
    free(whole.data);
    free(b.data);
    pg_machine_free(m);
    pg_machine_free(other);
    pg_machine_free(third);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(future_is_the_same),
        cmocka_unit_test(over_another_state),
        cmocka_unit_test(every_run_state),
        cmocka_unit_test(just_reset),
        cmocka_unit_test(listeners_are_told),
        cmocka_unit_test(truncated),
        cmocka_unit_test(altered),
        cmocka_unit_test(other_memory),
        cmocka_unit_test(other_profile),
        cmocka_unit_test(impossible_layout),
        cmocka_unit_test(impossible_cpu),
        cmocka_unit_test(impossible_memory),
        cmocka_unit_test(impossible_input),
        cmocka_unit_test(impossible_devices),
        cmocka_unit_test(disk_command_out_of_range),
        cmocka_unit_test(damaged_at_random),
    };
    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
