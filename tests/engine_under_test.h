/* engine_under_test.h - for tests that ctest runs with one engine after the other. */
#ifndef ENGINE_UNDER_TEST_H
#define ENGINE_UNDER_TEST_H

#include "interp/engine.h"

#include <stdio.h>
#include <stdlib.h>

/* The engine that the environment names, as ENGINE=native; else the threaded one. */
static inline const struct pg_engine *engine_under_test(void) {
    const char *name = getenv("ENGINE");
    const struct pg_engine *engine = pg_engine_by_name(name ? name : "threaded");
    if (!engine) {
        fprintf(stderr, "ENGINE=%s: there is none\n", name);
        exit(2);
    }
    return engine;
}

#endif
