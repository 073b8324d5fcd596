/* test_holes.c - each hole of a profile: a guest that ends well on the bare machine and shows
 * another result under the systems that the hole spoils, and no others.
 */
#include "harness.h"

#include "machine/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct hole {
    const char *guest;
    const char *profile; /* built in, or a file in guests/holes/ */
    const char *right;   /* the systems that are right: the others must go wrong */
} holes[] = {
    {"smsw", "x86", "bare interp hybrid bt"},
    {"popf", "x86", "bare interp hybrid bt"},
    {"sgdt", "x86", "bare interp bt"},
    {"verr", "x86", "bare interp hybrid bt"},
    {"jrst", "pdp10", "bare interp hybrid bt"},
    {"rdtsc", "timing.profile", "bare interp hybrid bt"},
    {"smsw", "pdp10", "bare interp te hybrid bt"},
    {"sgdt", "pdp10", "bare interp te hybrid bt"},
    {"rdtsc", "x86", "bare interp te hybrid bt"},
};

static struct pg_profile get_profile(const char *name) {
    struct pg_profile profile;
    struct pg_diagnostics diags = {0};
    char text[4096];
    if (pg_profile_builtin(name, &profile))
        return profile;
    snprintf(text, sizeof text, "%s/holes/%s", GUESTS_SOURCE, name);
    FILE *file = fopen(text, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_true(pg_profile_parse(text, size, name, &profile, &diags));
    return profile;
}

static bool is_right(const struct hole *hole, const char *system) {
    char text[64], *save = NULL;
    snprintf(text, sizeof text, "%s", hole->right);
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
        if (strcmp(w, system) == 0)
            return true;
    return false;
}

static void holes_show_where_the_theorems_say(void **state) {
    for (size_t h = 0; h < sizeof holes / sizeof *holes; h++) {
        struct pg_profile profile = get_profile(holes[h].profile);
        struct outcome bare;
        struct loaded l = guest_load(guest_by_name(holes[h].guest), false);
        l.setup.profile = &profile;
        guests_run(&pg_system_bare, pg_engines[0], &l, 1, &bare);
        assert_int_equal(bare.status, 0);
        for (int s = 0; pg_systems[s]; s++)
            for (int e = 0; pg_engines[e]; e++) {
                struct outcome seen;
                guests_run(pg_systems[s], pg_engines[e], &l, 1, &seen);
                bool same = strcmp(seen.hash, bare.hash) == 0;
                if (same != is_right(&holes[h], pg_systems[s]->name) || same != (seen.status == 0))
                    fail_msg("%s under %s, profile %s: status %u, %s", holes[h].guest,
                             pg_systems[s]->name, holes[h].profile, seen.status, seen.output);
                outcome_free(&seen);
            }
        outcome_free(&bare);
        guest_unload(&l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(holes_show_where_the_theorems_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
