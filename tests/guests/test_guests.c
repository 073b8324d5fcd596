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

/* What the cells of the matrix share: the guest, and how it ends on the bare machine. */
struct matrix {
    const struct guest *guest;
    bool small; /* the guest has a small form, and the matrix uses it */
    bool have_bare;
    struct loaded loaded;
    struct outcome bare;
};

/* One cell; cmocka hands it to the test as its state. */
struct cell {
    struct matrix *matrix;
    const struct pg_system *system;
    const struct pg_engine *engine;
    char name[64];
};

static int open_matrix(void **state) {
    struct matrix *x = ((struct cell *)*state)->matrix;
    x->small = *x->guest->small != 0;
    x->loaded = guest_load(x->guest, x->small);
    return 0;
}

static int close_matrix(void **state) {
    struct matrix *x = ((struct cell *)*state)->matrix;
    if (x->have_bare)
        outcome_free(&x->bare);
    guest_unload(&x->loaded);
    return 0;
}

static void assert_promised(const struct guest *guest, bool small, const struct outcome *seen) {
    char *expected = expected_output(guest, small);
    assert_string_equal(seen->output, expected);
    assert_int_equal(seen->status, guest->status);
    free(expected);
}

/* Bare on the reference engine: the output and the status are what the guest promises. */
static void keeps_its_promise(void **state) {
    const struct cell *c = *state;
    struct matrix *x = c->matrix;
    guests_run(c->system, c->engine, &x->loaded, 1, &x->bare);
    x->have_bare = true;
    assert_promised(x->guest, x->small, &x->bare);
}

/* Anywhere else: it ends exactly as there. */
static void ends_as_on_the_bare_machine(void **state) {
    const struct cell *c = *state;
    struct outcome here;
    assert_true(c->matrix->have_bare);
    guests_run(c->system, c->engine, &c->matrix->loaded, 1, &here);
    assert_same_outcome(&c->matrix->bare, &here);
    outcome_free(&here);
}

/* The program that the build has written as an ELF file, at its full size. */
static void as_built_keeps_its_promise(void **state) {
    const struct cell *c = *state;
    struct loaded l = guest_load_built(c->matrix->guest);
    struct outcome o;
    guests_run(c->system, c->engine, &l, 1, &o);
    assert_promised(c->matrix->guest, false, &o);
    outcome_free(&o);
    guest_unload(&l);
}

/* Add a cell and its test; a cell too many is a mistake in MAX_CELLS. */
static void add(struct cell *cells, struct CMUnitTest *tests, size_t *n, struct cell cell,
                const char *form, CMUnitTestFunction test) {
    if (*n == MAX_CELLS)
        abort();
    struct cell *c = &cells[*n];
    *c = cell;
    snprintf(c->name, sizeof c->name, "%s%s: %s on %s", cell.matrix->guest->name, form,
             cell.system->name, cell.engine->name);
    tests[(*n)++] = (struct CMUnitTest){c->name, test, NULL, NULL, c};
}

int main(int argc, char **argv) {
    struct matrix matrix = {0};
    struct cell cells[MAX_CELLS];
    struct CMUnitTest tests[MAX_CELLS];
    size_t n = 0;
    for (size_t k = 0; argc == 2 && k < nguests; k++)
        if (strcmp(guests[k].name, argv[1]) == 0)
            matrix.guest = &guests[k];
    if (!matrix.guest) {
        fprintf(stderr, "usage: test_guests NAME, a name of guests.def\n");
        return 2;
    }
    for (size_t s = 0; pg_systems[s]; s++)
        for (size_t e = 0; pg_engines[e]; e++)
            add(cells, tests, &n, (struct cell){&matrix, pg_systems[s], pg_engines[e], ""}, "",
                n == 0 ? keeps_its_promise : ends_as_on_the_bare_machine);
    add(cells, tests, &n,
        (struct cell){&matrix, &pg_system_bare, pg_engine_by_name("threaded"), ""}, " as built",
        as_built_keeps_its_promise);
    tests[0].setup_func = open_matrix;
    tests[n - 1].teardown_func = close_matrix;
    return _cmocka_run_group_tests(matrix.guest->name, tests, n, NULL, NULL);
}
