/* kernel.h - what the kernel's files offer one another, the lower ones first.
 *
 * The kernel runs in ring 0 in real mode, with interrupts off: memory is as it is, and nothing but
 * sleep_on() and yield() lets another process run. So a process in the kernel needs locks only for
 * what must stay as it is while it sleeps. Functions that can fail return -errno.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "guests/lib/pg32.h"
#include "guests/os/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROCESSES = 32, KERNEL_STACK = 4096 };

/* The user registers and what the machine says of a trap (entry.S knows the offsets). */
struct frame {
    uint32_t r[16]; /* r[0] is not used */
    struct pg32_psw psw;
    uint32_t cause, value;
};
enum { SP = 2, A0 = 10, A1 = 11, A2 = 12 }; /* numbers of registers */

/* What a switch from one kernel stack to another must keep (entry.S, switch_to). */
struct context {
    uint32_t ra, sp, s0, s1;
};

/* Low memory: how the machine tells a trap and what it does then (manual, section 7). */
struct low_memory {
    struct pg32_psw old;
    uint32_t cause, value, word, zero;
    uint32_t T[2], unused[6];
    struct pg32_psw new;
    uint32_t unused2[4];
    uint32_t user_sp;    /* 0x60: entry.S's, for a moment */
    struct frame *frame; /* 0x64: where the running process's registers are to be saved */
    uint32_t unused3[2];
    struct pg32_psw leave; /* 0x70: entry.S's, for lpsw */
};
extern struct low_memory low_memory; /* at 0 */

/* ---- entry.S */

extern char trap_entry[];
void process_entry(void);                                 /* a new process begins here */
void switch_to(struct context *from, struct context *to); /* and back, when somebody does */

/* ---- panic.c: the end, when the kernel finds itself wrong */

_Noreturn void panic(const char *why);

/* ---- page.c: physical memory by the page */

void pages_init(void);
void *page_alloc(void); /* zeroed; NULL if there is none */
void page_free(void *page);
unsigned pages_free(void);

/* ---- space.c: the memory of a process
 *
 * Program and heap begin at OS_PAGE, the stack ends at OS_USER_TOP. A page of the heap or the stack
 * is there from its first use on. */

struct space {
    uint32_t *root;     /* page table */
    uint32_t heap, brk; /* first address of the heap, and behind its last */
};

enum { CAN_READ = 2, CAN_WRITE = 4, CAN_EXECUTE = 8 }; /* as in a page table's entry */

bool space_init(struct space *space);
void space_free(struct space *space);
int space_copy(struct space *to, const struct space *from); /* to is initialized */
unsigned space_pages(const struct space *space);

/* Give the page of an address a frame, with these rights and those it had. NULL: no memory. */
char *space_add(struct space *space, uint32_t address, unsigned rights);

/* The page fault: give the address a page if it may have one and has none. */
bool space_demand(struct space *space, uint32_t address);

int space_grow(struct space *space, int by); /* the heap */

/* Between the kernel and a process's memory, all or nothing; -EFAULT if the process may not. */
int copy_out(struct space *space, uint32_t to, const void *from, size_t n);
int copy_in(struct space *space, void *to, uint32_t from, size_t n);
int copy_string(struct space *space, char *to, uint32_t from, size_t max); /* its length */

/* ---- process.c */

enum state { UNUSED, ASLEEP, READY, RUNNING, ZOMBIE };

struct process {
    enum state state;
    int pid;
    struct process *parent;
    int killed;          /* the signal it shall die of, or 0 */
    int status;          /* of a zombie, as waitpid tells it */
    const void *channel; /* what it sleeps for */
    struct lock *awaits; /* the lock that it waits for, or NULL */
    uint64_t wake_at;    /* T at which it wakes anyway, or 0 */
    struct space space;
    struct frame *frame; /* at the end of its kernel stack */
    struct context context;
    struct file *files[OS_OPEN_FILES];
    struct inode *cwd;
    char name[16];
};

extern struct process *current; /* NULL in the scheduler */

void process_first(void); /* make process 1, which runs /bin/init */
_Noreturn void scheduler(void);
void sleep_on(const void *channel);
void wake(const void *channel);
void yield(void);
int process_fork(void);
_Noreturn void process_exit(int status);
int process_wait(int pid, uint32_t status, int options);
int process_kill(int pid, int signal);
int process_sleep(uint32_t ticks);
int process_list(uint32_t to, int max);

/* What must stay as it is while its holder sleeps. Whoever waits has a number, and they come in
 * turn: else one process that sleeps only while it holds the lock would keep it for ever. */
struct lock {
    unsigned next, serving; /* the next number to be given, and whose turn it is */
    struct process *holder;
};
void lock(struct lock *l);
void unlock(struct lock *l);

/* ---- trap.c */

void trap(struct frame *frame); /* from entry.S */
bool interrupts(void);          /* serve the devices; true if the time slice is over */

/* ---- syscall.c */

void syscall(struct frame *frame);

/* ---- exec.c */

int exec(const char *path, char *strings, int argc, size_t size);

/* ---- console.c */

void console_interrupt(void);
int console_read(uint32_t to, uint32_t n);
int console_write(uint32_t from, uint32_t n);

/* ---- disk.c */

void disk_read(uint32_t block, void *to);
void disk_write(uint32_t block, const void *from);
void disk_interrupt(void);

#endif
