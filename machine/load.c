#include "machine/load.h"

/* Why the segment cannot be loaded; true if it can. */
static bool check(const struct pg_machine *m, const struct pg_segment *s, struct pg_error *err) {
    const char *name = s->name ? s->name : "?";
    if (s->file_size > s->size)
        return pg_fail(err, "segment %s at 0x%08x has %u bytes for a size of %u", name, s->addr,
                       s->file_size, s->size);
    if (pg_ram_has(&m->ram, s->addr, s->size))
        return true;
    uint64_t end = (uint64_t)s->addr + s->size;
    uint64_t needed = (end + PG_PAGE - 1) / PG_PAGE * PG_PAGE;
    if (needed > UINT32_MAX)
        return pg_fail(err,
                       "segment %s at 0x%08x, %u bytes, does not fit into %u bytes of memory, and "
                       "no memory would do",
                       name, s->addr, s->size, m->ram.size);
    return pg_fail(err,
                   "segment %s at 0x%08x, %u bytes, does not fit into %u bytes of memory; a memory "
                   "of %llu bytes would do",
                   name, s->addr, s->size, m->ram.size, (unsigned long long)needed);
}

bool pg_load_image(struct pg_machine *m, const struct pg_image *image, struct pg_error *err) {
    for (size_t k = 0; k < image->nsegments; k++)
        if (!check(m, &image->segments[k], err))
            return false;
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        if (s->file_size)
            memcpy(m->ram.bytes + s->addr, s->bytes, s->file_size);
        memset(m->ram.bytes + s->addr + s->file_size, 0, s->size - s->file_size);
        pg_ram_written(&m->ram, s->addr, s->size);
    }
    pg_machine_reset(m, image->entry);
    return true;
}
