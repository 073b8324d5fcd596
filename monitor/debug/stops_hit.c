/* stops_hit.c - is a stop hit? Asked after every step. */
#include "monitor/debug/stops.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of a range, as far as they are there. */
static void read_range(const struct pg_machine *m, const struct stop *stop, uint8_t *bytes) {
    for (uint32_t k = 0; k < stop->end - stop->from; k++)
        bytes[k] = stop->where[k] == NOWHERE ? 0 : m->ram.bytes[stop->where[k]];
}

static uint64_t value_in(const struct stop *stop) {
    uint64_t value = 0;
    for (uint32_t k = 0; k < stop->end - stop->from && k < 4; k++)
        value |= (uint64_t)stop->bytes[k] << 8 * k;
    return value;
}

static void note(struct debugger *d) {
    struct stops *s = d->stops;
    const struct pg_machine *m = debug_machine(d);
    uint32_t word;
    s->traps = m->traps;
    s->T = m->cpu.T;
    s->status = m->cpu.psw.status;
    memcpy(s->exits, timeline_session(d->t)->counts(timeline_session(d->t), 0)->exits,
           sizeof s->exits);
    s->has_insn = s->looks && run_next_insn(d, &word, &s->insn);
    memcpy(s->r, m->cpu.r, sizeof s->r);
}

static bool looks(const struct stop *stop) {
    return stop->kind == AT_INSN || stop->kind == AT_SENSITIVE || stop->kind == AT_PORT ||
           stop->kind == AT_RANGE;
}

void stops_begin(struct debugger *d) {
    int column;
    const char *why;
    d->stops->looks = false;
    for (size_t k = 0; k < d->stops->n; k++) {
        struct stop *stop = &d->stops->all[k];
        d->stops->looks |= looks(stop) && !stop->disabled;
        if (stop->kind == AT_VALUE)
            stop->known =
                debug_value(d, stop->what + strlen("watch "), &stop->value, &column, &why);
        if (stop->kind == AT_RANGE)
            read_range(debug_machine(d), stop, stop->bytes);
    }
    note(d);
}

/* How many bytes the instruction loads or stores, if the stop asks for such; else 0. */
static uint32_t access_size(const struct stop *stop, enum pg_op op) {
    switch (op) {
    case PG_OP_lb:
    case PG_OP_lbu: return stop->reads ? 1 : 0;
    case PG_OP_lh:
    case PG_OP_lhu: return stop->reads ? 2 : 0;
    case PG_OP_lw: return stop->reads ? 4 : 0;
    case PG_OP_sb: return stop->writes ? 1 : 0;
    case PG_OP_sh: return stop->writes ? 2 : 0;
    case PG_OP_sw: return stop->writes ? 4 : 0;
    default: return 0;
    }
}

/* Did the last instruction access the range? It has not changed the map, or it would be no load or
 * store. */
static bool accesses(const struct debugger *d, const struct stop *stop) {
    const struct stops *s = d->stops;
    uint32_t size = s->has_insn ? access_size(stop, (enum pg_op)s->insn.op) : 0, pa;
    uint32_t va = s->r[s->insn.a] + (uint32_t)s->insn.imm;
    if (size == 0 || !pg_locate(debug_machine(d), va, &pa) || pa > stop->high ||
        pa + size <= stop->low)
        return false;
    for (uint32_t k = 0; k < stop->end - stop->from; k++)
        if (stop->where[k] != NOWHERE && stop->where[k] - pa < size)
            return true;
    return false;
}

static bool hit_range(struct debugger *d, struct stop *stop) {
    const struct stops *s = d->stops;
    const struct pg_machine *m = debug_machine(d);
    uint8_t now[64], *bytes = now;
    uint32_t size = stop->end - stop->from;
    bool read = m->traps == s->traps && accesses(d, stop);
    if (size > sizeof now && !(bytes = malloc(size)))
        return false;
    read_range(m, stop, bytes);
    bool changed = stop->writes && memcmp(bytes, stop->bytes, size) != 0;
    uint64_t before = value_in(stop);
    memcpy(stop->bytes, bytes, size);
    if (bytes != now)
        free(bytes);
    if (!changed && !read)
        return false;
    snprintf(stop->reason, sizeof stop->reason, "%s: 0x%llx -> 0x%llx",
             changed ? "changed" : "accessed", (unsigned long long)before,
             (unsigned long long)value_in(stop));
    return !stop->has_value || value_in(stop) == stop->value;
}

