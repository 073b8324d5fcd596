/* crc32.c - CRC-32 of SIZE bytes, by table and bit by bit. Integer.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>

#ifndef SIZE /* bytes; check.sh takes 65536 */
#define SIZE 50000000
#endif

static uint32_t table[256];

static uint32_t slow(uint32_t crc, uint8_t byte) {
    crc ^= byte;
    for (int k = 0; k < 8; k++)
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    return crc;
}

int main(void) {
    uint32_t fast = ~0u, plain = ~0u, x = 7;
    for (int k = 0; k < 256; k++)
        table[k] = slow(0, (uint8_t)k);
    for (int k = 0; k < SIZE; k++) {
        x = x * 1103515245 + 12345;
        uint8_t byte = (uint8_t)(x >> 16);
        fast = fast >> 8 ^ table[(fast ^ byte) & 0xff];
        if (k < SIZE / 16) {
            plain = slow(plain, byte);
            if (plain != fast)
                return 1;
        }
    }
    uint32_t known = ~0u;
    for (const char *p = "123456789"; *p; p++)
        known = slow(known, (uint8_t)*p);
    printf("%08x %08x\n", (unsigned)~fast, (unsigned)~known);
    return ~known == 0xcbf43926u ? 0 : 2;
}
