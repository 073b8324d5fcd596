#include "vmm/lockstep.h"

#include "vmm/guest_maker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Steps between two looks at what a session has come to. */
enum { STEPS = 1 << 30 };

/* The pages of a guest's memory that were written since the last look. */
struct pages {
    struct pg_ram *ram;
    uint8_t bit;      /* 0: not watched, so that all of them count */
    uint8_t *written; /* per page */
    uint32_t *list;
    uint32_t n, all;
};

struct part {
    struct pg_lockstep_part shown;
    struct pages pages;
    size_t output; /* bytes compared */
};

struct pg_lockstep {
    size_t n;
    bool irregular;      /* stop in between */
    struct pg_maker lot; /* when: random numbers */
    uint64_t stop;       /* the next time */
    struct part reference;
    struct part parts[PG_LOCKSTEP_SYSTEMS];
};

/* ---- written pages */

static void mark(struct pages *p, uint32_t page) {
    pg_ram_unwatch(p->ram, page << PG_PAGE_BITS, p->bit);
    if (!p->written[page]) {
        p->written[page] = 1;
        p->list[p->n++] = page;
    }
}

static void page_written(void *context, uint32_t pa, uint32_t size) {
    struct pages *p = context;
    uint64_t begin = pa, end = begin + size, base = p->ram->base;
    for (uint64_t at = begin & ~(uint64_t)(PG_PAGE - 1); at < end; at += PG_PAGE)
        if (at >= base && at - base < p->ram->size)
            mark(p, (uint32_t)(at - base) >> PG_PAGE_BITS);
}

/* At first every page counts as written. */
static bool watch_pages(struct pages *p) {
    struct pg_ram *ram = p->ram;
    p->all = ram->size >> PG_PAGE_BITS;
    p->written = calloc(p->all, 1);
    p->list = calloc(p->all, sizeof *p->list);
    p->bit = pg_ram_add_watcher(ram, page_written, p);
    if (!p->written || !p->list || !p->bit)
        return false;
    for (uint32_t page = 0; page < p->all; page++)
        mark(p, page);
    return true;
}

static void unwatch_pages(struct pages *p) {
    if (p->bit)
        pg_ram_remove_watcher(p->ram, p->bit);
    free(p->written);
    free(p->list);
}

static void begin_anew(struct pages *p) {
    for (uint32_t k = 0; k < p->n; k++) {
        p->written[p->list[k]] = 0;
        pg_ram_watch(p->ram, p->list[k] << PG_PAGE_BITS, p->bit);
    }
    p->n = 0;
}

/* ---- comparing */

