/* do_run.c - the commands that move the guest, on and back. */
#include "monitor/debug/debug.h"

#include "isa/disasm.h"

#include <stdlib.h>
#include <string.h>

/* What every such command does at its end: tell, note for what is marked as changed, and run the
 * commands of the stop. */
static void arrived(struct debugger *d, enum halt halt, int number) {
    run_report(d, halt, number);
    d->stopped_by = halt == HALT_STOP ? number : 0;
    if (d->at_stop) /* one of the commands of a stop has come here: the loop below goes on */
        return;
    d->at_stop = true;
    while (d->stopped_by && !mon_interrupted() && !d->quit) {
        const char *commands = stops_commands_of(d->stops, d->stopped_by);
        char *copy = commands ? strdup(commands) : NULL; /* they may delete the stop */
        d->stopped_by = 0;
        for (char *at = copy, *next; at && *at && !d->stopped_by && !d->quit; at = next) {
            next = at + strcspn(at, ";");
            if (*next)
                *next++ = '\0';
            console_do(d, at);
        }
        free(copy);
    }
    d->at_stop = false;
}

/* What was before, to show afterwards what has changed. */
static void departing(struct debugger *d) {
    const struct pg_machine *m = debug_machine(d);
    memcpy(d->r, m->cpu.r, sizeof d->r);
    d->psw = m->cpu.psw;
    d->shown_before = d->shown;
    d->counts = *timeline_session(d->t)->counts(timeline_session(d->t), 0);
}

/* A count, `otherwise` if there is none. False after a message. */
static bool count_of(struct debugger *d, const char *rest, uint64_t otherwise, uint64_t *n) {
    *n = otherwise;
    return !*rest || debug_evaluate(d, rest, n);
}

void do_stepi(struct debugger *d, const char *rest) {
    uint64_t n;
    if (!count_of(d, rest, 1, &n))
        return;
    departing(d);
    arrived(d, run_steps(d, n), 0);
}

void do_run(struct debugger *d, const char *rest) {
    uint64_t n;
    if (!*rest)
        debug_fail(d, "run: how many steps?");
    else if (count_of(d, rest, 1, &n)) {
        departing(d);
        uint64_t now = timeline_now(d->t);
        arrived(d, run_to(d, n < PG_NEVER - now ? now + n : PG_NEVER), 0);
    }
}

void do_back(struct debugger *d, const char *rest) {
    uint64_t n;
    if (!count_of(d, rest, 1, &n))
        return;
    departing(d);
    arrived(d, run_steps_back(d, n), 0);
}

void do_goto(struct debugger *d, const char *rest) {
    uint64_t T = 0;
    bool known = strcmp(rest, "end") == 0;
    if (known)
        T = timeline_frontier(d->t);
    for (size_t k = 0; k < d->nbookmarks; k++)
        if (strcmp(rest, d->bookmarks[k].name) == 0) {
            T = d->bookmarks[k].T;
            known = true;
        }
    if (!known && (!*rest || !debug_evaluate(d, rest, &T))) {
        debug_fail(d, "goto: a T, a bookmark, or end");
        return;
    }
    departing(d);
    arrived(d, run_to(d, T), 0);
}

void do_bookmark(struct debugger *d, const char *rest) {
    char T[32];
    for (size_t k = 0; !*rest && k < d->nbookmarks; k++)
        fprintf(d->out, "%-16s T %s\n", d->bookmarks[k].name, mon_grouped(d->bookmarks[k].T, T));
    if (!*rest)
        return;
    size_t k = 0;
    while (k < d->nbookmarks && strcmp(d->bookmarks[k].name, rest) != 0)
        k++;
    if (k == DEBUG_BOOKMARKS || strlen(rest) >= sizeof d->bookmarks[k].name) {
        debug_fail(d, "bookmark: at most %d, of at most 31 characters", DEBUG_BOOKMARKS);
        return;
    }
    snprintf(d->bookmarks[k].name, sizeof d->bookmarks[k].name, "%s", rest);
    d->bookmarks[k].T = timeline_now(d->t);
    d->nbookmarks += k == d->nbookmarks;
}

/* Do it N times (1), as long as it ends with `good`. */
static void repeat(struct debugger *d, const char *rest, enum halt good,
                   enum halt (*once)(struct debugger *d, int *number)) {
    uint64_t n;
    int number = 0;
    enum halt halt = HALT_DONE;
    if (!count_of(d, rest, 1, &n))
        return;
    departing(d);
    for (uint64_t k = 0; k < n && (k == 0 || halt == good); k++)
        halt = k && run_asked_to_stop(d) ? HALT_INTERRUPTED : once(d, &number);
    arrived(d, halt, number);
}

