/* fibonacci.c - a Fibonacci number by plain recursion, against the loop. Calls.
 * bench: integer
 */
#include <stdio.h>

#ifndef SIZE /* which number; check.sh takes 22 */
#define SIZE 39
#endif

static unsigned recursive(unsigned n) {
    return n < 2 ? n : recursive(n - 1) + recursive(n - 2);
}

static unsigned loop(unsigned n) {
    unsigned a = 0, b = 1;
    while (n--) {
        unsigned sum = a + b;
        a = b;
        b = sum;
    }
    return a;
}

int main(void) {
    unsigned number = recursive(SIZE);
    printf("%u %u\n", recursive(10), number);
    return recursive(10) == 55 && number == loop(SIZE) ? 0 : 1;
}
