/* test_os.c - the kernel in C (guests/os): a session, its own tests, and power cuts.
 *
 *     test_os session | usertests | power_cuts | chaos | damaged
 */
#include "harness.h"

#include "guests/os/tools/image.h"
#include "tests/engine_under_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY = 4 << 20, STEPS = 10000000 };

/* ---- the kernel, with a disk and what is typed */

struct booted {
    struct pg_session *session;
    struct pg_machine *m;
    struct pg_image *kernel;
};

static struct os_image fresh_disk(void) {
    size_t size;
    char *bytes = read_whole_file(OS_BUILT "/disk.img", &size);
    return (struct os_image){(uint8_t *)bytes, (uint32_t)(size / FS_BLOCK)};
}

static struct booted boot(const struct pg_system *system, const struct os_image *disk,
                          const char *input) {
    struct pg_error err = {""};
    size_t size;
    char *elf = read_whole_file(OS_BUILT "/kernel.elf", &size);
    struct booted b = {.kernel = pg_image_read(elf, size, "kernel.elf", &err)};
    free(elf);
    if (!b.kernel)
        fail_msg("%s", err.text);
    struct pg_setup setup = {
        .image = b.kernel,
        .memory = MEMORY,
        .disk = disk->bytes,
        .disk_sectors = disk->blocks * (FS_BLOCK / PG_SECTOR),
        .input = (const uint8_t *)input,
        .input_size = strlen(input),
        .limit = PG_NEVER,
    };
    b.session = system->open(engine_under_test(), &setup, 1, &err);
    if (!b.session)
        fail_msg("%s: %s", system->name, err.text);
    b.m = b.session->guest(b.session, 0);
    return b;
}

static void run_to_the_end(struct booted *b) {
    enum pg_progress progress;
    do
        progress = b->session->run(b->session, STEPS);
    while (progress == PG_PROGRESS_MORE);
    assert_int_equal(progress, PG_PROGRESS_DONE);
}

static void shut_down(struct booted *b) {
    b->session->close(b->session);
    pg_image_free(b->kernel);
}

static char *console(const struct pg_machine *m) {
    const struct pg_bytes *output = &m->bus.plugs.output;
    char *text = malloc(output->size + 1);
    assert_non_null(text);
    memcpy(text, output->data, output->size);
    text[output->size] = '\0';
    return text;
}

static struct os_image disk_of(const struct pg_machine *m) {
    return (struct os_image){m->bus.plugs.disk, m->bus.plugs.disk_sectors / (FS_BLOCK / PG_SECTOR)};
}

static void assert_whole(const struct os_image *disk, const char *when) {
    struct pg_error err = {""};
    if (!os_image_check(disk, &err))
        fail_msg("%s: %s", when, err.text);
}

/* In every system: the same output and state, exit code 0, a whole disk. Returns the output. */
static char *run_everywhere(const char *input) {
    struct os_image disk = fresh_disk();
    char *expected = NULL, hash[PG_HASH_TEXT], other[PG_HASH_TEXT];
    for (size_t k = 0; pg_systems[k]; k++) {
        struct booted b = boot(pg_systems[k], &disk, input);
        run_to_the_end(&b);
        char *seen = console(b.m);
        struct os_image after = disk_of(b.m);
        pg_state_hash(b.m, expected ? other : hash);
        if (expected) {
            assert_string_equal(seen, expected);
            assert_string_equal(other, hash);
            free(seen);
        } else {
            expected = seen;
        }
        assert_int_equal(b.m->run, PG_HALTED);
        assert_int_equal(b.m->exit_code, 0);
        assert_whole(&after, pg_systems[k]->name);
        shut_down(&b);
    }
    free(disk.bytes);
    return expected;
}

/* ---- a session, and usertests */

static void test_session(void **state) {
    size_t size;
    char *input = read_whole_file(OS_SESSION "/session.in", &size);
    char *expected = read_whole_file(OS_SESSION "/session.out", &size);
    char *seen = run_everywhere(input);
    assert_string_equal(seen, expected);
    free(input);
    free(expected);
    free(seen);
}

static void test_usertests(void **state) {
    char *seen = run_everywhere("usertests && halt 0\nhalt 1\n");
    assert_non_null(strstr(seen, " passed, 0 failed\n"));
    assert_null(strstr(seen, "halt 1")); /* nobody read on, or there would be an echo */
    free(seen);
}

/* ---- power cuts */

enum { FILES = 64 };
enum fate { UNTOUCHED, MAKING, MADE, REMOVING, REMOVED };

