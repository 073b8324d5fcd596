/* bytes.h - a growing row of bytes, for writers of file formats (internal to isa/). */
#ifndef PG_BYTES_H
#define PG_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start with `= {0}`. When memory is short, `failed` is set and what follows is dropped, so
 * that a writer can check once, at the end. Free `data` with free(). */
struct pg_bytes {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
};

void pg_bytes_put(struct pg_bytes *b, const void *data, size_t size);
void pg_bytes_u8(struct pg_bytes *b, uint8_t value);
void pg_bytes_u16(struct pg_bytes *b, uint16_t value); /* little-endian, like all of these */
void pg_bytes_u32(struct pg_bytes *b, uint32_t value);
void pg_bytes_string(struct pg_bytes *b, const char *s); /* with its NUL */
void pg_bytes_uleb(struct pg_bytes *b, uint32_t value);  /* DWARF's LEB128 */
void pg_bytes_sleb(struct pg_bytes *b, int32_t value);

/* Overwrite the word at `at`, to fill in a length that is known only afterwards. */
void pg_bytes_patch_u32(struct pg_bytes *b, size_t at, uint32_t value);

#endif
