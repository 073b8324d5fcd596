/* huffman.c - Huffman's code (1952) for a text of SIZE bytes, in the canonical form of RFC 1951,
 * section 3.2.2: built with a heap, encoded bit by bit, decoded, compared;
 * ROUNDS times. Integer, trees, bits.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* bytes of text; check.sh takes 5000 */
#define SIZE 60000
#endif
#ifndef ROUNDS
#define ROUNDS 50
#endif
enum { SYMBOLS = 256, LONGEST = 32 };

/* The code: how long each symbol's is (0: has none) and what; the number of codes of each length,
 * and the symbols in the order of their codes. */
struct code {
    int length[SYMBOLS];
    uint32_t bits[SYMBOLS];
    int count[LONGEST + 1];
    int sorted[SYMBOLS];
};

/* A heap of trees, the lightest on top: leaves are the symbols, inner nodes follow. */
static uint32_t weight[2 * SYMBOLS];
static int parent[2 * SYMBOLS], heap[SYMBOLS + 1], heaped;

static int lighter(int a, int b) {
    return weight[a] != weight[b] ? weight[a] < weight[b] : a < b;
}

static void push(int tree) {
    int k = ++heaped;
    for (; k > 1 && lighter(tree, heap[k / 2]); k /= 2)
        heap[k] = heap[k / 2];
    heap[k] = tree;
}

static int pop(void) {
    int top = heap[1], last = heap[heaped--], k = 1;
    for (int child; (child = 2 * k) <= heaped; k = child) {
        if (child < heaped && lighter(heap[child + 1], heap[child]))
            child++;
        if (!lighter(heap[child], last))
            break;
        heap[k] = heap[child];
    }
    heap[k] = last;
    return top;
}

/* The lengths, from how often each symbol comes; at least two must. Returns the bits of the whole
 * text: the weights of all inner nodes. */
static uint32_t measure(struct code *code, const uint32_t often[SYMBOLS]) {
    uint32_t total = 0;
    int next = SYMBOLS;
    heaped = 0;
    for (int k = 0; k < SYMBOLS; k++)
        if ((weight[k] = often[k]))
            push(k);
    while (heaped > 1) {
        int a = pop(), b = pop();
        weight[next] = weight[a] + weight[b];
        total += weight[next];
        parent[a] = parent[b] = next;
        push(next++);
    }
    memset(code, 0, sizeof *code);
    for (int k = 0; k < SYMBOLS; k++)
        if (often[k])
            for (int tree = k; tree != next - 1; tree = parent[tree])
                code->length[k]++;
    return total;
}

/* The codes, from their lengths: in order, the shorter ones first. */
static void assign(struct code *code) {
    uint32_t bits = 0;
    int n = 0;
    for (int length = 1; length <= LONGEST; length++, bits <<= 1)
        for (int k = 0; k < SYMBOLS; k++)
            if (code->length[k] == length) {
                code->bits[k] = bits++;
                code->count[length]++;
                code->sorted[n++] = k;
            }
}

/* Returns the number of bits. */
static uint32_t encode(const struct code *code, const uint8_t *text, uint8_t *out) {
    uint32_t at = 0;
    for (int k = 0; k < SIZE; k++)
        for (int bit = code->length[text[k]]; bit-- > 0; at++)
            out[at / 8] |= (uint8_t)((code->bits[text[k]] >> bit & 1) << at % 8);
    return at;
}

static void decode(const struct code *code, const uint8_t *in, uint8_t *text) {
    uint32_t at = 0;
    for (int k = 0; k < SIZE; k++) {
        int bits = 0, first = 0, index = 0; /* first: the first code of this length */
        for (int length = 1; length <= LONGEST; length++) {
            int count = code->count[length];
            bits |= in[at / 8] >> at % 8 & 1;
            at++;
            if (bits - first < count) {
                text[k] = (uint8_t)code->sorted[index + bits - first];
                break;
            }
            index += count;
            first = (first + count) << 1;
            bits <<= 1;
        }
    }
}

static uint8_t text[SIZE], packed[SIZE * 2], back[SIZE];

/* A text and its code there and back. Returns 0 or how it failed. */
static int there_and_back(struct code *code, uint32_t *x) {
    uint32_t often[SYMBOLS] = {0}, sum = 0;
    for (int k = 0; k < SIZE;
         k++) { /* four symbols, then four that come half as often, and so on */
        *x = *x * 1664525 + 1013904223;
        uint8_t symbol = (uint8_t)(*x >> 30);
        for (uint32_t coins = *x >> 8 & 0xffff; coins & 1; coins >>= 1)
            symbol += 4;
        text[k] = symbol;
        often[symbol]++;
    }
    uint32_t total = measure(code, often);
    assign(code);
    memset(packed, 0, sizeof packed);
    uint32_t n = encode(code, text, packed);
    decode(code, packed, back);
    for (uint32_t k = 0; k < (n + 7) / 8; k++)
        sum = sum * 31 + packed[k];
    printf("%d bytes, %u bits, %08x\n", SIZE, (unsigned)n, (unsigned)sum);
    if (n != total || memcmp(text, back, SIZE) != 0)
        return 2;

    /* Kraft's sum is 1: no code is left over. */
    uint64_t kraft = 0;
    for (int length = 1; length <= LONGEST; length++)
        kraft += (uint64_t)code->count[length] << (LONGEST - length);
    return kraft == 1ull << LONGEST ? 0 : 3;
}

int main(void) {
    static struct code code;
    uint32_t often[SYMBOLS] = {0}, x = 9;
    int failed = 0;

    /* Six symbols whose code all textbooks know: 224 bits per hundred. */
    static const uint32_t textbook[6] = {45, 13, 12, 16, 9, 5};
    memcpy(often + 'a', textbook, sizeof textbook);
    uint32_t total = measure(&code, often);
    for (int k = 'a'; k <= 'f'; k++)
        printf("%c %d\n", k, code.length[k]);
    if (total != 224 || code.length['a'] != 1 || code.length['d'] != 3 || code.length['f'] != 4)
        return 1;

    for (int round = 0; round < ROUNDS && !failed; round++)
        failed = there_and_back(&code, &x);
    return failed;
}
