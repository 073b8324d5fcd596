/* matrix.c - the product of two integer matrices, SIZE x SIZE, checked against another order;
 * ROUNDS times.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* rows and columns; check.sh takes 30 */
#define SIZE 120
#endif
#ifndef ROUNDS
#define ROUNDS 90
#endif

enum { N = SIZE };
static int32_t a[N][N], b[N][N], c[N][N], d[N][N];

/* Both products; adds to the sum what they are. 0: they differ. */
static int multiply(int round, uint32_t *sum) {
    memset(c, 0, sizeof c);
    memset(d, 0, sizeof d);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = i * 7 - j * 3 + round;
            b[i][j] = i ^ (j * 5);
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                c[i][j] += a[i][k] * b[k][j];
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                d[i][j] += a[i][k] * b[k][j];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            if (c[i][j] != d[i][j])
                return 0;
            *sum = *sum * 33 + (uint32_t)c[i][j];
        }
    return 1;
}

int main(void) {
    uint32_t sum = 0;
    for (int round = 0; round < ROUNDS; round++)
        if (!multiply(round, &sum))
            return 1;
    printf("%08x\n", (unsigned)sum);
    return 0;
}
