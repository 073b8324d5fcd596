#include "native/space.h"
#include "native/block.h"

#include <stdlib.h>
#include <sys/mman.h>

/* In calls of the host: what a space has to earn before it gets a window, besides a call for each
 * of its pages; what it has then; what it can have. */
enum { LEAST = 8, FIRST_CREDIT = 64, MOST_CREDIT = 512 };

/* Of the mappings that a process can have, what the windows of one engine may take. */
enum { MOST_MAPPINGS = 8192 };

static bool windowed(const struct spaces *spaces, const struct space *space) {
    return spaces->universes[space->universe].windowed;
}

/* Forget where indirect jumps lead. */
static void forget_targets(struct below *below) {
    memset(below->targets, 0, sizeof below->targets);
    below->targets[0].pc = PG_WORD;
}

static uint64_t *table(struct below *below, enum table which) {
    return which == TABLE_READ ? below->read : which == TABLE_WRITE ? below->write : below->beside;
}

static void empty(struct spaces *spaces, struct space *space) {
    struct below *below = below_window(space->window);
    for (uint32_t k = 0; k < space->nfilled; k++)
        table(below, space->filled[k] / PAGES)[space->filled[k] % PAGES] = 0;
    if (windowed(spaces, space)) {
        space->credit -= spaces->call + space->nfilled * (spaces->call / 8);
        window_clear(space->window);
    }
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
        if (u->code_limit == v->code_limit && u->supervisor == v->supervisor &&
            u->monitor == v->monitor && u->windowed == v->windowed)
            return k;
    }
    if (k < UNIVERSES)
        spaces->universes[spaces->nuniverses++] = *u;
    return k;
}

/* Blocks of this universe from now on. False if there is no room for it. */
static bool enter(struct spaces *spaces, struct space *space, const struct universe *u) {
    uint32_t n = number(spaces, u);
    if (n == UNIVERSES || spaces->epoch == UINT32_MAX)
        return false;
    space->universe = (uint8_t)n;
    space->epoch = ++spaces->epoch;
    spaces->changes++;
    forget_targets(below_window(space->window));
    return true;
}

static bool make(struct spaces *spaces, struct space *space, const struct space_key *key) {
    const struct pg_machine *m = spaces->m;
    uint32_t mode = key->status & PG_MODE, memory = m->ram.size;
    if (!space->filled && !(space->filled = malloc(FILLED * sizeof *space->filled)))
        return false;
    if (space->used)
        empty(spaces, space);
    spaces->changes++;
    space->used = false;
    space->key = *key;
    space->credit = 0;
    struct universe u = {.supervisor = pg_psw_supervisor(&m->cpu.psw),
                         .monitor = key->status & PG_MON};
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
    space->tlb_changes = m->tlb.changes;
    space->watches = m->ram.store->watches;
    return space->used = enter(spaces, space, &u);
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
    if (!space->window && !(space->window = window_open(spaces->faults)) && spaces->oldest) {
        spaces->most = spaces->oldest;
        space = &spaces->all[spaces->oldest = 0];
    }
    spaces->oldest = (spaces->oldest + 1) % (spaces->most ? spaces->most : SPACES);
    return space->window && make(spaces, space, key) ? space : NULL;
}

/* Where a page that the tables know for reading is in memory. */
static uint32_t place(const struct spaces *spaces, uint64_t add, uint32_t page) {
    return (uint32_t)(add + ((uint64_t)page << PG_PAGE_BITS) -
                      (uint64_t)(uintptr_t)spaces->m->ram.bytes);
}

/* What the window may map a page for. */
static enum host_right right_of(const struct below *below, uint32_t page) {
    return !below->read[page] ? HOST_NONE : below->write[page] ? HOST_WRITE : HOST_READ;
}

/* Begin anew with all windows if there are too many mappings. */
static void mind_mappings(struct spaces *spaces) {
    uint32_t n = 0;
    for (int k = 0; k < SPACES; k++)
        n += spaces->all[k].used ? window_mappings(spaces->all[k].window) : 0;
    for (int k = 0; n >= MOST_MAPPINGS && k < SPACES; k++)
        if (spaces->all[k].used && window_mappings(spaces->all[k].window)) {
            window_clear(spaces->all[k].window);
            spaces->all[k].credit -= spaces->call;
        }
}

/* Map a run of pages as the tables have them, from the first on, at most `most`; gives how many. */
static uint32_t map_run(struct spaces *spaces, struct space *space, uint32_t first, uint32_t most) {
    const struct below *below = below_window(space->window);
    enum host_right right = right_of(below, first);
    uint32_t n = 1;
    mind_mappings(spaces);
    while (n < most && below->read[first + n] == below->read[first] &&
           right_of(below, first + n) == right)
        n++;
    window_map(space->window, &spaces->m->ram, first, n,
               right == HOST_NONE ? 0 : place(spaces, below->read[first], first), right);
    space->credit -= spaces->call;
    return n;
}

