#include "isa/image.h"

#include <stdlib.h>
#include <string.h>

void pg_image_free(struct pg_image *image) {
    if (!image)
        return;
    for (size_t k = 0; k < image->nsegments; k++) {
        free(image->segments[k].bytes);
        free(image->segments[k].name);
    }
    for (size_t k = 0; k < image->nsymbols; k++)
        free(image->symbols[k].name);
    for (size_t k = 0; k < image->nfiles; k++)
        free(image->files[k]);
    free(image->segments);
    free(image->symbols);
    free(image->lines);
    free(image->files);
    free(image);
}

/* The segment that holds addr, or NULL. */
static const struct pg_segment *segment_at(const struct pg_image *image, uint32_t addr) {
    for (size_t k = 0; k < image->nsegments; k++)
        if (addr - image->segments[k].addr < image->segments[k].size)
            return &image->segments[k];
    return NULL;
}

const struct pg_symbol *pg_image_symbol_at(const struct pg_image *image, uint32_t addr) {
    /* The number of symbols at or before addr, by halving. */
    size_t low = 0, high = image->nsymbols;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (image->symbols[middle].addr <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct pg_symbol *best = &image->symbols[low - 1];
    const struct pg_segment *segment = segment_at(image, addr);
    if (best->addr != addr && (!segment || best->addr < segment->addr))
        return NULL; /* that would name something in another segment */
    /* Of several names for one place, a function's is the telling one, then a global one. */
    for (size_t k = low - 1; k > 0 && image->symbols[k - 1].addr == best->addr; k--) {
        const struct pg_symbol *s = &image->symbols[k - 1];
        if (s->function > best->function ||
            (s->function == best->function && s->global >= best->global))
            best = s;
    }
    return best;
}

const struct pg_symbol *pg_image_symbol(const struct pg_image *image, const char *name) {
    const struct pg_symbol *found = NULL;
    for (size_t k = 0; k < image->nsymbols; k++)
        if (strcmp(image->symbols[k].name, name) == 0 &&
            (!found || (image->symbols[k].global && !found->global)))
            found = &image->symbols[k];
    return found;
}

const struct pg_line *pg_image_line_at(const struct pg_image *image, uint32_t addr) {
    const struct pg_segment *segment = segment_at(image, addr);
    size_t low = 0, high = image->nlines;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (image->lines[middle].addr <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || !segment || image->lines[low - 1].addr < segment->addr)
        return NULL;
    return &image->lines[low - 1];
}
