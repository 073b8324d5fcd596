/* lib.c - what the C library needs of us: before main, after it, and standard input and output. */
#include "guests/os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio-bufio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv);
void __libc_init_array(void);
int os_error(int result);
_Noreturn void begin(int argc, char **argv);

/* From calls.S: what POSIX programs see of an error. */
int os_error(int result) {
    errno = -result;
    return -1;
}

static char in[256], out[1024], err[128];
static struct __file_bufio streams[] = {
    FDEV_SETUP_BUFIO(0, in, sizeof in, read, write, lseek, close, __SRD, 0),
    FDEV_SETUP_BUFIO(1, out, sizeof out, read, write, lseek, close, __SWR, __BLBF),
    FDEV_SETUP_BUFIO(2, err, sizeof err, read, write, lseek, close, __SWR, __BLBF),
};
FILE *const stdin = (FILE *)&streams[0];
FILE *const stdout = (FILE *)&streams[1];
FILE *const stderr = (FILE *)&streams[2];

__attribute__((destructor)) static void flush(void) {
    fflush(stdout);
    fflush(stderr);
}

_Noreturn void begin(int argc, char **argv) {
    if (!isatty(1))
        streams[1].bflags &= (uint8_t)~__BLBF; /* files and pipes: by the buffer */
    __libc_init_array();
    exit(main(argc, argv));
}

int isatty(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
}

int stat(const char *path, struct stat *st) {
    int fd = open(path, 0);
    int result = fd < 0 ? -1 : fstat(fd, st);
    if (fd >= 0)
        close(fd);
    return result;
}

pid_t wait(int *status) {
    return waitpid(-1, status, 0);
}

int raise(int signal) {
    return kill(getpid(), signal);
}

void abort(void) {
    fflush(stdout);
    raise(SIGABRT);
    _exit(127);
}
