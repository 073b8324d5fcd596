/* execute.h - run the built `trapeze` in a directory of its own, and look at what it did. */
#ifndef TESTS_MONITOR_EXECUTE_H
#define TESTS_MONITOR_EXECUTE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

/* Setup and teardown of a group: make an empty directory and go there; remove it. */
int enter_directory(void **state);
int leave_directory(void **state);

void write_bytes(const char *path, const void *data, size_t size);
void write_text(const char *path, const char *text);

/* A file's contents with a zero byte behind them, malloc'ed; NULL if there is none. */
char *read_text(const char *path, size_t *size);

/* What the program is connected to. */
struct setting {
    const char *program;     /* NULL: trapeze */
    const char *input;       /* text for standard input; NULL: nothing */
    const char *input_path;  /* or a file */
    const char *output_path; /* NULL: a file that we read; see `ran` */
    bool input_closed, output_closed;
    const char *terminal;      /* a terminal for what follows, also the controlling one */
    bool type, show, complain; /* standard input, output, error are that terminal */
};

/* What came of it. */
struct ran {
    int status;      /* exit status, or minus the signal that killed it */
    char *out, *err; /* standard output and error */
};

/* Start it; arguments end with NULL. It is killed after a minute. */
pid_t start(const struct setting *setting, const char *const *arguments);

/* Wait for its end. Release with ran_free. */
struct ran finish(pid_t pid);
void ran_free(struct ran *ran);

/* Start and finish. */
struct ran execute(const struct setting *setting, const char *const *arguments);

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Run trapeze without input and compare; NULL: any output. */
#define expect(status, out, err, ...)                                                              \
    expect_in(&(struct setting){0}, status, out, err, ARGUMENTS(__VA_ARGS__))
void expect_in(const struct setting *setting, int status, const char *out, const char *err,
               const char *const *arguments);

/* The test fails unless `text` contains `part`. */
void assert_contains(const char *text, const char *part);

/* Wait until the file has something in it; the test fails after a while. */
void wait_for_output(const char *path);

/* Guests. */
#define GUEST_EXIT(code) "_start: li a0, " #code "\n out a0, 0\n"
#define GUEST_SPIN "_start: li a0, '*'\n out a0, 0x10\n1: j 1b\n"

#endif
