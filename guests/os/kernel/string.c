/* string.c - memset and memcpy by words: the C library's, built to be small, go byte by byte, and
 * the kernel mostly clears and copies pages and blocks. They take the place of the library's. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Without this the compiler sees a memset in memset, and calls it. */
#define AS_WRITTEN __attribute__((optimize("no-tree-loop-distribute-patterns")))

typedef uint32_t __attribute__((may_alias)) word;

AS_WRITTEN void *memset(void *to, int byte, size_t n) {
    unsigned char *p = to;
    word value = (unsigned char)byte * 0x01010101u;
    for (; n && (uintptr_t)p % sizeof value; n--)
        *p++ = (unsigned char)byte;
    for (; n >= 4 * sizeof value; n -= 4 * sizeof value, p += 4 * sizeof value) {
        word *w = (word *)p;
        w[0] = w[1] = w[2] = w[3] = value;
    }
    while (n--)
        *p++ = (unsigned char)byte;
    return to;
}

AS_WRITTEN void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    unsigned char *p = to;
    const unsigned char *q = from;
    if (((uintptr_t)p ^ (uintptr_t)q) % sizeof(word) == 0) { /* both aligned at the same time */
        for (; n && (uintptr_t)p % sizeof(word); n--)
            *p++ = *q++;
        for (; n >= 4 * sizeof(word); n -= 4 * sizeof(word)) {
            word *w = (word *)p;
            const word *v = (const word *)q;
            word a = v[0], b = v[1], c = v[2], d = v[3];
            w[0] = a, w[1] = b, w[2] = c, w[3] = d;
            p += 4 * sizeof(word);
            q += 4 * sizeof(word);
        }
    }
    while (n--)
        *p++ = *q++;
    return to;
}