static bool hit_value(struct debugger *d, struct stop *stop) {
    int column;
    const char *why;
    uint64_t value, before = stop->value;
    bool known = debug_value(d, stop->what + strlen("watch "), &value, &column, &why);
    bool changed = known && (!stop->known || value != before);
    if (changed)
        snprintf(stop->reason, sizeof stop->reason, "%s: 0x%llx -> 0x%llx",
                 stop->what + strlen("watch "), (unsigned long long)before,
                 (unsigned long long)value);
    stop->known = known;
    if (known)
        stop->value = value;
    return changed;
}

static bool hit_exit(struct debugger *d, struct stop *stop) {
    const struct pg_counts *counts = timeline_session(d->t)->counts(timeline_session(d->t), 0);
    for (int k = 1; k < PG_NCAUSES; k++) {
        /* the VMM's own timer ends each step that we take: no reason to stop, unless asked for */
        if ((k == PG_CAUSE_interrupt || k == PG_CAUSE_tick) && stop->which != k)
            continue;
        if (counts->exits[k] != d->stops->exits[k] && (stop->which == ANY || stop->which == k)) {
            snprintf(stop->reason, sizeof stop->reason, "exit to the VMM: %s", pg_causes[k].name);
            return true;
        }
    }
    return false;
}

static bool hit_port(const struct stop *stop, const struct pg_machine *m,
                     const struct pg_insn *in) {
    if (in->op != PG_OP_in && in->op != PG_OP_out)
        return false;
    uint32_t port = m->cpu.r[in->a] + (uint32_t)in->imm;
    return stop->which == ANY || (uint32_t)stop->which == port;
}

static bool hit(struct debugger *d, struct stop *stop, const struct pg_insn *next) {
    const struct stops *s = d->stops;
    const struct pg_machine *m = debug_machine(d);
    int old = (int)(s->status & PG_RING), new = (int)(m->cpu.psw.status & PG_RING);
    stop->reason[0] = '\0';
    switch (stop->kind) {
    case AT_PC:
        return m->cpu.psw.pc == stop->from && (stop->user == ANY || stop->user == (new != 0)) &&
               (!stop->program || debug_runs(d, stop->program));
    case AT_RING:
        if (old == new || (stop->old_ring != ANY && stop->old_ring != old) ||
            (stop->new_ring != ANY && stop->new_ring != new))
            return false;
        snprintf(stop->reason, sizeof stop->reason, "ring %d -> %d", old, new);
        return true;
    case AT_TRAP:
        if (m->traps == s->traps || (stop->which != ANY && stop->which != (int)m->trap.cause))
            return false;
        snprintf(stop->reason, sizeof stop->reason, "trap %s, value 0x%08x",
                 m->trap.cause < PG_NCAUSES ? pg_causes[m->trap.cause].name : "?", m->trap.value);
        return true;
    case AT_EXIT: return hit_exit(d, stop);
    case AT_INSN: return next && (int)next->op == stop->which;
    case AT_SENSITIVE:
        return next && next->op < PG_NOPS && pg_rows[next->op].cls >= PG_CLASS_sensitive;
    case AT_PORT: return next && hit_port(stop, m, next);
    case AT_COUNT: return s->T < stop->T && m->cpu.T >= stop->T;
    case AT_VALUE: return hit_value(d, stop);
    case AT_RANGE: return hit_range(d, stop);
    }
    return false;
}

/* Its condition holds. One that has become wrong, for lack of a name that holds here, does not. */
static bool holds(const struct debugger *d, const struct stop *stop) {
    uint64_t value;
    int column;
    const char *why;
    return !stop->condition || (debug_value(d, stop->condition, &value, &column, &why) && value);
}

int stops_check(struct debugger *d, bool count) {
    struct stops *s = d->stops;
    struct pg_insn in;
    uint32_t word;
    int number = 0;
    if (s->n == 0)
        return 0;
    bool has_next = s->looks && run_next_insn(d, &word, &in);
    for (size_t k = 0; k < s->n; k++) {
        struct stop *stop = &s->all[k];
        if (stop->disabled || !hit(d, stop, has_next ? &in : NULL) || !holds(d, stop))
            continue;
        if (count) {
            stop->hits++;
            if (stop->ignore) {
                stop->ignore--;
                continue;
            }
        }
        if (!number)
            number = stop->number;
    }
    for (size_t k = 0; count && k < s->n; k++)
        if (s->all[k].temporary && s->all[k].number == number)
            s->all[k].disabled = true; /* its reason is still to be told */
    note(d);
    return number;
}