/* What `ledger` has said of each process's files, in whole lines. */
static void read_ledger(const char *text, enum fate fates[2][FILES]) {
    static const char *const words[] = {
        [MAKING] = "making", [MADE] = "made", [REMOVING] = "removing", [REMOVED] = "removed"};
    memset(fates, 0, sizeof(enum fate) * 2 * FILES);
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        char word[16];
        int p, n;
        if (sscanf(line, "%15s p%d/f%d", word, &p, &n) == 3)
            for (int fate = MAKING; fate <= REMOVED; fate++)
                if (strcmp(word, words[fate]) == 0)
                    fates[p][n] = (enum fate)fate;
    }
}

static void assert_contents(const struct os_image *disk, int p, int n) {
    char path[32];
    size_t size;
    snprintf(path, sizeof path, "/p%d/f%d", p, n);
    uint8_t *bytes = os_image_read(disk, path, &size);
    if (!bytes)
        fail_msg("%s was committed, and is lost", path);
    assert_int_equal(size, (size_t)n * 397 % 7000);
    for (size_t k = 0; k < size; k++)
        if (bytes[k] != (uint8_t)((size_t)p + (size_t)n * 31 + k))
            fail_msg("%s was committed, and byte %zu is another one", path, k);
    free(bytes);
}

static void assert_kept(const struct os_image *disk, const char *ledger) {
    enum fate fates[2][FILES];
    char path[32];
    read_ledger(ledger, fates);
    for (int p = 0; p < 2; p++)
        for (int n = 0; n < FILES; n++) {
            snprintf(path, sizeof path, "/p%d/f%d", p, n);
            if (fates[p][n] == MADE)
                assert_contents(disk, p, n);
            if (fates[p][n] == UNTOUCHED || fates[p][n] == REMOVED)
                assert_null(os_image_walk(disk, path));
        }
}

static uint64_t block_register(const struct pg_machine *m, const char *name) {
    const struct pg_device *device = pg_devices[PG_DEV_block];
    for (size_t k = 0; k < device->nregs; k++)
        if (strcmp(device->regs[k].name, name) == 0)
            return pg_reg_get(&device->regs[k], m->bus.state[PG_DEV_block]);
    fail_msg("the block device has no register %s", name);
    return 0;
}

/* Run to the next write of the disk that is about to be done. False at the end of the run. */
static bool run_to_write(struct booted *b) {
    for (;;) {
        bool writes = block_register(b->m, "status") & 1 && block_register(b->m, "command") == 2;
        uint64_t due = block_register(b->m, "due");
        if (writes && b->m->cpu.T < due) {
            b->session->limit(b->session, 0, due);
            while (b->session->run(b->session, STEPS) == PG_PROGRESS_MORE)
                ;
            return true;
        }
        b->session->limit(b->session, 0, b->m->cpu.T + 200); /* a transfer takes longer */
        while (b->session->run(b->session, 1000) == PG_PROGRESS_MORE)
            ;
        if (b->m->run != PG_RUNNING)
            return false;
    }
}

/* The disk if the power goes when the first `sectors` sectors of the present write are done. */
static struct os_image cut(const struct booted *b, uint32_t sectors) {
    struct os_image disk = disk_of(b->m), copy = {NULL, disk.blocks};
    copy.bytes = malloc((size_t)disk.blocks * FS_BLOCK);
    assert_non_null(copy.bytes);
    memcpy(copy.bytes, disk.bytes, (size_t)disk.blocks * FS_BLOCK);
    uint64_t sector = block_register(b->m, "at_sector"), from = block_register(b->m, "at_address");
    for (uint32_t k = 0; k < sectors * PG_SECTOR; k++)
        copy.bytes[sector * PG_SECTOR + k] = b->m->ram.bytes[from + k];
    return copy;
}

/* Power on after a cut, which is cut again at its n-th write if there are so many; then all is as
 * it should be. Returns whether it was. */
static bool recovers(const struct os_image *disk, const char *ledger, int n) {
    bool again = n > 0;
    struct booted b = boot(&pg_system_bare, disk, "halt\n");
    while (n > 0 && (again = run_to_write(&b)))
        n--;
    if (again) {
        struct os_image second = cut(&b, 1);
        recovers(&second, ledger, 0);
        free(second.bytes);
    } else {
        b.session->limit(b.session, 0, PG_NEVER);
        run_to_the_end(&b);
        struct os_image after = disk_of(b.m);
        assert_whole(&after, "after a power cut");
        assert_kept(&after, ledger);
    }
    shut_down(&b);
    return again;
}

/* Cut the power at every n-th write, before it, in its middle, and after it. Returns what was
 * printed. */
