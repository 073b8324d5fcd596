/* time.c - clocks and sleeping. The machine's only clock is T, which counts instructions: so times
 * are the same in every run and under every system. T is taken for 100 MHz, and begins in July
 * 1974.
 */
#include <sys/time.h>
#include <sys/times.h>
#include "include/time.h"

enum { PER_MICROSECOND = 100, BEGIN = 141868800 };

static uint64_t nanoseconds(void) {
    return pg32_rdt() * (1000 / PER_MICROSECOND);
}

WEAK clock_t clock(void) {
    return (clock_t)(pg32_rdt() / PER_MICROSECOND);
}

WEAK clock_t times(struct tms *t) {
    *t = (struct tms){.tms_utime = clock()};
    return clock();
}

WEAK int gettimeofday(struct timeval *now, void *zone) {
    uint64_t t = pg32_rdt() / PER_MICROSECOND;
    now->tv_sec = (time_t)(BEGIN + t / 1000000);
    now->tv_usec = (suseconds_t)(t % 1000000);
    return 0;
}

WEAK int clock_gettime(clockid_t id, struct timespec *now) {
    uint64_t t = nanoseconds();
    now->tv_sec = (time_t)((id == CLOCK_REALTIME ? BEGIN : 0) + t / 1000000000);
    now->tv_nsec = (long)(t % 1000000000);
    return 0;
}

WEAK int clock_getres(clockid_t id, struct timespec *least) {
    if (least)
        *least = (struct timespec){0, 1000 / PER_MICROSECOND};
    return 0;
}

WEAK int timespec_get(struct timespec *now, int base) {
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* Idle until the timer fires, again and again if other events come before: interrupts stay off. */
static void wait_until(uint64_t t) {
    for (uint64_t now; (now = pg32_rdt()) < t;) {
        pg32_out(PG32_TIMER_DELTA, t - now < UINT32_MAX ? (uint32_t)(t - now) : UINT32_MAX);
        pg32_idle();
    }
    pg32_out(PG32_TIMER_CONTROL, 0);
}

WEAK int nanosleep(const struct timespec *span, struct timespec *left) {
    uint64_t t = (uint64_t)span->tv_sec * 1000000 + (uint64_t)span->tv_nsec / 1000;
    wait_until(pg32_rdt() + t * PER_MICROSECOND);
    if (left)
        *left = (struct timespec){0};
    return 0;
}

WEAK int usleep(useconds_t span) {
    wait_until(pg32_rdt() + (uint64_t)span * PER_MICROSECOND);
    return 0;
}

WEAK unsigned sleep(unsigned seconds) {
    wait_until(pg32_rdt() + (uint64_t)seconds * 1000000 * PER_MICROSECOND);
    return 0;
}
