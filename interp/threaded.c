/* threaded.c - placeholder until the threaded engine lands in the next commit. */
#include "interp/engine.h"

extern const struct pg_engine pg_engine_reference;
static void *threaded_open(struct pg_machine *m) {
    return pg_engine_reference.open(m);
}
static void threaded_close(void *engine) {
}
static enum pg_stop threaded_run(void *engine, uint64_t until) {
    return pg_engine_reference.run(engine, until);
}
static void threaded_forget(void *engine) {
}
const struct pg_engine pg_engine_threaded = {
    "threaded", "predecoded blocks, direct threading", threaded_open, threaded_close, threaded_run,
    threaded_forget};
