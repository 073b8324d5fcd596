/* test_torture.c - random guests are what they are said to be: the same everywhere, and alive.
 *
 *     test_torture print      the hashes that stand below, as they are now
 */
#include "machine/sha256.h"
#include "vmm/coverage.h"
#include "vmm/random_guest.h"
#include "vmm/system.h"
#include "vmm/torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SEEDS = 30, GUESTS = 90, STEPS = 50000 };

/* One hash over guests and disks of the first seeds. Of the older kind they must never change; of
 * torture guests they change with the gadgets, but with no compiler or host. */
static const char random_hash[] =
    "762962741696daddb82fc9cd1c800fcdda39e213614278694c036f8e3796091a";
static const char torture_hash[] =
    "37954a5388482924aecfc684e9953658c19f368140871a93939f0133375d9583";

static struct pg_image *make_random(uint64_t seed) {
    return pg_random_guest(seed, pg_random_style_of(seed));
}

static void hash_of(struct pg_image *(*make)(uint64_t seed), void (*disk)(uint64_t, uint8_t *),
                    char text[2 * PG_SHA256_SIZE + 1]) {
    struct pg_sha256 sha;
    uint8_t sectors[PG_RANDOM_SECTORS * PG_SECTOR], digest[PG_SHA256_SIZE];
    pg_sha256_begin(&sha);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct pg_image *image = make(seed);
        disk(seed, sectors);
        pg_sha256_add(&sha, image->segments[0].bytes, image->segments[0].file_size);
        pg_sha256_add(&sha, sectors, sizeof sectors);
        pg_image_free(image);
    }
    pg_sha256_end(&sha, digest);
    for (int k = 0; k < PG_SHA256_SIZE; k++)
        snprintf(text + 2 * k, 3, "%02x", digest[k]);
}

static void a_seed_is_one_guest_on_every_host(void **state) {
    char text[2 * PG_SHA256_SIZE + 1];
    hash_of(make_random, pg_random_disk, text);
    assert_string_equal(text, random_hash);
    hash_of(pg_torture_guest, pg_torture_disk, text);
    assert_string_equal(text, torture_hash);
}

static struct pg_machine *load(uint64_t seed) {
    uint8_t disk[PG_RANDOM_SECTORS * PG_SECTOR];
    struct pg_image *image = pg_torture_guest(seed);
    struct pg_error err;
    pg_torture_disk(seed, disk);
    struct pg_setup setup = {.image = image,
                             .memory = PG_RANDOM_MEMORY,
                             .disk = disk,
                             .disk_sectors = PG_RANDOM_SECTORS,
                             .limit = PG_NEVER};
    struct pg_machine *m = pg_machine_new(PG_RANDOM_MEMORY, &err);
    assert_non_null(m);
    assert_true(pg_set_up(m, &setup, &err));
    pg_image_free(image);
    return m;
}

/* They mostly live on, and go everywhere: all traps, and every ring in every memory mode. */
static void torture_guests_are_survived(void **state) {
    struct pg_coverage *seen = calloc(1, sizeof *seen);
    int alive = 0;
    assert_non_null(seen);
    for (uint64_t seed = 1; seed <= GUESTS; seed++) {
        struct pg_machine *m = load(seed);
        for (int k = 0; k < STEPS && m->run == PG_RUNNING; k++)
            pg_coverage_step(seen, m);
        alive += m->run == PG_RUNNING;
        pg_machine_free(m);
    }
    assert_true(alive > GUESTS * 8 / 10);
    uint64_t causes[PG_COVERAGE_OUTCOMES] = {0}, places[4][PG_COVERAGE_MODES] = {{0}};
    for (int op = 0; op < PG_COVERAGE_ROWS; op++)
        for (int ring = 0; ring < 4; ring++)
            for (int mode = 0; mode < PG_COVERAGE_MODES; mode++)
                for (int c = 0; c < PG_COVERAGE_OUTCOMES; c++) {
                    causes[c] += seen->n[op][ring][mode][c];
                    places[ring][mode] += seen->n[op][ring][mode][c];
                }
    for (int c = 0; c < PG_NCAUSES; c++)
        if (!causes[c] && c != PG_CAUSE_tick)
            fail_msg("no trap %s", pg_causes[c].name);
    for (int ring = 0; ring < 4; ring++)
        for (int mode = 0; mode < PG_COVERAGE_MODES; mode++)
            assert_true(places[ring][mode] > 1000);
    free(seen);
}

int main(int argc, char **argv) {
    char text[2 * PG_SHA256_SIZE + 1];
    if (argc > 1) {
        hash_of(make_random, pg_random_disk, text);
        puts(text);
        hash_of(pg_torture_guest, pg_torture_disk, text);
        puts(text);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_is_one_guest_on_every_host),
        cmocka_unit_test(torture_guests_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
