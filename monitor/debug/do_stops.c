/* do_stops.c - the commands on breakpoints and the like. */
#include "monitor/debug/debug.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void add(struct debugger *d, const char *verb, const char *rest, bool temporary) {
    int number = stops_add(d, verb, rest, temporary);
    if (number)
        fprintf(d->out, "stop %d: %s %s\n", number, verb, rest);
}

void do_break(struct debugger *d, const char *rest) {
    add(d, "break", rest, false);
}

void do_tbreak(struct debugger *d, const char *rest) {
    add(d, "break", rest, true);
}

void do_watch(struct debugger *d, const char *rest) {
    if (*rest)
        add(d, "watch", rest, false);
    else
        debug_fail(d, "watch: which expression, or which addresses?");
}

/* The number at the beginning of the rest, which is moved behind it. 0 after a message. */
static int number_of(struct debugger *d, const char **rest) {
    char *end;
    long number = strtol(*rest, &end, 10);
    if (end == *rest || number <= 0 || number > 1000000) {
        debug_fail(d, "which stop? `info breakpoints` lists them");
        return 0;
    }
    while (isspace((unsigned char)*end))
        end++;
    *rest = end;
    return (int)number;
}

static void check(struct debugger *d, bool ok, int number) {
    if (!ok)
        debug_fail(d, "there is no stop %d", number);
}

/* For each number there is; if there is none, for all, as 0. */
static void each(struct debugger *d, const char *rest, bool (*act)(struct stops *s, int number)) {
    do {
        int number = *rest ? number_of(d, &rest) : 0;
        if (!d->failed)
            check(d, act(d->stops, number), number);
    } while (*rest && !d->failed);
}

static bool disable(struct stops *s, int number) {
    return stops_enable(s, number, false);
}

static bool enable(struct stops *s, int number) {
    return stops_enable(s, number, true);
}

void do_delete(struct debugger *d, const char *rest) {
    each(d, rest, stops_delete);
}

void do_disable(struct debugger *d, const char *rest) {
    each(d, rest, disable);
}

void do_enable(struct debugger *d, const char *rest) {
    each(d, rest, enable);
}

void do_condition(struct debugger *d, const char *rest) {
    int number = number_of(d, &rest);
    if (number)
        stops_condition(d, number, rest);
}

void do_ignore(struct debugger *d, const char *rest) {
    int number = number_of(d, &rest);
    uint64_t times;
    if (number && debug_evaluate(d, rest, &times))
        check(d, stops_ignore(d->stops, number, times), number);
}

void do_commands(struct debugger *d, const char *rest) {
    int number = number_of(d, &rest);
    if (number)
        check(d, stops_commands(d->stops, number, rest), number);
}
