/* space.h - address spaces as an engine sees them: a look-aside behind pg_translate.
 *
 * A space is all that decides a translation: ring, memory mode, MON, BASE, BOUND and the monitor
 * pair. It remembers where in the host the pages lie that were used of late. In paged mode these
 * are translations that the architectural TLB holds. It never keeps one for longer: what has
 * departed from the TLB is dropped before the space is used again. A miss goes through
 * pg_translate, which alone walks, sets A and D and fills the TLB. A page that somebody watches is
 * not known for writing: whenever a watch has begun (ram.store->watches) those that were are
 * forgotten.
 */
#ifndef PG_SPACE_H
#define PG_SPACE_H

#include "interp/predecode.h"

enum { PG_NSPACES = 8, PG_SPACE_DATA = 256, PG_SPACE_CODE = 32 };

/* A page number, and a tag, that no address has. */
#define PG_NO_PAGE UINT32_MAX

struct pg_space_key {
    uint32_t status; /* its bits PG_RING, PG_MODE and PG_MON */
    uint32_t base, bound, mon_base, mon_bound;
};

/* A page of data. The tag is the page's first virtual address, or that and PG_TAG_WATCHED, or
 * PG_NO_PAGE. */
struct pg_space_data {
    _Alignas(16) uint32_t tag;
    uintptr_t host; /* where in the host virtual address 0 would be if all followed this page */
};

/* What the tag must be for an access at va: one comparison finds the page and refuses misaligned
 * addresses. */
#define PG_TAG(va, size) ((va) & (~(uint32_t)(PG_PAGE - 1) | ((size)-1)))

enum { PG_TAG_WATCHED = 4 }; /* a bit of the offset that no PG_TAG has */

struct pg_space_code {
    uint32_t page; /* virtual page number, or PG_NO_PAGE */
    uint32_t pa;   /* physical address of the page */
    struct pg_code_page *code;
};

struct pg_space {
    struct pg_space_key key;
    bool used;
    bool supervisor;
    uint64_t tlb_changes; /* the departures from the TLB that the look-aside below knows of */
    uint64_t watches;     /* and the watches */
    /* Modes 0 and 1: data at va < limit lies at va + offset. limit is 0 in mode 2. */
    uint32_t limit, offset;
    /* Monitor space for this ring: 0 if it may not use it. */
    uint32_t mon_limit, mon_base;
    struct pg_space_data read[PG_SPACE_DATA], write[PG_SPACE_DATA];
    struct pg_space_code code[PG_SPACE_CODE];
};

struct pg_spaces {
    struct pg_machine *m;
    struct pg_space *current;
    uint32_t oldest; /* the next to be replaced */
    struct pg_space all[PG_NSPACES];
};

/* The machine's present space, made current, with its look-aside in agreement with the TLB and the
 * watches. */
struct pg_space *pg_space_now(struct pg_spaces *spaces);

/* Forget all spaces. */
void pg_spaces_flush(struct pg_spaces *spaces);

/* Where a table of pages keeps that of va, if it knows it. Counted in bytes, which saves a shift in
 * every load and store. */
static inline const struct pg_space_data *pg_space_known(const struct pg_space_data *table,
                                                         uint32_t va) {
    enum { STRIDE = 16, LAST = (PG_SPACE_DATA - 1) * STRIDE };
    _Static_assert(sizeof *table == STRIDE && (PG_SPACE_DATA & (PG_SPACE_DATA - 1)) == 0,
                   "entries and page numbers convert by shifts");
    return (const struct pg_space_data *)((const char *)table + (va >> (PG_PAGE_BITS - 4) & LAST));
}

/* The physical address for an aligned data access that the space did not know. On true the space
 * knows it now, if nobody watches it, and nothing else of the machine has changed than what a walk
 * writes in the tables. On false (a denial, or a walk that changed the TLB, after which the same
 * access succeeds) let the semantic function do the whole access. */
bool pg_space_fill(struct pg_spaces *spaces, uint32_t va, enum pg_use use, uint32_t *pa);

#endif
