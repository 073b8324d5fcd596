/* timed.c - linked to a program, has it write on standard error how many seconds of processor time
 * it took: from before main until after what atexit was told. */
#include <stdio.h>
#include <time.h>

static struct timespec begin;

__attribute__((constructor)) static void started(void) {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
}

__attribute__((destructor)) static void ended(void) {
    struct timespec end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    fprintf(stderr, "%.9f\n",
            (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
}
