/* sha256.h - the hash function of FIPS 180-4, so that the core needs nothing but libc. */
#ifndef PG_SHA256_H
#define PG_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { PG_SHA256_SIZE = 32 };

struct pg_sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    uint8_t block[64];
};

void pg_sha256_begin(struct pg_sha256 *h);
void pg_sha256_add(struct pg_sha256 *h, const void *data, size_t size);
void pg_sha256_end(struct pg_sha256 *h, uint8_t digest[PG_SHA256_SIZE]);

/* The same of bytes in one piece. */
void pg_sha256_of(const void *data, size_t size, uint8_t digest[PG_SHA256_SIZE]);

#endif
