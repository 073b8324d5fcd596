#include "isa/bytes.h"

#include <stdlib.h>
#include <string.h>

void pg_bytes_put(struct pg_bytes *b, const void *data, size_t size) {
    if (b->failed || size == 0)
        return;
    if (b->capacity - b->size < size) {
        size_t capacity = 2 * b->capacity + size + 64;
        uint8_t *larger = realloc(b->data, capacity);
        if (!larger) {
            b->failed = true;
            return;
        }
        b->data = larger;
        b->capacity = capacity;
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

void pg_bytes_u8(struct pg_bytes *b, uint8_t value) {
    pg_bytes_put(b, &value, 1);
}

void pg_bytes_u16(struct pg_bytes *b, uint16_t value) {
    pg_bytes_u8(b, (uint8_t)value);
    pg_bytes_u8(b, (uint8_t)(value >> 8));
}

void pg_bytes_u32(struct pg_bytes *b, uint32_t value) {
    pg_bytes_u16(b, (uint16_t)value);
    pg_bytes_u16(b, (uint16_t)(value >> 16));
}

void pg_bytes_string(struct pg_bytes *b, const char *s) {
    pg_bytes_put(b, s, strlen(s) + 1);
}

void pg_bytes_uleb(struct pg_bytes *b, uint32_t value) {
    for (; value > 127; value >>= 7)
        pg_bytes_u8(b, (uint8_t)(value | 0x80));
    pg_bytes_u8(b, (uint8_t)value);
}

void pg_bytes_sleb(struct pg_bytes *b, int32_t value) {
    for (; value < -64 || value > 63; value >>= 7)
        pg_bytes_u8(b, (uint8_t)(((uint32_t)value & 0x7f) | 0x80));
    pg_bytes_u8(b, (uint8_t)((uint32_t)value & 0x7f));
}

void pg_bytes_patch_u32(struct pg_bytes *b, size_t at, uint32_t value) {
    for (int k = 0; !b->failed && k < 4; k++)
        b->data[at + (size_t)k] = (uint8_t)(value >> 8 * k);
}
