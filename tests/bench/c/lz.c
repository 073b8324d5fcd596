/* lz.c - compression after Ziv and Lempel (1977): SIZE bytes as letters and as copies of what came
 * up to 4 KiB before, found through a hash table with chains; and back; ROUNDS times. Memory,
 * branches.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* bytes of text, at least 5000; check.sh takes 5000 */
#define SIZE 60000
#endif
#ifndef ROUNDS
#define ROUNDS 50
#endif
enum {
    WINDOW = 4096,
    SHORTEST = 3,
    LONGEST = SHORTEST + 15, /* a copy's distance and length take 12 and 4 bits */
    HASHES = 4096,
    TRIES = 32, /* places looked at for a longer match */
    AGAIN = 300
};

/* The last place with each hash, and for each place, modulo WINDOW, the one before it; -1: none. */
static int head[HASHES], previous[WINDOW];

static unsigned hash(const uint8_t *p) {
    return ((unsigned)p[0] << 16 ^ (unsigned)p[1] << 8 ^ p[2]) * 2654435761u >> 20;
}

/* The longest match for text[at]; returns its length. */
static int match(const uint8_t *text, int n, int at, int *where) {
    int best = 0, most = n - at < LONGEST ? n - at : LONGEST, tries = TRIES;
    if (most < SHORTEST)
        return 0;
    for (int k = head[hash(text + at)]; k >= 0 && at - k < WINDOW && tries--;
         k = previous[k % WINDOW]) {
        int length = 0;
        while (length < most && text[k + length] == text[at + length])
            length++;
        if (length > best) {
            best = length;
            *where = k;
        }
    }
    return best;
}

/* Items in groups of eight after a byte that says which are copies. Returns the size. */
static int compress(const uint8_t *text, int n, uint8_t *out) {
    int at = 0, size = 0, flags = 0, items = 0;
    for (int k = 0; k < HASHES; k++)
        head[k] = -1;
    while (at < n) {
        int where = 0, length = match(text, n, at, &where);
        if (items++ % 8 == 0) {
            flags = size++;
            out[flags] = 0;
        }
        if (length < SHORTEST) {
            length = 1;
            out[size++] = text[at];
        } else {
            int distance = at - where;
            out[flags] |= (uint8_t)(1 << (items - 1) % 8);
            out[size++] = (uint8_t)distance;
            out[size++] = (uint8_t)(distance >> 8 | (length - SHORTEST) << 4);
        }
        for (; length--; at++)
            if (n - at >= SHORTEST) {
                int *chain = &head[hash(text + at)];
                previous[at % WINDOW] = *chain;
                *chain = at;
            }
    }
    return size;
}

static int expand(const uint8_t *in, int size, uint8_t *text) {
    int at = 0, n = 0, flags = 0;
    for (int items = 0; at < size; items++) {
        if (items % 8 == 0)
            flags = in[at++];
        if (!(flags >> items % 8 & 1)) {
            text[n++] = in[at++];
            continue;
        }
        int distance = in[at] | (in[at + 1] & 15) << 8, length = (in[at + 1] >> 4) + SHORTEST;
        at += 2;
        for (; length--; n++)
            text[n] = text[n - distance];
    }
    return n;
}

static uint8_t text[SIZE], packed[SIZE + SIZE / 8 + 1], back[SIZE];

/* There and back; returns the size on the way, -1 if what comes back differs. */
static int round_trip(int n) {
    int size = compress(text, n, packed);
    uint32_t sum = 0;
    memset(back, 0, sizeof back);
    if (expand(packed, size, back) != n || memcmp(text, back, (size_t)n) != 0)
        return -1;
    for (int k = 0; k < size; k++)
        sum = sum * 31 + packed[k];
    printf("%d bytes in %d, %08x\n", n, size, (unsigned)sum);
    return size;
}

int main(void) {
    static const char *const words[] = {"the ", "machine ", "and ",   "guest ", "a ",  "monitor ",
                                        "is ",  "trap ",    "state ", "of ",    "to ", "program "};
    static const char simple[] = "abcabcabcabcabcabcx";
    uint32_t x = 11;

    /* Three letters, one copy of 15, a letter: five items behind one byte of flags. */
    memcpy(text, simple, sizeof simple - 1);
    if (round_trip(0) != 0 || round_trip(2) != 3 || round_trip(sizeof simple - 1) != 7)
        return 1;
    memset(text, 'z', 1000); /* a letter, 55 copies of 18, one of 9: 57 items in 8 groups */
    if (round_trip(1000) != 8 + 1 + 56 * 2)
        return 2;

    int n = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (n = 0;;) {
            x = x * 1664525 + 1013904223;
            const char *word = words[(x >> 16) % 12];
            if (n + (int)strlen(word) > SIZE)
                break;
            memcpy(text + n, word, strlen(word));
            n += (int)strlen(word);
        }
        int size = round_trip(n);
        if (size < 0 || size >= n / 2)
            return 3;
    }
    /* Noise does not shrink, but if it comes again within the window. */
    for (n = 0; n < WINDOW; n++) {
        x = x * 1664525 + 1013904223;
        text[n] = (uint8_t)(x >> 24);
    }
    memcpy(text + WINDOW, text, AGAIN);
    int far = round_trip(WINDOW + AGAIN);
    memcpy(text + WINDOW - 1, text, AGAIN);
    int near = round_trip(WINDOW - 1 + AGAIN);
    return near > 0 && near < far - AGAIN / 2 ? 0 : 4;
}
