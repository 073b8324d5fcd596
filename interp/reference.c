/* reference.c - the golden engine: pg_step and nothing else. It keeps no state of its own, so
 * that there is nothing in it that could be wrong. */
#include "interp/engine.h"

static void *reference_open(struct pg_machine *m) {
    return m;
}

static void reference_close(void *engine) {}

static enum pg_stop reference_run(void *engine, uint64_t until) {
    struct pg_machine *m = engine;
    while (m->run == PG_RUNNING && !m->entered && m->cpu.T < until)
        pg_step(m);
    if (m->entered) {
        m->entered = false;
        return PG_STOP_FIRMWARE;
    }
    return m->run == PG_RUNNING ? PG_STOP_TIME : PG_STOP_RUN;
}

static void reference_forget(void *engine) {}

const struct pg_engine pg_engine_reference = {
    .name = "reference",
    .meaning = "decodes every instruction anew and calls its semantic function",
    .open = reference_open,
    .close = reference_close,
    .run = reference_run,
    .forget = reference_forget,
};
