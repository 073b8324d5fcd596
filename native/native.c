/* native.c - the native engine: PG32 by x86-64 code that is generated as the guest runs.
 *
 * Runs of instructions become blocks (translate.c), which jump to each other. Those with fast forms
 * (emit.def, fuse.c) are code; what has none, and what a fast form cannot do, is executed by the
 * semantic functions, called from the block.
 *
 * As in the threaded engine, a block's time is taken from a budget, the steps left before `until`
 * or the next device event, when control enters it; a block that does not fit is stepped through
 * instruction by instruction, and so is all that is traced. The last step before `until` is always
 * a plain one, so that also m->trap is what pg_step leaves behind.
 *
 * What measuring taught, on a Cascade Lake processor; times against the host's gcc -O2, geometric
 * mean of the integer workloads of tests/bench/c. With ten registers of the guest in the host's and
 * memory by tables (four instructions and a check of the alignment for an access): 3.6. With memory
 * by windows, alignment by the host's flag AC, twelve registers (the frame relative to the pc, the
 * window in gs), and calls as calls: about 2. With fused instructions and jumps kept off 32-byte
 * boundaries, which alone was worth a quarter on tight code: 1.7. Of the registers, t2 is worth
 * having in the host, and ra is not. Svc and lpsw in generated code (trap.c) take 26 ns together,
 * the loop and its handler included, where each took 150 by way of C; a call of C takes about 60
 * ns, of which AC is 22. A signal takes 2 microseconds and a change of a window 4 to 7, which is
 * why windows have to be earned (space.h).
 */
#include "native/native.h"

#include "interp/engine.h"
#include "native/translate.h"

#include <asm/hwcap2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

struct native {
    struct pg_machine *m;
    struct spaces spaces;
    struct store store;
    struct faults faults;
    struct frame *frame; /* in the store's data */
    uint64_t deadline;   /* T at which the budget ends */
    struct {
        uint64_t tlb, watches, spaces;
        uint32_t mon_base, mon_bound;
    } changes;           /* that frame.worlds knows of */
    struct site *sent;   /* the long way by its last signal, so far for lack of a page; or NULL */
    uint32_t given_back; /* at EXIT_RETREAT: steps that were charged and not taken */
    uint32_t jump;       /* that has just been taken and can be chained to what comes now; or 0 */
    uint8_t universe; /* in which it was taken: not that of what comes if the space got a window */
};

static uint32_t help(void *engine, uint32_t insn);
static const uint8_t *fix(void *engine, const uint8_t *at, bool misaligned, uint32_t va);

/* `call`: see struct spaces; `cache`: bytes of code. */
static void *open_with(struct pg_machine *m, int64_t call, size_t cache) {
    struct native *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->m = m;
    n->spaces.m = m;
    n->spaces.call = call;
    if (!store_open(&n->store, &m->ram, cache, help)) {
        free(n);
        return NULL;
    }
    const uint8_t *code = n->store.cache.execute;
    n->faults = (struct faults){code, code + cache, fix, n};
    n->spaces.store = &n->store;
    n->spaces.faults = &n->faults;
    n->frame = &n->store.data->frame;
    n->frame->engine = n;
    n->frame->memory = m->ram.bytes;
    return n;
}

static void *native_open(struct pg_machine *m) {
    return open_with(m, CALL, 1 << 24);
}

static void *eager_open(struct pg_machine *m) {
    return open_with(m, 1, 1 << 17);
}

struct store *native_store(void *engine) {
    return &((struct native *)engine)->store;
}

const struct universe *native_universe(void *engine, uint8_t number) {
    return &((struct native *)engine)->spaces.universes[number];
}

static void native_close(void *engine) {
    struct native *n = engine;
    faults_leave();
    store_close(&n->store);
    spaces_close(&n->spaces);
    free(n);
}

static void native_forget(void *engine) {
    struct native *n = engine;
    store_flush(&n->store);
    spaces_flush(&n->spaces);
    n->jump = 0;
    n->sent = NULL;
}

/* ---- the machine's state in the frame and back */

static void counts_in(struct frame *f, const struct pg_machine *m, uint32_t budget) {
    f->T = m->cpu.T;
    f->U = m->cpu.U;
    f->retired = m->retired;
    f->traps = m->traps;
    f->deliveries = m->cpu.deliveries;
    f->counted = budget;
}

