/* sha256.c - SHA-256 after FIPS 180-4: the standard's messages, then SIZE times "a", ROUNDS
 * times over. Integer, shifts.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* bytes of the long message; check.sh takes 10000 */
#define SIZE 1000000
#endif
#ifndef ROUNDS
#define ROUNDS 15
#endif

/* Section 4.2.2: of the cube roots of the first 64 primes, 32 bits after the point. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct sha256 {
    uint32_t hash[8];
    uint8_t block[64];
    unsigned filled; /* bytes in block */
    uint64_t length; /* bytes so far */
};

static uint32_t rotate(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

/* Section 6.2.2: one block. */
static void absorb(struct sha256 *s) {
    uint32_t w[64];
    for (int t = 0; t < 16; t++) {
        const uint8_t *p = s->block + (size_t)t * 4;
        w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (int t = 16; t < 64; t++) {
        uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10) + w[t - 7] +
               (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[t - 16];
    }
    uint32_t a = s->hash[0], b = s->hash[1], c = s->hash[2], d = s->hash[3];
    uint32_t e = s->hash[4], f = s->hash[5], g = s->hash[6], h = s->hash[7];
    for (int t = 0; t < 64; t++) {
        uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                      constants[t] + w[t];
        uint32_t t2 =
            (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const uint32_t v[8] = {a, b, c, d, e, f, g, h};
    for (int k = 0; k < 8; k++)
        s->hash[k] += v[k];
    s->filled = 0;
}

/* Section 5.3.3: of the square roots of the first eight primes, 32 bits after the point. */
static void begin(struct sha256 *s) {
    *s = (struct sha256){.hash = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                  0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

static void add(struct sha256 *s, const char *bytes, size_t n) {
    s->length += n;
    while (n--) {
        s->block[s->filled++] = (uint8_t)*bytes++;
        if (s->filled == 64)
            absorb(s);
    }
}

/* Section 5.1.1: a one bit, zeros, and the length in bits. */
static void end(struct sha256 *s) {
    s->block[s->filled++] = 0x80;
    if (s->filled > 56) {
        memset(s->block + s->filled, 0, 64 - s->filled);
        absorb(s);
    }
    memset(s->block + s->filled, 0, 56 - s->filled);
    for (int k = 0; k < 8; k++)
        s->block[56 + k] = (uint8_t)(s->length * 8 >> (56 - 8 * k));
    absorb(s);
}

static int differs(const struct sha256 *s, const char *expected) {
    char text[65];
    for (int k = 0; k < 8; k++)
        snprintf(text + (size_t)k * 8, 9, "%08x", (unsigned)s->hash[k]);
    puts(text);
    return expected && strcmp(text, expected) != 0;
}

static const char *const known[][2] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};

int main(void) {
    struct sha256 s;
    for (int k = 0; k < 3; k++) {
        begin(&s);
        add(&s, known[k][0], strlen(known[k][0]));
        end(&s);
        if (differs(&s, known[k][1]))
            return 1;
    }
    for (int round = 0; round < ROUNDS; round++) {
        begin(&s);
        for (int k = 0; k < SIZE; k++)
            add(&s, "a", 1);
        end(&s);
        if (differs(&s, SIZE == 1000000
                            ? "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
                            : NULL))
            return 2;
    }
    return 0;
}
