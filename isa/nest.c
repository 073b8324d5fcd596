#include "isa/nest.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *find(const struct pg_image *image, uint32_t addr, uint32_t size) {
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        if (addr >= s->addr && addr - s->addr < s->file_size &&
            size <= s->file_size - (addr - s->addr))
            return s->bytes + (addr - s->addr);
    }
    return NULL;
}

static uint32_t get(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void set(uint8_t *p, uint32_t value) {
    for (int k = 0; k < 4; k++)
        p[k] = (uint8_t)(value >> 8 * k);
}

/* The VMM must end before the guest begins, and the guest before 4 GiB. */
static bool fits(const struct pg_image *vmm, const struct pg_image *guest, uint32_t base,
                 struct pg_error *err) {
    for (size_t k = 0; k < vmm->nsegments; k++) {
        const struct pg_segment *s = &vmm->segments[k];
        if ((uint64_t)s->addr + s->size > base)
            return pg_fail(err,
                           "the VMM's segment %s at 0x%08x reaches beyond 0x%08x, where its "
                           "guest begins",
                           s->name ? s->name : "?", s->addr, base);
    }
    for (size_t k = 0; k < guest->nsegments; k++) {
        const struct pg_segment *s = &guest->segments[k];
        if ((uint64_t)base + s->addr + s->size > UINT32_MAX)
            return pg_fail(err, "the guest's segment %s at 0x%08x would reach beyond 4 GiB",
                           s->name ? s->name : "?", s->addr);
    }
    return true;
}

static char *copy(const char *text) {
    return text ? strdup(text) : NULL;
}

/* Append a copy of `from`, moved up by `base`, to an image with room for it. */
static bool append(struct pg_image *to, const struct pg_image *from, uint32_t base) {
    uint32_t files = (uint32_t)to->nfiles;
    for (size_t k = 0; k < from->nsegments; k++) {
        struct pg_segment *s = &to->segments[to->nsegments++];
        *s = from->segments[k];
        s->addr += base;
        s->name = copy(s->name);
        s->bytes = malloc(s->file_size ? s->file_size : 1);
        if (!s->bytes)
            return false;
        if (s->file_size)
            memcpy(s->bytes, from->segments[k].bytes, s->file_size);
    }
    for (size_t k = 0; k < from->nsymbols; k++) {
        struct pg_symbol *s = &to->symbols[to->nsymbols++];
        *s = from->symbols[k];
        s->addr += base;
        s->name = copy(s->name);
        if (base)
            s->global = false; /* a name of the VMM's goes first */
        if (!s->name)
            return false;
    }
    for (size_t k = 0; k < from->nlines; k++) {
        to->lines[to->nlines] = from->lines[k];
        to->lines[to->nlines].addr += base;
        to->lines[to->nlines++].file += files;
    }
    for (size_t k = 0; k < from->nfiles; k++)
        if (!(to->files[to->nfiles++] = copy(from->files[k])))
            return false;
    return true;
}

static struct pg_image *join(const struct pg_image *vmm, const struct pg_image *guest,
                             uint32_t base) {
    struct pg_image *image = calloc(1, sizeof *image);
    if (!image)
        return NULL;
    image->segments = calloc(vmm->nsegments + guest->nsegments, sizeof *image->segments);
    image->symbols = calloc(vmm->nsymbols + guest->nsymbols + 1, sizeof *image->symbols);
    image->lines = calloc(vmm->nlines + guest->nlines + 1, sizeof *image->lines);
    image->files = calloc(vmm->nfiles + guest->nfiles + 1, sizeof *image->files);
    image->entry = vmm->entry;
    if (!image->segments || !image->symbols || !image->lines || !image->files ||
        !append(image, vmm, 0) || !append(image, guest, base)) {
        pg_image_free(image);
        return NULL;
    }
    return image;
}

struct pg_image *pg_nest(const struct pg_image *vmm, const struct pg_image *guest, uint32_t *base,
                         struct pg_error *err) {
    const struct pg_symbol *boot = pg_image_symbol(vmm, "guest_entry");
    const uint8_t *words = boot ? find(vmm, boot->addr, 8) : NULL;
    if (!words) {
        pg_fail(err, "this is no VMM that takes a guest: it has no data at a symbol guest_entry");
        return NULL;
    }
    uint32_t begin = get(words + 4);
    if (base)
        *base = begin;
    if (!fits(vmm, guest, begin, err))
        return NULL;
    struct pg_image *image = join(vmm, guest, begin);
    if (!image) {
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    set(find(image, boot->addr, 8), guest->entry);
    return image;
}
