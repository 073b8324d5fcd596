/* start.c - what a C program on the bare machine needs before main and beside the C library.
 *
 * main runs in ring 0, paged: memory as it is, but for page 0, so that a null pointer faults. No
 * trap handler is set: a fault check-stops the machine, and trapeze says where. The heap begins
 * behind the program, the stack has the last quarter of memory.
 */
#include "../pg32.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    PAGED = 0x200,
    PTE = 0xf,     /* V R W X, ring 0 */
    ABORTED = 134, /* exit code of abort, as a shell has it */
};

extern char __heap_begin[];
extern void __libc_init_array(void);
int main(int argc, char **argv);

static char *heap, *heap_end;

/* ---- before main */

/* The page tables, at the end of memory: a root, and a table for each 4 MiB. Returns where they
 * begin. */
static uint32_t make_tables(uint32_t memory) {
    uint32_t ntables = (memory + (PAGE << 10) - 1) / (PAGE << 10);
    uint32_t at = memory - (ntables + 1) * PAGE;
    uint32_t *root = (uint32_t *)at, *leaf = (uint32_t *)(at + PAGE);
    memset(root, 0, (ntables + 1) * PAGE);
    for (uint32_t k = 0; k < ntables; k++)
        root[k] = (at + (k + 1) * PAGE) | 1;
    for (uint32_t page = 1; page < memory / PAGE; page++)
        leaf[page] = page * PAGE | PTE;
    return at;
}

/* In a stack of its own: the real one. */
__attribute__((noreturn, used)) static void begin(uint32_t top) {
    static char name[] = "program", *argv[] = {name, NULL};
    heap = __heap_begin;
    heap_end = (char *)(top - top / 4);
    __libc_init_array();
    exit(main(1, argv));
}

struct pg32_psw first_psw __attribute__((aligned(16), used));
extern char first_paged[];

/* Make the tables and the PSW that turns paging on; returns where the real stack begins. */
__attribute__((used)) static uint32_t prepare(void) {
    uint32_t top = make_tables(pg32_in(PG32_POWER_MEMORY));
    first_psw = (struct pg32_psw){PAGED, (uint32_t)first_paged, top, top};
    return top;
}

static char first_stack[1024] __attribute__((aligned(16), used));

/* On a small stack behind the program the tables are made; then lpsw, and the real stack. */
__attribute__((naked, noreturn, section(".text.start"))) void _start(void) {
    __asm__ volatile(
        ".option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\t"
        "la sp, first_stack + 1024\n\tla tp, __tls_base\n\tcall prepare\n\t"
        "la t0, first_psw\n\t.insn i 0x0b, 2, x0, 0(t0)\n"
        "first_paged:\n\tmv sp, a0\n\tj begin");
}

/* ---- the C library's needs */

void _exit(int status) {
    for (;;)
        pg32_out(PG32_POWER_EXIT, (uint32_t)status & 0xff);
}

void abort(void) {
    fflush(stdout);
    _exit(ABORTED);
}

void *sbrk(ptrdiff_t size) {
    char *old = heap;
    if (size > heap_end - heap || size < __heap_begin - heap) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap += size;
    return old;
}

static int put(char c, FILE *file) {
    pg32_out(PG32_CONSOLE_DATA, (unsigned char)c);
    return (unsigned char)c;
}

/* The next byte of the console; waits for one. */
static int get(FILE *file) {
    for (;;) {
        uint32_t byte = pg32_in(PG32_CONSOLE_DATA);
        if (byte != UINT32_MAX)
            return (int)byte;
        if (pg32_in(PG32_CONSOLE_STATUS) & 2)
            return EOF;
        pg32_idle();
    }
}

static FILE console = FDEV_SETUP_STREAM(put, get, NULL, _FDEV_SETUP_RW);
FILE *const stdin = &console;
FILE *const stdout = &console;
FILE *const stderr = &console;
