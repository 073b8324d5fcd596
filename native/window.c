#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "native/window.h"

#include <stdlib.h>
#include <sys/mman.h>

/* The guard behind the window is for the bytes of a misaligned access at its end. */
static const size_t REACH = (size_t)1 << 32, GUARD = PG_PAGE;

uint8_t *window_open(struct faults *faults) {
    uint8_t *all = mmap(NULL, sizeof(struct below) + REACH + GUARD, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    uint8_t *window = all + sizeof(struct below);
    if (mprotect(all, sizeof(struct below), PROT_READ | PROT_WRITE) != 0) {
        window_close(window);
        return NULL;
    }
    below_window(window)->faults = faults;
    return window;
}

void window_close(uint8_t *window) {
    munmap(window - sizeof(struct below), sizeof(struct below) + REACH + GUARD);
}

/* Take the addresses back. */
static bool reserve(uint8_t *at, size_t size) {
    return mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
                0) != MAP_FAILED;
}

/* An entry of below.mapped. */
static uint32_t mapping(uint32_t pa, enum host_right right) {
    return right == HOST_NONE ? 0 : pa | right;
}

enum host_right window_right(uint8_t *window, uint32_t page) {
    return below_window(window)->mapped[page] % PG_PAGE;
}

uint32_t window_mappings(uint8_t *window) {
    return below_window(window)->mappings;
}

/* At how many of the pages from first to last another mapping begins. */
static uint32_t seams(const struct below *below, uint32_t first, uint32_t last) {
    uint32_t n = 0;
    for (uint32_t page = first ? first : 1; page <= last && page < PAGES; page++) {
        uint32_t before = below->mapped[page - 1];
        n += below->mapped[page] != (before ? before + PG_PAGE : 0);
    }
    return n;
}

void window_map(uint8_t *window, const struct pg_ram *ram, uint32_t page, uint32_t count,
                uint32_t pa, enum host_right right) {
    struct below *below = below_window(window);
    uint8_t *at = window + ((size_t)page << PG_PAGE_BITS);
    size_t size = (size_t)count << PG_PAGE_BITS;
    const int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    if (right != HOST_NONE && mmap(at, size, rights[right], MAP_SHARED | MAP_FIXED,
                                   ram->store->file, (off_t)ram->base + pa) == MAP_FAILED)
        right = HOST_NONE;
    if (right == HOST_NONE && !reserve(at, size)) {
        window_clear(window);
        return;
    }
    uint32_t seams_before = seams(below, page, page + count);
    for (uint32_t k = 0; k < count; k++)
        below->mapped[page + k] = mapping(pa + (k << PG_PAGE_BITS), right);
    below->mappings += seams(below, page, page + count) - seams_before;
}

void window_clear(uint8_t *window) {
    struct below *below = below_window(window);
    if (!reserve(window, REACH))
        abort(); /* it makes one mapping of many: the host's kernel itself has no memory */
    /* Zero bytes again, for less than it takes to write them. */
    madvise(below->mapped, sizeof below->mapped, MADV_DONTNEED);
    below->mappings = 0;
}
