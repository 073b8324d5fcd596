#include "interp/space.h"

static void empty_data(struct pg_space_data *table) {
    for (int k = 0; k < PG_SPACE_DATA; k++)
        table[k].tag = PG_NO_PAGE;
}

static void empty_code(struct pg_space *space) {
    for (int k = 0; k < PG_SPACE_CODE; k++)
        space->code[k].page = PG_NO_PAGE;
}

static void drop_data(struct pg_space_data *table, uint32_t page) {
    struct pg_space_data *data = &table[page % PG_SPACE_DATA];
    if ((data->tag & ~(uint32_t)PG_TAG_WATCHED) == page << PG_PAGE_BITS)
        data->tag = PG_NO_PAGE;
}

/* The entry of a page, or all, left the TLB under this space's root. Code under MON comes from
 * monitor space, whatever the TLB says. */
static void drop(struct pg_space *space, uint32_t page) {
    bool monitor = space->key.status & PG_MON;
    if (page == PG_TLB_ALL) {
        empty_data(space->read);
        empty_data(space->write);
        if (!monitor)
            empty_code(space);
        return;
    }
    drop_data(space->read, page);
    drop_data(space->write, page);
    struct pg_space_code *code = &space->code[page % PG_SPACE_CODE];
    if (code->page == page && !monitor)
        code->page = PG_NO_PAGE;
}

/* How many bytes of [base, base + bound) lie inside memory. */
static uint32_t inside(uint32_t base, uint32_t bound, uint32_t memory) {
    if (base >= memory)
        return 0;
    return bound < memory - base ? bound : memory - base;
}

static void make(struct pg_space *space, const struct pg_space_key *key,
                 const struct pg_machine *m) {
    space->key = *key;
    space->used = true;
    space->supervisor = pg_psw_supervisor(&m->cpu.psw);
    space->limit = space->offset = 0;
    if ((key->status & PG_MODE) == PG_MODE_REAL) {
        space->limit = m->ram.size;
    } else if ((key->status & PG_MODE) == PG_MODE_BOUNDS) {
        space->limit = inside(key->base, key->bound, m->ram.size);
        space->offset = key->base;
    }
    space->mon_base = key->mon_base;
    space->mon_limit = space->supervisor ? inside(key->mon_base, key->mon_bound, m->ram.size) : 0;
    space->tlb_changes = m->tlb.changes;
    space->watches = m->ram.store->watches;
    empty_data(space->read);
    empty_data(space->write);
    empty_code(space);
}

static bool same(const struct pg_space_key *x, const struct pg_space_key *y) {
    return x->status == y->status && x->base == y->base && x->bound == y->bound &&
           x->mon_base == y->mon_base && x->mon_bound == y->mon_bound;
}

static struct pg_space *find(struct pg_spaces *spaces, const struct pg_space_key *key) {
    for (int k = 0; k < PG_NSPACES; k++)
        if (spaces->all[k].used && same(&spaces->all[k].key, key))
            return &spaces->all[k];
    struct pg_space *space = &spaces->all[spaces->oldest];
    spaces->oldest = (spaces->oldest + 1) % PG_NSPACES;
    make(space, key, spaces->m);
    return space;
}

struct pg_space *pg_space_now(struct pg_spaces *spaces) {
    const struct pg_machine *m = spaces->m;
    const struct pg_space_key key = {m->cpu.psw.status & (PG_RING | PG_MODE | PG_MON),
                                     m->cpu.psw.base, m->cpu.psw.bound, m->cpu.mon_base,
                                     m->cpu.mon_bound};
    struct pg_space *space = spaces->current;
    if (!space || !same(&space->key, &key))
        spaces->current = space = find(spaces, &key);
    bool paged = (key.status & PG_MODE) == PG_MODE_PAGED;
    struct pg_tlb_departure left;
    while (pg_tlb_departed(&m->tlb, &space->tlb_changes, &left))
        if (paged && (left.page == PG_TLB_ALL || left.root == key.base))
            drop(space, left.page);
    if (space->watches != m->ram.store->watches) {
        space->watches = m->ram.store->watches;
        empty_data(space->write);
    }
    return space;
}

void pg_spaces_flush(struct pg_spaces *spaces) {
    for (int k = 0; k < PG_NSPACES; k++)
        spaces->all[k].used = false;
    spaces->current = NULL;
}

bool pg_space_fill(struct pg_spaces *spaces, uint32_t va, enum pg_use use, uint32_t *pa) {
    struct pg_machine *m = spaces->m;
    struct pg_space *space = spaces->current;
    struct pg_space_data *data =
        &(use == PG_WRITE ? space->write : space->read)[(va >> PG_PAGE_BITS) % PG_SPACE_DATA];
    uint32_t tag = PG_TAG(va, 1);
    if (data->tag == (tag | PG_TAG_WATCHED))
        *pa = (uint32_t)(data->host + va - (uintptr_t)m->ram.bytes);
    else if (va < space->limit)
        *pa = va + space->offset;
    else if ((m->cpu.psw.status & PG_MODE) != PG_MODE_PAGED || !pg_translate(m, va, use, pa) ||
             m->tlb.changes != space->tlb_changes)
        return false;
    if (use == PG_WRITE && m->ram.watch[*pa >> PG_PAGE_BITS])
        tag |= PG_TAG_WATCHED;
    *data = (struct pg_space_data){tag, (uintptr_t)m->ram.bytes + *pa - va};
    return true;
}