/* Bring the machine's PSW and counts up to date with what is left of the budget, at this pc. */
static void settle(struct native *n, uint32_t budget, uint32_t pc) {
    struct pg_machine *m = n->m;
    struct frame *f = n->frame;
    m->cpu.psw = (struct pg_psw){f->now.status, pc, f->now.base, f->now.bound};
    n->spaces.current = f->now.space;
    m->cpu.T = f->T;
    m->cpu.U = f->U;
    m->retired = f->retired;
    m->traps = f->traps;
    m->cpu.deliveries = f->deliveries;
    pg_count(m, f->now.status, f->counted - budget);
    space_worked(&n->spaces, f->counted - budget);
    counts_in(f, m, budget);
    m->next_pc = pc;
    m->idle = false;
}

/* In monitor space these two have changed places: block.h. */
static void exchange(struct frame *f) {
    if (f->now.status & PG_MON) {
        uint32_t m7 = f->r[M7_TAKES];
        f->r[M7_TAKES] = f->m[7];
        f->m[7] = m7;
    }
}

static void registers_out(struct pg_machine *m, const struct frame *f) {
    memcpy(m->cpu.r, f->r, sizeof f->r);
    memcpy(m->cpu.m, f->m, sizeof f->m);
}

static void registers_in(struct frame *f, const struct pg_machine *m) {
    memcpy(f->r, m->cpu.r, sizeof f->r);
    memcpy(f->m, m->cpu.m, sizeof f->m);
}

/* The window has by now what this access was sent the long way for: next time it needs not. */
static void absolve(struct native *n, uint32_t insn, uint32_t va, enum pg_use use) {
    if (n->sent && n->sent->block == insn >> 8 && n->sent->index == (insn & 0xff) &&
        space_widen(&n->spaces, va, use))
        n->sent->faults--;
    n->sent = NULL;
}

/* Where an instruction stores, if that is all there is to it. Fills the window. */
static bool locate(struct native *n, uint32_t insn, const struct pg_insn *in, uint32_t *pa) {
    const struct frame *f = n->frame;
    const struct native_access *access = &native_accesses[in->op];
    if (in->op == PG_OP_msw || in->op == PG_OP_mswm) {
        uint32_t offset = f->m[in->a] + (uint32_t)in->imm;
        return offset % PG_WORD == 0 && offset < f->now.mon_limit &&
               pg_monitor_address(n->m, offset, pa);
    }
    uint32_t va = f->r[in->a] + (uint32_t)in->imm;
    if (!access->size || va % access->size || !space_fill(&n->spaces, va, access->use, pa))
        return false;
    absolve(n, insn, va, access->use);
    return access->use == PG_WRITE;
}

/* Before generated code runs: may it trap without leaving, and where to? Each world has to agree
 * with the TLB and with the watches. */
static void mind_worlds(struct native *n) {
    struct pg_machine *m = n->m;
    struct frame *f = n->frame;
    const struct pg_ram_store *store = m->ram.store;
    f->quick = !(m->cpu.psw.status & PG_MON) && !m->firmware && !m->onlooker &&
               !m->bus.user_matters && !m->bus.lines && !m->ram.watch[PG_FRAME_PSW >> PG_PAGE_BITS];
    if (n->changes.tlb == m->tlb.changes && n->changes.watches == store->watches &&
        n->changes.spaces == n->spaces.changes && n->changes.mon_base == m->cpu.mon_base &&
        n->changes.mon_bound == m->cpu.mon_bound)
        return;
    n->changes.tlb = m->tlb.changes;
    n->changes.watches = store->watches;
    n->changes.spaces = n->spaces.changes;
    n->changes.mon_base = m->cpu.mon_base;
    n->changes.mon_bound = m->cpu.mon_bound;
    memset(f->worlds, 0, sizeof f->worlds);
}

/* Has an instruction, which retired, left things so that generated code can go on behind it? */
static bool may_go_on(struct native *n, const struct block *b, uint32_t pc) {
    struct pg_machine *m = n->m;
    const struct world *now = &n->frame->now;
    uint32_t status = m->cpu.psw.status;
    bool may = !b->dead && m->run == PG_RUNNING && !m->idle && m->next_pc == pc + PG_WORD &&
               m->bus.next_event >= n->deadline && !((status ^ now->status) & ~(uint32_t)PG_IE) &&
               !(status & PG_IE && m->bus.lines) && space_now(&n->spaces) == now->space &&
               now->space->epoch == now->epoch;
    if (may)
        mind_worlds(n);
    return may;
}

/* Called by generated code for an instruction that has no fast form, or one which does not apply.
 * `insn` is the number of the block and, in the low byte, of the instruction in it. Returns 0 to go
 * on behind it; else everything is in *m. */
