/* grep.c - grep [-cinv] PATTERN [FILE]...: the lines that match a regular expression. */
#include "guests/os/lib/files.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct options { bool count, number, invert, ignore_case, several; } options;
static regex_t pattern;
static bool any_found;

/* A buffered reader of lines. */
struct reader {
    int fd;
    ssize_t n, at;
    char bytes[1024];
};

/* The next line, without its newline; false at the end. What is longer than the buffer is cut. */
static bool next_line(struct reader *r, char *line, size_t size) {
    size_t length = 0;
    for (;;) {
        if (r->at == r->n) {
            r->at = 0;
            r->n = read(r->fd, r->bytes, sizeof r->bytes);
            if (r->n <= 0) {
                r->n = 0;
                line[length] = '\0';
                return length > 0;
            }
        }
        char c = r->bytes[r->at++];
        if (c == '\n') {
            line[length] = '\0';
            return true;
        }
        if (length < size - 1)
            line[length++] = c;
    }
}

static int search(int fd, const char *name) {
    static char line[1024];
    struct reader reader = {.fd = fd};
    unsigned long found = 0;
    for (unsigned long n = 1; next_line(&reader, line, sizeof line); n++) {
        if ((regexec(&pattern, line, 0, NULL, 0) == 0) == options.invert)
            continue;
        found++;
        if (options.count)
            continue;
        if (options.several)
            printf("%s:", name);
        if (options.number)
            printf("%lu:", n);
        puts(line);
    }
    if (options.count)
        printf("%s%s%lu\n", options.several ? name : "", options.several ? ":" : "", found);
    any_found |= found != 0;
    return 0;
}

int main(int argc, char **argv) {
    char message[64];
    int failed = 0, option;
    while ((option = getopt(argc, argv, "cinv")) != -1) {
        options.count |= option == 'c';
        options.ignore_case |= option == 'i';
        options.number |= option == 'n';
        options.invert |= option == 'v';
        failed |= option == '?';
    }
    if (failed || optind == argc) {
        fprintf(stderr, "usage: grep [-cinv] PATTERN [FILE]...\n");
        return 2;
    }
    int error = regcomp(&pattern, argv[optind],
                        REG_EXTENDED | REG_NOSUB | (options.ignore_case ? REG_ICASE : 0));
    if (error) {
        regerror(error, &pattern, message, sizeof message);
        fprintf(stderr, "grep: %s: %s\n", argv[optind], message);
        return 2;
    }
    options.several = argc - optind > 2;
    failed = each_file(argv + optind + 1, search);
    return failed ? 2 : !any_found;
}
