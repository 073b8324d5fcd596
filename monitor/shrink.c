#include "monitor/shrink.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t nop[4] = {0, 0, 0, 0x20}; /* addi zero, zero, 0 */

static bool is_nop(const uint8_t *word) {
    return memcmp(word, nop, sizeof nop) == 0;
}

/* Blank [at, at + size); false, with nothing changed, if there was nothing to blank or the failure
 * goes away by it. */
static bool blank(uint8_t *bytes, uint8_t *saved, uint32_t at, uint32_t size, unsigned *tries,
                  mon_fails_fn *fails, void *context) {
    bool something = false;
    memcpy(saved, bytes + at, size);
    for (uint32_t k = 0; k < size; k += 4) {
        something |= !is_nop(bytes + at + k);
        memcpy(bytes + at + k, nop, sizeof nop);
    }
    if (!something)
        return false;
    --*tries;
    if (fails(context))
        return true;
    memcpy(bytes + at, saved, size);
    return false;
}

size_t mon_shrink(struct pg_image *image, uint32_t begin, uint32_t end, unsigned tries,
                  mon_fails_fn *fails, void *context) {
    uint8_t *bytes = image->segments[0].bytes, *saved = malloc(end - begin);
    for (uint32_t words = (end - begin) / 8; saved && words > 0; words /= 2) {
        uint32_t size = 4 * words;
        bool any;
        do {
            any = false;
            for (uint32_t at = begin; at < end && tries > 0; at += size)
                any |= blank(bytes, saved, at, at + size < end ? size : end - at, &tries, fails,
                             context);
        } while (any && words == 1 && tries > 0);
    }
    free(saved);
    size_t left = 0;
    for (uint32_t at = begin; at < end; at += 4)
        left += !is_nop(bytes + at);
    return left;
}
