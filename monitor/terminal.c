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
static volatile sig_atomic_t interrupted, terminated, suspended;

static void on_interrupt(int number) {
    interrupted = 1;
}

static void on_terminate(int number) {
    interrupted = terminated = 1;
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
    handle(SIGTERM, on_terminate, 0);
    handle(SIGHUP, on_terminate, 0);
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

bool mon_terminated(void) {
    return terminated;
}

void mon_clear_interrupt(void) {
    interrupted = 0;
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

size_t mon_terminal_read(char *bytes, size_t size, bool wait, bool *ended) {
    enum { END = 4, WAIT_MS = 50 }; /* Ctrl-D */
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    *ended = false;
    if (poll(&in, 1, wait ? WAIT_MS : 0) <= 0)
        return 0;
    ssize_t n = read(STDIN_FILENO, bytes, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    const char *end = n > 0 ? memchr(bytes, END, (size_t)n) : bytes;
    *ended = end; /* also if nobody is there any more */
    return end ? (size_t)(end - bytes) : (size_t)n;
}

bool mon_terminal_feed(struct pg_machine *m, bool wait) {
    char bytes[1024];
    bool ended;
    if (!m->bus.plugs.input.open)
        return true;
    size_t size = mon_terminal_read(bytes, sizeof bytes, wait, &ended);
    return (size == 0 || pg_feed(m, bytes, size)) && (!ended || pg_feed(m, "", 0));
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
