/* mmu.c - relocation R: from virtual to physical addresses. Manual: "Memory modes". */
#include "machine/machine.h"

/* The rights that each use needs, and the causes when they are missing. */
static const struct {
    uint32_t right;
    enum pg_cause bound, page;
} uses[] = {
    [PG_READ] = {PG_PTE_R, PG_CAUSE_bound, PG_CAUSE_page},
    [PG_WRITE] = {PG_PTE_W, PG_CAUSE_bound, PG_CAUSE_page},
    [PG_FETCH] = {PG_PTE_X, PG_CAUSE_fetch_bound, PG_CAUSE_fetch_page},
};

static bool deny(struct pg_machine *m, enum pg_cause cause, uint32_t va) {
    m->trap.cause = cause;
    m->trap.value = va;
    return false;
}

/* Does a leaf let `ring` use it for this right, without regard to the dirty bit? */
static bool allows(uint32_t pte, unsigned ring, uint32_t right) {
    return pte & PG_PTE_V && ring <= (pte & PG_PTE_RING) >> 8 && pte & right;
}

/* Find the leaf entry of va: its physical address and value. False if the tables do not lead to
 * one inside memory. */
static bool find_leaf(const struct pg_machine *m, uint32_t va, uint32_t *where, uint32_t *pte) {
    uint32_t root_entry = m->cpu.psw.base + 4 * (va >> 22);
    if (!pg_ram_has(&m->ram, root_entry, 4))
        return false;
    uint32_t table = pg_ram_read32(&m->ram, root_entry);
    if (!(table & PG_PTE_V))
        return false;
    *where = (table & PG_PTE_FRAME) + 4 * (va >> PG_PAGE_BITS & 0x3ff);
    if (!pg_ram_has(&m->ram, *where, 4))
        return false;
    *pte = pg_ram_read32(&m->ram, *where);
    return *pte & PG_PTE_V && pg_ram_has(&m->ram, *pte & PG_PTE_FRAME, PG_PAGE);
}

/* Walk the tables for an access that the TLB did not grant. Only a walk that succeeds sets A and D
 * and touches the TLB: a denial leaves even a stale entry where it is. */
static bool walk(struct pg_machine *m, uint32_t va, enum pg_use use, uint32_t *pte) {
    uint32_t where;
    if (!find_leaf(m, va, &where, pte) || !allows(*pte, pg_psw_ring(&m->cpu.psw), uses[use].right))
        return deny(m, uses[use].page, va);
    uint32_t marked = *pte | PG_PTE_A | (use == PG_WRITE ? PG_PTE_D : 0);
    if (marked != *pte)
        pg_ram_write32(&m->ram, where, marked);
    *pte = marked;
    if (!pg_tlb_put(&m->tlb, m->cpu.psw.base, va >> PG_PAGE_BITS, marked))
        m->run = PG_NO_MEMORY;
    return true;
}

bool pg_inside(const struct pg_machine *m, uint32_t va) {
    const struct pg_psw *psw = &m->cpu.psw;
    switch (psw->status & PG_MODE) {
    case PG_MODE_REAL: return va < m->ram.size;
    case PG_MODE_BOUNDS: return va < psw->bound && (uint64_t)psw->base + va < m->ram.size;
    default: return va < psw->bound;
    }
}

bool pg_translate(struct pg_machine *m, uint32_t va, enum pg_use use, uint32_t *pa) {
    const struct pg_psw *psw = &m->cpu.psw;
    if (!pg_inside(m, va))
        return deny(m, uses[use].bound, va);
    switch (psw->status & PG_MODE) {
    case PG_MODE_REAL: *pa = va; return true;
    case PG_MODE_BOUNDS: *pa = psw->base + va; return true;
    default: {
        const struct pg_tlb_entry *entry = pg_tlb_find(&m->tlb, psw->base, va >> PG_PAGE_BITS);
        uint32_t pte = entry ? entry->pte : 0;
        bool hit =
            allows(pte, pg_psw_ring(psw), uses[use].right) && (use != PG_WRITE || pte & PG_PTE_D);
        if (!hit && !walk(m, va, use, &pte))
            return false;
        *pa = (pte & PG_PTE_FRAME) | (va & (PG_PAGE - 1));
        return true;
    }
    }
}

uint32_t pg_rights(const struct pg_machine *m, uint32_t va) {
    const struct pg_psw *psw = &m->cpu.psw;
    const uint32_t all = PG_PTE_R | PG_PTE_W | PG_PTE_X;
    uint32_t where, pte;
    if (!pg_inside(m, va))
        return 0;
    if ((psw->status & PG_MODE) != PG_MODE_PAGED)
        return all;
    if (!find_leaf(m, va, &where, &pte) || pg_psw_ring(psw) > (pte & PG_PTE_RING) >> 8)
        return 0;
    return pte & all;
}

bool pg_locate(const struct pg_machine *m, uint32_t va, uint32_t *pa) {
    const struct pg_psw *psw = &m->cpu.psw;
    uint32_t where, pte;
    if (!pg_inside(m, va))
        return false;
    *pa = (psw->status & PG_MODE) == PG_MODE_BOUNDS ? psw->base + va : va;
    if ((psw->status & PG_MODE) == PG_MODE_PAGED) {
        const struct pg_tlb_entry *entry = pg_tlb_find(&m->tlb, psw->base, va >> PG_PAGE_BITS);
        if (entry)
            pte = entry->pte;
        else if (!find_leaf(m, va, &where, &pte))
            return false;
        *pa = (pte & PG_PTE_FRAME) | (va & (PG_PAGE - 1));
    }
    return true;
}

bool pg_peek(const struct pg_machine *m, uint32_t va, uint32_t *value) {
    uint32_t pa;
    if (va % 4 || !pg_locate(m, va, &pa))
        return false;
    *value = pg_ram_read32(&m->ram, pa);
    return true;
}

bool pg_monitor_address(const struct pg_machine *m, uint32_t offset, uint32_t *pa) {
    if (offset >= m->cpu.mon_bound || (uint64_t)m->cpu.mon_base + offset >= m->ram.size)
        return false;
    *pa = m->cpu.mon_base + offset;
    return true;
}

enum pg_outcome pg_load(struct pg_machine *m, uint32_t va, unsigned size, uint32_t *value) {
    uint32_t pa;
    if (va % size)
        return pg_raise(m, PG_CAUSE_align, va);
    if (!pg_translate(m, va, PG_READ, &pa))
        return PG_TRAPPED;
    *value = pg_ram_read(&m->ram, pa, size);
    return PG_RETIRED;
}

enum pg_outcome pg_store(struct pg_machine *m, uint32_t va, unsigned size, uint32_t value) {
    uint32_t pa;
    if (va % size)
        return pg_raise(m, PG_CAUSE_align, va);
    if (!pg_translate(m, va, PG_WRITE, &pa))
        return PG_TRAPPED;
    pg_ram_write(&m->ram, pa, value, size);
    return PG_RETIRED;
}