static uint32_t help(void *engine, uint32_t insn) {
    struct native *n = engine;
    struct frame *f = n->frame;
    struct pg_machine *m = n->m;
    const struct block *b = &n->store.blocks[insn >> 8];
    uint32_t index = insn & 0xff, pc = b->pc + block_offset(b, index), pa;
    uint32_t status = f->now.status;
    enum pg_outcome outcome = PG_RETIRED;
    struct pg_insn in; /* read first: a walk may write even where this instruction stands */
    pg_decode(pg_ram_read32(&m->ram, b->pa + block_offset(b, index)), &in);
    exchange(f);
    settle(n, f->budget + b->insns - index, pc); /* this one has not happened yet */
    if (locate(n, insn, &in, &pa)) {
        m->next_pc = pc + PG_WORD;
        pg_ram_write(&m->ram, pa, in.op == PG_OP_mswm ? f->m[in.d] : f->r[in.d],
                     native_accesses[in.op].size ? native_accesses[in.op].size : PG_WORD);
        if (may_go_on(n, b, pc)) {
            exchange(f);
            return 0;
        }
        registers_out(m, f);
    } else {
        registers_out(m, f);
        m->trap = (struct pg_trap){0};
        outcome = pg_perform(m, &in);
        if (outcome == PG_RETIRED && may_go_on(n, b, pc)) {
            registers_in(f, m);
            exchange(f);
            f->now.status = m->cpu.psw.status;
            return 0;
        }
    }
    if (outcome == PG_RETIRED)
        pg_retire(m, status);
    else
        pg_deliver(m, m->trap, pc);
    return 1;
}

/* How often an access may take a signal, other than for a page's first use, before it goes the long
 * way for good. */
enum { MOST_FAULTS = 8 };

/* The signals of generated code. The site's access needs a page that the window does not have yet,
 * or it has to go the long way. */
static const uint8_t *fix(void *engine, const uint8_t *at, bool misaligned, uint32_t va) {
    struct native *n = engine;
    struct store *s = &n->store;
    struct site *site = store_site(s, (uint32_t)(at - s->cache.execute));
    if (!site)
        abort(); /* no other instruction of generated code can fault */
    const struct block *b = &s->blocks[site->block];
    struct pg_insn in;
    pg_decode(pg_ram_read32(&n->m->ram, b->pa + block_offset(b, site->index)), &in);
    n->spaces.current = n->frame->now.space;
    if (!misaligned && space_widen(&n->spaces, va, (enum pg_use)native_accesses[in.op].use))
        return at;
    if (!site->aside && !translate_aside(s, site, &n->spaces.universes[b->universe])) {
        uint32_t first = (uint32_t)(site->index - site->before);
        n->frame->pc = b->pc + block_offset(b, first);
        n->given_back = b->insns - first;
        return code_cache_place(&s->cache, s->glue.retreat);
    }
    if (++site->faults == MOST_FAULTS)
        store_divert(s, site);
    n->sent = misaligned ? NULL : site;
    return s->cache.execute + site->aside;
}

/* The block at the pc, translated if need be; 0 if the plain step must find out: the fetch traps,
 * or nothing can be watched. May walk the tables, as the fetch does. */
static uint32_t find(struct native *n, struct space **space) {
    struct pg_machine *m = n->m;
    struct store *s = &n->store;
    uint32_t pc = m->cpu.psw.pc, pa;
    *space = space_now(&n->spaces);
    if (!*space || !store_has_room(s)) {
        native_forget(n);
        *space = space_now(&n->spaces);
        if (!*space)
            return 0;
    }
    if (!space_reconsider(&n->spaces)) {
        native_forget(n);
        return 0;
    }
    uint32_t code_limit = n->spaces.universes[(*space)->universe].code_limit;
    if (!s->watch)
        return 0;
    if (m->cpu.psw.status & PG_MON || (m->cpu.psw.status & PG_MODE) != PG_MODE_PAGED) {
        if (pc >= code_limit)
            return 0;
        pa = pc + (*space)->code_offset;
    } else {
        if (!pg_translate(m, pc, PG_FETCH, &pa) || m->run != PG_RUNNING)
            return 0;
        *space = space_now(&n->spaces); /* the walk may have changed the TLB */
        if (!*space)
            return 0;
        below_window((*space)->window)->fetched[pc >> PG_PAGE_BITS] = 1;
    }
    uint8_t universe = (*space)->universe;
    uint32_t found = store_find(s, universe, pc, pa);
    if (!found && store_should_wait(s, pa))
        return 0;
    if (!found)
        found = translate(s, pc, pa, &n->spaces.universes[universe], universe);
    below_window((*space)->window)->targets[target_slot(pc)] =
        (struct target){.pc = pc, .entry = s->blocks[found].entry};
    return found;
}

