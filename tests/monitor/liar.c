/* liar.c - systems that do not do what they should, for what trapeze says of such. The linker
 * puts __wrap_pg_system_by_name in the place of pg_system_by_name. */
#include "vmm/system.h"

#include <stdlib.h>
#include <string.h>

const struct pg_system *__wrap_pg_system_by_name(const char *name);
const struct pg_system *__real_pg_system_by_name(const char *name);

/* A bare session, with something wrong. */
struct wrong {
    struct pg_session session;
    struct pg_session *bare;
};

static struct pg_session *bare_of(struct pg_session *s) {
    return ((struct wrong *)s)->bare;
}

static struct pg_machine *guest(struct pg_session *s, size_t k) {
    return bare_of(s)->guest(bare_of(s), k);
}

static const struct pg_counts *counts(struct pg_session *s, size_t k) {
    return bare_of(s)->counts(bare_of(s), k);
}

static void close_session(struct pg_session *s) {
    bare_of(s)->close(bare_of(s));
    free(s);
}

static void limit(struct pg_session *s, size_t k, uint64_t T) {
    bare_of(s)->limit(bare_of(s), k, T);
}

/* In the end one register is not what it should be. */
static enum pg_progress lie(struct pg_session *s, uint64_t steps) {
    enum pg_progress progress = bare_of(s)->run(bare_of(s), steps);
    if (progress == PG_PROGRESS_DONE)
        guest(s, 0)->cpu.r[7] ^= 1;
    return progress;
}

static enum pg_progress break_down(struct pg_session *s, uint64_t steps) {
    pg_fail(&s->error, "the VMM failed: out of luck");
    return PG_PROGRESS_BROKEN;
}

/* After the 1000th step it takes the whole process along. */
static enum pg_progress crash(struct pg_session *s, uint64_t steps) {
    enum pg_progress progress = bare_of(s)->run(bare_of(s), steps);
    if (guest(s, 0)->cpu.T > 1000)
        abort();
    return progress;
}

static struct pg_session *open_wrong(const struct pg_system *system,
                                     enum pg_progress (*run)(struct pg_session *, uint64_t),
                                     const struct pg_engine *engine, const struct pg_setup *guests,
                                     size_t n, struct pg_error *err) {
    struct pg_session *bare = pg_system_bare.open(engine, guests, n, err);
    struct wrong *w = bare ? malloc(sizeof *w) : NULL;
    if (!w)
        return NULL;
    *w = (struct wrong){.session = {.system = system,
                                    .run = run,
                                    .guest = guest,
                                    .counts = counts,
                                    .limit = limit,
                                    .close = close_session,
                                    .nguests = n},
                        .bare = bare};
    return &w->session;
}

static const struct pg_system liar, broken, crasher;

static struct pg_session *open_liar(const struct pg_engine *engine, const struct pg_setup *guests,
                                    size_t n, struct pg_error *err) {
    return open_wrong(&liar, lie, engine, guests, n, err);
}

static struct pg_session *open_broken(const struct pg_engine *engine, const struct pg_setup *guests,
                                      size_t n, struct pg_error *err) {
    return open_wrong(&broken, break_down, engine, guests, n, err);
}

static struct pg_session *open_crasher(const struct pg_engine *engine,
                                       const struct pg_setup *guests, size_t n,
                                       struct pg_error *err) {
    return open_wrong(&crasher, crash, engine, guests, n, err);
}

static const struct pg_system liar = {
    .name = "liar", .meaning = "ends in another state", .open = open_liar};
static const struct pg_system broken = {.name = "broken", .meaning = "fails", .open = open_broken};
static const struct pg_system crasher = {
    .name = "crasher", .meaning = "ends the process", .open = open_crasher};

const struct pg_system *__wrap_pg_system_by_name(const char *name) {
    if (strcmp(name, liar.name) == 0)
        return &liar;
    if (strcmp(name, broken.name) == 0)
        return &broken;
    if (strcmp(name, crasher.name) == 0)
        return &crasher;
    return __real_pg_system_by_name(name);
}
