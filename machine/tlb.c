#include "machine/tlb.h"

#include <stdlib.h>
#include <string.h>

enum { FREE, LIVE, REMOVED };

void pg_tlb_free(struct pg_tlb *tlb) {
    free(tlb->slots);
    free(tlb->state);
    *tlb = (struct pg_tlb){0};
}

/* An entry has left: remember it for those who ask later. */
static void note(struct pg_tlb *tlb, uint32_t root, uint32_t page, bool replaced) {
    tlb->recent[tlb->changes++ % PG_TLB_RECENT] = (struct pg_tlb_departure){root, page, replaced};
}

void pg_tlb_clear(struct pg_tlb *tlb) {
    if (tlb->used)
        memset(tlb->state, FREE, tlb->capacity);
    tlb->used = tlb->live = 0;
    note(tlb, 0, PG_TLB_ALL, false);
}

/* Of the page alone: the entries of one page, whatever their root, lie in one run of slots,
 * which is what tlbi has to visit. */
static uint32_t hash(uint32_t page) {
    uint32_t h = page * 0x9e3779b1U;
    return h ^ h >> 15;
}

/* The slot of the key, or the first slot where it could go. */
static uint32_t probe(const struct pg_tlb *tlb, uint32_t root, uint32_t page) {
    uint32_t mask = tlb->capacity - 1, place = UINT32_MAX;
    for (uint32_t k = hash(page) & mask;; k = (k + 1) & mask) {
        if (tlb->state[k] == FREE)
            return place != UINT32_MAX ? place : k;
        if (tlb->state[k] == REMOVED) {
            if (place == UINT32_MAX)
                place = k;
        } else if (tlb->slots[k].root == root && tlb->slots[k].page == page) {
            return k;
        }
    }
}

const struct pg_tlb_entry *pg_tlb_find(const struct pg_tlb *tlb, uint32_t root, uint32_t page) {
    if (tlb->live == 0)
        return NULL;
    uint32_t k = probe(tlb, root, page);
    return tlb->state[k] == LIVE ? &tlb->slots[k] : NULL;
}

void pg_tlb_drop(struct pg_tlb *tlb, uint32_t page) {
    if (tlb->live == 0)
        return;
    uint32_t mask = tlb->capacity - 1;
    for (uint32_t k = hash(page) & mask; tlb->state[k] != FREE; k = (k + 1) & mask)
        if (tlb->state[k] == LIVE && tlb->slots[k].page == page) {
            tlb->state[k] = REMOVED;
            tlb->live--;
            note(tlb, tlb->slots[k].root, page, false);
        }
}

/* Make room: rebuild with at most half of the slots in use. */
static bool grow(struct pg_tlb *tlb) {
    uint32_t capacity = 64;
    while (capacity < 4 * (tlb->live + 1))
        capacity *= 2;
    struct pg_tlb next = *tlb;
    next.slots = malloc(capacity * sizeof *next.slots);
    next.state = calloc(capacity, 1);
    next.capacity = capacity;
    next.used = next.live = 0;
    if (!next.slots || !next.state) {
        pg_tlb_free(&next);
        return false;
    }
    for (uint32_t k = 0; k < tlb->capacity; k++)
        if (tlb->state[k] == LIVE) {
            uint32_t to = probe(&next, tlb->slots[k].root, tlb->slots[k].page);
            next.slots[to] = tlb->slots[k];
            next.state[to] = LIVE;
            next.used++;
            next.live++;
        }
    pg_tlb_free(tlb);
    *tlb = next;
    return true;
}

bool pg_tlb_put(struct pg_tlb *tlb, uint32_t root, uint32_t page, uint32_t pte) {
    if (2 * (tlb->used + 1) > tlb->capacity && !grow(tlb))
        return false;
    uint32_t k = probe(tlb, root, page);
    bool was_live = tlb->state[k] == LIVE;
    if (!was_live) {
        tlb->used += tlb->state[k] == FREE;
        tlb->live++;
        tlb->state[k] = LIVE;
    }
    bool changes = was_live && tlb->slots[k].pte != pte;
    tlb->slots[k] = (struct pg_tlb_entry){root, page, pte};
    if (changes)
        note(tlb, root, page, true);
    return true;
}

static int by_root_and_page(const void *x, const void *y) {
    const struct pg_tlb_entry *a = x, *b = y;
    if (a->root != b->root)
        return a->root < b->root ? -1 : 1;
    return a->page < b->page ? -1 : a->page > b->page;
}

struct pg_tlb_entry *pg_tlb_sorted(const struct pg_tlb *tlb, size_t *n) {
    *n = 0;
    struct pg_tlb_entry *all = tlb->live ? malloc(tlb->live * sizeof *all) : NULL;
    if (!all)
        return NULL;
    for (uint32_t k = 0; k < tlb->capacity; k++)
        if (tlb->state[k] == LIVE)
            all[(*n)++] = tlb->slots[k];
    qsort(all, *n, sizeof *all, by_root_and_page);
    return all;
}
