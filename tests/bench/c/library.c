/* library.c - what programs expect of the language and its library: 64-bit division, printf,
 * varargs, setjmp, structs by value, recursion with big frames, atexit, malloc, big switches,
 * strtod.
 * bench: none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    int64_t a;
    double b;
    char c[5];
};
static jmp_buf place;

static struct pair swap(struct pair x, int n, struct pair y) {
    y.a += n * x.a;
    y.b -= x.b;
    y.c[0] = x.c[1];
    return y;
}

static double sum(const char *kinds, ...) {
    va_list args;
    double total = 0;
    va_start(args, kinds);
    for (; *kinds; kinds++)
        switch (*kinds) {
        case 'i': total += va_arg(args, int); break;
        case 'l': total += (double)va_arg(args, long long); break;
        case 'd': total += va_arg(args, double); break;
        case 's': total += (double)strlen(va_arg(args, char *)); break;
        }
    va_end(args);
    return total;
}

static int deep(int n) {
    volatile char frame[2000];
    frame[n % 2000] = (char)n;
    return n ? deep(n - 1) + frame[n % 2000] - (char)n + 1 : 0;
}
static void jump(int n) {
    if (n == 0)
        longjmp(place, 42);
    jump(n - 1);
}
static void bye(void) {
    puts("bye");
}
static int name(unsigned n) {
    switch (n) {
    case 0: return 5;
    case 1: return 17;
    case 2: return 2;
    case 3: return 99;
    case 4: return -4;
    case 5: return 12;
    case 6: return 31;
    case 7: return 7;
    case 8: return 66;
    case 9: return 1;
    case 10: return 3;
    case 100: return 1000;
    default: return 0;
    }
}

int main(void) {
    int64_t x = -9223372036854775807LL;
    uint64_t y = 18446744073709551557ULL;
    atexit(bye);
    printf("%lld %lld %llu %llu\n", (long long)(x / 1000003), (long long)(x % 1000003),
           (unsigned long long)(y / 97), (unsigned long long)(y % 4294967291u));
    printf("[%5d|%-6x|%+.3f|%10.4e|%g|%c|%s|%08lx|%%]\n", -42, 0xbeefu, 2.71828, 12345.678, 1e-5,
           'z', "text", 0xabcdefUL);
    struct pair p = {3, 1.5, "abcd"}, q = {4, 2.25, "wxyz"}, r = swap(p, 7, q);
    printf("%lld %.2f %.4s\n", (long long)r.a, r.b, r.c);
    printf("%.1f\n", sum("ildsid", 1, 20LL, 0.5, "four", -3, 1e3));
    printf("%d %d\n", deep(200), setjmp(place) ? 42 : (jump(10), 0));
    unsigned total = 0;
    for (unsigned k = 0; k < 120; k++)
        total = total * 3 + (unsigned)name(k);
    printf("%d %.6f %ld %d\n", (int)total, strtod("-1.25e2", NULL), strtol("7fff", NULL, 16),
           atoi("123"));
    char *s = malloc(100), *t = NULL;
    strcpy(s, "one,two,,three");
    for (char *w = strtok(s, ","); w; w = strtok(NULL, ","))
        t = w;
    printf("%s %d\n", t, memcmp("abc", "abd", 3) < 0);
    s = realloc(s, 100000);
    free(s);
    char line[32] = "";
    FILE *file = fopen("workload.tmp", "w");
    if (!file || fprintf(file, "first\nsecond %d\n", 2) < 0 || fclose(file) != 0)
        exit(2);
    file = fopen("workload.tmp", "r");
    while (file && fgets(line, sizeof line, file))
        ;
    fclose(file);
    remove("workload.tmp");
    printf("%s%d\n", line, fopen("workload.tmp", "r") == NULL);
    exit(s && total ? 9 : 1);
}
