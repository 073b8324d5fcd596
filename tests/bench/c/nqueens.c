/* nqueens.c - how many ways 9 queens fit; Fibonacci and Ackermann. Calls. */
#include <stdio.h>

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

static int fib(int n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static int ackermann(int m, int n) {
    if (m == 0)
        return n + 1;
    return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

int main(void) {
    int q = place(9, 0, 0, 0), f = fib(24), a = ackermann(2, 60);
    printf("%d %d %d\n", q, f, a);
    return q == 352 && f == 46368 && a == 123 ? 0 : 1;
}
