/* ledger.c - ledger ROUNDS: change files, and say what is changed and what has been.
 *
 * For the tests of power cuts: what is said to have been done must be there after any of them. Two
 * processes do it, so that the log has operations of both to commit at once.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* File n of process p is n * 397 % 7000 bytes long; byte k is (p + n * 31 + k) mod 256. */
static void make(int p, int n) {
    static char bytes[7000];
    char name[16];
    size_t size = (size_t)n * 397 % 7000;
    for (size_t k = 0; k < size; k++)
        bytes[k] = (char)((size_t)p + (size_t)n * 31 + k);
    snprintf(name, sizeof name, "p%d/f%d", p, n);
    printf("making %s\n", name);
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0) {
        perror(name);
        exit(1);
    }
    printf("made %s\n", name);
}

/* The name, while the file is still open; what is lost then must be found at the next start. */
static void removes(int p, int n) {
    char name[16];
    snprintf(name, sizeof name, "p%d/f%d", p, n);
    int fd = open(name, O_RDONLY);
    printf("removing %s\n", name);
    if (fd < 0 || unlink(name) != 0) {
        perror(name);
        exit(1);
    }
    printf("removed %s\n", name);
    close(fd);
}

static void work(int p, int rounds) {
    char name[16];
    snprintf(name, sizeof name, "p%d", p);
    if (mkdir(name, 0777) != 0) {
        perror(name);
        exit(1);
    }
    for (int n = 0; n < rounds; n++) {
        make(p, n);
        if (n % 3 == 2)
            removes(p, n - 1);
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 10, status;
    for (int p = 0; p < 2; p++) {
        int pid = fork();
        if (pid == 0) {
            work(p, rounds);
            exit(0);
        }
    }
    int failed = 0;
    while (wait(&status) > 0)
        failed |= status != 0;
    return failed;
}