/* What is known of code does not hold any more. */
static void forget_code(struct spaces *spaces, struct space *space) {
    space->epoch = ++spaces->epoch;
    spaces->changes++;
    forget_targets(below_window(space->window));
}

/* A page left the TLB. */
static void forget_page(struct spaces *spaces, struct space *space, uint32_t page) {
    struct below *below = below_window(space->window);
    for (enum table which = TABLE_READ; which < TABLES; which++)
        table(below, which)[page] = 0;
    if (window_right(space->window, page))
        map_run(spaces, space, page, 1);
    if (below->fetched[page]) {
        below->fetched[page] = 0;
        forget_code(spaces, space);
    }
}

/* Agree with the TLB. */
static void catch_up(struct spaces *spaces, struct space *space) {
    const struct pg_tlb *tlb = &spaces->m->tlb;
    struct pg_tlb_departure left;
    if ((space->key.status & PG_MODE) != PG_MODE_PAGED)
        space->tlb_changes = tlb->changes;
    while (pg_tlb_departed(tlb, &space->tlb_changes, &left)) {
        if (left.page == PG_TLB_ALL) {
            forget_code(spaces, space);
            empty(spaces, space);
        } else if (left.root == space->key.base) {
            forget_page(spaces, space, left.page);
        }
    }
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
    if (spaces->epoch > UINT32_MAX - 2 * PG_TLB_RECENT)
        return NULL;
    catch_up(spaces, space);
    return space;
}

void spaces_flush(struct spaces *spaces) {
    for (int k = 0; k < SPACES; k++) {
        if (spaces->all[k].used)
            empty(spaces, &spaces->all[k]);
        spaces->all[k].used = false;
    }
    spaces->changes++;
    spaces->current = NULL;
    spaces->nuniverses = spaces->epoch = 0;
}

void spaces_close(struct spaces *spaces) {
    for (int k = 0; k < SPACES; k++) {
        if (spaces->all[k].window)
            window_close(spaces->all[k].window);
        free(spaces->all[k].filled);
    }
}

/* ---- filling */

void space_mind_watches(struct spaces *spaces) {
    const struct pg_ram *ram = &spaces->m->ram;
    struct space *space = spaces->current;
    if (space->watches == ram->store->watches)
        return;
    space->watches = ram->store->watches;
    struct below *below = below_window(space->window);
    uint32_t kept = 0;
    for (uint32_t k = 0; k < space->nfilled; k++) {
        uint32_t page = space->filled[k] % PAGES;
        uint64_t *entry = &table(below, space->filled[k] / PAGES)[page];
        if (!*entry) /* it has left the TLB */
            continue;
        if (space->filled[k] / PAGES == TABLE_BESIDE &&
            !store_code_words(spaces->store, place(spaces, below->read[page], page))) {
            *entry = 0;
            continue;
        }
        if (space->filled[k] / PAGES == TABLE_WRITE &&
            ram->watch[place(spaces, below->write[page], page) >> PG_PAGE_BITS]) {
            below->write[page] = 0;
            if (window_right(space->window, page) == HOST_WRITE)
                map_run(spaces, space, page, 1);
            continue;
        }
        space->filled[kept++] = space->filled[k];
    }
    space->nfilled = kept;
}

