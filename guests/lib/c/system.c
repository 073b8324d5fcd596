/* system.c - how a run ends, signals, and what else a C library asks of a system. */
#include <fenv.h>
#include <signal.h>
#include <stdio.h>

WEAK void _exit(int status) {
    for (;;)
        pg32_out(PG32_POWER_EXIT, (uint32_t)status & 0xff);
}

/* Signals come from the program itself only: a fault check-stops the machine, which says more. */
int raise(int) WEAK; /* not linked for abort's sake: without signal() nobody listens */

/* The exit code is a shell's: 134 for SIGABRT. */
WEAK void abort(void) {
    if (raise)
        raise(SIGABRT);
    _exit(128 + SIGABRT);
}

WEAK pid_t getpid(void) {
    return 1;
}

/* The C library's raise comes here when there is no handler. */
WEAK int kill(pid_t pid, int number) {
    if (pid != getpid() || number < 0 || number >= NSIG)
        return fail(pid != getpid() ? ESRCH : EINVAL);
    if (number == 0)
        return 0;
    void (*handler)(int) = signal(number, SIG_DFL);
    if (handler != SIG_DFL) {
        signal(number, handler);
        return raise(number);
    }
    if (number != SIGCHLD && number != SIGCONT && number != SIGURG && number != SIGWINCH)
        _exit(128 + number);
    return 0;
}

/* ---- quick_exit */

static void (*quick[32])(void);
static unsigned nquick;

WEAK int at_quick_exit(void (*function)(void)) {
    if (nquick == sizeof quick / sizeof *quick)
        return -1;
    quick[nquick++] = function;
    return 0;
}

WEAK void quick_exit(int status) {
    while (nquick)
        quick[--nquick]();
    _exit(status);
}

/* ---- positions in files */

WEAK int fgetpos(FILE *file, fpos_t *position) {
    long at = ftell(file);
    if (at < 0)
        return -1;
    *position = at;
    return 0;
}

WEAK int fsetpos(FILE *file, fpos_t *position) {
    return fseek(file, (long)*position, SEEK_SET);
}

/* ---- what -finstrument-functions calls, if the program does not have its own */

WEAK void __cyg_profile_func_enter(void *function, void *from) {}

WEAK void __cyg_profile_func_exit(void *function, void *from) {}

/* ---- floating point is software's, and rounds to nearest; the C library's own says ENOTSUP */

WEAK int fegetround(void) {
    return FE_TONEAREST;
}
