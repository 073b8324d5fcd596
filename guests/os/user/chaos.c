/* chaos.c - chaos SEED [TICKS]: processes that do any system call with any argument, as the seed
 * says, and are killed at any time. Afterwards nothing may be lost: memory, open files, processes.
 * Whether the disk is whole, `fsck` says on the host.
 */
#include "guests/os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 5, CALLS = 24 };

static uint32_t seed;

static uint32_t any(uint32_t n) { /* below n */
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return n ? seed % n : 0;
}

/* ---- arguments: mostly good ones */

static char room[3 * OS_PAGE];

static void *any_place(void) {
    switch (any(8)) {
    case 0: return (void *)any(0xffffffff);
    case 1: return (char *)sbrk(0) - any(3000);
    case 2: return (void *)(OS_USER_TOP - any(OS_STACK + 2 * OS_PAGE));
    case 3: return (void *)(any(64) * OS_PAGE);
    default: return room + any(2 * OS_PAGE);
    }
}

static size_t any_size(void) {
    switch (any(8)) {
    case 0: return any(0xffffffff);
    case 1: return any(300000);
    case 2: return 0;
    default: return any(OS_PAGE);
    }
}

static const char *any_path(void) {
    static const char *const parts[] = {"a", "b",   "c", "..",  ".",      "program", "d",
                                        "e", "a/b", "/", "b/c", "/chaos", "../.",    "a/../b/."};
    static char path[200];
    *path = '\0';
    for (uint32_t n = 1 + any(4); n; n--) {
        strcat(path, parts[any(sizeof parts / sizeof *parts)]);
        if (n > 1 || any(20) == 0)
            strcat(path, "/");
    }
    return any(30) ? path : any_place();
}

static int any_fd(void) {
    return any(20) ? 3 + (int)any(OS_OPEN_FILES - 3) : (int)any(0xffffffff);
}

/* ---- what they do */

/* A program with some words of its header changed, or none. */
static void make_program(void) {
    int from = open("/bin/echo", O_RDONLY), to = open("program", O_RDWR | O_CREAT | O_TRUNC, 0666);
    ssize_t n = read(from, room, any(2) ? sizeof room : any(sizeof room));
    for (uint32_t k = any(4); k; k--)
        room[any(200)] = (char)(any(3) ? 0 : any(256));
    if (n > 0)
        write(to, room, (size_t)n);
    close(from);
    close(to);
}

static void run_program(void) {
    char *argv[] = {room, any(2) ? room + any(5000) : NULL, any(9) ? NULL : any_place(), NULL};
    if (fork() == 0) {
        close(1); /* whatever it is, it says nothing */
        execv(any(2) ? "program" : "/bin/echo", argv);
        _exit(1);
    }
}

static void kill_any(int root) {
    struct os_process rows[32];
    int n = processes(rows, 32);
    const struct os_process *p = &rows[any(n > 0 ? (uint32_t)n : 1)];
    if (n > 0 && p->pid > root)
        kill(p->pid, (int)any(16));
}

/* It must not shrink below what is the program's, whose variables lie there. */
static void change_heap(void) {
    static char *end;
    ptrdiff_t by = (ptrdiff_t)any_size() - (ptrdiff_t)any(90000);
    if (!end)
        end = sbrk(0);
    if (by > 0 || (char *)sbrk(0) - end >= -by)
        sbrk(by);
}

static void act(int root) {
    int status;
    switch (any(CALLS)) {
    case 0:
    case 1: open(any_path(), any(2) ? O_RDWR | O_CREAT : (int)any(0xffff)); break;
    case 2: close(any_fd()); break;
    case 3: read(any_fd(), any_place(), any_size()); break;
    case 4:
    case 5:
    case 6: write(any_fd(), any_place(), any_size()); break;
    case 7: lseek(any_fd(), (off_t)any_size() - (off_t)any(9000), (int)any(4)); break;
    case 8: dup(any_fd()); break;
    case 9: pipe(any(9) ? (int *)room : any_place()); break;
    case 10: fstat(any_fd(), any_place()); break;
    case 11: mkdir(any_path(), 0777); break;
    case 12:
    case 13: unlink(any_path()); break;
    case 14: chdir(any_path()); break;
    case 15: processes(any_place(), (int)any_size()); break;
    case 16: change_heap(); break;
    case 17: kill_any(root); break;
    case 18: waitpid(-1, any(9) ? &status : any_place(), WNOHANG); break;
    case 19: make_program(); break;
    case 20: run_program(); break;
    case 21: sleep(any(3)); break;
    case 22:
        if (fork() == 0)
            seed = seed * 5 + (uint32_t)getpid();
        break;
    case 23: execv(any_path(), any_place()); break;
    default: break;
    }
    if (any(200) == 0)
        *(volatile char *)any_place() = 1;
    if (any(100) == 0)
        _exit((int)any(256));
}

_Noreturn static void work(uint32_t from, int root) {
    seed = from * 2654435761u | 1;
    close(0); /* what it would read is not for it */
    for (int fd = 1; fd < 3; fd++)
        close(fd);
    open("c", O_RDWR | O_CREAT, 0666);
    dup(0);
    dup(0);
    chdir(any(2) ? "a" : "/chaos");
    for (;;)
        act(root);
}

/* ---- before and after */

/* How many files can be opened, by processes that each open as many as they may. */
static int open_files(void) {
    int n = 0, pid, status = 0;
    while (open("/", O_RDONLY) >= 0)
        n++;
    if (errno == EMFILE && (pid = fork()) >= 0) {
        if (pid == 0) {
            for (int fd = 3; fd < OS_OPEN_FILES; fd++)
                close(fd);
            _exit(open_files());
        }
        waitpid(pid, &status, 0);
    }
    for (int fd = 3; fd < OS_OPEN_FILES; fd++)
        close(fd);
    return n + WEXITSTATUS(status);
}

static void end_all(int root) {
    struct os_process rows[32];
    for (bool more = true; more;) {
        more = false;
        int n = processes(rows, 32);
        for (int k = 0; k < n; k++)
            if (rows[k].pid > root && strcmp(rows[k].state, "zombie") != 0)
                more = kill(rows[k].pid, SIGKILL) == 0 || more;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        sleep(1); /* init waits for the others */
    }
    sleep(1);
}

int main(int argc, char **argv) {
    uint32_t from = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
    int ticks = argc > 2 ? atoi(argv[2]) : 20, root = getpid();
    mkdir("/chaos", 0777);
    chdir("/chaos");
    mkdir("a", 0777);
    seed = 1; /* a page that we touch for the first time is not lost */
    end_all(root);
    int pages = free_pages(), files = open_files();
    for (uint32_t k = 0; k < WORKERS; k++)
        if (fork() == 0)
            work(from * WORKERS + k, root);
    for (int k = 0; k < ticks; k++) {
        sleep(1);
        seed = (uint32_t)uptime() * 2654435761u | 1;
        kill_any(root);
        if (any(3) == 0 && fork() == 0)
            work(seed, root);
    }
    end_all(root);
    int pages_after = free_pages(), files_after = open_files();
    printf("chaos %u: pages %d %d, files %d %d: %s\n", (unsigned)from, pages, pages_after, files,
           files_after, pages == pages_after && files == files_after ? "ok" : "LOST");
    return pages != pages_after || files != files_after;
}
