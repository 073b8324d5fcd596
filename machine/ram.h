/* ram.h - physical memory, and who is told when it is written.
 *
 * An executable memory E of the paper's S = (E, M, P, R). All writes to memory, by
 * instructions, table walks, DMA or a VMM, go through pg_ram_*, so that whoever caches
 * something derived from memory (predecoded or translated code) can watch pages.
 *
 * A view is a part of another memory: the same bytes and the same watchers. A virtual
 * machine's memory is a view of the real machine's.
 */
#ifndef PG_RAM_H
#define PG_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { PG_PAGE_BITS = 12, PG_PAGE = 1 << PG_PAGE_BITS, PG_MAX_WATCHERS = 8 };

/* Called after [pa, pa + size) was written in a watched page; pa is absolute (in the
 * memory that is not a view). May clear watches, must not write memory. */
typedef void pg_watch_fn(void *context, uint32_t pa, uint32_t size);

/* What a memory and its views share. */
struct pg_ram_store {
    uint8_t *bytes;
    int file;       /* of the host, of which the bytes are a mapping; -1: they are not */
    uint8_t *watch; /* per page, one bit per watcher */
    uint32_t size;
    uint64_t watches; /* how often a watch began, for those who keep track of unwatched pages */
    struct {
        pg_watch_fn *written; /* NULL: slot free */
        void *context;
    } watchers[PG_MAX_WATCHERS];
};

struct pg_ram {
    uint8_t *bytes; /* of this memory or view */
    uint8_t *watch; /* of its pages */
    uint32_t size;  /* bytes, a multiple of PG_PAGE */
    uint32_t base;  /* where a view begins in the store; else 0 */
    struct pg_ram_store *store;
    bool owner; /* of the store; a view is not, not even a view of everything */
};

/* Make a zeroed memory of `size` bytes (a multiple of PG_PAGE, not 0). False if the host has
 * not enough. */
bool pg_ram_init(struct pg_ram *ram, uint32_t size);

/* A view of [base, base + size) of `of`; both multiples of PG_PAGE and inside it. The view
 * must not outlive `of`. */
void pg_ram_view(struct pg_ram *view, const struct pg_ram *of, uint32_t base, uint32_t size);

/* Free a memory. Of a view, nothing: it owns nothing. */
void pg_ram_free(struct pg_ram *ram);

/* Register a watcher; returns its bit for pg_ram_watch, or 0 if all are taken. */
uint8_t pg_ram_add_watcher(struct pg_ram *ram, pg_watch_fn *written, void *context);
void pg_ram_remove_watcher(struct pg_ram *ram, uint8_t bit);

/* Tell the watchers of the pages in [pa, pa + size) that it was written. */
void pg_ram_written(struct pg_ram *ram, uint32_t pa, uint32_t size);

/* Is [pa, pa + size) inside? No overflow for any arguments. */
static inline bool pg_ram_has(const struct pg_ram *ram, uint32_t pa, uint32_t size) {
    return pa <= ram->size && size <= ram->size - pa;
}

static inline void pg_ram_watch(struct pg_ram *ram, uint32_t pa, uint8_t bit) {
    uint8_t *watch = &ram->watch[pa >> PG_PAGE_BITS];
    if (!(*watch & bit))
        ram->store->watches++;
    *watch |= bit;
}

static inline void pg_ram_unwatch(struct pg_ram *ram, uint32_t pa, uint8_t bit) {
    ram->watch[pa >> PG_PAGE_BITS] &= (uint8_t)~bit;
}

/* Are all bytes zero? There is at least one. */
static inline bool pg_is_zero(const uint8_t *bytes, size_t size) {
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Loads and stores of 1, 2 or 4 bytes, little-endian, the place inside memory and aligned:
 * the caller has checked. */
static inline uint32_t pg_ram_read32(const struct pg_ram *ram, uint32_t pa) {
    const uint8_t *p = ram->bytes + pa;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint32_t pg_ram_read(const struct pg_ram *ram, uint32_t pa, unsigned size) {
    const uint8_t *p = ram->bytes + pa;
    switch (size) {
    case 1: return p[0];
    case 2: return (uint32_t)p[0] | (uint32_t)p[1] << 8;
    default: return pg_ram_read32(ram, pa);
    }
}

/* Store without a word to the watchers, whom the caller tells himself. */
static inline void pg_ram_put(struct pg_ram *ram, uint32_t pa, uint32_t value, unsigned size) {
    uint8_t *p = ram->bytes + pa;
    for (unsigned k = 0; k < size; k++)
        p[k] = (uint8_t)(value >> 8 * k);
}

static inline void pg_ram_write(struct pg_ram *ram, uint32_t pa, uint32_t value, unsigned size) {
    pg_ram_put(ram, pa, value, size);
    if (ram->watch[pa >> PG_PAGE_BITS])
        pg_ram_written(ram, pa, size);
}

static inline void pg_ram_write32(struct pg_ram *ram, uint32_t pa, uint32_t value) {
    pg_ram_write(ram, pa, value, 4);
}

#endif
