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

/* Told that the entry of (root, page) left the TLB or was replaced by a different one; page
 * PG_TLB_ALL: all entries left. Whoever caches behind the TLB (an engine's look-aside, a shadow
 * page table) listens here. */
typedef void pg_tlb_left_fn(void *context, uint32_t root, uint32_t page);
#define PG_TLB_ALL UINT32_MAX

/* A hash table with open addressing; the order of slots never shows in anything. */
struct pg_tlb {
    pg_tlb_left_fn *left; /* the one listener, or NULL */
    void *context;
    struct pg_tlb_entry *slots;
    uint8_t *state;    /* per slot: free, used, or removed */
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t used;     /* slots not free */
    uint32_t live;     /* entries */
    uint64_t changes;  /* entries that left or were replaced, so far: what a listener would hear */
};

void pg_tlb_free(struct pg_tlb *tlb);
void pg_tlb_clear(struct pg_tlb *tlb); /* tlbia */

/* Remove the page's entries in every address space (tlbi). */
void pg_tlb_drop(struct pg_tlb *tlb, uint32_t page);

/* The entry, or NULL. Valid until the TLB next changes. */
const struct pg_tlb_entry *pg_tlb_find(const struct pg_tlb *tlb, uint32_t root, uint32_t page);

/* Insert or replace. False only if the host is out of memory. */
bool pg_tlb_put(struct pg_tlb *tlb, uint32_t root, uint32_t page, uint32_t pte);

/* All live entries ascending by (root, page), *n of them, malloc'ed; NULL if none (or out of
 * memory). For snapshots and views. */
struct pg_tlb_entry *pg_tlb_sorted(const struct pg_tlb *tlb, size_t *n);

#endif