static char *cut_often(const char *input, unsigned every) {
    struct os_image disk = fresh_disk();
    struct booted b = boot(&pg_system_bare, &disk, input);
    unsigned writes = 0, cuts = 0, seconds = 0;
    for (; run_to_write(&b); writes++) {
        if (writes % every != 0)
            continue;
        char *ledger = console(b.m);
        for (uint32_t sectors = 0; sectors <= FS_BLOCK / PG_SECTOR; sectors++, cuts++) {
            struct os_image left = cut(&b, sectors);
            recovers(&left, ledger, 0);
            if (sectors == 2)
                for (int n = 1; recovers(&left, ledger, n) && n < 40; n += 3)
                    seconds++;
            free(left.bytes);
        }
        free(ledger);
    }
    print_message("%u writes, %u cuts, %u cuts of a recovery\n", writes, cuts, seconds);
    assert_true(writes > 200 && seconds > 0);
    assert_int_equal(b.m->run, PG_HALTED);
    char *seen = console(b.m);
    free(disk.bytes);
    shut_down(&b);
    return seen;
}

static void test_power_cuts(void **state) {
    enum fate fates[2][FILES];
    char *ledger = cut_often("ledger 12\nhalt\n", EVERY);
    read_ledger(ledger, fates);
    assert_int_equal(fates[1][11], MADE);
    assert_int_equal(fates[1][10], REMOVED);
    free(ledger);
}

/* ---- programs that do anything, and disks that hold anything */

static void test_chaos(void **state) {
    char input[64];
    for (unsigned seed = 1; seed <= 3; seed++) {
        snprintf(input, sizeof input, "chaos %u 40\nhalt\n", seed);
        char *seen = cut_often(input, EVERY * 5);
        assert_non_null(strstr(seen, ": ok\n"));
        free(seen);
    }
}

/* It works, or the kernel says what is wrong; it is never stuck or surprised by a trap. */
static void assert_bears(const struct os_image *disk, unsigned seed) {
    struct booted b = boot(&pg_system_bare, disk,
                           "cat /home/motd\nmkdir /a && cp /bin/echo /a/e && /a/e && rm -r /a\n"
                           "rm /home/motd\nrm -r /home\nhalt\n");
    b.session->limit(b.session, 0, 200000000);
    run_to_the_end(&b);
    char *seen = console(b.m);
    const char *panic = strstr(seen, "kernel panic: ");
    if (b.m->run != PG_HALTED && (!panic || strstr(panic, "trap")))
        fail_msg("damaged disk %u: %s", seed, seen);
    free(seen);
    shut_down(&b);
}

/* A word of what says where the rest is gets another value. */
static void damage(struct os_image *disk, unsigned seed) {
    const struct fs_super s = *os_image_super(disk);
    const uint32_t root = os_image_inode(disk, FS_ROOT)->block[0];
    const uint32_t values[] = {0, 1, 2, ~0u, s.inode_start, s.bitmap_start, root, seed};
    const struct {
        uint32_t block, size;
    } places[] = {{1, sizeof s},
                  {s.log_start, sizeof(struct fs_log_header)},
                  {s.inode_start, 4 * sizeof(struct fs_inode)},
                  {s.inode_start, FS_BLOCK},
                  {s.bitmap_start, s.blocks / 8},
                  {root, 8 * sizeof(struct fs_entry)}};
    uint32_t random = (seed + 1) * 2654435761u, kind = seed % 6;
    uint32_t at = (random >> 8) % places[kind].size & ~3u;
    uint8_t *block = os_image_block(disk, places[kind].block);
    if (places[kind].block == s.log_start)
        block[0] = (uint8_t)(1 + seed % FS_LOG); /* it is to be used */
    memcpy(block + at, &values[random >> 29], sizeof values[0]);
}

static void test_damaged(void **state) {
    struct pg_error err;
    struct os_image large;
    assert_false(os_image_make(&large, FS_MAX_BLOCKS + 1, 128, &err)); /* than the log can serve */
    for (unsigned seed = 0; seed < 120; seed++) {
        struct os_image disk = fresh_disk();
        if (seed == 0) /* a directory that holds itself */
            os_image_find(&disk, os_image_inode(&disk, FS_ROOT), "home", 4)->inode = FS_ROOT;
        else
            damage(&disk, seed);
        os_image_check(&disk, &err); /* whatever it says */
        assert_bears(&disk, seed);
        free(disk.bytes);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session),    cmocka_unit_test(test_usertests),
        cmocka_unit_test(test_power_cuts), cmocka_unit_test(test_chaos),
        cmocka_unit_test(test_damaged),
    };
    char name[64];
    snprintf(name, sizeof name, "test_%s", argc > 1 ? argv[1] : "*");
    cmocka_set_test_filter(name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
