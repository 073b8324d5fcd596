/* cat.c - cat [FILE]...: files, or standard input, to standard output. */
#include "guests/os/lib/files.h"

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
        perror(*name ? name : "cat: standard input");
    return n < 0;
}

int main(int argc, char **argv) {
    return each_file(argv + 1, copy);
}
