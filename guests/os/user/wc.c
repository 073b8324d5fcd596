/* wc.c - wc [FILE]...: lines, words and bytes. */
#include "guests/os/lib/files.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static int count(int fd, const char *name) {
    static char bytes[1024];
    unsigned long lines = 0, words = 0, all = 0;
    bool inside = false;
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0) {
        all += (unsigned long)n;
        for (ssize_t k = 0; k < n; k++) {
            bool space = isspace((unsigned char)bytes[k]);
            lines += bytes[k] == '\n';
            words += !space && !inside;
            inside = !space;
        }
    }
    if (n < 0) {
        perror(name);
        return 1;
    }
    printf("%lu %lu %lu%s%s\n", lines, words, all, *name ? " " : "", name);
    return 0;
}

int main(int argc, char **argv) {
    return each_file(argv + 1, count);
}