static int ascending(const void *x, const void *y) {
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

/* Map all that the tables know, in runs. */
static void widen_all(struct spaces *spaces, struct space *space) {
    const struct below *below = below_window(space->window);
    qsort(space->filled, space->nfilled, sizeof *space->filled, ascending);
    for (uint32_t k = 0; k < space->nfilled && space->filled[k] < PAGES;) {
        uint32_t first = space->filled[k], n = 1;
        while (k + n < space->nfilled && space->filled[k + n] == first + n)
            n++;
        for (uint32_t done = 0; done < n;)
            done += right_of(below, first + done) == HOST_NONE
                        ? 1
                        : map_run(spaces, space, first + done, n - done);
        k += n;
    }
}

/* Outside paging, where nothing happens when a page is first used, know all pages. */
static void fill_all(struct spaces *spaces, struct space *space) {
    const struct pg_ram *ram = &spaces->m->ram;
    struct below *below = below_window(space->window);
    const struct space_key *key = &space->key;
    bool real = (key->status & PG_MODE) == PG_MODE_REAL;
    uint32_t pa = real ? 0 : key->base, size = real ? ram->size : inside(pa, key->bound, ram->size);
    if (size / PG_PAGE > FILLED / 2)
        size = FILLED / 2 * PG_PAGE;
    empty(spaces, space);
    for (uint32_t page = 0; page < size / PG_PAGE; page++) {
        below->read[page] = (uint64_t)(uintptr_t)ram->bytes + pa;
        space->filled[space->nfilled++] = page;
        if (ram->watch[(pa >> PG_PAGE_BITS) + page])
            continue;
        below->write[page] = below->read[page];
        space->filled[space->nfilled++] = page + PAGES;
    }
}

static bool give_window(struct spaces *spaces, struct space *space) {
    struct universe u = spaces->universes[space->universe];
    space->credit = 0;
    if (spaces->m->ram.store->file < 0)
        return true;
    if ((space->key.status & PG_MODE) != PG_MODE_PAGED)
        fill_all(spaces, space);
    u.windowed = true;
    if (!enter(spaces, space, &u))
        return false;
    widen_all(spaces, space);
    space->credit = FIRST_CREDIT * spaces->call;
    return true;
}

static bool take_window(struct spaces *spaces, struct space *space) {
    struct universe u = spaces->universes[space->universe];
    space->credit = 0;
    window_clear(space->window);
    u.windowed = false;
    return enter(spaces, space, &u);
}

bool space_reconsider(struct spaces *spaces) {
    struct space *space = spaces->current;
    bool paged = (space->key.status & PG_MODE) == PG_MODE_PAGED;
    if (windowed(spaces, space)) {
        if (space->credit > MOST_CREDIT * spaces->call)
            space->credit = MOST_CREDIT * spaces->call;
        return space->credit >= 0 || take_window(spaces, space);
    }
    uint32_t pages = paged ? space->nfilled / 2 : 0; /* most are known for reading and writing */
    return space->credit < spaces->call * (LEAST + pages) || give_window(spaces, space);
}

/* The tables know something new of the page: so does the window, if there is one. */
static void widen(struct spaces *spaces, struct space *space, uint32_t page) {
    if (right_of(below_window(space->window), page) != window_right(space->window, page))
        map_run(spaces, space, page, 1);
}

/* The rights that the TLB grants on a page which was just used; outside paging, all. */
static uint32_t granted(const struct pg_machine *m, uint32_t page) {
    if ((m->cpu.psw.status & PG_MODE) != PG_MODE_PAGED)
        return PG_PTE_R | PG_PTE_W | PG_PTE_D;
    const struct pg_tlb_entry *entry = pg_tlb_find(&m->tlb, m->cpu.psw.base, page);
    return entry ? entry->pte : 0;
}

static void know_page(struct space *space, enum table which, uint32_t page, uint64_t entry) {
    uint64_t *at = &table(below_window(space->window), which)[page];
    if (*at || !entry)
        return;
    *at = entry;
    space->filled[space->nfilled++] = page + which * PAGES;
}

bool space_fill(struct spaces *spaces, uint32_t va, enum pg_use use, uint32_t *pa) {
    struct pg_machine *m = spaces->m;
    struct space *space = spaces->current;
    uint32_t page = va >> PG_PAGE_BITS;
    if (!pg_translate(m, va, use, pa) || m->run != PG_RUNNING)
        return false;
    catch_up(spaces, space);
    uint64_t add = (uint64_t)(uintptr_t)m->ram.bytes + *pa - va;
    uint32_t rights = granted(m, page);
    if (add == 0) /* which in a table says that it does not know the page */
        return true;
    if (space->nfilled > FILLED - TABLES)
        empty(spaces, space);
    if (rights & PG_PTE_R)
        know_page(space, TABLE_READ, page, add);
    if (rights & PG_PTE_W && rights & PG_PTE_D) {
        if (!m->ram.watch[*pa >> PG_PAGE_BITS])
            know_page(space, TABLE_WRITE, page, add);
        else if (rights & PG_PTE_R)
            know_page(space, TABLE_BESIDE, page, (uintptr_t)store_code_words(spaces->store, *pa));
    }
    if (windowed(spaces, space))
        widen(spaces, space, page);
    return true;
}

bool space_widen(struct spaces *spaces, uint32_t va, enum pg_use use) {
    struct space *space = spaces->current;
    uint32_t page = va >> PG_PAGE_BITS;
    struct below *below = below_window(space->window);
    if (!table(below, use == PG_WRITE ? TABLE_WRITE : TABLE_READ)[page] || !below->read[page])
        return false;
    widen(spaces, space, page);
    enum host_right right = window_right(space->window, page);
    return right == HOST_WRITE || (right == HOST_READ && use != PG_WRITE);
}
