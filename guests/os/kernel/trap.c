/* trap.c - what to do about a trap: a system call, an interrupt, a page to be given, or an end. */
#include "guests/os/kernel/kernel.h"

#include <signal.h>
#include <stdio.h>

/* Causes (manual, section 7), from the machine's own table. */
enum {
#define X(name, value, meaning) CAUSE_##name,
#include "machine/cause.def"
#undef X
};
enum { RING = 3 };

/* What a process is told that has caused one. */
static const char *const names[] = {
    [CAUSE_trace] = "trace trap",
    [CAUSE_fetch_align] = "misaligned pc",
    [CAUSE_fetch_bound] = "pc out of bounds",
    [CAUSE_fetch_page] = "page fault at fetch",
    [CAUSE_illegal] = "illegal instruction",
    [CAUSE_privilege] = "privileged instruction",
    [CAUSE_brk] = "breakpoint",
    [CAUSE_hvc] = "hypervisor call",
    [CAUSE_align] = "misaligned access",
    [CAUSE_port] = "no such port",
    [CAUSE_psw] = "bad PSW",
    [CAUSE_bound] = "address out of bounds",
    [CAUSE_page] = "page fault",
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
    case CAUSE_svc: syscall(frame); break;
    case CAUSE_interrupt: over = interrupts(); break;
    case CAUSE_page:
    case CAUSE_fetch_page:
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
