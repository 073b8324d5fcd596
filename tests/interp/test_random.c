/* The threaded engine against the reference, on random machines.
 *
 *     test_random                    a few seconds, under cmocka
 *     test_random SECONDS [SEED]     for as long as told, from this seed on
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
    struct scenario_reach reach = {0};
    char why[320];
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        if (!scenario_run(seed, &pg_engine_threaded, &reach, why))
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

static int run_long(double seconds, uint64_t seed) {
    struct scenario_reach reach = {0};
    char why[320];
    clock_t begin = clock();
    while ((double)(clock() - begin) / CLOCKS_PER_SEC < seconds)
        if (!scenario_run(seed++, &pg_engine_threaded, &reach, why)) {
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
    if (argc > 1)
        return run_long(atof(argv[1]), argc > 2 ? strtoull(argv[2], NULL, 10) : 0);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lockstep)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
