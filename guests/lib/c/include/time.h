/* time.h - the C library's, and what of C11 and POSIX its own lacks (time.c). */
#pragma GCC system_header
#include_next <time.h>

#ifndef PG32_TIME_H
#define PG32_TIME_H
#ifdef __cplusplus
extern "C" {
#endif

#ifndef TIME_UTC
#define TIME_UTC 1
int timespec_get(struct timespec *, int);
#endif

#ifndef CLOCK_REALTIME
#define CLOCK_REALTIME ((clockid_t)1)
#endif
#ifndef CLOCK_MONOTONIC
#define CLOCK_PROCESS_CPUTIME_ID ((clockid_t)2)
#define CLOCK_THREAD_CPUTIME_ID ((clockid_t)3)
#define CLOCK_MONOTONIC ((clockid_t)4)
#endif
int clock_gettime(clockid_t, struct timespec *);
int clock_getres(clockid_t, struct timespec *);
int nanosleep(const struct timespec *, struct timespec *);

#ifdef __cplusplus
}
#endif
#endif
