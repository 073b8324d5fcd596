/* mkdir.c - mkdir DIR...: make directories. */
#include <stdio.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
    int failed = argc < 2;
    if (failed)
        fprintf(stderr, "usage: mkdir DIR...\n");
    for (int k = 1; k < argc; k++)
        if (mkdir(argv[k], 0777) != 0) {
            perror(argv[k]);
            failed = 1;
        }
    return failed;
}
