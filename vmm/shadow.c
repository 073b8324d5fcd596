#include "vmm/shadow.h"

#include <stdlib.h>

enum { SPACES = 64 };

/* What a page of the pool is used for. */
struct page {
    uint8_t space; /* 0: none, else number of the space + 1 */
    bool retired;  /* its space is gone, but the real TLB may hold what came from it */
    bool leaf;     /* a second-level table */
    uint16_t slot; /* of a second-level table: its place in the root table */
};

struct space {
    bool used;
    uint32_t mode, base; /* of the guest's relocation */
    unsigned ring;       /* virtual; only paged spaces depend on it */
    uint32_t root;       /* page of the pool */
};

struct pg_shadow {
    uint32_t base; /* real address of the pool */
    uint32_t nfree;
    uint32_t next; /* page of the pool where the search for a free one begins */
    struct page pages[PG_SHADOW_PAGES];
    size_t nspaces;       /* all beyond are unused */
    size_t last;          /* the space looked up last */
    uint64_t tlb_changes; /* the departures from the guest's TLB that have been dropped here */
    struct space spaces[SPACES];
    bool *writable; /* per page of the guest's memory: some leaf may grant stores to it */
};

bool pg_shadow_open(struct pg_vm *vm, struct pg_error *err) {
    vm->shadow = calloc(1, sizeof *vm->shadow);
    if (vm->shadow)
        vm->shadow->writable =
            calloc(vm->m->ram.size >> PG_PAGE_BITS, sizeof *vm->shadow->writable);
    if (!vm->shadow || !vm->shadow->writable ||
        !pg_allocate(vm->vmm, PG_SHADOW_BYTES, &vm->shadow->base))
        return pg_fail(err, "no memory for shadow page tables");
    vm->shadow->nfree = PG_SHADOW_PAGES;
    vm->shadow->tlb_changes = vm->m->tlb.changes;
    return true;
}

void pg_shadow_close(struct pg_vm *vm) {
    if (vm->shadow)
        free(vm->shadow->writable);
    free(vm->shadow);
    vm->shadow = NULL;
}

static uint32_t page_address(const struct pg_shadow *s, uint32_t page) {
    return s->base + page * PG_PAGE;
}

/* Discard the paged spaces, or all. Nothing leads to their tables any more, so that what the real
 * TLB holds of them does not matter until the pages are used again. */
static void discard(struct pg_vm *vm, bool all) {
    struct pg_shadow *s = vm->shadow;
    bool any = false;
    for (size_t k = 0; k < s->nspaces; k++)
        if (s->spaces[k].used && (all || s->spaces[k].mode == PG_MODE_PAGED)) {
            s->spaces[k].used = false;
            any = true;
        }
    if (!any)
        return;
    for (uint32_t p = 0; p < PG_SHADOW_PAGES; p++)
        if (s->pages[p].space && !s->spaces[s->pages[p].space - 1].used)
            s->pages[p].retired = true;
    pg_vm_note(vm, PG_EVENT_shadow_flush, 0, 0);
}

/* Have n free pages, if need be by discarding all spaces. */
static void make_room(struct pg_vm *vm, uint32_t n) {
    struct pg_shadow *s = vm->shadow;
    while (s->nfree < n) {
        for (uint32_t p = 0; p < PG_SHADOW_PAGES; p++)
            if (s->pages[p].retired) {
                s->pages[p] = (struct page){0};
                s->nfree++;
            }
        pg_real_tlbia(vm->vmm->real);
        if (s->nfree < n)
            discard(vm, true);
    }
}

/* A cleared page of the pool. The caller has made sure that there is one. */
static uint32_t take_page(struct pg_vm *vm, size_t space, bool leaf, uint32_t slot) {
    struct pg_shadow *s = vm->shadow;
    while (s->pages[s->next].space)
        s->next = (s->next + 1) % PG_SHADOW_PAGES;
    uint32_t page = s->next;
    s->nfree--;
    s->pages[page] =
        (struct page){.space = (uint8_t)(space + 1), .leaf = leaf, .slot = (uint16_t)slot};
    pg_real_clear(vm->vmm->real, page_address(s, page), PG_PAGE);
    return page;
}

/* Drop the leaf of a virtual page of one root, in all its spaces. */
static void drop(struct pg_vm *vm, uint32_t root, uint32_t page) {
    struct pg_shadow *s = vm->shadow;
    struct pg_real *real = vm->vmm->real;
    for (size_t k = 0; k < s->nspaces; k++) {
        if (!s->spaces[k].used || s->spaces[k].mode != PG_MODE_PAGED || s->spaces[k].base != root)
            continue;
        uint32_t entry = page_address(s, s->spaces[k].root) + 4 * (page >> 10);
        uint32_t table = pg_real_peek(real, entry) & PG_PTE_FRAME;
        if (table)
            pg_real_poke(real, table + 4 * (page & 0x3ff), 0);
    }
    pg_real_tlbi(real, page << PG_PAGE_BITS);
}

