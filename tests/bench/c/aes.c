/* aes.c - AES-128 after FIPS 197: the standard's examples, then SIZE blocks in cipher block
 * chaining, encrypted and decrypted, ROUNDS times. Bytes, tables.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* blocks; check.sh takes 100 */
#define SIZE 1000
#endif
#ifndef ROUNDS
#define ROUNDS 80
#endif

enum { AES_ROUNDS = 10, BLOCK = 16 };
static uint8_t sbox[256], inverse[256];
static uint8_t keys[AES_ROUNDS + 1][BLOCK];

/* Section 4.2: the product of two bytes, modulo x^8 + x^4 + x^3 + x + 1. */
static uint8_t twice(uint8_t a) {
    return (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
}
static uint8_t times(uint8_t a, uint8_t b) {
    uint8_t product = 0;
    for (; b; b >>= 1, a = twice(a))
        if (b & 1)
            product ^= a;
    return product;
}

/* Section 5.1.1: the inverse, then an affine map. The powers of 3 are all bytes but 0; those of its
 * inverse 0xf6 run beside them. */
static void make_sbox(void) {
    uint8_t p = 1, q = 1;
    do {
        unsigned spread =
            q ^ (unsigned)q << 1 ^ (unsigned)q << 2 ^ (unsigned)q << 3 ^ (unsigned)q << 4;
        sbox[p] = (uint8_t)(spread ^ spread >> 8 ^ 0x63);
        p ^= twice(p);
        q = times(q, 0xf6);
    } while (p != 1);
    sbox[0] = 0x63;
    for (int k = 0; k < 256; k++)
        inverse[sbox[k]] = (uint8_t)k;
}

/* Section 5.2. */
static void expand(const uint8_t key[BLOCK]) {
    uint8_t *w = (uint8_t *)keys, factor = 1;
    memcpy(w, key, BLOCK);
    for (int k = BLOCK; k < (AES_ROUNDS + 1) * BLOCK; k++) {
        uint8_t t = w[k - 4];
        if (k % BLOCK < 4) /* the last word, rotated and substituted */
            t = sbox[w[k % 4 == 3 ? k - 7 : k - 3]];
        if (k % BLOCK == 0) {
            t ^= factor;
            factor = twice(factor);
        }
        w[k] = w[k - BLOCK] ^ t;
    }
}

static void add_key(uint8_t s[BLOCK], int round) {
    for (int k = 0; k < BLOCK; k++)
        s[k] ^= keys[round][k];
}

/* SubBytes and ShiftRows, sections 5.1.1 and 5.1.2: row r of the state, bytes r, r + 4 and so on,
 * goes left by r. With the inverse table and by = -1 it is InvShiftRows and InvSubBytes. */
static void substitute(uint8_t s[BLOCK], const uint8_t table[256], int by) {
    uint8_t old[BLOCK];
    memcpy(old, s, BLOCK);
    for (int k = 0; k < BLOCK; k++)
        s[k] = table[old[(k + 4 * by * (k % 4)) & 15]];
}

/* Section 5.1.3: each column times a polynomial. */
static void mix(uint8_t s[BLOCK]) {
    for (uint8_t *c = s; c < s + BLOCK; c += 4) {
        uint8_t first = c[0], all = c[0] ^ c[1] ^ c[2] ^ c[3];
        for (int k = 0; k < 4; k++)
            c[k] ^= all ^ twice(c[k] ^ (k == 3 ? first : c[k + 1]));
    }
}

/* Section 5.3.3. */
static void unmix(uint8_t s[BLOCK]) {
    for (uint8_t *c = s; c < s + BLOCK; c += 4) {
        uint8_t even = twice(twice(c[0] ^ c[2])), odd = twice(twice(c[1] ^ c[3]));
        c[0] ^= even;
        c[1] ^= odd;
        c[2] ^= even;
        c[3] ^= odd;
    }
    mix(s);
}

static void encrypt(uint8_t s[BLOCK]) {
    add_key(s, 0);
    for (int round = 1; round <= AES_ROUNDS; round++) {
        substitute(s, sbox, 1);
        if (round < AES_ROUNDS)
            mix(s);
        add_key(s, round);
    }
}

static void decrypt(uint8_t s[BLOCK]) {
    for (int round = AES_ROUNDS; round > 0; round--) {
        add_key(s, round);
        if (round < AES_ROUNDS)
            unmix(s);
        substitute(s, inverse, -1);
    }
    add_key(s, 0);
}

/* Appendices B and C.1: key, plain text, cipher text. */
static const uint8_t known[2][3][BLOCK] = {{{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab,
                                             0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c},
                                            {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31,
                                             0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34},
                                            {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb, 0xdc,
                                             0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32}},
                                           {{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                             0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f},
                                            {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
                                             0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff},
                                            {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8,
                                             0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a}}};

static uint8_t text[SIZE][BLOCK], cipher[SIZE][BLOCK];

static void print(const uint8_t s[BLOCK]) {
    for (int k = 0; k < BLOCK; k++)
        printf("%02x", s[k]);
    putchar('\n');
}

/* SIZE blocks there and back; the chain and the random numbers go on. */
static int there_and_back(uint8_t chain[BLOCK], uint32_t *x) {
    uint8_t s[BLOCK], first[BLOCK];
    memcpy(first, chain, BLOCK);
    for (int k = 0; k < SIZE; k++) {
        for (int j = 0; j < BLOCK; j++) {
            *x = *x * 1664525 + 1013904223;
            text[k][j] = (uint8_t)(*x >> 24);
            chain[j] ^= text[k][j];
        }
        encrypt(chain);
        memcpy(cipher[k], chain, BLOCK);
    }
    for (int k = 0; k < SIZE; k++) {
        memcpy(s, cipher[k], BLOCK);
        decrypt(s);
        for (int j = 0; j < BLOCK; j++)
            if ((s[j] ^ (k ? cipher[k - 1] : first)[j]) != text[k][j])
                return 0;
    }
    return 1;
}

int main(void) {
    uint8_t s[BLOCK], chain[BLOCK] = {0};
    uint32_t x = 5;
    make_sbox();
    for (int k = 0; k < 2; k++) {
        expand(known[k][0]);
        memcpy(s, known[k][1], BLOCK);
        encrypt(s);
        print(s);
        if (memcmp(s, known[k][2], BLOCK) != 0)
            return 1;
        decrypt(s);
        if (memcmp(s, known[k][1], BLOCK) != 0)
            return 2;
    }
    for (int round = 0; round < ROUNDS; round++)
        if (!there_and_back(chain, &x))
            return 3;
    print(chain);
    return 0;
}
