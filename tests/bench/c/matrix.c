/* matrix.c - the product of two integer matrices, SIZE x SIZE, checked against another order. */
#include <stdint.h>
#include <stdio.h>

#ifndef SIZE /* rows and columns; check.sh takes 30 */
#define SIZE 120
#endif

enum { N = SIZE };
static int32_t a[N][N], b[N][N], c[N][N], d[N][N];

int main(void) {
    uint32_t sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = i * 7 - j * 3;
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
                return 1;
            sum = sum * 33 + (uint32_t)c[i][j];
        }
    printf("%08x\n", (unsigned)sum);
    return 0;
}
