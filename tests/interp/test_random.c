/* The other engines against the reference, on random machines.
 *
 *     test_random                          a few seconds each, under cmocka
 *     test_random ENGINE SECONDS [SEED]    one, for as long as told, from this seed on
 */
#include "scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { SEEDS = 800 };

/* Nothing may differ, and the scenarios must have been worth the name. */
static void test_lockstep(void **state) {
    const struct pg_engine *engine = *state;
    struct scenario_reach reach = {0};
    char why[320];
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        if (!scenario_run(seed, engine, &reach, why))
            fail_msg("%s", why);
    for (int cause = PG_CAUSE_interrupt; cause < PG_NCAUSES; cause++)
        if (!reach.causes[cause])
            fail_msg("no scenario reached the trap %s", pg_causes[cause].name);
    assert_true(reach.stops[PG_STOP_FIRMWARE] > 0);
    assert_true(reach.runs[PG_CHECK_STOP] > 0 && reach.runs[PG_WAITING] > 0);
    assert_true(reach.tlb_entries > 0);
    assert_true(reach.monitor_steps > reach.steps / 20);
    assert_true(reach.paged_steps > reach.steps / 20);
    assert_true(reach.bounds_steps > reach.steps / 20);
    assert_true(reach.user_steps > reach.steps / 20);
}

static int run_long(const struct pg_engine *engine, double seconds, uint64_t seed) {
    struct scenario_reach reach = {0};
    char why[320];
    clock_t begin = clock();
    while ((double)(clock() - begin) / CLOCKS_PER_SEC < seconds)
        if (!scenario_run(seed++, engine, &reach, why)) {
            fprintf(stderr, "%s\n", why);
            return 1;
        }
    printf("up to seed %llu, %llu steps: no difference\n", (unsigned long long)seed,
           (unsigned long long)reach.steps);
    for (int cause = 0; cause < PG_NCAUSES; cause++)
        printf("  %-12s %llu\n", pg_causes[cause].name, (unsigned long long)reach.causes[cause]);
    printf("monitor %llu paged %llu bounds %llu user %llu\n",
           (unsigned long long)reach.monitor_steps, (unsigned long long)reach.paged_steps,
           (unsigned long long)reach.bounds_steps, (unsigned long long)reach.user_steps);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 2) {
        const struct pg_engine *engine = pg_engine_by_name(argv[1]);
        if (!engine)
            return 68;
        return run_long(engine, atof(argv[2]), argc > 3 ? strtoull(argv[3], NULL, 10) : 0);
    }
    int failed = 0;
    for (int e = 1; pg_engines[e]; e++) {
        const struct CMUnitTest tests[] = {
            cmocka_unit_test_prestate(test_lockstep, (void *)(uintptr_t)pg_engines[e])};
        failed += cmocka_run_group_tests_name(pg_engines[e]->name, tests, NULL, NULL);
    }
    return failed;
}
