#include "interp/engine.h"

#include <string.h>

const struct pg_engine *const pg_engines[] = {
#define X(name) &pg_engine_##name,
#include "interp/engine.def"
#undef X
    NULL,
};

const struct pg_engine *pg_engine_by_name(const char *name) {
    for (int k = 0; pg_engines[k]; k++)
        if (strcmp(pg_engines[k]->name, name) == 0)
            return pg_engines[k];
    return NULL;
}

const struct pg_engine *pg_engine_fastest(void) {
    const struct pg_engine *fastest = pg_engines[0];
    for (int k = 1; pg_engines[k]; k++)
        if (!pg_engines[k]->here || pg_engines[k]->here())
            fastest = pg_engines[k];
    return fastest;
}
