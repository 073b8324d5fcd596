/* tests.h - for the tests of usertests. Each runs in a process and a directory of its own. */
#ifndef TESTS_H
#define TESTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* End the test as failed unless it is so. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            test_fail(__FILE__, __LINE__, #condition);                                             \
    } while (0)

/* The call fails with that error. */
#define CHECK_ERROR(call, code)                                                                    \
    do {                                                                                           \
        errno = 0;                                                                                 \
        if ((call) != -1 || errno != (code))                                                       \
            test_fail(__FILE__, __LINE__, #call " fails with " #code);                             \
    } while (0)

_Noreturn void test_fail(const char *file, int line, const char *what);

/* Run what follows in a child, for its end:
 *     if (child(&pid)) { ...; _exit(0); }
 *     CHECK(exited(pid, 0)); */
bool child(int *pid);
bool exited(int pid, int code);
bool killed(int pid, int signal);

/* The last n bytes of the heap, where it ends with a page: who goes on falls off it. */
char *end_of_heap(int n);

/* A file with n bytes of a pattern that `seed` begins, written `part` bytes at a time. */
void make_file(const char *path, size_t n, size_t part, unsigned seed);
bool same_file(const char *path, size_t n, unsigned seed);

#define X(name, meaning) void test_##name(void);
#include "guests/os/user/usertests/tests.def"
#undef X

#endif
