/* process.c - processes: how they come, take turns, wait, and go. */
#include "guests/os/kernel/file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { PAGED = 0x200, IE = 0x10, RING3 = 3 }; /* of STATUS (manual, section 4) */
enum { TIMER_OFF, TIMER_AT_T };

static struct process table[PROCESSES];
static uint8_t stacks[PROCESSES][KERNEL_STACK] __attribute__((aligned(16)));
static struct context scheduler_context;
static int last_pid;
static const uint32_t canary = 0x5afe57ac; /* at the far end of each kernel stack */

struct process *current;

static uint32_t *stack_end(const struct process *p) {
    return (uint32_t *)stacks[p - table];
}

/* ---- taking turns */

/* Whoever sleeps until a time that has come is ready. Returns the time of the next; 0 if none. */
static uint64_t wake_due(void) {
    uint64_t now = pg32_rdt(), next = 0;
    for (struct process *p = table; p < table + PROCESSES; p++)
        if (p->state == ASLEEP && p->wake_at) {
            if (p->wake_at <= now)
                p->state = READY;
            else if (!next || p->wake_at < next)
                next = p->wake_at;
        }
    return next;
}

/* Nobody can run: wait for a device. Without a sleeper the timer is off, so that a machine that
 * waits for input stands still. */
static void idle(uint64_t next) {
    if (next) {
        pg32_out(PG32_TIMER_LO, (uint32_t)next);
        pg32_out(PG32_TIMER_HI, (uint32_t)(next >> 32));
    }
    pg32_out(PG32_TIMER_CONTROL, next ? TIMER_AT_T : TIMER_OFF);
    pg32_idle();
    interrupts();
}

static void run(struct process *p) {
    current = p;
    p->state = RUNNING;
    low_memory.frame = p->frame;
    pg32_out(PG32_TIMER_DELTA, OS_SLICE);
    switch_to(&scheduler_context, &p->context);
    current = NULL;
    if (*stack_end(p) != canary)
        panic("a kernel stack has overflowed");
}

_Noreturn void scheduler(void) {
    for (;;) {
        uint64_t next = wake_due();
        bool ran = false;
        for (struct process *p = table; p < table + PROCESSES; p++)
            if (p->state == READY) {
                run(p);
                ran = true;
            }
        if (!ran)
            idle(next);
    }
}

/* Let another one run; back when somebody has made us READY, and it is our turn. */
static void give_way(enum state state) {
    current->state = state;
    switch_to(&current->context, &scheduler_context);
}

void yield(void) {
    interrupts(); /* who waits for a device gets on, too, even if nobody leaves the kernel */
    give_way(READY);
}

void sleep_on(const void *channel) {
    current->channel = channel;
    give_way(ASLEEP);
    current->channel = NULL;
}

void wake(const void *channel) {
    for (struct process *p = table; p < table + PROCESSES; p++)
        if (p->state == ASLEEP && p->channel == channel)
            p->state = READY;
}

void lock(struct lock *l) {
    unsigned number = l->next++;
    for (const struct lock *w = l; w && w->holder; w = w->holder->awaits)
        if (w->holder == current)
            panic("a process waits for itself"); /* only with a damaged file system */
    current->awaits = l;
    while (l->serving != number)
        sleep_on(l);
    current->awaits = NULL;
    l->holder = current;
}

void unlock(struct lock *l) {
    l->holder = NULL;
    l->serving++;
    wake(l);
}

/* ---- coming */

/* A free row, with a pid, a space without pages, and a kernel stack that begins in process_entry.
 */
static struct process *process_new(void) {
    struct process *p = table;
    while (p < table + PROCESSES && p->state != UNUSED)
        p++;
    if (p == table + PROCESSES)
        return NULL;
    *p = (struct process){.pid = ++last_pid};
    if (!space_init(&p->space))
        return NULL;
    *stack_end(p) = canary;
    p->frame = (struct frame *)(stacks[p - table] + KERNEL_STACK) - 1;
    *p->frame =
        (struct frame){.psw = {PAGED | IE | RING3, 0, (uint32_t)p->space.root, OS_USER_TOP}};
    p->context = (struct context){.ra = (uint32_t)process_entry, .sp = (uint32_t)p->frame};
    return p;
}

