/* bench.c - bench WHAT N: work for the operating system, n times; `trapeze bench --os` measures
 * it.
 *
 *     null    a system call that does nothing much: getpid
 *     switch  a byte to another process and back: two context switches
 *     fault   a page touched for the first time
 *     fork    fork, exit, wait
 *     exec    fork, exec, exit, wait
 *     pipe    1 KiB through a pipe
 *     write   1 KiB to a file
 *
 * Nothing but POSIX, so that it also runs natively.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, BLOCK = 1024 };

static const char *self; /* what to exec */

/* End with a message unless it is so. */
static void must(int so, const char *what) {
    if (!so) {
        perror(what);
        exit(1);
    }
}

static int wait_for_child(void) {
    int status = -1;
    return wait(&status) > 0 && status == 0;
}

static void null(int n) {
    int pid = getpid();
    for (int k = 0; k < n; k++)
        must(getpid() == pid, "getpid");
}

static void bench_switch(int n) {
    int there[2], back[2];
    char byte = 0;
    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    int pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1) {
            byte++;
            must(write(back[1], &byte, 1) == 1, "write");
        }
        _exit(0);
    }
    for (int k = 0; k < n; k++) {
        char sent = (char)k;
        must(write(there[1], &sent, 1) == 1, "write");
        must(read(back[0], &byte, 1) == 1 && byte == (char)(k + 1), "read");
    }
    close(there[1]);
    must(wait_for_child(), "wait");
}

static void fault(int n) {
    char *pages = sbrk((long)n * PAGE);
    must(pages != (void *)-1, "sbrk");
    for (int k = 0; k < n; k++)
        pages[(long)k * PAGE] = 1;
}

static void bench_fork(int n) {
    for (int k = 0; k < n; k++) {
        int pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0)
            _exit(0);
        must(wait_for_child(), "wait");
    }
}

static void exec(int n) {
    static char name[] = "bench", what[] = "null", count[] = "0";
    for (int k = 0; k < n; k++) {
        int pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0) {
            execv(self, (char *[]){name, what, count, NULL});
            _exit(1);
        }
        must(wait_for_child(), "exec");
    }
}

static void bench_pipe(int n) {
    static char block[BLOCK];
    int ends[2];
    long left = (long)n * BLOCK;
    must(pipe(ends) == 0, "pipe");
    int pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        for (int k = 0; k < n; k++)
            must(write(ends[1], block, BLOCK) == BLOCK, "write");
        _exit(0);
    }
    while (left > 0) {
        long got = read(ends[0], block, BLOCK);
        must(got > 0, "read");
        left -= got;
    }
    must(wait_for_child(), "wait");
}

static void bench_write(int n) {
    static const char name[] = "bench.tmp";
    static char block[BLOCK];
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    must(fd >= 0, name);
    for (int k = 0; k < n; k++) {
        if (k % 64 == 0) /* a file that no disk is too small for */
            must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
        must(write(fd, block, BLOCK) == BLOCK, "write");
    }
    must(close(fd) == 0 && unlink(name) == 0, name);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(int n);
    } all[] = {{"null", null},        {"switch", bench_switch}, {"fault", fault},
               {"fork", bench_fork},  {"exec", exec},           {"pipe", bench_pipe},
               {"write", bench_write}};
    self = strchr(argv[0], '/') ? argv[0] : "/bin/bench";
    for (size_t k = 0; argc == 3 && k < sizeof all / sizeof *all; k++)
        if (strcmp(argv[1], all[k].name) == 0) {
            all[k].run(atoi(argv[2]));
            return 0;
        }
    fprintf(stderr, "usage: bench null|switch|fault|fork|exec|pipe|write N\n");
    return 2;
}
