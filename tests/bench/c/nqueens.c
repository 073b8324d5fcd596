/* nqueens.c - in how many ways SIZE queens fit on a board. Calls, bits.
 * bench: integer
 */
#include <stdio.h>

#ifndef SIZE /* up to 15; check.sh takes 7 */
#define SIZE 14
#endif

static int place(int n, unsigned columns, unsigned left, unsigned right) {
    unsigned all = (1u << n) - 1, open = all & ~(columns | left | right);
    int ways = 0;
    if (columns == all)
        return 1;
    while (open) {
        unsigned bit = open & -open;
        open ^= bit;
        ways += place(n, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return ways;
}

/* How many ways there are, from no queen on. */
static const int known[] = {1,  1,   0,   0,    2,     10,    4,      40,
                            92, 352, 724, 2680, 14200, 73712, 365596, 2279184};

int main(void) {
    int ways = place(SIZE, 0, 0, 0);
    printf("%d queens, %d ways\n", SIZE, ways);
    return ways == known[SIZE] ? 0 : 1;
}
