/* chase.c - a pointer chase: once and more round all nodes, a cache line each, linked in one random
 * cycle by Sattolo's shuffle. Each load waits for the one before: memory latency.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>

#ifndef SIZE /* nodes; check.sh takes 4096 */
#define SIZE 65536
#endif
#ifndef ROUNDS
#define ROUNDS 32
#endif

static union node {
    struct {
        union node *next;
        uint32_t label;
    };
    char line[64];
} nodes[SIZE];
static uint32_t order[SIZE];

int main(void) {
    uint32_t x = 1, sum = 0;
    for (uint32_t k = 0; k < SIZE; k++)
        order[k] = k;
    for (uint32_t k = SIZE - 1; k > 0; k--) { /* a permutation that is one cycle */
        x = x * 1664525 + 1013904223;
        uint32_t j = (x >> 8) % k, t = order[k];
        order[k] = order[j];
        order[j] = t;
    }
    for (uint32_t k = 0; k < SIZE; k++) {
        nodes[k].next = &nodes[order[k]];
        nodes[k].label = k;
    }

    const union node *at = nodes;
    uint32_t steps = 0;
    do {
        sum = sum * 31 + at->label;
        at = at->next;
        steps++;
    } while (at != nodes);
    printf("%u steps, %08x\n", (unsigned)steps, (unsigned)sum);
    if (steps != SIZE)
        return 1;

    /* Round and round, with nothing to do but wait. */
    for (uint32_t k = 0; k < SIZE * ROUNDS; k++)
        at = at->next;
    return at == nodes ? 0 : 2;
}
