/* main.c - from power-on to the first process. */
#include "guests/os/kernel/file.h"

#include <stdio.h>

int main(void);

static int put(char c, FILE *file) {
    pg32_out(PG32_CONSOLE_DATA, (unsigned char)c);
    return (unsigned char)c;
}

/* What the kernel itself prints goes straight to the console. */
static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;

int main(void) {
    low_memory.new = (struct pg32_psw){.pc = (uint32_t)trap_entry};
    pages_init();
    cache_init();
    process_first();
    scheduler();
}
