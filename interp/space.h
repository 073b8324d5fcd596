/* space.h - address spaces as an engine sees them: a look-aside behind pg_translate.
 *
 * A space is all that decides a translation: ring, memory mode, MON, BASE, BOUND and the monitor
 * pair. For real and relocation-bounds mode it is a limit and an offset; for paged mode it
 * remembers translations that the architectural TLB holds. It never keeps one for longer: what
 * has departed from the TLB is dropped before the space is used again. A miss goes through
 * pg_translate, which alone walks, sets A and D and fills the TLB.
 */
#ifndef PG_SPACE_H
#define PG_SPACE_H

#include "interp/predecode.h"

enum { PG_NSPACES = 8, PG_SPACE_DATA = 64, PG_SPACE_CODE = 32 };

/* A page number that no address has. */
#define PG_NO_PAGE UINT32_MAX

struct pg_space_key {
    uint32_t status; /* its bits PG_RING, PG_MODE and PG_MON */
    uint32_t base, bound, mon_base, mon_bound;
};

struct pg_space_data {
    uint32_t page;   /* virtual page number, or PG_NO_PAGE */
    uint32_t offset; /* physical minus virtual address */
};

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

/* The machine's present space, made current, with its look-aside in agreement with the TLB. */
struct pg_space *pg_space_now(struct pg_spaces *spaces);

/* Forget all spaces. */
void pg_spaces_flush(struct pg_spaces *spaces);

/* The physical address for a data access that the space did not know. On true nothing of the
 * machine has changed and the space knows it now. On false (a denial, or a walk that changed the
 * TLB, after which the same access succeeds) let the semantic function do the whole access. */
bool pg_space_fill(struct pg_spaces *spaces, uint32_t va, enum pg_use use, uint32_t *pa);

#endif
