/* cp.c - cp FROM TO: copy a file. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char bytes[1024];
    ssize_t n = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: cp FROM TO\n");
        return 2;
    }
    int from = open(argv[1], O_RDONLY);
    if (from < 0) {
        perror(argv[1]);
        return 1;
    }
    int to = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    const char *bad = to < 0 ? argv[2] : NULL;
    while (!bad && (n = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)n) != n)
            bad = argv[2];
    if (!bad && n < 0)
        bad = argv[1];
    if (bad)
        perror(bad);
    return bad != NULL;
}
