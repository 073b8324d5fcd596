/* panic.c - the end, when the kernel finds itself wrong. */
#include "guests/os/kernel/kernel.h"

#include <stdio.h>

/* A trap with no new PSW is a check-stop: the run ends, and trapeze says who called us. */
_Noreturn void panic(const char *why) {
    printf("kernel panic: %s\n", why);
    low_memory.new = (struct pg32_psw){0};
    for (;;)
        pg32_brk(0);
}

/* The C library's assert, if it is linked. */
void abort(void) {
    panic("abort");
}
