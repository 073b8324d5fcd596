/* gdb_run.c - on and back for gdb, and the stop replies. */
#include "monitor/debug/gdb.h"

#include "monitor/terminal.h"

#include <stdlib.h>
#include <string.h>

static bool in_user(struct debugger *d, void *with) {
    return (debug_machine(d)->cpu.psw.status & PG_RING) != 0;
}

static bool in_kernel(struct debugger *d, void *with) {
    return !in_user(d, with);
}

/* ---- saying so */

void gdb_tell(struct gdb *g, const char *text, size_t size) {
    enum { CHUNK = 1000 };
    struct gdb_text packet;
    while (size) {
        size_t n = size < CHUNK ? size : CHUNK;
        gdb_clear(&packet);
        gdb_add(&packet, "O");
        gdb_add_hex(&packet, text, n);
        gdb_send(&g->link, packet.bytes, packet.n);
        text += n;
        size -= n;
    }
}

void gdb_stopped(struct gdb *g, unsigned signal, const char *what, unsigned process) {
    g->process = process; /* gdb takes it for the one that it means from now on */
    gdb_add(&g->reply, g->spaces ? "T%02x%sthread:p%x.1;" : "T%02x%sthread:%x;", signal, what,
            process);
}

/* The words of the console for it. */
static void tell_report(struct gdb *g, enum halt halt, int number) {
    FILE *outer = g->d->out;
    char *text = NULL;
    size_t size = 0;
    run_show_console(g->d); /* here, not there */
    fflush(stdout);
    if (!(g->d->out = open_memstream(&text, &size))) {
        g->d->out = outer;
        return;
    }
    run_report(g->d, halt, number);
    fclose(g->d->out);
    g->d->out = outer;
    gdb_tell(g, text, size);
    free(text);
}

/* Its reason, of one of gdb's stops; else "", as gdb does not know it. */
static void describe(const struct gdb *g, int number, char *what, size_t size) {
    static const char *const kinds[] = {"swbreak", "hwbreak", "watch", "rwatch", "awatch"};
    for (size_t k = 0; k < GDB_STOPS; k++)
        if (g->stops[k].number == number && g->stops[k].type < 2)
            snprintf(what, size, "%s:;", kinds[g->stops[k].type]);
        else if (g->stops[k].number == number)
            snprintf(what, size, "%s:%x;", kinds[g->stops[k].type], g->stops[k].address);
}

/* gdb 13 fails if a step of one process ends in the other one, unless at a breakpoint there: then
 * `process` is the one that was stepped. 0: as it is. */
static void report(struct gdb *g, enum halt halt, int number, unsigned process) {
    char what[64] = "";
    unsigned signal = GDB_SIGTRAP;
    switch (halt) {
    case HALT_DONE: break;
    case HALT_STOP:
        describe(g, number, what, sizeof what);
        if (*what)
            process = 0;
        else
            tell_report(g, halt, number);
        break;
    case HALT_ENDED:
        /* Not an exit: gdb would forget all, and one may want to go back. */
        tell_report(g, halt, number);
        snprintf(what, sizeof what, "replaylog:end;");
        break;
    case HALT_BEGINNING: snprintf(what, sizeof what, "replaylog:begin;"); break;
    case HALT_WAITING:
        tell_report(g, halt, number);
        signal = GDB_SIGTTIN;
        break;
    case HALT_INTERRUPTED: signal = GDB_SIGINT; break;
    case HALT_BROKEN:
        tell_report(g, halt, number);
        signal = GDB_SIGABRT;
        break;
    }
    gdb_stopped(g, signal, what, process ? process : gdb_present(g));
}

/* gdb has it that a RISC-V machine stops before an access that is watched: it then takes the
 * watchpoint away and makes the step itself, to see what has changed. So we go back by that step.
 * On the way back it is the same: what comes next is the step that made the access.
 *
 * Is this stop a watchpoint of gdb's; with 0, is there any? */
static bool watches(const struct gdb *g, int number) {
    for (size_t k = 0; k < GDB_STOPS; k++)
        if (g->stops[k].number && g->stops[k].type >= 2 &&
            (number == 0 || g->stops[k].number == number))
            return true;
    return false;
}

/* ---- on */

static void begin(struct gdb *g, bool back) {
    struct debugger *d = g->d;
    g->back = back;
    d->typed = !back && run_may_be_typed_at(d);
    if (d->typed)
        mon_terminal_open();
}

static void end(struct gdb *g, enum halt halt, int number, unsigned process) {
    if (g->d->typed) {
        mon_terminal_close();
        mon_clear_interrupt(); /* Ctrl-C here was for the guest; without a terminal it ends us */
    }
    g->d->typed = false;
    if (!g->back)
        run_show_console(g->d);
    fflush(stdout);
    report(g, halt, number, process);
}

