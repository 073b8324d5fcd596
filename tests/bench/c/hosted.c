/* hosted.c - what a hosted program may call beyond the usual: atomics, long double, complex
 * numbers, signals, streams that are opened anew, nested functions, time.
 * bench: none
 */
#include <complex.h>
#include <ctype.h>
#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int counter;
static atomic_llong wide;
static _Atomic unsigned char small = 250;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static volatile sig_atomic_t seen;
static _Thread_local int of_thread = 12;

static void atomics(void) {
    int expected = 6;
    long long before = atomic_fetch_or(&wide, 1LL << 40);
    counter += 5;
    counter++;
    atomic_fetch_sub(&counter, 1);
    small += 10;
    bool no = atomic_compare_exchange_strong(&counter, &expected, 9);
    bool yes = atomic_compare_exchange_strong(&counter, &expected, 77);
    bool first = atomic_flag_test_and_set(&flag), second = atomic_flag_test_and_set(&flag);
    printf("%d %d %d %d, %lld %lld, %d, %d %d\n", no, yes, expected, counter, before,
           (long long)wide, small, first, second);
    int sum = __sync_add_and_fetch((int *)&counter, 3);
    int old = __sync_val_compare_and_swap((int *)&counter, 80, 2);
    printf("%d %d %d\n", sum, old, atomic_exchange(&counter, 8));
    printf("%d %d\n", counter, of_thread++);
}

static void print(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

static void long_doubles(void) {
    long double x = 0, y = 1e100L;
    char word[8];
    int n = 0;
    printf("%Lf %.3Le %Lg %d\n", 3.25L, -1.5e-7L, 1e20L, 7);
    print("%-*.*Lf|%s|%lld %Lg%%\n", 12, 2, 2.5L, "and", 1LL << 40, 0.5L);
    printf("%d ", sscanf("2.5 abc 7 1e3", "%Lf %[a-z] %d %Lg", &x, word, &n, &y));
    printf("%.2f %s %d %.2f\n", (double)x, word, n, (double)y);
    printf("%d %.1f\n", sscanf("none", "%Lf", &y), (double)y);
    printf("%.4f %.4f %.1f\n", (double)sqrtl(2), (double)powl(2, 0.5L),
           (double)strtold("-4.5", NULL));
}

static void numbers(void) {
    double complex z = csqrt(-4.0) * cexp(I * 1.0);
    printf("%.6f %.6f %.3f\n", creal(z), cimag(z), cabs(3 + 4 * I));
    printf("%.6f %.6f %.6f %d\n", tgamma(5.5), erf(0.3), remainder(10, 3), ilogb(100));
    printf("%d %" PRIdMAX " %jx %zu\n", isnan(nan("")) != 0, imaxabs(-7), (uintmax_t)255, sizeof z);
    printf("%ld %d\n", lround(2.5), fegetround() == FE_TONEAREST);
    printf("%s %s\n", setlocale(LC_ALL, "C"), localeconv()->decimal_point);
}

static void on_signal(int number) {
    seen = number;
}

static void signals(void) {
    signal(SIGINT, on_signal);
    raise(SIGINT);
    printf("%d", seen == SIGINT);
    signal(SIGTERM, SIG_IGN);
    printf(" %d\n", raise(SIGTERM));
}

static void times(void) {
    struct timespec span = {0, 2000000}, a, b;
    clock_t begin = clock();
    clock_gettime(CLOCK_MONOTONIC, &a);
    nanosleep(&span, NULL);
    clock_gettime(CLOCK_MONOTONIC, &b);
    long passed = (long)(b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
    time_t now = 1000000000;
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a", gmtime(&now));
    printf("%d %d %s %d\n", passed >= 2000000, clock() >= begin, text, time(NULL) > 0);
}

static void files(void) {
    char text[32] = "";
    fpos_t place;
    FILE *file = fopen("hosted.txt", "w+");
    fprintf(file, "one\ntwo\n");
    rewind(file);
    fgets(text, sizeof text, file);
    fgetpos(file, &place);
    int first = fgetc(file);
    ungetc('T', file);
    fsetpos(file, &place);
    fgets(text, sizeof text, file);
    printf("%c %s", first, text);
    fclose(file);
    printf("%d ", rename("hosted.txt", "hosted2.txt"));
    printf("%d %d ", access("hosted.txt", F_OK), access("hosted2.txt", R_OK | W_OK));
    printf("%d ", remove("hosted2.txt"));
    printf("%d\n", fopen("hosted2.txt", "r") == NULL && errno == ENOENT);
    fflush(stdout);
    if (write(STDOUT_FILENO, "written\n", 8) != 8)
        puts("not written");
    if (!freopen("hosted.txt", "w", stderr))
        puts("not opened");
    fprintf(stderr, "into a file\n");
    fflush(stderr);
    file = fopen("hosted.txt", "r");
    fgets(text, sizeof text, file);
    printf("%s", text);
    fclose(file);
    remove("hosted.txt");
    file = tmpfile();
    printf("%d %d\n", file != NULL, getenv("A_NAME_THAT_IS_NOT_SET") == NULL);
}

#if defined __GNUC__ && !defined __clang__
static int compare_by(const void *a, const void *b, int (*key)(int)) {
    return key(*(const int *)a) - key(*(const int *)b);
}

static void nested(int turn) {
    int numbers[] = {5, 3, 9, 1, 7}, calls = 0;
    int key(int n) {
        calls++;
        return (n + turn) % 10;
    }
    int compare(const void *a, const void *b) {
        return compare_by(a, b, key);
    }
    qsort(numbers, 5, sizeof *numbers, compare);
    for (int k = 0; k < 5; k++)
        printf("%d ", numbers[k]);
    printf("%d\n", calls > 8 && calls % 2 == 0);
}
#endif

int main(int argc, char **argv, char **envp) {
    printf("%d %d %d\n", argc, argv[argc] == NULL, envp != NULL);
    atomics();
    long_doubles();
    numbers();
    signals();
    times();
    files();
#if defined __GNUC__ && !defined __clang__
    nested(0);
    nested(4);
#endif
    return 0;
}
