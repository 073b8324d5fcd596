#include "native/space.h"

#include <sys/mman.h>

static void empty(struct space *space) {
    for (uint32_t k = 0; k < space->nfilled; k++)
        (space->filled[k] < PAGES ? space->window->read
                                  : space->window->write)[space->filled[k] % PAGES] = 0;
    space->nfilled = 0;
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
        if (u->code_limit == v->code_limit && u->supervisor == v->supervisor)
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
    if (!space->window) {
        void *window = mmap(NULL, sizeof *space->window, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (window == MAP_FAILED)
            return false;
        space->window = window;
    }
    space->key = *key;
    struct universe u = {0, pg_psw_supervisor(&m->cpu.psw)};
    space->code_offset = 0;
    if (mode == PG_MODE_REAL) {
        u.code_limit = memory;
    } else if (mode == PG_MODE_BOUNDS) {
        u.code_limit = inside(key->base, key->bound, memory);
        space->code_offset = key->base;
    }
    uint32_t mon_limit = inside(key->mon_base, key->mon_bound, memory);
    space->mon_limit = u.supervisor ? mon_limit : 0;
    space->mon_base = space->mon_limit ? key->mon_base : 0;
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
    space->watches = m->ram.store->watches;
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

void spaces_close(struct spaces *spaces) {
    for (int k = 0; k < SPACES; k++)
        if (spaces->all[k].window)
            munmap(spaces->all[k].window, sizeof(struct window));
}

void space_mind_watches(struct spaces *spaces) {
    const struct pg_ram *ram = &spaces->m->ram;
    struct space *space = spaces->current;
    if (space->watches == ram->store->watches)
        return;
    space->watches = ram->store->watches;
    uint32_t kept = 0;
    for (uint32_t k = 0; k < space->nfilled; k++) {
        uint32_t page = space->filled[k] % PAGES;
        if (space->filled[k] >= PAGES) {
            uint64_t host = space->window->write[page] + ((uint64_t)page << PG_PAGE_BITS);
            if (ram->watch[(host - (uintptr_t)ram->bytes) >> PG_PAGE_BITS]) {
                space->window->write[page] = 0;
                continue;
            }
        }
        space->filled[kept++] = space->filled[k];
    }
    space->nfilled = kept;
}

bool space_fill(struct spaces *spaces, uint32_t va, enum pg_use use, uint32_t *pa) {
    struct pg_machine *m = spaces->m;
    struct space *space = spaces->current;
    uint32_t page = va >> PG_PAGE_BITS;
    if (!pg_translate(m, va, use, pa) || m->tlb.changes != space->tlb_changes ||
        m->run != PG_RUNNING)
        return false;
    uint64_t *entry = use == PG_WRITE ? &space->window->write[page] : &space->window->read[page];
    uint64_t add = (uint64_t)(uintptr_t)m->ram.bytes + *pa - va;
    if (*entry || add == 0 || (use == PG_WRITE && m->ram.watch[*pa >> PG_PAGE_BITS]))
        return true;
    if (space->nfilled == FILLED)
        empty(space);
    *entry = add;
    space->filled[space->nfilled++] = page + (use == PG_WRITE ? PAGES : 0);
    return true;
}
