/* trap.c - what to do about a trap: a system call, an interrupt, a page to be given, or an end. */
#include "guests/os/kernel/kernel.h"

#include <signal.h>
#include <stdio.h>

/* Causes (manual, section 7). */
enum { INTERRUPT = 1, FETCH_PAGE = 5, SVC = 8, PAGE = 15 };
enum { RING = 3 };

static const char *const names[] = {
    [2] = "trace trap",
    [3] = "misaligned pc",
    [4] = "pc out of bounds",
    [5] = "page fault at fetch",
    [6] = "illegal instruction",
    [7] = "privileged instruction",
    [9] = "breakpoint",
    [10] = "hypervisor call",
    [11] = "misaligned access",
    [12] = "no such port",
    [13] = "bad PSW",
    [14] = "address out of bounds",
    [15] = "page fault",
};

bool interrupts(void) {
    disk_interrupt();
    console_interrupt();
    return pg32_in(PG32_TIMER_CONTROL) & 0x10;
}

/* The process did what it may not. */
static void fault(const struct frame *frame) {
    const char *name = frame->cause < sizeof names / sizeof *names ? names[frame->cause] : NULL;
    printf("%s (pid %d): %s, address 0x%08lx, pc 0x%08lx\n", current->name, current->pid,
           name ? name : "trap", (unsigned long)frame->value, (unsigned long)frame->psw.pc);
    current->killed = SIGSEGV;
}

void trap(struct frame *frame) {
    bool over = false;
    if ((frame->psw.status & RING) == 0) {
        printf("cause %lu, value 0x%08lx, pc 0x%08lx\n", (unsigned long)frame->cause,
               (unsigned long)frame->value, (unsigned long)frame->psw.pc);
        panic("a trap in the kernel");
    }
    switch (frame->cause) {
    case SVC: syscall(frame); break;
    case INTERRUPT: over = interrupts(); break;
    case PAGE:
    case FETCH_PAGE:
        if (!space_demand(&current->space, frame->value))
            fault(frame);
        break;
    default: fault(frame); break;
    }
    if (current->killed)
        process_exit(current->killed);
    if (over)
        yield();
    if (current->killed) /* while others ran */
        process_exit(current->killed);
}