static enum halt to_a_stop(struct debugger *d, int *number) {
    return run_forward(d, NULL, NULL, number);
}

void do_continue(struct debugger *d, const char *rest) {
    repeat(d, rest, HALT_STOP, to_a_stop);
}

void do_reverse(struct debugger *d, const char *rest) {
    int number;
    departing(d);
    enum halt halt = run_back(d, false, &number);
    arrived(d, halt, number);
}

/* ---- to the next line */

/* The function and line that a step began in. */
struct stepping {
    bool over;               /* calls and traps */
    uint32_t ring, base, sp; /* where it began */
    const struct pg_line *line;
    bool away;        /* in something called, which is to be left first */
    uint32_t back_at; /* the pc after it */
};

static const struct pg_line *line_at(const struct debugger *d, uint32_t pc) {
    const struct pg_image *image = debug_image_at(d, pc);
    return image ? pg_image_line_at(image, pc) : NULL;
}

static bool is_call(const struct pg_insn *in) {
    return (in->op == PG_OP_jal || in->op == PG_OP_jalr) && in->d == 1;
}

/* Is it still, or again, at home: in the ring and address space that the step began in, and not in
 * something called from there? */
static bool at_home(const struct debugger *d, struct stepping *s) {
    const struct pg_machine *m = debug_machine(d);
    const struct pg_psw *psw = &m->cpu.psw;
    if ((psw->status & PG_RING) != s->ring || psw->base != s->base)
        return false;
    if (s->away && (psw->pc != s->back_at || m->cpu.r[2] < s->sp))
        return false;
    s->away = false;
    return true;
}

static void note_call(const struct debugger *d, struct stepping *s) {
    struct pg_insn in;
    uint32_t word;
    if (run_next_insn(d, &word, &in) && is_call(&in)) {
        s->away = true;
        s->back_at = debug_machine(d)->cpu.psw.pc + 4;
        s->sp = debug_machine(d)->cpu.r[2];
    }
}

/* At the first instruction of another line; of any code without lines, anywhere. */
static bool another_line(struct debugger *d, void *with) {
    struct stepping *s = with;
    uint32_t pc = debug_machine(d)->cpu.psw.pc;
    const struct pg_line *line = line_at(d, pc);
    if (s->over && !at_home(d, s))
        return false;
    if (!s->line ||
        (line && line->addr == pc && (line->line != s->line->line || line->file != s->line->file)))
        return true;
    if (s->over)
        note_call(d, s);
    return false;
}

static struct stepping begin_stepping(const struct debugger *d, bool over) {
    const struct pg_machine *m = debug_machine(d);
    struct stepping s = {.over = over,
                         .ring = m->cpu.psw.status & PG_RING,
                         .base = m->cpu.psw.base,
                         .line = line_at(d, m->cpu.psw.pc)};
    if (over)
        note_call(d, &s);
    return s;
}

static enum halt into(struct debugger *d, int *number) {
    struct stepping s = begin_stepping(d, false);
    return run_forward(d, another_line, &s, number);
}

void do_step(struct debugger *d, const char *rest) {
    repeat(d, rest, HALT_DONE, into);
}

static enum halt over(struct debugger *d, int *number) {
    struct stepping s = begin_stepping(d, true);
    return run_forward(d, another_line, &s, number);
}

void do_next(struct debugger *d, const char *rest) {
    repeat(d, rest, HALT_DONE, over);
}

static bool home_again(struct debugger *d, void *with) {
    return at_home(d, with);
}

static enum halt over_insn(struct debugger *d, int *number) {
    struct stepping s = begin_stepping(d, true);
    return run_forward(d, home_again, &s, number);
}

void do_nexti(struct debugger *d, const char *rest) {
    repeat(d, rest, HALT_DONE, over_insn);
}

/* ---- until */

void do_finish(struct debugger *d, const char *rest) {
    const struct pg_machine *m = debug_machine(d);
    struct mon_frame frame = mon_frame_first(m, m->cpu.psw.pc);
    int number;
    if (!mon_frame_up(m, debug_image_at(d, frame.pc), &frame)) {
        debug_fail(d, "finish: who called this function cannot be found");
        return;
    }
    struct stepping s = begin_stepping(d, false);
    s.away = true;
    s.back_at = frame.ra;
    s.sp = frame.sp;
    departing(d);
    enum halt halt = run_forward(d, home_again, &s, &number);
    arrived(d, halt, number);
    if (halt == HALT_DONE)
        fprintf(d->out, "returned a0 = %u (0x%08x)\n", debug_machine(d)->cpu.r[10],
                debug_machine(d)->cpu.r[10]);
}

