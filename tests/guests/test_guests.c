/* test_guests.c - a guest in every system on every engine: the same output, status, T and state
 * hash as on the bare machine with the reference engine.
 *
 *     test_guests NAME
 */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_CELLS = 64 };

/* One cell of the matrix; cmocka hands it to the test as its state. */
struct cell {
    const struct guest *guest;
    const struct pg_system *system;
    const struct pg_engine *engine;
    char name[64];
};

static bool has_small_form(const struct guest *guest) {
    return *guest->small != 0;
}

/* Bare on the reference engine: the output and the status are what the guest promises. */
static void keeps_its_promise(void **state) {
    const struct cell *c = *state;
    bool small = has_small_form(c->guest);
    struct loaded l = guest_load(c->guest, small);
    struct outcome o;
    guests_run(c->system, c->engine, &l, 1, &o);
    char *expected = expected_output(c->guest, small);
    assert_string_equal(o.output, expected);
    assert_int_equal(o.status, c->guest->status);
    free(expected);
    outcome_free(&o);
    guest_unload(&l);
}

/* Anywhere else: it ends exactly as there. */
static void ends_as_on_the_bare_machine(void **state) {
    const struct cell *c = *state;
    struct loaded l = guest_load(c->guest, has_small_form(c->guest));
    struct outcome bare, here;
    guests_run(pg_systems[0], pg_engines[0], &l, 1, &bare);
    guests_run(c->system, c->engine, &l, 1, &here);
    assert_same_outcome(&bare, &here);
    outcome_free(&bare);
    outcome_free(&here);
    guest_unload(&l);
}

/* The program that the build has written as an ELF file, at its full size. */
static void the_built_program_does_too(void **state) {
    const struct cell *c = *state;
    struct loaded l = guest_load_built(c->guest);
    struct outcome o;
    guests_run(c->system, c->engine, &l, 1, &o);
    char *expected = expected_output(c->guest, false);
    assert_string_equal(o.output, expected);
    assert_int_equal(o.status, c->guest->status);
    free(expected);
    outcome_free(&o);
    guest_unload(&l);
}

int main(int argc, char **argv) {
    static struct cell cells[MAX_CELLS];
    struct CMUnitTest tests[MAX_CELLS];
    size_t n = 0, last_engine = 0;
    const struct guest *guest = NULL;
    for (size_t k = 0; argc == 2 && k < nguests; k++)
        if (strcmp(guests[k].name, argv[1]) == 0)
            guest = &guests[k];
    if (!guest) {
        fprintf(stderr, "usage: test_guests NAME, a name of guests.def\n");
        return 2;
    }
    for (size_t s = 0; pg_systems[s]; s++)
        for (size_t e = 0; pg_engines[e] && n < MAX_CELLS - 1; e++, n++) {
            last_engine = e;
            cells[n] = (struct cell){guest, pg_systems[s], pg_engines[e], ""};
            snprintf(cells[n].name, sizeof cells[n].name, "%s: %s on %s", guest->name,
                     pg_systems[s]->name, pg_engines[e]->name);
            tests[n] = (struct CMUnitTest){
                .name = cells[n].name,
                .test_func = n == 0 ? keeps_its_promise : ends_as_on_the_bare_machine,
                .initial_state = &cells[n],
            };
        }
    cells[n] = (struct cell){guest, pg_systems[0], pg_engines[last_engine], ""};
    snprintf(cells[n].name, sizeof cells[n].name, "%s: as built", guest->name);
    tests[n] = (struct CMUnitTest){
        .name = cells[n].name,
        .test_func = the_built_program_does_too,
        .initial_state = &cells[n],
    };
    n++;
    return _cmocka_run_group_tests(guest->name, tests, n, NULL, NULL);
}
