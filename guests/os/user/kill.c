/* kill.c - kill [-SIGNAL] PID...: end processes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int signal = SIGTERM, first = 1, failed = 0;
    if (argc > 1 && argv[1][0] == '-') {
        signal = atoi(argv[1] + 1);
        first = 2;
    }
    if (first >= argc) {
        fprintf(stderr, "usage: kill [-SIGNAL] PID...\n");
        return 2;
    }
    for (int k = first; k < argc; k++)
        if (kill(atoi(argv[k]), signal) != 0) {
            perror(argv[k]);
            failed = 1;
        }
    return failed;
}
