#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "native/window.h"

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

bool window_map(uint8_t *window, const struct pg_ram *ram, uint32_t page, uint32_t count,
                uint32_t pa, enum host_right right) {
    uint8_t *at = window + ((size_t)page << PG_PAGE_BITS);
    size_t size = (size_t)count << PG_PAGE_BITS;
    const int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    bool ok = right != HOST_NONE && mmap(at, size, rights[right], MAP_SHARED | MAP_FIXED,
                                         ram->store->file, (off_t)ram->base + pa) != MAP_FAILED;
    if (!ok)
        mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    memset(below_window(window)->mapped + page, ok ? right : HOST_NONE, count);
    return ok;
}

void window_clear(uint8_t *window) {
    mmap(window, REACH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    /* Zero bytes again, for less than it takes to write them. */
    madvise(below_window(window)->mapped, PAGES, MADV_DONTNEED);
}
