/* cat.c - cat [FILE]...: files, or standard input, to standard output. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int copy(int fd, const char *name) {
    static char bytes[1024];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        if (write(1, bytes, (size_t)n) != n) {
            perror("cat: standard output");
            return 1;
        }
    if (n < 0)
        perror(name);
    return n < 0;
}

int main(int argc, char **argv) {
    int failed = 0;
    if (argc == 1)
        return copy(0, "cat: standard input");
    for (int k = 1; k < argc; k++) {
        int fd = open(argv[k], O_RDONLY);
        if (fd < 0) {
            perror(argv[k]);
            failed = 1;
        } else {
            failed |= copy(fd, argv[k]);
            close(fd);
        }
    }
    return failed;
}
