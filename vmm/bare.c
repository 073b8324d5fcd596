/* bare.c - the system without a VMM: the guest owns the machine. The reference for all others. */
#include "vmm/system.h"

#include <stdlib.h>

/* One guest with a machine and an engine to itself. */
struct alone {
    struct pg_machine *machine;
    void *engine;
    uint64_t limit;
    struct pg_counts counts;
};

struct bare {
    struct pg_session session;
    const struct pg_engine *engine;
    struct alone guests[];
};

static bool ended(const struct alone *g) {
    return (g->machine->run != PG_RUNNING && g->machine->run != PG_WAITING) ||
           g->machine->cpu.T >= g->limit;
}

static enum pg_progress bare_run(struct pg_session *session, uint64_t steps) {
    struct bare *s = (struct bare *)session;
    bool more = false, waiting = false;
    for (size_t k = 0; k < session->nguests; k++) {
        struct alone *g = &s->guests[k];
        uint64_t left = g->limit - g->machine->cpu.T;
        if (!ended(g) && g->machine->run == PG_RUNNING)
            s->engine->run(g->engine, g->machine->cpu.T + (steps < left ? steps : left));
        g->counts.n[PG_COUNT_direct] = g->machine->retired;
        g->counts.n[PG_COUNT_traps] = g->machine->traps;
        waiting |= !ended(g) && g->machine->run == PG_WAITING;
        more |= !ended(g) && g->machine->run == PG_RUNNING;
    }
    return more ? PG_PROGRESS_MORE : waiting ? PG_PROGRESS_WAITING : PG_PROGRESS_DONE;
}

static struct pg_machine *bare_guest(struct pg_session *session, size_t k) {
    return ((struct bare *)session)->guests[k].machine;
}

static const struct pg_counts *bare_counts(struct pg_session *session, size_t k) {
    return &((struct bare *)session)->guests[k].counts;
}

static void bare_limit(struct pg_session *session, size_t k, uint64_t T) {
    ((struct bare *)session)->guests[k].limit = T;
}

static void bare_close(struct pg_session *session) {
    struct bare *s = (struct bare *)session;
    for (size_t k = 0; k < session->nguests; k++) {
        if (s->guests[k].engine)
            s->engine->close(s->guests[k].engine);
        pg_machine_free(s->guests[k].machine);
    }
    free(s);
}

static bool set_up(struct bare *s, struct alone *g, const struct pg_setup *setup,
                   struct pg_error *err) {
    g->limit = setup->limit;
    g->machine = pg_machine_new(setup->memory, err);
    if (!g->machine || !pg_set_up(g->machine, setup, err))
        return false;
    g->engine = s->engine->open(g->machine);
    return g->engine || pg_fail(err, "the host is out of memory");
}

static struct pg_session *bare_open(const struct pg_engine *engine, const struct pg_setup *guests,
                                    size_t n, struct pg_error *err) {
    struct bare *s = calloc(1, sizeof *s + n * sizeof s->guests[0]);
    if (!s) {
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    s->session = (struct pg_session){.system = &pg_system_bare,
                                     .run = bare_run,
                                     .guest = bare_guest,
                                     .counts = bare_counts,
                                     .limit = bare_limit,
                                     .close = bare_close,
                                     .nguests = n};
    s->engine = engine;
    for (size_t k = 0; k < n; k++)
        if (!set_up(s, &s->guests[k], &guests[k], err)) {
            bare_close(&s->session);
            return NULL;
        }
    return &s->session;
}

const struct pg_system pg_system_bare = {
    .name = "bare",
    .meaning = "no VMM: the guest owns the real machine",
    .open = bare_open,
};
