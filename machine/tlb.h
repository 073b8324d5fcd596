/* tlb.h - the architectural translation look-aside buffer.
 *
 * Part of the machine's definition, so that every engine and every VMM agrees on what a
 * guest that forgets a `tlbi` sees. Unbounded; an entry is found by (root, virtual page).
 * Entries appear on a successful walk and leave only by tlbi, tlbia or reset. Manual:
 * section "Paging".
 */
#ifndef PG_TLB_H
#define PG_TLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_tlb_entry {
    uint32_t root; /* physical address of the root table, a multiple of 4096 */
    uint32_t page; /* virtual page number */
    uint32_t pte;  /* the leaf entry as the walk left it: frame, ring, D, rights */
};

/* The entry of (root, page) left the TLB, or was replaced by a different one; page PG_TLB_ALL: all
 * entries left, and root says nothing. */
struct pg_tlb_departure {
    uint32_t root, page;
    bool replaced;
};
#define PG_TLB_ALL UINT32_MAX

/* How many departures are remembered. */
enum { PG_TLB_RECENT = 256 };

/* A hash table with open addressing; the order of slots never shows in anything. */
struct pg_tlb {
    struct pg_tlb_entry *slots;
    uint8_t *state;                                /* per slot: free, used, or removed */
    uint32_t capacity;                             /* a power of two, or 0 */
    uint32_t used;                                 /* slots not free */
    uint32_t live;                                 /* entries */
    uint64_t changes;                              /* departures so far; the next one's number */
    struct pg_tlb_departure recent[PG_TLB_RECENT]; /* the last, by number modulo PG_TLB_RECENT */
};

void pg_tlb_free(struct pg_tlb *tlb);
void pg_tlb_clear(struct pg_tlb *tlb); /* tlbia */

/* Remove the page's entries in every address space (tlbi). */
void pg_tlb_drop(struct pg_tlb *tlb, uint32_t page);

/* The entry, or NULL. Valid until the TLB next changes. */
const struct pg_tlb_entry *pg_tlb_find(const struct pg_tlb *tlb, uint32_t root, uint32_t page);

/* Insert or replace. False only if the host is out of memory. */
bool pg_tlb_put(struct pg_tlb *tlb, uint32_t root, uint32_t page, uint32_t pte);

/* For those who cache behind the TLB: an engine's look-aside, a shadow page table. Each keeps a
 * count of the departures that it knows of, `changes` at the time when it began, and catches up
 * before it relies on anything it keeps:
 *
 *     while (pg_tlb_departed(&m->tlb, &known, &left))
 *         ... drop what was kept for left.page of left.root, or all if it is PG_TLB_ALL ...
 *
 * Yields one departure that the caller does not know of; false if there is none, known == changes.
 * To one who comes too late to be told each, it says PG_TLB_ALL. */
static inline bool pg_tlb_departed(const struct pg_tlb *tlb, uint64_t *known,
                                   struct pg_tlb_departure *left) {
    if (*known == tlb->changes)
        return false;
    if (tlb->changes - *known > PG_TLB_RECENT) {
        *known = tlb->changes;
        *left = (struct pg_tlb_departure){0, PG_TLB_ALL, false};
    } else {
        *left = tlb->recent[(*known)++ % PG_TLB_RECENT];
    }
    return true;
}

/* All live entries ascending by (root, page), *n of them, malloc'ed; NULL if none (or out of
 * memory). For snapshots and views. */
struct pg_tlb_entry *pg_tlb_sorted(const struct pg_tlb *tlb, size_t *n);

#endif