/* Drop what has departed from the guest's TLB. */
static void catch_up(struct pg_vm *vm) {
    struct pg_tlb_departure left;
    while (pg_tlb_departed(&vm->m->tlb, &vm->shadow->tlb_changes, &left))
        if (left.page == PG_TLB_ALL)
            discard(vm, false);
        else
            drop(vm, left.root, left.page);
}

static bool is_space(const struct space *space, const struct space *key) {
    return space->used && space->base == key->base && space->mode == key->mode &&
           space->ring == key->ring;
}

/* The space for the guest's present relocation and ring. */
static struct space *find_space(struct pg_vm *vm) {
    struct pg_shadow *s = vm->shadow;
    catch_up(vm);
    const struct pg_psw *guest = &vm->m->cpu.psw;
    struct space key = {.used = true, .mode = guest->status & PG_MODE};
    if (key.mode != PG_MODE_REAL)
        key.base = guest->base;
    if (key.mode == PG_MODE_PAGED)
        key.ring = pg_psw_ring(guest);
    if (is_space(&s->spaces[s->last], &key))
        return &s->spaces[s->last];
    size_t unused = SPACES;
    for (size_t k = 0; k < s->nspaces; k++) {
        if (is_space(&s->spaces[k], &key)) {
            s->last = k;
            return &s->spaces[k];
        }
        if (!s->spaces[k].used && unused == SPACES)
            unused = k;
    }
    if (unused == SPACES && s->nspaces < SPACES)
        unused = s->nspaces++;
    if (unused == SPACES) {
        discard(vm, true);
        unused = 0;
    }
    make_room(vm, 2);
    s->last = unused;
    key.root = take_page(vm, s->last, false, 0);
    s->spaces[s->last] = key;
    pg_vm_note(vm, PG_EVENT_space, guest->base, 0);
    return &s->spaces[s->last];
}

struct pg_psw pg_shadow_space(struct pg_vm *vm) {
    const struct pg_psw *guest = &vm->m->cpu.psw;
    uint32_t root = page_address(vm->shadow, find_space(vm)->root);
    uint32_t bound = guest->bound;
    if ((guest->status & PG_MODE) != PG_MODE_PAGED)
        bound = pg_compose(vm).bound; /* bt puts unpaged guests into shadow tables as well */
    return (struct pg_psw){.status = PG_MODE_PAGED, .base = root, .bound = bound};
}

/* The rights that the guest's machine grants at va without walking again. */
static uint32_t granted(const struct pg_vm *vm, uint32_t va) {
    const struct pg_psw *guest = &vm->m->cpu.psw;
    if ((guest->status & PG_MODE) != PG_MODE_PAGED)
        return PG_PTE_R | PG_PTE_W | PG_PTE_X;
    uint32_t pte = pg_tlb_find(&vm->m->tlb, guest->base, va >> PG_PAGE_BITS)->pte;
    uint32_t rights = pte & (PG_PTE_R | PG_PTE_W | PG_PTE_X);
    return pte & PG_PTE_D ? rights : rights & ~(uint32_t)PG_PTE_W; /* the first store must walk */
}

enum pg_fill pg_shadow_fill(struct pg_vm *vm, uint32_t va, enum pg_use use) {
    struct pg_shadow *s = vm->shadow;
    struct pg_real *real = vm->vmm->real;
    uint32_t pa;
    if (!pg_translate(vm->m, va, use, &pa))
        return PG_FILL_TRUE;
    uint32_t rights = granted(vm, va);
    if (vm->m->ram.watch[pa >> PG_PAGE_BITS] & vm->code_bit)
        rights &= ~(uint32_t)PG_PTE_W;

    make_room(vm, 1);
    struct space *space = find_space(vm);
    uint32_t slot = va >> 22;
    uint32_t entry = page_address(s, space->root) + 4 * slot;
    uint32_t table = pg_real_peek(real, entry) & PG_PTE_FRAME;
    if (table == 0) {
        table = page_address(s, take_page(vm, s->last, true, slot));
        pg_real_poke(real, entry, table | PG_PTE_V);
    }
    uint32_t frame = vm->base + (pa & PG_PTE_FRAME);
    s->writable[pa >> PG_PAGE_BITS] |= (rights & PG_PTE_W) != 0;
    pg_real_poke(real, table + 4 * (va >> PG_PAGE_BITS & 0x3ff),
                 frame | PG_PTE_RING | PG_PTE_A | PG_PTE_D | rights | PG_PTE_V);
    return use == PG_WRITE && !(rights & PG_PTE_W) ? PG_FILL_PROTECTED : PG_FILL_HIDDEN;
}

