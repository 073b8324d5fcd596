/* test_efficiency.c - what the systems promise about the small kernels, at their full size: under
 * te over 95% of the instructions run directly, and bt enters the VMM less often than te. */
#include "harness.h"

#include "tests/engine_under_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct pg_counts counts_of(const struct guest *guest, const struct pg_system *system) {
    struct loaded l = guest_load(guest, false);
    struct pg_error err = {""};
    struct pg_session *s = system->open(engine_under_test(), &l.setup, 1, &err);
    if (!s)
        fail_msg("%s: %s", system->name, err.text);
    while (s->run(s, 1000000) == PG_PROGRESS_MORE) {
    }
    assert_int_equal(s->guest(s, 0)->run, PG_HALTED);
    struct pg_counts counts = *s->counts(s, 0);
    s->close(s);
    guest_unload(&l);
    return counts;
}

static void hold_the_promise(const char *name) {
    const struct guest *guest = guest_by_name(name);
    struct pg_counts te = counts_of(guest, &pg_system_te), bt = counts_of(guest, &pg_system_bt);
    uint64_t all = te.n[PG_COUNT_direct] + te.n[PG_COUNT_emulated] + te.n[PG_COUNT_interpreted] +
                   te.n[PG_COUNT_translated];
    print_message("%s under te: %.2f%% direct, %llu exits; under bt: %llu exits\n", name,
                  100.0 * (double)te.n[PG_COUNT_direct] / (double)all,
                  (unsigned long long)te.n[PG_COUNT_exits],
                  (unsigned long long)bt.n[PG_COUNT_exits]);
    assert_true(te.n[PG_COUNT_direct] * 100 > all * 95);
    assert_true(bt.n[PG_COUNT_exits] < te.n[PG_COUNT_exits]);
}

static void the_kernel(void **state) {
    hold_the_promise("kernel");
}

static void the_paged_kernel(void **state) {
    hold_the_promise("pkernel");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel),
        cmocka_unit_test(the_paged_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
