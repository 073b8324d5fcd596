/* test_random.c - every system gives the state that bare on the reference engine gives.
 *
 * Random guests run under every system and engine up to the same T; then everything that a guest
 * can see must be equal. On a difference the first T at which it shows is found by bisection.
 *
 *     test_random [FIRST_SEED COUNT [STEPS]]     a longer run than the one in ctest
 */
#include "vmm/random_guest.h"
#include "vmm/system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static uint64_t first_seed = 1, seeds = 60, steps = 20000;

static struct pg_session *run(const struct pg_system *system, const struct pg_engine *engine,
                              const struct pg_image *image, uint64_t seed, uint64_t limit) {
    uint8_t disk[PG_RANDOM_SECTORS * 512];
    pg_random_disk(seed, disk);
    struct pg_setup setup = {.image = image,
                             .memory = PG_RANDOM_MEMORY,
                             .disk = disk,
                             .disk_sectors = PG_RANDOM_SECTORS,
                             .input = (const uint8_t *)"some input\n",
                             .input_size = 11,
                             .limit = limit};
    struct pg_error err = {""};
    struct pg_session *s = system->open(engine, &setup, 1, &err);
    if (!s) {
        fail_msg("%s", err.text);
        return NULL;
    }
    enum pg_progress progress;
    while ((progress = s->run(s, 1000000)) == PG_PROGRESS_MORE) {
    }
    if (progress == PG_PROGRESS_BROKEN)
        printf("seed %llu, %s: %s\n", (unsigned long long)seed, system->name, s->error.text);
    return s;
}

/* What differs, or NULL. */
static const char *difference(struct pg_machine *a, struct pg_machine *b) {
    if (a->cpu.T != b->cpu.T)
        return "T";
    if (a->run != b->run || a->exit_code != b->exit_code)
        return "run state";
    if (memcmp(a->cpu.r, b->cpu.r, sizeof a->cpu.r) != 0)
        return "registers";
    if (memcmp(&a->cpu.psw, &b->cpu.psw, sizeof a->cpu.psw) != 0)
        return "PSW";
    if (memcmp(a->cpu.m, b->cpu.m, sizeof a->cpu.m) != 0 || a->cpu.mon_base != b->cpu.mon_base ||
        a->cpu.mon_bound != b->cpu.mon_bound)
        return "monitor registers";
    if (a->cpu.U != b->cpu.U || a->cpu.deliveries != b->cpu.deliveries)
        return "U or deliveries";
    if (memcmp(a->ram.bytes, b->ram.bytes, a->ram.size) != 0)
        return "memory";
    for (int k = 0; k < PG_NDEVICES; k++)
        if (memcmp(a->bus.state[k], b->bus.state[k], pg_devices[k]->state_size) != 0)
            return pg_devices[k]->name;
    const struct pg_plugs *p = &a->bus.plugs, *q = &b->bus.plugs;
    if (p->output.size != q->output.size ||
        (p->output.size && memcmp(p->output.data, q->output.data, p->output.size) != 0))
        return "output";
    if (memcmp(p->disk, q->disk, PG_RANDOM_SECTORS * 512) != 0)
        return "disk";
    size_t n, m;
    struct pg_tlb_entry *x = pg_tlb_sorted(&a->tlb, &n), *y = pg_tlb_sorted(&b->tlb, &m);
    bool same = n == m && (n == 0 || memcmp(x, y, n * sizeof *x) == 0);
    free(x);
    free(y);
    return same ? NULL : "TLB";
}

static const char *compare(const struct pg_system *system, const struct pg_engine *engine,
                           const struct pg_image *image, uint64_t seed, uint64_t limit,
                           struct pg_psw *at) {
    struct pg_session *bare = run(&pg_system_bare, pg_engines[0], image, seed, limit);
    struct pg_session *other = run(system, engine, image, seed, limit);
    const char *what = difference(bare->guest(bare, 0), other->guest(other, 0));
    if (at)
        *at = bare->guest(bare, 0)->cpu.psw;
    bare->close(bare);
    other->close(other);
    return what;
}

/* The difference shows at `limit`; find the first T at which it does. */
static void report(const struct pg_system *system, const struct pg_engine *engine,
                   const struct pg_image *image, uint64_t seed, unsigned style, uint64_t limit) {
    uint64_t good = 0;
    while (limit - good > 1) {
        uint64_t middle = good + (limit - good) / 2;
        if (compare(system, engine, image, seed, middle, NULL))
            limit = middle;
        else
            good = middle;
    }
    struct pg_psw psw;
    compare(system, engine, image, seed, good, &psw);
    fail_msg("seed %llu style %u, %s on %s: %s differs at T=%llu; before it bare was at pc %08x, "
             "status %04x",
             (unsigned long long)seed, style, system->name, engine->name,
             compare(system, engine, image, seed, limit, NULL), (unsigned long long)limit, psw.pc,
             psw.status);
}

static void systems_agree_on_random_guests(void **state) {
    for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
        unsigned style = pg_random_style_of(seed);
        struct pg_image *image = pg_random_guest(seed, style);
        for (int s = 0; pg_systems[s]; s++)
            for (int e = 0; pg_engines[e]; e++)
                if (compare(pg_systems[s], pg_engines[e], image, seed, steps, NULL))
                    report(pg_systems[s], pg_engines[e], image, seed, style, steps);
        pg_image_free(image);
    }
}

int main(int argc, char **argv) {
    if (argc > 2) {
        first_seed = strtoull(argv[1], NULL, 0);
        seeds = strtoull(argv[2], NULL, 0);
    }
    if (argc > 3)
        steps = strtoull(argv[3], NULL, 0);
    const struct CMUnitTest tests[] = {cmocka_unit_test(systems_agree_on_random_guests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
