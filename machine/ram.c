#define _GNU_SOURCE /* memfd_create, MAP_ANONYMOUS */
#include "machine/ram.h"

#include <stdlib.h>

/* ---- the host's memory: a file of it where there are such, so that it can be mapped again, with
 * room on either side that nobody may touch */

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>

enum { GUARD = 1 << 16 }; /* a multiple of any host's page */

static uint8_t *take(uint32_t size, int *file) {
    *file = memfd_create("trapeze-memory", MFD_CLOEXEC);
    uint8_t *all = mmap(NULL, (size_t)size + 2 * GUARD, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    int kind = *file >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    if ((*file < 0 || ftruncate(*file, (off_t)size) == 0) &&
        mmap(all + GUARD, size, PROT_READ | PROT_WRITE, kind | MAP_FIXED, *file, 0) != MAP_FAILED)
        return all + GUARD;
    munmap(all, (size_t)size + 2 * GUARD);
    return NULL;
}

static void give_back(uint8_t *bytes, uint32_t size, int file) {
    if (bytes)
        munmap(bytes - GUARD, (size_t)size + 2 * GUARD);
    if (file >= 0)
        close(file);
}
#else
static uint8_t *take(uint32_t size, int *file) {
    *file = -1;
    return calloc(1, size);
}

static void give_back(uint8_t *bytes, uint32_t size, int file) {
    free(bytes);
}
#endif

/* ---- memories */

static void free_store(struct pg_ram_store *store) {
    if (!store)
        return;
    give_back(store->bytes, store->size, store->file);
    free(store->watch);
    free(store);
}

bool pg_ram_init(struct pg_ram *ram, uint32_t size) {
    struct pg_ram_store *store = calloc(1, sizeof *store);
    if (store) {
        store->size = size;
        store->bytes = take(size, &store->file);
        store->watch = calloc(1, size >> PG_PAGE_BITS);
    }
    if (!store || !store->bytes || !store->watch) {
        free_store(store);
        *ram = (struct pg_ram){0};
        return false;
    }
    *ram = (struct pg_ram){
        .bytes = store->bytes, .watch = store->watch, .size = size, .store = store, .owner = true};
    return true;
}

void pg_ram_view(struct pg_ram *view, const struct pg_ram *of, uint32_t base, uint32_t size) {
    *view = (struct pg_ram){.bytes = of->bytes + base,
                            .watch = of->watch + (base >> PG_PAGE_BITS),
                            .size = size,
                            .base = of->base + base,
                            .store = of->store};
}

void pg_ram_free(struct pg_ram *ram) {
    if (ram->owner)
        free_store(ram->store);
    *ram = (struct pg_ram){0};
}

uint8_t pg_ram_add_watcher(struct pg_ram *ram, pg_watch_fn *written, void *context) {
    for (int k = 0; k < PG_MAX_WATCHERS; k++)
        if (!ram->store->watchers[k].written) {
            ram->store->watchers[k].written = written;
            ram->store->watchers[k].context = context;
            return (uint8_t)(1 << k);
        }
    return 0;
}

void pg_ram_remove_watcher(struct pg_ram *ram, uint8_t bit) {
    struct pg_ram_store *store = ram->store;
    for (int k = 0; k < PG_MAX_WATCHERS; k++)
        if (bit == 1 << k)
            store->watchers[k].written = NULL;
    for (uint32_t page = 0; page < store->size >> PG_PAGE_BITS; page++)
        store->watch[page] &= (uint8_t)~bit;
}

void pg_ram_written(struct pg_ram *ram, uint32_t pa, uint32_t size) {
    struct pg_ram_store *store = ram->store;
    uint32_t from = ram->base + pa, end = from + size;
    while (from < end) {
        uint32_t page = from >> PG_PAGE_BITS;
        uint32_t upto = (page + 1) << PG_PAGE_BITS;
        if (upto > end || upto == 0)
            upto = end;
        for (int k = 0; k < PG_MAX_WATCHERS; k++)
            if (store->watch[page] & 1 << k && store->watchers[k].written)
                store->watchers[k].written(store->watchers[k].context, from, upto - from);
        from = upto;
    }
}
