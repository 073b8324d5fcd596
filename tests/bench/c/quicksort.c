/* quicksort.c - SIZE numbers, by an own quicksort and by the library's; ROUNDS times. Integer,
 * calls.
 * bench: library
 */
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>

#ifndef SIZE /* check.sh takes 10000 */
#define SIZE 200000
#endif
#ifndef ROUNDS
#define ROUNDS 4
#endif

enum { N = SIZE };
static uint32_t a[N], b[N];

static void sort(uint32_t *v, int n) {
    while (n > 1) {
        uint32_t pivot = v[n / 2];
        int i = 0, j = n - 1;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                uint32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        sort(v, j + 1);
        v += i;
        n -= i;
    }
}

static int compare(const void *x, const void *y) {
    uint32_t p = *(const uint32_t *)x, q = *(const uint32_t *)y;
    return p < q ? -1 : p > q;
}

int main(void) {
    uint32_t x = 1, sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < N; k++)
            a[k] = b[k] = x = x * 1664525 + 1013904223;
        sort(a, N);
        qsort(b, N, sizeof *b, compare);
        for (int k = 0; k < N; k++) {
            if (a[k] != b[k] || (k && a[k - 1] > a[k]))
                return 1;
            sum = sum * 31 + a[k];
        }
    }
    printf("%08x\n", (unsigned)sum);
    return 0;
}
