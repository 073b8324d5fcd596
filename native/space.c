#include "native/space.h"

static void empty(struct space *space) {
    for (int k = 0; k < WINDOW; k++)
        space->window.read[k].tag = space->window.write[k].tag = NO_TAG;
}

/* How many bytes of [base, base + bound) lie inside memory. */
static uint32_t inside(uint32_t base, uint32_t bound, uint32_t memory) {
    if (base >= memory)
        return 0;
    return bound < memory - base ? bound : memory - base;
}

/* The number of this universe, a new one if need be; UNIVERSES if there is no room. */
static uint32_t number(struct spaces *spaces, const struct universe *u) {
    uint32_t k = 0;
    for (; k < spaces->nuniverses; k++) {
        const struct universe *v = &spaces->universes[k];
        if (u->code_limit == v->code_limit && u->data_paged == v->data_paged &&
            u->supervisor == v->supervisor)
            return k;
    }
    if (k < UNIVERSES)
        spaces->universes[spaces->nuniverses++] = *u;
    return k;
}

static bool make(struct spaces *spaces, struct space *space, const struct space_key *key) {
    const struct pg_machine *m = spaces->m;
    uint32_t mode = key->status & PG_MODE, memory = m->ram.size;
    space->used = false;
    space->key = *key;
    space->limit = space->offset = 0;
    if (mode == PG_MODE_REAL) {
        space->limit = memory;
    } else if (mode == PG_MODE_BOUNDS) {
        space->limit = inside(key->base, key->bound, memory);
        space->offset = space->limit ? key->base : 0;
    }
    struct universe u = {space->limit, mode == PG_MODE_PAGED, pg_psw_supervisor(&m->cpu.psw)};
    uint32_t mon_limit = inside(key->mon_base, key->mon_bound, memory);
    space->mon_limit = u.supervisor ? mon_limit : 0;
    space->mon_base = space->mon_limit ? key->mon_base : 0;
    space->code_offset = space->offset;
    if (key->status & PG_MON) {
        u.code_limit = mon_limit;
        space->code_offset = space->mon_base;
    }
    uint32_t n = number(spaces, &u);
    if (n == UNIVERSES || spaces->epoch == UINT32_MAX)
        return false;
    space->universe = (uint8_t)n;
    space->epoch = ++spaces->epoch;
    space->tlb_changes = m->tlb.changes;
    empty(space);
    return space->used = true;
}

static bool same(const struct space_key *x, const struct space_key *y) {
    return x->status == y->status && x->base == y->base && x->bound == y->bound &&
           x->mon_base == y->mon_base && x->mon_bound == y->mon_bound;
}

static struct space *find(struct spaces *spaces, const struct space_key *key) {
    for (int k = 0; k < SPACES; k++)
        if (spaces->all[k].used && same(&spaces->all[k].key, key))
            return &spaces->all[k];
    struct space *space = &spaces->all[spaces->oldest];
    spaces->oldest = (spaces->oldest + 1) % SPACES;
    return make(spaces, space, key) ? space : NULL;
}

struct space *space_now(struct spaces *spaces) {
    const struct pg_machine *m = spaces->m;
    const struct space_key key = {m->cpu.psw.status & (PG_RING | PG_MODE | PG_MON), m->cpu.psw.base,
                                  m->cpu.psw.bound, m->cpu.mon_base, m->cpu.mon_bound};
    struct space *space = spaces->current;
    if (!space || !same(&space->key, &key)) {
        spaces->current = space = find(spaces, &key);
        if (!space)
            return NULL;
    }
    if (space->tlb_changes != m->tlb.changes) {
        if ((key.status & PG_MODE) == PG_MODE_PAGED) {
            if (spaces->epoch == UINT32_MAX)
                return NULL;
            space->epoch = ++spaces->epoch;
            empty(space);
        }
        space->tlb_changes = m->tlb.changes;
    }
    return space;
}

void spaces_flush(struct spaces *spaces) {
    for (int k = 0; k < SPACES; k++)
        spaces->all[k].used = false;
    spaces->current = NULL;
    spaces->nuniverses = spaces->epoch = 0;
}

void space_fill(struct spaces *spaces, uint32_t va, enum pg_use use) {
    struct pg_machine *m = spaces->m;
    struct space *space = spaces->current;
    uint32_t pa, page = va & ~(uint32_t)(PG_PAGE - 1), k = (va >> PG_PAGE_BITS) % WINDOW;
    if ((space->key.status & PG_MODE) != PG_MODE_PAGED || !pg_translate(m, va, use, &pa) ||
        m->tlb.changes != space->tlb_changes)
        return;
    uint64_t add = (uint64_t)(uintptr_t)m->ram.bytes + pa - va;
    if (use == PG_WRITE)
        space->window.write[k] = (struct window_write){
            .tag = page, .add = add, .watch = m->ram.watch + (pa >> PG_PAGE_BITS)};
    else
        space->window.read[k] = (struct window_read){.tag = page, .add = add};
}