/* What process_entry calls, on the new process's kernel stack. */
void process_begin(void) {
    if (current->pid == 1) {
        char name[] = "/bin/init";
        fs_init(); /* not earlier: reading the disk sleeps, which takes a process */
        if (path_find("/", &current->cwd) != 0 || exec(name, name, 1, sizeof name) < 0)
            panic("/bin/init does not run: it is not there, or too large for memory");
    }
}

void process_first(void) {
    struct process *p = process_new();
    if (!p)
        panic("no memory for the first process");
    p->state = READY;
}

int process_fork(void) {
    struct process *p = process_new();
    if (!p)
        return -EAGAIN;
    if (space_copy(&p->space, &current->space) != 0) {
        space_free(&p->space);
        return -ENOMEM;
    }
    uint32_t root = p->frame->psw.base;
    *p->frame = *current->frame;
    p->frame->psw.base = root;
    p->frame->r[A0] = 0;
    for (int k = 0; k < OS_OPEN_FILES; k++)
        p->files[k] = current->files[k] ? file_share(current->files[k]) : NULL;
    p->cwd = inode_share(current->cwd);
    p->parent = current;
    memcpy(p->name, current->name, sizeof p->name);
    p->state = READY;
    return p->pid;
}

/* ---- going */

_Noreturn void process_exit(int status) {
    struct process *p = current, *init = table;
    if (p == init)
        panic("init has ended");
    for (int k = 0; k < OS_OPEN_FILES; k++)
        if (p->files[k])
            file_close(p->files[k]);
    log_begin();
    inode_put(p->cwd);
    log_end();
    for (struct process *child = table; child < table + PROCESSES; child++)
        if (child->state != UNUSED && child->parent == p) {
            child->parent = init;
            wake(init);
        }
    space_free(&p->space); /* the kernel does not stand on it */
    p->status = status;
    wake(p->parent);
    give_way(ZOMBIE);
    panic("a zombie runs");
}

int process_wait(int pid, uint32_t status, int options) {
    for (;;) {
        bool any = false;
        for (struct process *p = table; p < table + PROCESSES; p++) {
            if (p->state == UNUSED || p->parent != current || (pid != -1 && p->pid != pid))
                continue;
            any = true;
            if (p->state == ZOMBIE) {
                if (status && copy_out(&current->space, status, &p->status, sizeof p->status) != 0)
                    return -EFAULT;
                p->state = UNUSED;
                return p->pid;
            }
        }
        if (!any)
            return -ECHILD;
        if (options & WNOHANG)
            return 0;
        if (current->killed)
            return -EINTR;
        sleep_on(current);
    }
}

/* It dies when it next leaves the kernel; what it sleeps for is not awaited, but for the disk. */
int process_kill(int pid, int signal) {
    if (signal < 0 || signal > 31)
        return -EINVAL;
    for (struct process *p = table; p < table + PROCESSES; p++)
        if (p->state != UNUSED && p->pid == pid) {
            if (pid == 1)
                return -EPERM;
            if (signal && p->state != ZOMBIE) {
                p->killed = signal;
                if (p->state == ASLEEP)
                    p->state = READY;
            }
            return 0;
        }
    return -ESRCH;
}

int process_sleep(uint32_t ticks) {
    uint64_t end = pg32_rdt() + (uint64_t)ticks * OS_TICK;
    while (pg32_rdt() < end && !current->killed) {
        current->wake_at = end;
        sleep_on(&current->wake_at);
        current->wake_at = 0;
    }
    return current->killed ? -EINTR : 0;
}

int process_list(uint32_t to, int max) {
    static const char *const states[] = {"", "asleep", "ready", "running", "zombie"};
    int n = 0;
    for (struct process *p = table; p < table + PROCESSES && n < max; p++) {
        if (p->state == UNUSED)
            continue;
        struct os_process row = {.pid = p->pid,
                                 .parent = p->parent ? p->parent->pid : 0,
                                 .pages = space_pages(&p->space)};
        strcpy(row.state, states[p->state]);
        memcpy(row.name, p->name, sizeof row.name);
        if (copy_out(&current->space, to + (uint32_t)n * sizeof row, &row, sizeof row) != 0)
            return -EFAULT;
        n++;
    }
    return n;
}
