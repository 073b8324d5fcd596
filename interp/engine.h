/* engine.h - what an engine is: something that executes the instructions of a machine.
 *
 * Every engine gives the same results as pg_step, to the last bit, T included. The list of
 * engines is engine.def.
 */
#ifndef PG_ENGINE_H
#define PG_ENGINE_H

#include "machine/machine.h"

enum pg_stop {
    PG_STOP_TIME,     /* T has reached `until` (idle may carry it beyond) */
    PG_STOP_RUN,      /* m->run is no longer PG_RUNNING */
    PG_STOP_FIRMWARE, /* a trap was delivered to ring-0 firmware (m->entered; cleared) */
};

struct pg_engine {
    const char *name;
    const char *meaning; /* one line for --help */
    bool (*here)(void);  /* can this host run it? NULL: every host can */
    /* Attach to a machine; NULL if the host is out of memory. One engine per machine at a time. */
    void *(*open)(struct pg_machine *m);
    void (*close)(void *engine);
    /* Run steps until T >= until or one of the other stops. At return the machine is between two
     * steps, with all its state in *m. */
    enum pg_stop (*run)(void *engine, uint64_t until);
    /* The whole machine was replaced (a snapshot was restored): forget all that is derived. Single
     * changes need no call: memory tells its watchers, the TLB those who ask, and the PSW is looked
     * at anew at each run. */
    void (*forget)(void *engine);
};

#define X(name) extern const struct pg_engine pg_engine_##name;
#include "interp/engine.def"
#undef X

extern const struct pg_engine *const pg_engines[]; /* NULL-terminated, the reference first */

/* The engine with this name, or NULL. */
const struct pg_engine *pg_engine_by_name(const char *name);

/* The fastest that this host can run. */
const struct pg_engine *pg_engine_fastest(void);

#endif
