/* cache.h - host memory for generated code, mapped twice: once to write and once to execute.
 *
 * No mapping is ever both (W^X): a stray store of the host program cannot change code through the
 * mapping that executes, and the generated code, which stores nowhere but in guest memory and its
 * frame, knows no address of the one that writes.
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
};

/* False if the host has no memory, or does not allow it. */
bool code_cache_open(struct code_cache *cache, size_t size);
void code_cache_close(struct code_cache *cache);

/* Where code written at `at` is executed. */
static inline const uint8_t *code_cache_place(const struct code_cache *cache, const uint8_t *at) {
    return cache->execute + (at - cache->write);
}

#endif
