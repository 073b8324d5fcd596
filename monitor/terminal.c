#include "monitor/terminal.h"

#include "monitor/monitor.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A signal handler can reach nothing but globals. */
static volatile sig_atomic_t interrupted;

static struct termios saved;
static bool taken;

static void on_signal(int number) {
    interrupted = 1;
}

void mon_catch_interrupts(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool mon_interrupted(void) {
    return interrupted;
}

void mon_terminal_open(void) {
    if (taken || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) != 0)
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
    enum { END = 4 }; /* Ctrl-D */
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!m->bus.plugs.input.open || poll(&in, 1, wait ? 100 : 0) <= 0)
        return true;
    char bytes[1024];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0)
        return n < 0 || pg_feed(m, "", 0);
    const char *end = taken ? memchr(bytes, END, (size_t)n) : NULL;
    size_t size = end ? (size_t)(end - bytes) : (size_t)n;
    return (size == 0 || pg_feed(m, bytes, size)) && (!end || pg_feed(m, "", 0));
}

static bool print_prefixed(struct mon_console *c, const char *data, size_t size) {
    while (size > 0) {
        const char *newline = memchr(data, '\n', size);
        size_t n = newline ? (size_t)(newline - data) + 1 : size;
        if (!c->mid_line)
            fprintf(c->out, "[%s] ", c->prefix);
        fwrite(data, 1, n, c->out);
        c->mid_line = !newline;
        data += n;
        size -= n;
    }
    return true;
}

bool mon_console_flush(struct mon_console *c, const struct pg_machine *m) {
    const struct pg_bytes *output = &m->bus.plugs.output;
    const char *data = (const char *)output->data + c->printed;
    size_t size = output->size - c->printed;
    if (size == 0 || !c->out)
        return true;
    c->printed = output->size;
    if (c->prefix)
        print_prefixed(c, data, size);
    else
        fwrite(data, 1, size, c->out);
    return fflush(c->out) == 0 && !ferror(c->out);
}