static bool differs(struct part *part, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool differs(struct part *part, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(part->shown.difference, sizeof part->shown.difference, format, args);
    va_end(args);
    part->shown.differs = true;
    return false;
}

static bool same_bytes(struct part *part, const struct pg_ram *a, const struct pg_ram *b,
                       uint32_t at, uint32_t size) {
    if (memcmp(a->bytes + at, b->bytes + at, size) == 0)
        return true;
    while (pg_ram_read32(a, at) == pg_ram_read32(b, at))
        at += PG_WORD;
    return differs(part, "memory at 0x%08x: 0x%08x instead of 0x%08x", at, pg_ram_read32(b, at),
                   pg_ram_read32(a, at));
}

static bool same_pages(struct part *part, const struct pages *of, const struct pg_ram *a,
                       const struct pg_ram *b) {
    if (!of->bit)
        return same_bytes(part, a, b, 0, a->size);
    for (uint32_t k = 0; k < of->n; k++)
        if (!same_bytes(part, a, b, of->list[k] << PG_PAGE_BITS, PG_PAGE))
            return false;
    return true;
}

static bool same_cpu(struct part *part, const struct pg_machine *a, const struct pg_machine *b) {
    const struct pg_cpu *x = &a->cpu, *y = &b->cpu;
    if (x->T != y->T)
        return differs(part, "T is %llu instead of %llu", (unsigned long long)y->T,
                       (unsigned long long)x->T);
    if (a->run != b->run)
        return differs(part, "one still runs, or ended otherwise");
    if (a->exit_code != b->exit_code)
        return differs(part, "the exit code is %u instead of %u", b->exit_code, a->exit_code);
    for (int k = 0; k < PG_NREGS; k++)
        if (x->r[k] != y->r[k])
            return differs(part, "register %s is 0x%08x instead of 0x%08x", pg_reg_names[k],
                           y->r[k], x->r[k]);
    const uint32_t *p = &x->psw.status, *q = &y->psw.status;
    static const char *const words[] = {"STATUS", "the pc", "BASE", "BOUND"};
    for (int k = 0; k < 4; k++)
        if (p[k] != q[k])
            return differs(part, "%s is 0x%08x instead of 0x%08x", words[k], q[k], p[k]);
    if (memcmp(x->m, y->m, sizeof x->m) != 0 || x->mon_base != y->mon_base ||
        x->mon_bound != y->mon_bound)
        return differs(part, "the monitor registers");
    if (x->U != y->U)
        return differs(part, "U is %llu instead of %llu", (unsigned long long)y->U,
                       (unsigned long long)x->U);
    if (x->deliveries != y->deliveries)
        return differs(part, "the count of deliveries in a row");
    return true;
}

static bool same_disk(const struct pg_plugs *p, const struct pg_plugs *q) {
    for (uint32_t k = 0; k < p->disk_sectors; k++)
        if ((p->disk_written[k] || q->disk_written[k]) &&
            memcmp(p->disk + (size_t)k * PG_SECTOR, q->disk + (size_t)k * PG_SECTOR, PG_SECTOR) !=
                0)
            return false;
    return true;
}

static bool same_devices(struct part *part, const struct pg_machine *a,
                         const struct pg_machine *b) {
    for (int k = 0; k < PG_NDEVICES; k++)
        for (size_t r = 0; r < pg_devices[k]->nregs; r++) {
            const struct pg_reg *reg = &pg_devices[k]->regs[r];
            unsigned long long x = pg_reg_get(reg, a->bus.state[k]),
                               y = pg_reg_get(reg, b->bus.state[k]);
            if (x != y)
                return differs(part, "device register %s.%s is 0x%llx instead of 0x%llx",
                               pg_devices[k]->name, reg->name, y, x);
        }
    const struct pg_plugs *p = &a->bus.plugs, *q = &b->bus.plugs;
    if (p->output.size != q->output.size ||
        (p->output.size > part->output &&
         memcmp(p->output.data + part->output, q->output.data + part->output,
                p->output.size - part->output) != 0))
        return differs(part, "the console output");
    part->output = p->output.size;
    return same_disk(p, q) || differs(part, "the disk");
}

static bool same_tlb(struct part *part, const struct pg_tlb *a, const struct pg_tlb *b) {
    size_t n, m;
    struct pg_tlb_entry *x = pg_tlb_sorted(a, &n), *y = pg_tlb_sorted(b, &m);
    bool same = n == m && (n == 0 || memcmp(x, y, n * sizeof *x) == 0);
    free(x);
    free(y);
    return same || differs(part, "the TLB");
}

/* What an engine keeps as the reference does, though it is not state. */
static bool same_engine(struct part *part, const struct pg_machine *a, const struct pg_machine *b) {
    const struct pg_trap *x = &a->trap, *y = &b->trap;
    if (a->retired != b->retired || a->traps != b->traps)
        return differs(part,
                       "%llu instructions and %llu traps are counted instead of %llu and %llu",
                       (unsigned long long)b->retired, (unsigned long long)b->traps,
                       (unsigned long long)a->retired, (unsigned long long)a->traps);
    if (x->cause != y->cause || x->value != y->value || x->insn != y->insn)
        return differs(part, "the last trap: %s 0x%08x 0x%08x instead of %s 0x%08x 0x%08x",
                       pg_causes[y->cause].name, y->value, y->insn, pg_causes[x->cause].name,
                       x->value, x->insn);
    if (a->bus.lines != b->bus.lines || a->bus.next_event != b->bus.next_event)
        return differs(part, "the next event");
    return true;
}

/* Compare one part with the reference, and look at what its system keeps beside the state. */
static void compare(struct pg_lockstep *l, struct part *part) {
    struct pg_session *s = part->shown.session;
    const struct pg_machine *a = pg_lockstep_reference(l), *b = s->guest(s, 0);
    struct pg_error err;
    bool same = same_cpu(part, a, b) && same_pages(part, &l->reference.pages, &a->ram, &b->ram) &&
                same_pages(part, &part->pages, &a->ram, &b->ram) && same_devices(part, a, b) &&
                same_tlb(part, &a->tlb, &b->tlb) &&
                (part->shown.system != &pg_system_bare || same_engine(part, a, b));
    if (same && s->check && !s->check(s, 0, &err))
        same = differs(part, "%s", err.text);
    if (same)
        part->shown.good = a->cpu.T;
    else
        part->shown.bad = a->cpu.T;
}

/* ---- running */

/* False if the VMM failed. */
static bool run(struct part *part, uint64_t T) {
    struct pg_session *s = part->shown.session;
    enum pg_progress progress;
    s->limit(s, 0, T);
    while ((progress = s->run(s, STEPS)) == PG_PROGRESS_MORE) {
    }
    if (progress == PG_PROGRESS_BROKEN)
        differs(part, "%s", s->error.text);
    return progress != PG_PROGRESS_BROKEN;
}

/* A few steps, up to thousands, as often as up to half as many, or a hundred thousand. */
static uint64_t stop_after(struct pg_lockstep *l) {
    uint64_t lot = pg_maker_next(&l->lot), kind = lot & 15, bits = lot >> 8 & 63;
    lot >>= 16;
    if (kind < 4)
        return 1 + lot % 16;
    if (kind < 14)
        return 1 + lot % (2U << bits % 12);
    return kind == 14 ? 1 + lot % (2U << bits % 16) : 100000;
}

/* On to T or the next of the plan's stops; returns which. */
static uint64_t go_on(struct pg_lockstep *l, uint64_t T) {
    uint64_t now = pg_lockstep_reference(l)->cpu.T;
    while (l->irregular && l->stop <= now)
        l->stop += stop_after(l);
    if (l->irregular && l->stop < T)
        T = l->stop;
    run(&l->reference, T);
    for (size_t k = 0; k < l->n; k++) {
        struct part *part = &l->parts[k];
        if (!part->shown.differs && !run(part, T))
            part->shown.bad = pg_lockstep_reference(l)->cpu.T;
    }
    return T;
}

void pg_lockstep_skip(struct pg_lockstep *l, uint64_t T) {
    while (go_on(l, T) < T && !pg_lockstep_ended(l)) {
    }
}

static size_t compare_all(struct pg_lockstep *l) {
    size_t different = 0;
    for (size_t k = 0; k < l->n; k++) {
        struct part *part = &l->parts[k];
        if (!part->shown.differs)
            compare(l, part);
        begin_anew(&part->pages);
        different += part->shown.differs;
    }
    begin_anew(&l->reference.pages);
    return different;
}

size_t pg_lockstep_run(struct pg_lockstep *l, uint64_t T) {
    uint64_t at;
    size_t different;
    do {
        at = go_on(l, T);
        different = compare_all(l);
    } while (at < T && different < l->n && !pg_lockstep_ended(l));
    return different;
}

const struct pg_machine *pg_lockstep_reference(const struct pg_lockstep *l) {
    struct pg_session *s = l->reference.shown.session;
    return s->guest(s, 0);
}

const struct pg_lockstep_part *pg_lockstep_part(const struct pg_lockstep *l, size_t k) {
    return &l->parts[k].shown;
}

bool pg_lockstep_ended(const struct pg_lockstep *l) {
    return pg_lockstep_reference(l)->run != PG_RUNNING;
}

/* ---- opening and closing */

static bool open_part(struct part *part, const struct pg_system *system,
                      const struct pg_engine *engine, const struct pg_lockstep_plan *plan,
                      struct pg_error *err) {
    part->shown.system = system;
    part->shown.session = system->open(engine, plan->setup, 1, err);
    if (!part->shown.session)
        return false;
    part->pages.ram = &part->shown.session->guest(part->shown.session, 0)->ram;
    return plan->unwatched || watch_pages(&part->pages) ||
           pg_fail(err, "the host is out of memory");
}

struct pg_lockstep *pg_lockstep_open(const struct pg_lockstep_plan *plan, struct pg_error *err) {
    struct pg_lockstep *l = calloc(1, sizeof *l);
    if (!l) {
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    l->n = plan->n;
    l->irregular = plan->stops != 0;
    l->lot.state = plan->stops;
    bool ok = open_part(&l->reference, &pg_system_bare, pg_engines[0], plan, err);
    for (size_t k = 0; ok && k < plan->n; k++) {
        struct part *part = &l->parts[k];
        ok = open_part(part, plan->systems[k], plan->engine, plan, err);
        if (ok && plan->audit)
            part->shown.audited = pg_audit_attach(part->shown.session, &part->shown.audit);
    }
    if (!ok) {
        pg_lockstep_close(l);
        return NULL;
    }
    return l;
}

static void close_part(struct part *part) {
    unwatch_pages(&part->pages);
    if (part->shown.session)
        part->shown.session->close(part->shown.session);
}

void pg_lockstep_close(struct pg_lockstep *l) {
    close_part(&l->reference);
    for (size_t k = 0; k < l->n; k++)
        close_part(&l->parts[k]);
    free(l);
}

/* ---- bisection */

/* What the two are after the step. */
static void tell(const struct pg_lockstep *l, uint64_t retired, struct pg_divergence *d) {
    const struct pg_machine *reference = pg_lockstep_reference(l);
    const struct pg_lockstep_part *part = pg_lockstep_part(l, 0);
    d->reference = reference->cpu;
    d->system = part->session->guest(part->session, 0)->cpu;
    d->insn = reference->trap.insn;
    d->delivered = reference->retired == retired;
    d->cause = reference->trap.cause;
    memcpy(d->difference, part->difference, sizeof d->difference);
}

/* Look at T = good + chunk, good + 2 chunk, ... up to bad; narrow the two to what differs first.
 * With chunk 1 the last step is told in *d. */
static bool narrow(const struct pg_lockstep_plan *plan, uint64_t *good, uint64_t *bad,
                   uint64_t chunk, struct pg_divergence *d, struct pg_error *err) {
    struct pg_lockstep *l = pg_lockstep_open(plan, err);
    if (!l)
        return false;
    const struct pg_machine *reference = pg_lockstep_reference(l);
    const struct pg_lockstep_part *part = pg_lockstep_part(l, 0);
    pg_lockstep_skip(l, *good);
    uint64_t at = reference->cpu.T, retired;
    bool found = part->differs; /* the VMM failed already */
    do {
        *good = at;
        d->T = at;
        d->before = reference->cpu;
        retired = reference->retired;
        found = found || pg_lockstep_run(l, at + chunk < *bad ? at + chunk : *bad) > 0;
        at = reference->cpu.T;
    } while (!found && at < *bad && at > *good);
    *bad = at;
    tell(l, retired, d);
    pg_lockstep_close(l);
    return found || pg_fail(err, "the difference does not show when the run is stopped more often");
}

/* Is there a difference when all is run to T, with no other stops than the plan's? */
static bool differs_at(const struct pg_lockstep_plan *plan, uint64_t T, uint64_t retired,
                       struct pg_divergence *d) {
    struct pg_lockstep *l = pg_lockstep_open(plan, NULL);
    if (!l)
        return false;
    pg_lockstep_skip(l, T);
    bool found = compare_all(l) > 0;
    if (found)
        tell(l, retired, d);
    pg_lockstep_close(l);
    return found;
}

/* What an engine does may depend on where it is stopped. So run to each T from the beginning. */
static bool bisect_from_start(const struct pg_lockstep_plan *plan, uint64_t good, uint64_t bad,
                              struct pg_divergence *d, struct pg_error *err) {
    while (bad - good > 1) {
        uint64_t middle = good + (bad - good) / 2;
        *(differs_at(plan, middle, 0, d) ? &bad : &good) = middle;
    }
    struct pg_lockstep_plan nothing = *plan;
    nothing.n = 0;
    struct pg_lockstep *l = pg_lockstep_open(&nothing, err);
    if (!l)
        return false;
    pg_lockstep_skip(l, good);
    d->T = pg_lockstep_reference(l)->cpu.T;
    d->before = pg_lockstep_reference(l)->cpu;
    uint64_t retired = pg_lockstep_reference(l)->retired;
    pg_lockstep_close(l);
    return differs_at(plan, bad, retired, d) || pg_fail(err, "the difference does not show again");
}

bool pg_lockstep_bisect(const struct pg_lockstep_plan *plan, const struct pg_lockstep_part *part,
                        struct pg_divergence *d, struct pg_error *err) {
    struct pg_lockstep_plan one = *plan;
    uint64_t good = part->good, bad = part->bad, chunk = bad - good;
    one.systems[0] = part->system;
    one.n = 1;
    if (plan->stops)
        return bisect_from_start(&one, good, bad, d, err);
    do {
        chunk = chunk / 64 ? chunk / 64 : 1;
        if (!narrow(&one, &good, &bad, chunk, d, err))
            return false;
    } while (chunk > 1);
    return true;
}
