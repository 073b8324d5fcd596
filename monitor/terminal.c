#include "monitor/terminal.h"

#include "monitor/monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* There is one terminal, and it must be given back whatever happens. */
static struct termios saved;
static bool taken;

/* A signal handler can reach nothing but globals. */
static volatile sig_atomic_t interrupted, suspended;

static void on_interrupt(int number) {
    interrupted = 1;
}

static void on_suspend(int number) {
    suspended = 1;
}

/* Handle a signal, unless it is ignored, as nohup and a shell's `&` ask for. */
static void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void mon_catch_interrupts(void) {
    handle(SIGINT, on_interrupt, 0); /* not SA_RESTART: whatever waits shall end */
    handle(SIGTERM, on_interrupt, 0);
    handle(SIGHUP, on_interrupt, 0);
    handle(SIGQUIT, on_interrupt, 0);
    handle(SIGTSTP, on_suspend, SA_RESTART);
}

bool mon_interrupted(void) {
    if (suspended) {
        bool was_taken = taken;
        suspended = 0;
        mon_terminal_close();
        raise(SIGSTOP);
        if (was_taken)
            mon_terminal_open();
    }
    return interrupted;
}

bool mon_terminal_is_live(void) {
    return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void mon_terminal_open(void) {
    if (taken || !mon_terminal_is_live() || tcgetattr(STDIN_FILENO, &saved) != 0)
        return;
    struct termios raw = saved;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    taken = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void mon_terminal_close(void) {
    if (taken)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
    taken = false;
}

bool mon_terminal_feed(struct pg_machine *m, bool wait) {
    enum { END = 4, WAIT_MS = 50 }; /* Ctrl-D */
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!m->bus.plugs.input.open || poll(&in, 1, wait ? WAIT_MS : 0) <= 0)
        return true;
    char bytes[1024];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0) /* nobody is there any more */
        return pg_feed(m, "", 0);
    const char *end = memchr(bytes, END, (size_t)n);
    size_t size = end ? (size_t)(end - bytes) : (size_t)n;
    return (size == 0 || pg_feed(m, bytes, size)) && (!end || pg_feed(m, "", 0));
}

/* Print whole lines, each behind the prefix; at the end also a line without its end. Returns how
 * many bytes of `data` that were. */
static size_t print_lines(const struct mon_console *c, const char *data, size_t size, bool end) {
    size_t done = 0;
    while (done < size) {
        const char *line = data + done, *newline = memchr(line, '\n', size - done);
        if (!newline && !end)
            break;
        size_t n = newline ? (size_t)(newline - line) : size - done;
        fprintf(c->out, "[%s] ", c->prefix);
        fwrite(line, 1, n, c->out);
        putc('\n', c->out);
        done += n + (newline != NULL);
    }
    return done;
}

bool mon_console_flush(struct mon_console *c, const struct pg_machine *m, bool end) {
    const struct pg_bytes *output = &m->bus.plugs.output;
    if (output->size == c->printed)
        return true;
    const char *data = (const char *)output->data + c->printed;
    size_t size = output->size - c->printed;
    c->printed += c->prefix ? print_lines(c, data, size, end) : fwrite(data, 1, size, c->out);
    return fflush(c->out) == 0 && !ferror(c->out);
}
