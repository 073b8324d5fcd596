/* init.c - the first process: a shell on the console; when it ends, the machine is turned off. */
#include "guests/os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    static char name[] = "sh", *argv[] = {name, NULL};
    static const char hello[] =
        "Trapeze OS. Type `help` for help, Ctrl-D to turn the machine off.\n";
    int status;
    open("/dev/console", O_RDWR);
    dup(0);
    dup(0);
    write(1, hello, sizeof hello - 1); /* stdout was made before there was a console */
    int shell = fork();
    if (shell == 0) {
        execv("/bin/sh", argv);
        perror("/bin/sh");
        _exit(127);
    }
    for (;;) { /* others that have lost their parent end here, too */
        int pid = wait(&status);
        if (pid == shell || pid < 0)
            halt(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
}
