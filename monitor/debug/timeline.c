#include "monitor/debug/timeline.h"

#include "machine/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* Checkpoints are taken as the guest runs, at first each SPACING steps, later on in proportion to
 * T: so the way back to any moment is at most a small part of the way from the beginning. */
enum { SPACING = 1000000, PART = 128, PIECE = 200000 };
static const size_t most_bytes = (size_t)512 << 20; /* that checkpoints may take */

struct timeline {
    const struct pg_engine *engine;
    struct pg_setup setup; /* without disk and input: they are in the machine, or a checkpoint */
    struct pg_session *session;
    struct pg_checkpoint **checkpoints; /* by rising T; of each T the last state that it had */
    size_t n, room;
    uint64_t frontier;
    uint64_t due; /* before this T no checkpoint is due; 0: look */
};

struct pg_machine *timeline_machine(struct timeline *t) {
    return t->session->guest(t->session, 0);
}

struct pg_session *timeline_session(struct timeline *t) {
    return t->session;
}

const struct pg_system *timeline_system(const struct timeline *t) {
    return t->session->system;
}

uint64_t timeline_now(struct timeline *t) {
    return timeline_machine(t)->cpu.T;
}

uint64_t timeline_frontier(struct timeline *t) {
    uint64_t now = timeline_now(t);
    return now > t->frontier ? now : t->frontier;
}

/* ---- checkpoints */

/* The index of the first checkpoint later than T. */
static size_t later_than(const struct timeline *t, uint64_t T) {
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (pg_checkpoint_T(t->checkpoints[mid]) > T)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

uint64_t timeline_checkpoint(const struct timeline *t, uint64_t T) {
    size_t k = T ? later_than(t, T - 1) : 0;
    return pg_checkpoint_T(t->checkpoints[k ? k - 1 : 0]);
}

static void forget_from(struct timeline *t, size_t k) {
    while (t->n > k)
        pg_checkpoint_free(t->checkpoints[--t->n]);
}

/* Too much memory: every second one goes, but for the first and the last ones. */
static void thin_out(struct timeline *t) {
    size_t bytes = 0, kept = 1;
    for (size_t k = 0; k < t->n; k++)
        bytes += pg_checkpoint_size(t->checkpoints[k]);
    if (bytes < most_bytes || t->n < 8)
        return;
    for (size_t k = 1; k < t->n; k++)
        if (k % 2 == 0 || k + 4 > t->n)
            t->checkpoints[kept++] = t->checkpoints[k];
        else
            pg_checkpoint_free(t->checkpoints[k]);
    t->n = kept;
}

/* Take one of now. One of the same T is replaced: it is of before a change. */
static bool take(struct timeline *t) {
    size_t at = later_than(t, timeline_now(t));
    struct pg_checkpoint *like = at ? t->checkpoints[at - 1] : NULL;
    struct pg_checkpoint *c = pg_checkpoint_take(timeline_machine(t), like);
    if (!c)
        return false;
    if (like && pg_checkpoint_T(like) == pg_checkpoint_T(c)) {
        pg_checkpoint_free(like);
        t->checkpoints[at - 1] = c;
        return true;
    }
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct pg_checkpoint **grown = realloc(t->checkpoints, room * sizeof *grown);
        if (!grown) {
            pg_checkpoint_free(c);
            return false;
        }
        t->checkpoints = grown;
        t->room = room;
    }
    memmove(t->checkpoints + at + 1, t->checkpoints + at, (t->n - at) * sizeof *t->checkpoints);
    t->checkpoints[at] = c;
    t->n++;
    thin_out(t);
    return true;
}

void timeline_mark(struct timeline *t) {
    t->frontier = timeline_frontier(t);
    take(t);
}

static uint64_t spacing_at(uint64_t T) {
    return T / PART > SPACING ? T / PART : SPACING;
}

/* ---- opening, and opening anew */

static struct pg_session *open_session(const struct timeline *t, const struct pg_system *system,
                                       const struct pg_setup *setup, struct pg_error *err) {
    struct pg_session *session = system->open(t->engine, setup, 1, err);
    if (session)
        session->limit(session, 0, PG_NEVER);
    return session;
}