/* Translation by pages is exact only for what the guest itself can set: multiples of the page. */
static bool aligned(const struct pg_cpu *cpu) {
    return ((cpu->psw.base | cpu->psw.bound | cpu->mon_base | cpu->mon_bound) & (PG_PAGE - 1)) ==
               0 &&
           cpu->psw.pc % PG_WORD == 0;
}

static struct world world_of(const struct pg_machine *m, struct space *space) {
    return (struct world){
        .status = m->cpu.psw.status,
        .base = m->cpu.psw.base,
        .bound = m->cpu.psw.bound,
        .epoch = space->epoch,
        .window = space->window,
        .mon_limit = space->mon_limit,
        .mon_data = m->ram.bytes + space->mon_base,
        .mon_watch = m->ram.watch + (space->mon_base >> PG_PAGE_BITS),
        .space = space,
    };
}

/* Run generated code from this block on, at most `budget` steps. */
static void run_block(struct native *n, uint32_t block, struct space *space, uint32_t budget) {
    struct pg_machine *m = n->m;
    struct frame *f = n->frame;
    space_mind_watches(&n->spaces);
    registers_in(f, m);
    f->budget = budget;
    n->deadline = m->cpu.T + budget;
    counts_in(f, m, budget);
    f->now = world_of(m, space);
    mind_worlds(n);
    if (!(f->now.status & PG_MON))
        f->worlds[world_slot(f->now.status, f->now.base)] = f->now;
    exchange(f);
    uint32_t exit = n->store.glue.enter(n->store.blocks[block].entry);
    if (exit == EXIT_DONE)
        return;
    exchange(f);
    registers_out(m, f);
    if (exit == EXIT_RETREAT) {
        f->budget += n->given_back;
        exit = 0;
    }
    settle(n, f->budget, f->pc);
    n->jump = exit;
    n->universe = f->now.space->universe;
}

static enum pg_stop native_run(void *engine, uint64_t until) {
    struct native *n = engine;
    struct pg_machine *m = n->m;
    n->jump = 0;
    while (m->run == PG_RUNNING && !m->entered && m->cpu.T < until) {
        if (m->cpu.T >= m->bus.next_event || (m->bus.lines && m->cpu.psw.status & PG_IE)) {
            n->jump = 0;
            if (pg_sample(m) || m->run != PG_RUNNING)
                continue;
        }
        struct space *space;
        uint32_t block = 0, jump = n->jump;
        if (!(m->cpu.psw.status & PG_TRACE) && aligned(&m->cpu))
            block = find(n, &space);
        uint64_t limit = until - 1 < m->bus.next_event ? until - 1 : m->bus.next_event;
        uint64_t left = limit > m->cpu.T ? limit - m->cpu.T : 0;
        uint32_t insns = block ? n->store.blocks[block].insns : 0;
        if (!insns || insns > left) {
            pg_execute(m); /* sampled already */
            while (insns && m->run == PG_RUNNING && !m->entered && m->cpu.T <= limit)
                pg_step(m); /* faster than to look for a block that is short enough */
            n->jump = 0;
            continue;
        }
        if (jump && jump == n->jump && /* find has not flushed */
            n->store.blocks[block].universe == n->universe)
            store_chain(&n->store, jump, block, space->epoch);
        n->jump = 0;
        run_block(n, block, space, left < INT32_MAX ? (uint32_t)left : INT32_MAX);
    }
    if (m->entered) {
        m->entered = false;
        return PG_STOP_FIRMWARE;
    }
    return m->run == PG_RUNNING ? PG_STOP_TIME : PG_STOP_RUN;
}

/* Does the host let us make code, set gs, and have addresses enough for a window? */
static bool native_here(void) {
    enum { SOME = 1 << 16 };
    struct code_cache cache;
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) || !code_cache_open(&cache, SOME, SOME))
        return false;
    code_cache_close(&cache);
    uint8_t *window = window_open(NULL);
    if (window)
        window_close(window);
    return window;
}

#define ENGINE(engine, what)                                                                       \
    const struct pg_engine pg_engine_##engine = {                                                  \
        .name = #engine,                                                                           \
        .meaning = what,                                                                           \
        .here = native_here,                                                                       \
        .open = engine##_open,                                                                     \
        .close = native_close,                                                                     \
        .run = native_run,                                                                         \
        .forget = native_forget,                                                                   \
    };

ENGINE(native, "blocks of x86-64 code, generated as the guest runs")
ENGINE(eager, "native with windows at once and a cache that is soon full: for tests")
