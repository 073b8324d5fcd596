/* terminal.h - the terminal as a guest's console: live input, output as it comes. */
#ifndef PG_TERMINAL_H
#define PG_TERMINAL_H

#include "machine/machine.h"

#include <stdio.h>

/* Can standard input be typed at? Not if it is no terminal, or belongs to another job. */
bool mon_terminal_is_live(void);

/* Take the terminal for live input: lines are no longer edited or echoed by the host (the guest
 * does that); Ctrl-C and Ctrl-Z still work. Ctrl-D ends the input. */
void mon_terminal_open(void);

/* Give the terminal back as it was. Does nothing if it was not taken. */
void mon_terminal_close(void);

/* What has been typed, up to Ctrl-D or the end, which *ended tells; if `wait`, wait a moment for
 * it. Returns how many bytes. */
size_t mon_terminal_read(char *bytes, size_t size, bool wait, bool *ended);

/* Feed the machine what has been typed; if `wait`, wait a moment for it. False if the host is out
 * of memory. */
bool mon_terminal_feed(struct pg_machine *m, bool wait);

/* Where the console's output goes, and how much has gone there. */
struct mon_console {
    FILE *out;
    const char *prefix; /* written before each line, and only whole lines are; NULL: none */
    size_t printed;     /* bytes of the machine's output */
};

/* Print what the machine has written since last time; `end`: there will be no more. False, with
 * errno, if it cannot be written. */
bool mon_console_flush(struct mon_console *console, const struct pg_machine *m, bool end);

#endif
