/* run.c - run control: on and back, and what is said when the guest stands. */
#include "monitor/debug/debug.h"

#include "isa/disasm.h"
#include "monitor/terminal.h"

#include <string.h>
#include <unistd.h>

enum { LOOK = 2000 }; /* steps between two looks at the keyboard */

bool run_next_insn(const struct debugger *d, uint32_t *word, struct pg_insn *in) {
    const struct pg_machine *m = debug_machine(d);
    if (!pg_peek(m, m->cpu.psw.pc, word))
        return false;
    pg_decode(*word, in);
    return true;
}

void run_show_console(struct debugger *d) {
    const struct pg_bytes *output = &debug_machine(d)->bus.plugs.output;
    if (output->size > d->shown)
        fwrite(output->data + d->shown, 1, output->size - d->shown, d->out);
    if (output->size > d->shown && d->typed)
        fflush(d->out);
    d->shown = output->size;
}

bool run_may_be_typed_at(const struct debugger *d) {
    return mon_terminal_is_live() && debug_machine(d)->bus.plugs.input.open &&
           timeline_now(d->t) == timeline_frontier(d->t);
}

bool run_asked_to_stop(struct debugger *d) {
    return mon_interrupted() || (d->asked && d->asked(d->asked_with));
}

/* Asked now and then while the guest runs: Ctrl-C? Else what was typed is the guest's. */
static bool interrupted(void *with) {
    struct debugger *d = with;
    if (run_asked_to_stop(d))
        return true;
    if (d->typed) {
        run_show_console(d);
        char bytes[256];
        bool ended;
        size_t n =
            mon_terminal_read(bytes, sizeof bytes, debug_machine(d)->run == PG_WAITING, &ended);
        if (n)
            timeline_input(d->t, bytes, n);
        if (ended)
            timeline_input(d->t, NULL, 0);
    }
    return false;
}

/* On the way through the past nothing is typed. */
static bool only_interrupted(void *with) {
    return mon_interrupted();
}

static enum halt halt_of(struct debugger *d, enum moment moment, const struct pg_error *err) {
    switch (moment) {
    case MOMENT_REACHED: return HALT_DONE;
    case MOMENT_ENDED: return HALT_ENDED;
    case MOMENT_WAITING: return HALT_WAITING;
    case MOMENT_STOPPED: return HALT_INTERRUPTED;
    case MOMENT_BROKEN: break;
    }
    debug_fail(d, "%s", err->text);
    return HALT_BROKEN;
}

/* Keep the reason: going on may overwrite it. */
static enum halt stopped(struct debugger *d, int number) {
    snprintf(d->reason, sizeof d->reason, "%s", stops_reason(d->stops, number));
    return HALT_STOP;
}

/* Where every step is looked at. */
static enum halt step_forward(struct debugger *d, bool (*until)(struct debugger *d, void *with),
                              void *with, int *number) {
    struct pg_error err;
    for (unsigned n = 1;; n++) {
        uint64_t before = timeline_now(d->t);
        enum moment moment = timeline_step(d->t, &err);
        if (moment == MOMENT_ENDED && timeline_now(d->t) == before)
            return HALT_ENDED; /* it had ended: there was no step that could have hit a stop */
        if (moment == MOMENT_WAITING && d->typed) {
            if (interrupted(d))
                return HALT_INTERRUPTED;
            continue;
        }
        if (moment == MOMENT_BROKEN || moment == MOMENT_WAITING)
            return halt_of(d, moment, &err);
        if ((*number = stops_check(d, true)))
            return stopped(d, *number);
        if (until && until(d, with))
            return HALT_DONE;
        if (moment == MOMENT_ENDED)
            return HALT_ENDED;
        if (mon_interrupted() || (n % LOOK == 0 && interrupted(d))) /* a step may be a slow one */
            return HALT_INTERRUPTED;
    }
}

