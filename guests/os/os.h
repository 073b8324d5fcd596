/* os.h - what the kernel offers beyond what POSIX names; for user programs and the kernel. */
#ifndef OS_H
#define OS_H

#include <stdint.h>

enum {
    OS_TICK = 100000,   /* steps in a tick: the unit of sleep and uptime */
    OS_SLICE = 20000,   /* steps that a process may run while others wait */
    OS_OPEN_FILES = 16, /* file descriptors of a process */
    OS_PATH = 128,      /* longest path and its final zero */
    OS_PAGE = 4096,
    OS_STACK = 64 * OS_PAGE,  /* what a stack may grow to */
    OS_USER_TOP = 0x10000000, /* a process's memory ends here, with the stack */
};

struct os_process {
    int pid, parent;
    char state[8];  /* running, ready, asleep, zombie */
    uint32_t pages; /* of memory, without page tables */
    char name[16];
};

/* Fill in at most `max` rows; returns how many there were room for. */
int processes(struct os_process *rows, int max);

int free_pages(void);
int uptime(void);

/* End the run with this exit code. Does not come back. */
void halt(int code);

#endif