struct target {
    bool is_place;
    uint32_t pc;
    const char *text;
};

static bool reached(struct debugger *d, void *with) {
    const struct target *t = with;
    uint64_t value;
    int column;
    const char *why;
    if (t->is_place)
        return debug_machine(d)->cpu.psw.pc == t->pc;
    return debug_value(d, t->text, &value, &column, &why) && value;
}

void do_until(struct debugger *d, const char *rest) {
    struct target t = {.text = rest};
    uint64_t value;
    int number;
    t.is_place = debug_find(d, rest, &t.pc, NULL);
    if (!t.is_place && !debug_evaluate(d, rest, &value))
        return;
    departing(d);
    enum halt halt = run_forward(d, reached, &t, &number);
    arrived(d, halt, number);
}

/* ---- to the next of something */

static bool trapped(struct debugger *d, void *with) {
    return debug_machine(d)->traps != *(uint64_t *)with;
}

void do_trap(struct debugger *d, const char *rest) {
    uint64_t before = debug_machine(d)->traps;
    int number;
    departing(d);
    enum halt halt = run_forward(d, trapped, &before, &number);
    const struct pg_trap *trap = &debug_machine(d)->trap;
    if (halt == HALT_DONE && trap->cause < PG_NCAUSES)
        fprintf(d->out, "trap %s, value 0x%08x: %s\n", pg_causes[trap->cause].name, trap->value,
                pg_causes[trap->cause].meaning);
    arrived(d, halt, number);
}

static bool other_ring(struct debugger *d, void *with) {
    return (debug_machine(d)->cpu.psw.status & PG_RING) != *(uint32_t *)with;
}

void do_ring(struct debugger *d, const char *rest) {
    uint32_t before = debug_machine(d)->cpu.psw.status & PG_RING;
    int number;
    departing(d);
    enum halt halt = run_forward(d, other_ring, &before, &number);
    arrived(d, halt, number);
}

/* The VMM's own timer ends each of our steps: such exits are not meant. */
static uint64_t exits_of(const struct debugger *d) {
    const struct pg_counts *counts = timeline_session(d->t)->counts(timeline_session(d->t), 0);
    uint64_t n = 0;
    for (int k = 1; k < PG_NCAUSES; k++)
        if (k != PG_CAUSE_interrupt && k != PG_CAUSE_tick)
            n += counts->exits[k];
    return n;
}

static bool has_exited(struct debugger *d, void *with) {
    return exits_of(d) != *(uint64_t *)with;
}

void do_exit(struct debugger *d, const char *rest) {
    const struct pg_system *system = timeline_system(d->t);
    uint64_t before = exits_of(d);
    int number;
    if (system == &pg_system_bare || system == &pg_system_interp) {
        debug_fail(d, "exit: under %s there are no exits; `system te` has them, `quit` ends",
                   system->name);
        return;
    }
    departing(d);
    enum halt halt = run_forward(d, has_exited, &before, &number);
    for (int k = 1; halt == HALT_DONE && k < PG_NCAUSES; k++)
        if (timeline_session(d->t)->counts(timeline_session(d->t), 0)->exits[k] !=
                d->counts.exits[k] &&
            k != PG_CAUSE_interrupt && k != PG_CAUSE_tick)
            fprintf(d->out, "exit to the VMM: %s\n", pg_causes[k].name);
    arrived(d, halt, number);
}

/* ---- why */

/* Back to the last change of an expression, and to before the instruction that made it. */
void do_why(struct debugger *d, const char *rest) {
    char text[DEBUG_TEXT];
    int number;
    uint64_t now, T = timeline_now(d->t);
    if (strncmp(rest, "mem ", 4) == 0)
        snprintf(text, sizeof text, "[%s]", rest + 4);
    else
        snprintf(text, sizeof text, "%s", rest);
    if (!*rest || !debug_evaluate(d, text, &now))
        return;
    departing(d);
    struct stops *mine = d->stops;
    struct stops *only = stops_new();
    if (!only)
        return;
    d->stops = only; /* the user's stops are not meant */
    enum halt halt = stops_add(d, "watch", text, false) ? run_back(d, true, &number) : HALT_BROKEN;
    stops_free(only);
    d->stops = mine;
    char reason[sizeof d->reason];
    snprintf(reason, sizeof reason, "%s", d->reason);
    if (halt == HALT_BEGINNING) {
        fprintf(d->out, "%s has been 0x%llx from the beginning\n", text, (unsigned long long)now);
        halt = run_to(d, T);
    } else if (halt == HALT_STOP) {
        halt = run_steps_back(d, 1);
        fprintf(d->out, "%s, by this step:\n", reason);
    }
    arrived(d, halt, 0);
}
