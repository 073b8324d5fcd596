/* cp.c - cp FROM TO: copy a file. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char bytes[1024];
    ssize_t n = -1;
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
    while (to >= 0 && (n = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)n) != n) {
            n = -1;
            break;
        }
    if (n < 0)
        perror(argv[2]);
    return n < 0;
}