enum halt run_forward(struct debugger *d, bool (*until)(struct debugger *d, void *with), void *with,
                      int *number) {
    struct pg_error err;
    uint64_t T;
    *number = 0;
    stops_begin(d);
    if (until || stops_need_steps(d->stops, timeline_now(d->t), &T))
        return step_forward(d, until, with, number);
    enum moment moment;
    do
        moment = timeline_goto(d->t, T, interrupted, d, &err);
    while (moment == MOMENT_WAITING && d->typed && !interrupted(d));
    if (moment == MOMENT_REACHED && (*number = stops_check(d, true)))
        return stopped(d, *number);
    return moment == MOMENT_WAITING && d->typed ? HALT_INTERRUPTED : halt_of(d, moment, &err);
}

/* From here to `end`: the last moment before `now` at which a stop is hit; HALT_BEGINNING if there
 * is none. */
static enum halt scan(struct debugger *d, uint64_t end, uint64_t now, uint64_t *found,
                      int *number) {
    struct pg_error err;
    enum halt halt = HALT_BEGINNING;
    stops_begin(d);
    for (unsigned n = 1; timeline_now(d->t) < end; n++) {
        uint64_t before = timeline_now(d->t);
        enum moment moment = timeline_step(d->t, &err);
        if (moment == MOMENT_BROKEN)
            return halt_of(d, moment, &err);
        if (timeline_now(d->t) == before || timeline_now(d->t) >= now)
            break;
        int hit = stops_check(d, false);
        if (hit) {
            halt = stopped(d, hit);
            *number = hit;
            *found = timeline_now(d->t);
        }
        if (mon_interrupted() || (n % LOOK == 0 && run_asked_to_stop(d)))
            return HALT_INTERRUPTED;
    }
    return halt;
}

/* From checkpoint to checkpoint back, and through each interval forward. */
enum halt run_back(struct debugger *d, bool here, int *number) {
    struct pg_error err;
    uint64_t now = timeline_now(d->t), end = now, found = 0, T;
    enum halt halt = HALT_BEGINNING;
    *number = 0;
    if (!stops_need_steps(d->stops, 0, &T) && T == PG_NEVER) /* nothing to look for */
        end = timeline_begin(d->t);
    timeline_mark(d->t);
    while (halt == HALT_BEGINNING && end > timeline_begin(d->t)) {
        uint64_t begin = timeline_checkpoint(d->t, end);
        enum moment moment = timeline_goto(d->t, begin, only_interrupted, d, &err);
        if (moment == MOMENT_BROKEN)
            return halt_of(d, moment, &err);
        if (moment == MOMENT_STOPPED)
            halt = HALT_INTERRUPTED;
        else
            halt = scan(d, end, here ? now + 1 : now, &found, number);
        end = begin;
    }
    T = halt == HALT_BEGINNING ? timeline_begin(d->t) : found;
    if (halt == HALT_INTERRUPTED)
        T = now;
    if (halt != HALT_BROKEN && timeline_goto(d->t, T, NULL, NULL, &err) == MOMENT_BROKEN)
        return halt_of(d, MOMENT_BROKEN, &err);
    return halt;
}

enum halt run_steps(struct debugger *d, uint64_t n) {
    struct pg_error err;
    for (uint64_t k = 0; k < n; k++) {
        enum moment moment = timeline_step(d->t, &err);
        if (moment != MOMENT_REACHED)
            return halt_of(d, moment, &err);
        if (mon_interrupted() || (k % LOOK == 0 && run_asked_to_stop(d)))
            return HALT_INTERRUPTED;
    }
    return HALT_DONE;
}

/* From here to `end`, which may be reached by steps only; how many. */
static enum halt count_steps(struct debugger *d, uint64_t end, uint64_t *n) {
    struct pg_error err;
    for (*n = 0; timeline_now(d->t) < end; ++*n) {
        if (timeline_step(d->t, &err) == MOMENT_BROKEN)
            return halt_of(d, MOMENT_BROKEN, &err);
        if (mon_interrupted() || (*n % LOOK == 0 && run_asked_to_stop(d)))
            return HALT_INTERRUPTED;
    }
    return HALT_DONE;
}

/* A step advances T by 1, and by more where idle passes time: so n steps are at least n of T, and
 * what is missing after those is looked for before them. */
