#include "machine/ram.h"

#include <stdlib.h>

bool pg_ram_init(struct pg_ram *ram, uint32_t size) {
    struct pg_ram_store *store = calloc(1, sizeof *store);
    uint8_t *bytes = calloc(1, size);
    uint8_t *watch = calloc(1, size >> PG_PAGE_BITS);
    if (!store || !bytes || !watch) {
        free(store);
        free(bytes);
        free(watch);
        *ram = (struct pg_ram){0};
        return false;
    }
    store->bytes = bytes;
    store->watch = watch;
    store->size = size;
    *ram = (struct pg_ram){
        .bytes = bytes, .watch = watch, .size = size, .store = store, .owner = true};
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
    if (ram->owner) {
        free(ram->store->bytes);
        free(ram->store->watch);
        free(ram->store);
    }
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
