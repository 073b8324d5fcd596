#include "machine/pack.h"

#include "machine/bus.h"

void pg_le_put(uint8_t *to, uint64_t value, unsigned size) {
    for (unsigned k = 0; k < size; k++)
        to[k] = (uint8_t)(value >> 8 * k);
}

uint64_t pg_le_get(const uint8_t *from, unsigned size) {
    uint64_t value = 0;
    for (unsigned k = 0; k < size; k++)
        value |= (uint64_t)from[k] << 8 * k;
    return value;
}

/* ---- out */

void pg_pack_bytes(struct pg_packer *w, const void *data, size_t size) {
    if (!w->failed && !pg_bytes_add(w->out, data, size))
        w->failed = true;
}

void pg_pack(struct pg_packer *w, uint64_t value, unsigned size) {
    uint8_t bytes[8];
    pg_le_put(bytes, value, size);
    pg_pack_bytes(w, bytes, size);
}

/* ---- in */

void pg_refuse(struct pg_unpacker *r, const char *what) {
    if (!r->failed)
        pg_fail(r->err, "%s: section %s: %s", r->file, r->section, what);
    r->failed = true;
}

size_t pg_unpack_left(const struct pg_unpacker *r) {
    return (size_t)(r->end - r->at);
}

const uint8_t *pg_unpack_bytes(struct pg_unpacker *r, uint64_t size) {
    if (r->failed || size > pg_unpack_left(r)) {
        pg_refuse(r, "it ends too early");
        return NULL;
    }
    const uint8_t *data = r->at;
    r->at += size;
    return data;
}

uint64_t pg_unpack(struct pg_unpacker *r, unsigned size) {
    const uint8_t *data = pg_unpack_bytes(r, size);
    return data ? pg_le_get(data, size) : 0;
}

uint32_t pg_unpack32(struct pg_unpacker *r) {
    return (uint32_t)pg_unpack(r, 4);
}

/* ---- input */

void pg_pack_input(struct pg_packer *w, const struct pg_input *in) {
    pg_pack(w, in->open, 1);
    pg_pack(w, in->end_T, 8);
    pg_pack(w, in->narrivals, 8);
    for (size_t k = 0; k < in->narrivals; k++) {
        pg_pack(w, in->arrivals[k].T, 8);
        pg_pack(w, in->arrivals[k].upto, 8);
    }
    pg_pack_bytes(w, in->bytes.data, in->bytes.size);
}

void pg_unpack_input(struct pg_unpacker *r, struct pg_input *in) {
    uint64_t open = pg_unpack(r, 1), end_T = pg_unpack(r, 8), n = pg_unpack(r, 8);
    if (open > 1 || end_T > PG_LAST_T || n > pg_unpack_left(r) / 16)
        pg_refuse(r, "impossible arrivals");
    struct pg_unpacker arrivals = *r;
    const uint8_t *bytes = pg_unpack_bytes(r, 16 * n);
    uint64_t size = pg_unpack_left(r), at = 0, previous = 0;
    bytes = bytes ? pg_unpack_bytes(r, size) : NULL;
    for (uint64_t k = 0; k < n && !r->failed; k++) {
        uint64_t T = pg_unpack(&arrivals, 8), upto = pg_unpack(&arrivals, 8);
        if (T < previous || T > PG_LAST_T || upto < at || upto > size)
            pg_refuse(r, "arrivals out of order");
        else if (!pg_input_add(in, T, bytes + at, (size_t)(upto - at)))
            pg_refuse(r, "the host is out of memory for the input");
        previous = T;
        at = upto;
    }
    if (!r->failed && at != size)
        pg_refuse(r, "input that never arrives");
    in->open = open;
    in->end_T = end_T;
}