enum halt run_steps_back(struct debugger *d, uint64_t n) {
    struct pg_error err;
    enum halt halt = HALT_DONE;
    if (n > LOOK)
        timeline_mark(d->t);
    while (n > 0 && halt == HALT_DONE) {
        uint64_t now = timeline_now(d->t), begin = timeline_begin(d->t), from, steps = 1;
        if (now <= begin)
            return HALT_BEGINNING;
        enum moment moment =
            timeline_goto(d->t, n < now - begin ? now - n : begin, only_interrupted, d, &err);
        from = timeline_now(d->t);
        if (moment == MOMENT_BROKEN)
            return halt_of(d, moment, &err);
        if (moment == MOMENT_STOPPED)
            halt = HALT_INTERRUPTED;
        else if (from < now)
            halt = count_steps(d, now, &steps);
        else if (!timeline_before(d->t, now, &from, &err))
            return halt_of(d, MOMENT_BROKEN, &err);
        if (timeline_goto(d->t, halt == HALT_DONE ? from : now, NULL, NULL, &err) == MOMENT_BROKEN)
            return halt_of(d, MOMENT_BROKEN, &err);
        n -= steps;
    }
    return halt;
}

enum halt run_to(struct debugger *d, uint64_t T) {
    struct pg_error err;
    bool beginning = T < timeline_begin(d->t);
    enum moment moment = timeline_goto(d->t, T, interrupted, d, &err);
    return beginning && moment == MOMENT_REACHED ? HALT_BEGINNING : halt_of(d, moment, &err);
}

/* ---- what is said */

/* The instruction that is next, and the source line that it belongs to. */
static void show_insn(struct debugger *d) {
    const struct pg_machine *m = debug_machine(d);
    const struct pg_image *image = debug_image_at(d, m->cpu.psw.pc);
    const struct pg_line *line = image ? pg_image_line_at(image, m->cpu.psw.pc) : NULL;
    char text[128], source[160];
    uint32_t word;
    struct pg_insn in;
    if (!run_next_insn(d, &word, &in)) {
        fprintf(d->out, "=> %08x  nothing is mapped there\n", m->cpu.psw.pc);
        return;
    }
    pg_disasm_as(word, m->cpu.psw.pc, image, PG_DISASM_PSEUDO, text, sizeof text);
    fprintf(d->out, "=> %08x  %08x  %s\n", m->cpu.psw.pc, word, text);
    if (line && debug_source_line(image->files[line->file], line->line, source, sizeof source))
        fprintf(d->out, "%6u  %s\n", line->line, source);
}

static void show_end(struct debugger *d) {
    const struct pg_machine *m = debug_machine(d);
    struct mon_ending ending = mon_ending(m, PG_NEVER);
    const struct pg_image *image = debug_image_at(d, m->cpu.psw.pc);
    if (strcmp(ending.kind, "exit") == 0)
        fprintf(d->out, "the guest has ended: exit code %u\n", ending.code);
    else
        mon_explain(m, &ending, image ? image : d->programs[0].image, "guest", d->out);
}

void run_report(struct debugger *d, enum halt halt, int number) {
    const struct pg_machine *m = debug_machine(d);
    char T[32];
    run_show_console(d);
    const struct pg_bytes *output = &m->bus.plugs.output;
    if (d->shown > d->shown_before && output->data[d->shown - 1] != '\n')
        fputc('\n', d->out);
    switch (halt) {
    case HALT_DONE:
    case HALT_BROKEN: break;
    case HALT_STOP:
        fprintf(d->out, "stop %d%s%s\n", number, *d->reason ? ": " : "", d->reason);
        break;
    case HALT_ENDED: show_end(d); break;
    case HALT_WAITING: fprintf(d->out, "the guest waits for console input (`input TEXT`)\n"); break;
    case HALT_INTERRUPTED: fprintf(d->out, "interrupted\n"); break;
    case HALT_BEGINNING: fprintf(d->out, "this is the beginning\n"); break;
    }
    fprintf(d->out, "T %s  ring %u%s  %s", mon_grouped(m->cpu.T, T), m->cpu.psw.status & PG_RING,
            m->cpu.psw.status & PG_MON ? " MON" : "", pg_mode_name(m->cpu.psw.status));
    debug_print_place(d, m->cpu.psw.pc);
    fputc('\n', d->out);
    show_insn(d);
}
