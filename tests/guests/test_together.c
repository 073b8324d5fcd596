/* test_together.c - several guests in one session: each ends as it does alone. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MAX_TOGETHER = 3 };

/* Run these in one session of every system on every engine; compare each with itself alone. */
static void end_as_alone(const char *const *names, size_t n) {
    struct loaded l[MAX_TOGETHER];
    struct outcome alone[MAX_TOGETHER], here[MAX_TOGETHER];
    for (size_t k = 0; k < n; k++) {
        const struct guest *guest = guest_by_name(names[k]);
        l[k] = guest_load(guest, *guest->small != 0);
        guests_run(pg_systems[0], pg_engines[0], &l[k], 1, &alone[k]);
    }
    for (size_t s = 0; pg_systems[s]; s++)
        for (size_t e = 0; pg_engines[e]; e++) {
            print_message("%s on %s\n", pg_systems[s]->name, pg_engines[e]->name);
            guests_run(pg_systems[s], pg_engines[e], l, n, here);
            for (size_t k = 0; k < n; k++) {
                assert_same_outcome(&alone[k], &here[k]);
                outcome_free(&here[k]);
            }
        }
    for (size_t k = 0; k < n; k++) {
        outcome_free(&alone[k]);
        guest_unload(&l[k]);
    }
}

static void two_kernels(void **state) {
    end_as_alone((const char *const[]){"kernel", "pkernel"}, 2);
}

static void the_same_guest_twice(void **state) {
    end_as_alone((const char *const[]){"timer", "timer"}, 2);
}

static void three_of_a_kind_each(void **state) {
    end_as_alone((const char *const[]){"ptorture", "disk", "echo"}, 3);
}

/* A guest that fails, one that loops until its limit, and one that must not notice. */
static void bad_neighbours(void **state) {
    end_as_alone((const char *const[]){"storm", "spin", "gallery"}, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_kernels),
        cmocka_unit_test(the_same_guest_twice),
        cmocka_unit_test(three_of_a_kind_each),
        cmocka_unit_test(bad_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