/* Is this page of the pool a second-level table of a space? */
static bool is_leaf(const struct pg_shadow *s, uint32_t page) {
    return s->pages[page].space && s->pages[page].leaf && !s->pages[page].retired;
}

void pg_shadow_protect(struct pg_vm *vm, uint32_t pa) {
    struct pg_shadow *s = vm->shadow;
    struct pg_real *real = vm->vmm->real;
    uint32_t frame = vm->base + (pa & PG_PTE_FRAME);
    if (!s->writable[pa >> PG_PAGE_BITS])
        return;
    s->writable[pa >> PG_PAGE_BITS] = false;
    for (uint32_t page = 0; page < PG_SHADOW_PAGES; page++)
        for (uint32_t k = 0; is_leaf(s, page) && k < 1024; k++) {
            uint32_t where = page_address(s, page) + 4 * k;
            uint32_t pte = pg_real_peek(real, where);
            if (pte & PG_PTE_W && (pte & PG_PTE_FRAME) == frame) {
                pg_real_poke(real, where, pte & ~(uint32_t)PG_PTE_W);
                pg_real_tlbi(real, (uint32_t)s->pages[page].slot << 22 | k << PG_PAGE_BITS);
            }
        }
}

/* ---- the oracle */

/* What may the page of a space be mapped to at most? 0: nothing. */
static uint32_t most(const struct pg_vm *vm, const struct space *space, uint32_t page) {
    uint32_t rights = PG_PTE_R | PG_PTE_W | PG_PTE_X, va = page << PG_PAGE_BITS, pa = va;
    if (space->mode == PG_MODE_BOUNDS)
        pa = space->base + va;
    if (space->mode == PG_MODE_PAGED) {
        const struct pg_tlb_entry *entry = pg_tlb_find(&vm->m->tlb, space->base, page);
        if (!entry || space->ring > (entry->pte & PG_PTE_RING) >> 8)
            return 0;
        rights &= entry->pte;
        if (!(entry->pte & PG_PTE_D))
            rights &= ~(uint32_t)PG_PTE_W;
        pa = entry->pte & PG_PTE_FRAME;
    }
    if (pa < va && space->mode == PG_MODE_BOUNDS) /* past 4 GiB */
        return 0;
    if (!pg_ram_has(&vm->m->ram, pa, PG_PAGE))
        return 0;
    if (vm->m->ram.watch[pa >> PG_PAGE_BITS] & vm->code_bit)
        rights &= ~(uint32_t)PG_PTE_W;
    return (vm->base + pa) | rights;
}

static bool check_entry(const struct pg_vm *vm, const struct space *space, uint32_t page,
                        uint32_t pte, const char *where, struct pg_error *err) {
    const uint32_t all = PG_PTE_R | PG_PTE_W | PG_PTE_X;
    uint32_t allowed = most(vm, space, page);
    if (!(pte & PG_PTE_V) ||
        (allowed && ((pte ^ allowed) & PG_PTE_FRAME) == 0 && (pte & all & ~allowed) == 0))
        return true;
    return pg_fail(
        err,
        "the %s maps page 0x%05x (mode %u, BASE 0x%08x, virtual ring %u) to 0x%08x, rights "
        "%x, where the guest's map and its allocation give %s0x%08x, rights %x",
        where, page, space->mode >> 8, space->base, space->ring, pte & PG_PTE_FRAME, pte & all,
        allowed ? "" : "nothing: ", allowed & PG_PTE_FRAME, allowed & all);
}

/* Every entry of the real TLB whose root is one of the shadow roots. */
static bool check_real_tlb(const struct pg_vm *vm, struct pg_error *err) {
    const struct pg_shadow *s = vm->shadow;
    size_t n;
    struct pg_tlb_entry *entries = pg_tlb_sorted(&pg_real_look(vm->vmm->real)->tlb, &n);
    bool ok = true;
    for (size_t e = 0; ok && e < n; e++)
        for (size_t k = 0; ok && k < s->nspaces; k++)
            if (s->spaces[k].used && entries[e].root == page_address(s, s->spaces[k].root))
                ok = check_entry(vm, &s->spaces[k], entries[e].page, entries[e].pte, "real TLB",
                                 err);
    free(entries);
    return ok;
}

bool pg_shadow_check(struct pg_vm *vm, struct pg_error *err) {
    const struct pg_shadow *s = vm->shadow;
    catch_up(vm);
    for (uint32_t p = 0; p < PG_SHADOW_PAGES; p++) {
        const struct page *page = &s->pages[p];
        for (uint32_t k = 0; is_leaf(s, p) && k < 1024; k++)
            if (!check_entry(vm, &s->spaces[page->space - 1], (uint32_t)page->slot << 10 | k,
                             pg_real_peek(vm->vmm->real, page_address(s, p) + 4 * k),
                             "shadow page table", err))
                return false;
    }
    return check_real_tlb(vm, err);
}
