/* copy.c - memcpy, memmove and memset of all small sizes at all alignments, and of some big ones,
 * against loops over bytes. Library, memory.
 * bench: library
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* the greatest of the small sizes; check.sh takes 20 */
#define SIZE 70
#endif
#ifndef ROUNDS
#define ROUNDS 300
#endif
enum { ALIGNMENTS = 4, MARGIN = 16, SPACE = SIZE + 2 * MARGIN, BIG = 2000 * SIZE };

static uint8_t from[SPACE], to[SPACE], expected[SPACE];
static uint8_t big[2][BIG];
static uint32_t sum, checks;

static void fill(uint8_t *p, int n, uint32_t x) {
    for (int k = 0; k < n; k++) {
        x = x * 1664525 + 1013904223;
        p[k] = (uint8_t)(x >> 24);
    }
}

/* Is to what is expected, the margins too? Both have then been used, and are filled anew. */
static int wrong(void) {
    if (memcmp(to, expected, SPACE) != 0)
        return 1;
    for (int k = 0; k < SPACE; k += 7)
        sum = sum * 31 + to[k];
    checks++;
    return 0;
}

static int small(int size, int a, int b) {
    uint8_t *target = to + MARGIN + a;
    const uint8_t *source = from + MARGIN + b;

    memset(to, 0xee, SPACE);
    memset(expected, 0xee, SPACE);
    for (int k = 0; k < size; k++)
        expected[MARGIN + a + k] = source[k];
    if (memcpy(target, source, (size_t)size) != target || wrong())
        return 1;

    /* Within one array, the two overlapping: forward if a < b, backward if a > b. */
    memcpy(to, from, SPACE);
    memcpy(expected, from, SPACE);
    for (int k = 0; k < size; k++)
        expected[MARGIN + a + k] = source[k];
    if (memmove(target, to + MARGIN + b, (size_t)size) != target || wrong())
        return 2;

    for (int k = 0; k < size; k++)
        expected[MARGIN + a + k] = (uint8_t)(size + b);
    return memset(target, 0x500 + size + b, (size_t)size) != target || wrong() ? 3 : 0;
}

static int all(void) {
    fill(from, SPACE, 1);
    for (int size = 0; size <= SIZE; size++)
        for (int a = 0; a < ALIGNMENTS; a++)
            for (int b = 0; b < ALIGNMENTS; b++) {
                int failed = small(size, a, b);
                if (failed) {
                    printf("size %d, alignments %d %d\n", size, a, b);
                    return failed;
                }
            }
    fill(big[0], BIG, 2);
    for (int a = 0; a < ALIGNMENTS; a++) {
        size_t n = BIG - ALIGNMENTS;
        memcpy(big[1], big[0] + a, n);
        memmove(big[0] + (3 - a), big[1], n);
        for (size_t k = 0; k < n; k += 97)
            if (big[0][k + 3 - (size_t)a] != big[1][k])
                return 4;
        sum = sum * 31 + big[0][BIG / 2];
    }
    return 0;
}

int main(void) {
    for (int round = 0; round < ROUNDS; round++) {
        int failed = all();
        if (failed)
            return failed;
    }
    printf("%u checks, %08x\n", (unsigned)checks, (unsigned)sum);
    return checks == ROUNDS * (SIZE + 1) * ALIGNMENTS * ALIGNMENTS * 3 ? 0 : 5;
}
