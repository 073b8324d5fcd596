/* start.c - what a C program on the bare machine needs before main.
 *
 * main runs in ring 0, paged: memory as it is, but for page 0, so that a null pointer faults. A
 * fault check-stops the machine, and trapeze says where. The heap begins behind the program, the
 * stack has the last quarter of memory, or what data leave of it; a page that faults is between.
 * With -Wl,--defsym=pg32_unpaged=1 main runs in real mode, memory laid out the same, and nothing
 * faults there: to see what paging costs. With -Wl,--defsym=pg32_user=1 it runs in ring 3.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    PAGED = 0x200,
    PTE = 0xf, /* V R W X, ring 0 */
    USER = 3,  /* the ring: in a PSW, and of a page with PTE_RING */
    PTE_RING = 0x100,
    LEAST_STACK = 8192,
    NO_ROOM = 63, /* exit code */
};

extern char __heap_begin[];
extern void __libc_init_array(void);
extern char pg32_unpaged[] __attribute__((weak)), pg32_user[] __attribute__((weak));
int main(int argc, char **argv, char **envp);

static char *heap, *heap_end;

/* ---- before main */

/* The page tables, at the end of memory from `at` on: a root, and a table for each 4 MiB. */
static void make_tables(uint32_t memory, uint32_t at) {
    uint32_t *root = (uint32_t *)at, *leaf = (uint32_t *)(at + PAGE);
    uint32_t pte = pg32_user ? PTE | USER * PTE_RING : PTE;
    memset(root, 0, memory - at);
    for (uint32_t k = 0; at + (k + 1) * PAGE < memory; k++)
        root[k] = (at + (k + 1) * PAGE) | 1;
    for (uint32_t page = 1; page < memory / PAGE; page++)
        leaf[page] = page * PAGE | pte;
    leaf[(uint32_t)heap_end / PAGE] = 0; /* a stack that grows too large faults here */
}

/* In a stack of its own: the real one. */
__attribute__((noreturn, used)) static void begin(void) {
    static char name[] = "program", *argv[] = {name, NULL};
    __libc_init_array();
    exit(main(1, argv, environ));
}

/* Without the C library, which is not to be touched yet. */
__attribute__((noreturn)) static void no_room(void) {
    for (const char *p = "there is no room for a stack: run this with more --memory\n"; *p; p++)
        pg32_out(PG32_CONSOLE_DATA, (unsigned char)*p);
    _exit(NO_ROOM);
}

struct pg32_psw first_psw __attribute__((aligned(16), used));
extern char at_stack[];

/* Lay out memory, make the tables and the PSW that turns paging on; returns where the real stack
 * begins. */
__attribute__((used)) static uint32_t prepare(void) {
    uint32_t memory = pg32_in(PG32_POWER_MEMORY), ntables = (memory - 1) / (PAGE << 10) + 1;
    uint32_t top = memory - (ntables + 1) * PAGE,
             data = ((uint32_t)__heap_begin + PAGE - 1) & -PAGE;
    uint32_t end = (top - top / 4) & -PAGE;
    end = end > data ? end : data;
    if (end > top || top - end < PAGE + LEAST_STACK)
        no_room();
    heap = __heap_begin;
    heap_end = (char *)end;
    first_psw = (struct pg32_psw){pg32_user ? USER : 0, (uint32_t)at_stack, 0, 0};
    if (!pg32_unpaged) {
        make_tables(memory, top);
        first_psw.status |= PAGED;
        first_psw.base = first_psw.bound = top;
    }
    low_memory.new = (struct pg32_psw){.pc = (uint32_t)trap};
    return top;
}

static char first_stack[1024] __attribute__((aligned(16), used));

/* On a small stack behind the program the tables are made; then lpsw, and the real stack. */
__attribute__((naked, noreturn, section(".text.start"))) void _start(void) {
    __asm__ volatile(
        ".option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\t"
        "la sp, first_stack + 1024\n\tla tp, __tls_base\n\tcall prepare\n\t"
        "la t0, first_psw\n\t.insn i 0x0b, 2, x0, 0(t0)\n"
        "at_stack:\n\tmv sp, a0\n\ttail begin");
}

/* ---- the heap */

WEAK void *sbrk(ptrdiff_t size) {
    char *old = heap;
    if (size > heap_end - heap || size < __heap_begin - heap) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap += size;
    return old;
}
