/* ackermann.c - Ackermann's function in Peter's form, A(3, SIZE), by its definition, and how often
 * and how deep it calls itself. Deep calls.
 * bench: integer
 */
#include <stdio.h>

#ifndef SIZE /* check.sh takes 4 */
#define SIZE 10
#endif

static unsigned calls, deepest;

static unsigned ackermann(unsigned m, unsigned n, unsigned depth) {
    calls++;
    if (depth > deepest)
        deepest = depth;
    if (m == 0)
        return n + 1;
    if (n == 0)
        return ackermann(m - 1, 1, depth + 1);
    return ackermann(m - 1, ackermann(m, n - 1, depth + 1), depth + 1);
}

/* The same, as it is known for m up to 3. */
static unsigned closed(unsigned m, unsigned n) {
    switch (m) {
    case 0: return n + 1;
    case 1: return n + 2;
    case 2: return 2 * n + 3;
    default: return (8u << n) - 3;
    }
}

int main(void) {
    for (unsigned m = 0; m < 4; m++)
        for (unsigned n = 0; n < 4; n++)
            if (ackermann(m, n, 1) != closed(m, n))
                return 1;
    calls = deepest = 0;
    unsigned value = ackermann(3, SIZE, 1);
    printf("%u: %u calls, %u deep\n", value, calls, deepest);
    return value == closed(3, SIZE) ? 0 : 2;
}
