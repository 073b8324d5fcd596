/* sieve.c - the primes below SIZE, by Eratosthenes; ROUNDS times. Integer, memory.
 * bench: integer
 */
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* check.sh takes 50000 */
#define SIZE 2000000
#endif
#ifndef ROUNDS
#define ROUNDS 16
#endif

static unsigned char composite[SIZE];

/* How many, and how many of them below 1000; the last. */
struct primes {
    int count, known, last;
};

static struct primes sieve(void) {
    int count = 0, last = 0, known = 0;
    memset(composite, 0, sizeof composite);
    for (int n = 2; n < SIZE; n++) {
        if (composite[n])
            continue;
        count++;
        last = n;
        known += n < 1000;
        for (int k = 2 * n; k < SIZE; k += n)
            composite[k] = 1;
    }
    return (struct primes){count, known, last};
}

int main(void) {
    struct primes p = {0};
    for (int round = 0; round < ROUNDS; round++)
        p = sieve();
    printf("%d primes, the last %d\n", p.count, p.last);
    return p.known == 168 && (SIZE != 2000000 || p.count == 148933) ? 0 : 1;
}
