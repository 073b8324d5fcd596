/* cache.h - host memory for generated code, mapped twice: once to write and once to execute; and
 * beside the code its data.
 *
 * No mapping is ever both (W^X): a stray store of the host program cannot change code through the
 * mapping that executes, and the generated code, which stores nowhere but in guest memory and its
 * data, knows no address of the one that writes.
 */
#ifndef PG_NATIVE_CACHE_H
#define PG_NATIVE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_cache {
    uint8_t *write;         /* the view to write in */
    const uint8_t *execute; /* the same bytes, to execute */
    size_t size;
    void *data; /* zeroed, less than 2 GiB from `execute`, aligned to 64 KiB */
    size_t data_size;
};

/* `size` bytes of code, a multiple of 64 KiB. False if the host has no memory, or does not allow
 * it.
 */
bool code_cache_open(struct code_cache *cache, size_t size, size_t data_size);
void code_cache_close(struct code_cache *cache);

/* Where code written at `at` is executed. */
static inline const uint8_t *code_cache_place(const struct code_cache *cache, const uint8_t *at) {
    return cache->execute + (at - cache->write);
}

/* The data's address, for code that is written in the one view and executed in the other. */
static inline uintptr_t code_cache_data(const struct code_cache *cache) {
    return (uintptr_t)cache->data - (uintptr_t)cache->execute + (uintptr_t)cache->write;
}

#endif