struct timeline *timeline_open(const struct pg_system *system, const struct pg_engine *engine,
                               const struct pg_setup *setup, struct pg_error *err) {
    struct timeline *t = calloc(1, sizeof *t);
    if (!t) {
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    t->engine = engine;
    t->setup = *setup;
    t->session = open_session(t, system, setup, err);
    t->setup.disk = NULL;
    t->setup.input = NULL;
    t->setup.from = NULL; /* and log: reopen says which */
    t->setup.log = NULL;
    if (t->session && !take(t)) {
        pg_fail(err, "the host is out of memory");
        timeline_close(t);
        return NULL;
    }
    if (!t->session) {
        free(t);
        return NULL;
    }
    return t;
}

void timeline_close(struct timeline *t) {
    if (!t)
        return;
    forget_from(t, 0);
    free(t->checkpoints);
    if (t->session)
        t->session->close(t->session);
    free(t);
}

/* In this system, in this state. */
static bool reopen(struct timeline *t, const struct pg_system *system,
                   const struct pg_checkpoint *from, const struct pg_input *log,
                   struct pg_error *err) {
    struct pg_setup setup = t->setup;
    setup.from = from;
    setup.log = log;
    struct pg_session *session = open_session(t, system, &setup, err);
    if (!session)
        return false;
    t->frontier = timeline_frontier(t);
    t->due = 0;
    t->session->close(t->session);
    t->session = session;
    return true;
}

/* ---- going */

static bool running(struct timeline *t) {
    return timeline_machine(t)->run == PG_RUNNING;
}

/* Run until T is `until` or later. */
static enum moment run_until(struct timeline *t, uint64_t until, struct pg_error *err) {
    struct pg_session *s = t->session;
    enum pg_progress progress = PG_PROGRESS_DONE;
    s->limit(s, 0, until);
    while (timeline_now(t) < until) {
        progress = s->run(s, until - timeline_now(t));
        if (progress != PG_PROGRESS_MORE)
            break;
    }
    if (progress == PG_PROGRESS_BROKEN) {
        pg_fail(err, "%s", s->error.text);
        return MOMENT_BROKEN;
    }
    if (timeline_now(t) >= until)
        return MOMENT_REACHED;
    return progress == PG_PROGRESS_WAITING ? MOMENT_WAITING : MOMENT_ENDED;
}

enum moment timeline_step(struct timeline *t, struct pg_error *err) {
    enum moment end = run_until(t, timeline_now(t) + 1, err);
    uint64_t now = timeline_now(t);
    if (end != MOMENT_REACHED || now < t->due)
        return end;
    uint64_t last = timeline_checkpoint(t, now + 1);
    if (now - last >= spacing_at(now) && !take(t)) {
        pg_fail(err, "the host is out of memory");
        return MOMENT_BROKEN;
    }
    t->due = timeline_checkpoint(t, now + 1) + spacing_at(now);
    return end;
}

enum moment timeline_goto(struct timeline *t, uint64_t T, bool (*stop)(void *with), void *with,
                          struct pg_error *err) {
    T = T > timeline_begin(t) ? T : timeline_begin(t);
    uint64_t now = timeline_now(t);
    const struct pg_checkpoint *last = t->checkpoints[later_than(t, T) - 1];
    if ((T < now || pg_checkpoint_T(last) > now) &&
        !reopen(t, t->session->system, last, &timeline_machine(t)->bus.plugs.input, err))
        return MOMENT_BROKEN;
    while ((now = timeline_now(t)) < T) {
        uint64_t next = timeline_checkpoint(t, now + 1) + spacing_at(now);
        uint64_t until = now + PIECE < T ? now + PIECE : T;
        if (now < next && next < until)
            until = next;
        enum moment end = run_until(t, until, err);
        if (end == MOMENT_BROKEN)
            return end;
        if (timeline_now(t) >= next && running(t) && !take(t)) {
            pg_fail(err, "the host is out of memory");
            return MOMENT_BROKEN;
        }
        if (stop && stop(with))
            return MOMENT_STOPPED;
        if (end == MOMENT_ENDED || (end == MOMENT_WAITING && !running(t)))
            return end;
    }
    return MOMENT_REACHED;
}

/* A step may be long (idle), so that the moment T - 1 may not be one. */
bool timeline_before(struct timeline *t, uint64_t T, uint64_t *before, struct pg_error *err) {
    uint64_t back = 1;
    while (timeline_goto(t, T > back ? T - back : 0, NULL, NULL, err) != MOMENT_BROKEN) {
        if (timeline_now(t) < T) { /* and so T is not the beginning */
            do {
                *before = timeline_now(t);
                if (timeline_step(t, err) == MOMENT_BROKEN)
                    return false;
            } while (timeline_now(t) < T && timeline_now(t) > *before);
            return true;
        }
        if (back >= T - timeline_begin(t))
            return pg_fail(err, "there is nothing before T = %llu", (unsigned long long)T);
        back *= 2;
    }
    return false;
}

/* ---- changing */

bool timeline_changed(struct timeline *t) {
    forget_from(t, later_than(t, timeline_now(t)));
    t->frontier = timeline_now(t);
    return take(t);
}

/* What arrives later than T does not. */
static void cut_input(struct pg_input *input, uint64_t T) {
    while (input->narrivals && input->arrivals[input->narrivals - 1].T > T)
        input->narrivals--;
    input->bytes.size = input->narrivals ? input->arrivals[input->narrivals - 1].upto : 0;
    if (input->end_T > T)
        input->open = true;
}

bool timeline_input(struct timeline *t, const void *bytes, size_t size) {
    struct pg_machine *m = timeline_machine(t);
    cut_input(&m->bus.plugs.input, timeline_now(t)); /* also what came after a change by hand */
    if (timeline_now(t) < timeline_frontier(t)) {
        forget_from(t, later_than(t, timeline_now(t)));
        t->frontier = timeline_now(t);
    }
    if (!m->bus.plugs.input.open)
        return false;
    return pg_feed(m, bytes, size) && take(t);
}

bool timeline_switch(struct timeline *t, const struct pg_system *system, struct pg_error *err) {
    struct pg_checkpoint *now = pg_checkpoint_take(timeline_machine(t), NULL);
    bool ok = now ? reopen(t, system, now, &timeline_machine(t)->bus.plugs.input, err)
                  : pg_fail(err, "the host is out of memory");
    pg_checkpoint_free(now);
    return ok;
}

/* ---- snapshots */

bool timeline_save(struct timeline *t, struct pg_bytes *out, struct pg_error *err) {
    return pg_snapshot_save(timeline_machine(t), out, err);
}

static bool become(struct timeline *t, const struct pg_machine *m, struct pg_error *err) {
    struct pg_checkpoint *c = pg_checkpoint_take(m, NULL);
    t->setup.disk_sectors = m->bus.plugs.disk_sectors;
    bool ok = c ? reopen(t, t->session->system, c, &m->bus.plugs.input, err)
                : pg_fail(err, "the host is out of memory");
    pg_checkpoint_free(c);
    return ok;
}

bool timeline_restore(struct timeline *t, const void *bytes, size_t size, struct pg_error *err) {
    struct pg_machine *m = pg_machine_new(timeline_machine(t)->ram.size, err);
    if (!m)
        return false;
    m->profile = timeline_machine(t)->profile;
    uint32_t sectors = t->setup.disk_sectors;
    bool ok = pg_snapshot_restore(m, bytes, size, err) && become(t, m, err);
    pg_machine_free(m);
    if (!ok) {
        t->setup.disk_sectors = sectors;
        return false;
    }
    forget_from(t, 0);
    t->frontier = timeline_now(t);
    return take(t) || pg_fail(err, "the host is out of memory");
}

uint64_t timeline_begin(const struct timeline *t) {
    return pg_checkpoint_T(t->checkpoints[0]);
}