static void go_on(struct gdb *g, bool (*until)(struct debugger *d, void *with), void *with,
                  unsigned process) {
    int number = 0;
    begin(g, false);
    enum halt halt = run_forward(g->d, until, with, &number);
    if (halt == HALT_WAITING && !g->d->typed) {
        begin(g, false); /* it has come from the past to where one may type */
        if (g->d->typed)
            halt = run_forward(g->d, until, with, &number);
    }
    if (halt == HALT_STOP && watches(g, number) && run_steps_back(g->d, 1) != HALT_DONE)
        halt = HALT_BROKEN;
    end(g, halt, number, process);
}

void gdb_continue(struct gdb *g) {
    go_on(g, NULL, NULL, 0);
}

struct range {
    uint32_t from, end;
    bool user;   /* it began in rings 1 to 3 */
    bool spaces; /* there are two processes: a step of one ends in it */
    bool gates;  /* a gate is followed into ring 0 */
    bool first;  /* this is the first step */
};

/* A program in rings 1 to 3 takes no notice of what lies between two of its instructions: an
 * interrupt, or a page that comes on demand. */
static bool left(struct debugger *d, void *with) {
    struct range *range = with;
    const struct pg_machine *m = debug_machine(d);
    bool user = in_user(d, NULL), gate = range->first && range->gates &&
                                         m->trap.cause >= PG_CAUSE_svc &&
                                         m->trap.cause <= PG_CAUSE_hvc;
    range->first = false;
    if (user != range->user)
        return !range->spaces && (user || gate);
    return m->cpu.psw.pc < range->from || m->cpu.psw.pc >= range->end;
}

/* A step of the process that the processor is not in: until it is. So one goes from a program into
 * the kernel, and back. */
static void step(struct gdb *g, uint32_t from, uint32_t end, bool gates) {
    struct range range = {from, end, in_user(g->d, NULL), g->spaces, gates, true};
    unsigned process = gdb_meant(g);
    if (process == gdb_present(g))
        go_on(g, left, &range, process);
    else
        go_on(g, process == GDB_USER ? in_user : in_kernel, NULL, process);
}

void gdb_step_range(struct gdb *g, uint32_t from, uint32_t end) {
    step(g, from, end, false);
}

void gdb_step(struct gdb *g) {
    step(g, 0, 0, true);
}

/* ---- back */

/* To the last moment before now in rings 1 to 3, or in ring 0. Most often it is not far. */
static enum halt back_to(struct gdb *g, bool user) {
    enum { LOOK = 2000 }; /* steps between two looks for Ctrl-C */
    struct debugger *d = g->d;
    struct pg_error err;
    unsigned n = 1;
    uint64_t now = timeline_now(d->t), begin = timeline_begin(d->t), from = now, found = begin;
    bool has = false;
    for (uint64_t width = 256; !has && from > begin; width *= 8) {
        from = now - begin > width ? now - width : begin;
        if (timeline_goto(d->t, from, NULL, NULL, &err) == MOMENT_BROKEN)
            return HALT_BROKEN;
        for (uint64_t T; (T = timeline_now(d->t)) < now;) {
            if (in_user(d, NULL) == user) {
                has = true;
                found = T;
            }
            if (timeline_step(d->t, &err) == MOMENT_BROKEN)
                return HALT_BROKEN;
            if (timeline_now(d->t) == T)
                break;
            if (n++ % LOOK == 0 && run_asked_to_stop(d))
                return run_to(d, now) == HALT_BROKEN ? HALT_BROKEN : HALT_INTERRUPTED;
        }
    }
    return run_to(d, found) == HALT_BROKEN ? HALT_BROKEN : has ? HALT_DONE : HALT_BEGINNING;
}

void gdb_step_back(struct gdb *g) {
    unsigned process = gdb_meant(g);
    bool user = g->spaces ? process == GDB_USER : in_user(g->d, NULL);
    begin(g, true);
    enum halt halt = run_steps_back(g->d, 1);
    if (halt == HALT_DONE && in_user(g->d, NULL) != user && (g->spaces || user))
        halt = back_to(g, user);
    end(g, halt, 0, process);
}

/* Has the last step hit a watchpoint? Then that is the nearest stop on the way back. */
static bool just_watched(struct gdb *g, int *number) {
    struct pg_error err;
    *number = 0;
    if (!watches(g, 0) || run_steps_back(g->d, 1) != HALT_DONE)
        return false;
    stops_begin(g->d);
    if (timeline_step(g->d->t, &err) == MOMENT_BROKEN)
        return false;
    *number = stops_check(g->d, false);
    return *number && watches(g, *number);
}

void gdb_continue_back(struct gdb *g) {
    int number;
    begin(g, true);
    enum halt halt = HALT_STOP;
    if (!just_watched(g, &number))
        halt = run_back(g->d, false, &number);
    end(g, halt, number, 0);
}
