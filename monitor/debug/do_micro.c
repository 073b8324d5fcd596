/* do_micro.c - one step, stage by stage: what the hardware does, and what the VMM. */
#include "monitor/debug/debug.h"

#include "isa/disasm.h"
#include "vmm/inspect.h"
#include "vmm/trace.h"

#include <stdlib.h>

enum { EVENTS = 64 };

/* Listens while a micro-step is done. */
struct debug_tracer {
    struct pg_tracer tracer;
    bool on;
    size_t n; /* told; those behind EVENTS are only counted */
    struct pg_trace_event events[EVENTS];
};

static void tell(struct pg_tracer *tracer, const struct pg_trace_event *event) {
    struct debug_tracer *t = (struct debug_tracer *)tracer;
    if (t->on && t->n < EVENTS)
        t->events[t->n] = *event;
    t->n += t->on;
}

struct pg_tracer *debug_tracer_new(void) {
    struct debug_tracer *t = calloc(1, sizeof *t);
    if (t)
        t->tracer.tell = tell;
    return t ? &t->tracer : NULL;
}

/* ---- words */

static void put_psw(struct debugger *d, const struct pg_psw *psw) {
    fprintf(d->out, "{ring %u%s, %s, pc %08x, base %08x, bound %08x}", psw->status & PG_RING,
            psw->status & PG_MON ? " MON" : "", pg_mode_name(psw->status), psw->pc, psw->base,
            psw->bound);
}

static const char *cause_of(const struct pg_trace_event *e) {
    return e->cause < PG_NCAUSES ? pg_causes[e->cause].name : "?";
}

static void put_insn(struct debugger *d, uint32_t word, uint32_t pc) {
    char text[128];
    pg_disasm(word, pc, NULL, text, sizeof text);
    fprintf(d->out, "`%s`", text);
}

/* What the hardware did to enter the VMM, and why. */
static void put_exit(struct debugger *d, const struct pg_trace_event *e) {
    struct pg_psw real;
    bool timer = e->cause == PG_CAUSE_interrupt || e->cause == PG_CAUSE_tick;
    fprintf(d->out, "real hardware: trap %s%s", cause_of(e),
            timer ? ", the VMM's own timer: our step is over" : "");
    if (e->insn) {
        fprintf(d->out, ", at ");
        put_insn(d, e->insn, e->pc);
    }
    fputc('\n', d->out);
    if (pg_inspect_real_psw(timeline_session(d->t), &real)) {
        fprintf(d->out, "                  old PSW to real address 00: ");
        put_psw(d, &real);
        fprintf(d->out, "\n                  new PSW from real address 40: ring 0, the VMM; the "
                        "dispatcher decodes\n");
    }
}

static void put_delivery(struct debugger *d, const struct pg_trace_event *e, const char *who) {
    fprintf(d->out,
            "%s: the guest's trap %s, value %08x: its old PSW to its address 00, its new PSW "
            "from 40\n",
            who, cause_of(e), e->value);
}

static void put_event(struct debugger *d, const struct pg_trace_event *e, bool virtual) {
    switch ((enum pg_event)e->event) {
    case PG_EVENT_exit: put_exit(d, e); break;
    case PG_EVENT_emulate:
        fprintf(d->out, "VMM: the interpretive routine v_i of ");
        put_insn(d, e->insn, e->pc);
        fprintf(d->out, " acts on the virtual machine's state\n");
        break;
    case PG_EVENT_trap:
    case PG_EVENT_interrupt: put_delivery(d, e, virtual ? "virtual hardware" : "hardware"); break;
    case PG_EVENT_ring:
        fprintf(d->out, "%s ring: %u -> %u, at %08x\n", virtual ? "virtual" : "the", e->ring,
                e->value, e->pc);
        break;
    default:
        fprintf(d->out, "VMM: %s: %s", pg_event_rows[e->event].name,
                pg_event_rows[e->event].meaning);
        if (e->cause)
            fprintf(d->out, " (%s)", cause_of(e));
        else if (*pg_event_rows[e->event].value)
            fprintf(d->out, " (%s %08x)", pg_event_rows[e->event].value, e->value);
        fputc('\n', d->out);
    }
}

/* ---- what became of it */

static void put_changes(struct debugger *d, const struct pg_cpu *before) {
    const struct pg_cpu *now = &debug_machine(d)->cpu;
    fprintf(d->out, "  result          T %llu -> %llu", (unsigned long long)before->T,
            (unsigned long long)now->T);
    for (int k = 1; k < PG_NREGS; k++)
        if (before->r[k] != now->r[k])
            fprintf(d->out, ", %s %08x -> %08x", pg_reg_names[k], before->r[k], now->r[k]);
    fprintf(d->out, "\n                  PSW ");
    put_psw(d, &now->psw);
    fputc('\n', d->out);
}

void do_micro(struct debugger *d, const char *rest) {
    struct debug_tracer *t = (struct debug_tracer *)d->tracer;
    const struct pg_system *system = timeline_system(d->t);
    bool virtual = system != &pg_system_bare;
    struct pg_cpu before = debug_machine(d)->cpu;
    struct pg_insn in;
    uint32_t word;
    bool known = run_next_insn(d, &word, &in);
    fprintf(d->out, "  guest           ring %u, pc %08x: ", before.psw.status & PG_RING,
            before.psw.pc);
    if (known)
        put_insn(d, word, before.psw.pc);
    if (known && in.op < PG_NOPS)
        fprintf(d->out, ", %s\n", pg_class_name(pg_rows[in.op].cls));
    else
        fprintf(d->out, known ? ", no instruction\n" : "nothing is mapped there\n");
    t->n = 0;
    t->on = true;
    enum halt halt = run_steps(d, 1);
    t->on = false;
    for (size_t k = 0; k < t->n && k < EVENTS; k++) {
        fprintf(d->out, "  %-2zu              ", k + 1);
        put_event(d, &t->events[k], virtual);
    }
    if (t->n > EVENTS)
        fprintf(d->out, "  and %zu more events\n", t->n - EVENTS);
    if (t->n == 0)
        fprintf(d->out, "  1               %s\n",
                system == &pg_system_interp ? "VMM: interpreted, the real machine has no part in it"
                : virtual                   ? "real hardware: executed as it is, without a trap"
                                            : "hardware: executed");
    put_changes(d, &before);
    run_report(d, halt, 0);
}
