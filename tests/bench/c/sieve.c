/* sieve.c - the primes below two million, by Eratosthenes. Integer, memory. */
#include <stdio.h>
#include <string.h>

enum { LIMIT = 2000000 };
static unsigned char composite[LIMIT];

int main(void) {
    int count = 0, last = 0;
    for (int n = 2; n < LIMIT; n++) {
        if (composite[n])
            continue;
        count++;
        last = n;
        for (int k = 2 * n; k < LIMIT; k += n)
            composite[k] = 1;
    }
    printf("%d primes, the last %d\n", count, last);
    return count == 148933 ? 0 : 1;
}
