/* pack.h - numbers and bytes in files: one behind the other, numbers little-endian.
 *
 * What is read is not trusted: the first thing that cannot be is refused with a message, and all
 * that is read afterwards is 0.
 */
#ifndef PG_PACK_H
#define PG_PACK_H

#include "isa/error.h"
#include "machine/device.h"

/* A number of 1 to 8 bytes. */
void pg_le_put(uint8_t *to, uint64_t value, unsigned size);
uint64_t pg_le_get(const uint8_t *from, unsigned size);

struct pg_packer {
    struct pg_bytes *out;
    bool failed; /* the host is out of memory */
};

void pg_pack(struct pg_packer *w, uint64_t value, unsigned size);
void pg_pack_bytes(struct pg_packer *w, const void *data, size_t size);

struct pg_unpacker {
    const uint8_t *at, *end;
    bool failed;                /* and *err says why */
    const char *file, *section; /* what is read, for messages */
    struct pg_error *err;
};

/* Refuse what is read. The first refusal counts. */
void pg_refuse(struct pg_unpacker *r, const char *what);

/* How many bytes are left. */
size_t pg_unpack_left(const struct pg_unpacker *r);

/* The next number, of `size` bytes; 0 if it is not there. */
uint64_t pg_unpack(struct pg_unpacker *r, unsigned size);
uint32_t pg_unpack32(struct pg_unpacker *r);

/* The next `size` bytes, or NULL if they are not there. */
const uint8_t *pg_unpack_bytes(struct pg_unpacker *r, uint64_t size);

/* Console input with its times. It has no end of its own: reading takes all that is left. */
void pg_pack_input(struct pg_packer *w, const struct pg_input *in);
void pg_unpack_input(struct pg_unpacker *r, struct pg_input *in);

#endif
