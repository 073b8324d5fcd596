/* sieve.c - the primes below SIZE, by Eratosthenes. Integer, memory. */
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* check.sh takes 50000 */
#define SIZE 2000000
#endif

static unsigned char composite[SIZE];

int main(void) {
    int count = 0, last = 0, known = 0; /* below 1000 */
    for (int n = 2; n < SIZE; n++) {
        if (composite[n])
            continue;
        count++;
        last = n;
        known += n < 1000;
        for (int k = 2 * n; k < SIZE; k += n)
            composite[k] = 1;
    }
    printf("%d primes, the last %d\n", count, last);
    return known == 168 && (SIZE != 2000000 || count == 148933) ? 0 : 1;
}
