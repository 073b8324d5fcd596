#include "machine/load.h"

bool pg_load_image(struct pg_machine *m, const struct pg_image *image, struct pg_error *err) {
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        if (!pg_ram_has(&m->ram, s->addr, s->size))
            return pg_fail(err,
                           "segment %s at 0x%08x, %u bytes, does not fit into %u bytes of memory; "
                           "at least %llu are needed",
                           s->name ? s->name : "?", s->addr, s->size, m->ram.size,
                           (unsigned long long)s->addr + s->size);
    }
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
