#include "monitor/apart.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void work_here(mon_work_fn *work, void *context, unsigned seconds) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* a thousand cores are of no use to anybody */
    alarm(seconds);
    int status = work(context);
    fflush(stdout);
    _exit(status);
}

struct mon_apart mon_apart(mon_work_fn *work, void *context, unsigned seconds) {
    int status;
    fflush(stdout);
    fflush(stderr);
    pid_t child = fork();
    if (child < 0)
        return (struct mon_apart){.status = work(context)};
    if (child == 0)
        work_here(work, context, seconds);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return (struct mon_apart){.status = work(context)};
    if (WIFSIGNALED(status))
        return (struct mon_apart){.signal = WTERMSIG(status)};
    return (struct mon_apart){.status = WEXITSTATUS(status)};
}
