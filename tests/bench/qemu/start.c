/* start.c - what a workload is linked with for qemu-riscv32, in place of guests/lib/c: the same
 * compiler, C library and linker script, but Linux's system calls where a PG32 program has ports.
 *
 * Like ../timed.c it writes on standard error how many seconds of processor time the program took,
 * from before main until after what atexit was told: qemu's own start and end do not count, its
 * translating does.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WRITE = 64, EXIT = 93, BRK = 214, CLOCK_GETTIME = 403, OF_PROCESS = 2 }; /* for riscv32 */

static long call(long number, long a, long b, long c) {
    register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    /* In RV32E there is no a7 to name: the number is put into x17 by a word of its own. */
    register long t0 __asm__("t0") = number;
    __asm__ volatile(".option push\n\t.option arch, rv32im\n\tmv x17, %1\n\tecall\n\t.option pop"
                     : "+r"(a0)
                     : "r"(t0), "r"(a1), "r"(a2)
                     : "memory");
    return a0;
}

/* ---- time */

static uint64_t begin;

static uint64_t nanoseconds(void) {
    struct {
        int64_t seconds, nanoseconds;
    } now;
    call(CLOCK_GETTIME, OF_PROCESS, (long)&now, 0);
    return (uint64_t)now.seconds * 1000000000 + (uint64_t)now.nanoseconds;
}

/* Seconds with nine digits after the point, without floating point. */
static void tell(uint64_t n) {
    char text[24], *p = text + sizeof text;
    *--p = '\n';
    for (int k = 0; k < 10 || n; k++, n /= 10) {
        *--p = (char)('0' + n % 10);
        if (k == 8)
            *--p = '.';
    }
    call(WRITE, STDERR_FILENO, (long)p, text + sizeof text - p);
}

/* ---- what picolibc wants of a system */

void _exit(int status) {
    tell(nanoseconds() - begin);
    for (;;)
        call(EXIT, status, 0, 0);
}

void *sbrk(ptrdiff_t size) {
    static long end;
    if (!end)
        end = call(BRK, 0, 0, 0);
    long old = end;
    if (call(BRK, old + size, 0, 0) != old + size) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end = old + size;
    return (void *)old;
}

/* Output by lines or so, as glibc's is when it goes to a file: qemu's system calls are not what is
 * measured. */
static char buffer[4096];
static size_t filled;

static int flush(FILE *file) {
    call(WRITE, STDOUT_FILENO, (long)buffer, (long)filled);
    filled = 0;
    return 0;
}

static int put(char c, FILE *file) {
    buffer[filled++] = c;
    return filled == sizeof buffer ? flush(file) : 0;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
FILE *const stdin = &console, *const stdout = &console, *const stderr = &console;

/* ---- before main and after it */

extern void __libc_init_array(void);
int main(void);

static void flush_at_exit(void) {
    flush(stdout);
}

__attribute__((noreturn, used)) static void start(void) {
    begin = nanoseconds();
    __libc_init_array();
    atexit(flush_at_exit);
    exit(main());
}

__attribute__((naked, noreturn, section(".text.start"))) void _start(void) {
    __asm__ volatile(
        ".option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\t"
        "la tp, __tls_base\n\ttail start");
}
