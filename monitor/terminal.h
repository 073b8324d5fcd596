/* terminal.h - the terminal as a guest's console: live input, output as it comes. */
#ifndef PG_TERMINAL_H
#define PG_TERMINAL_H

#include "machine/machine.h"

#include <stdio.h>

/* Take standard input for live input: on a terminal, lines are no longer edited or echoed by the
 * host (the guest does that); Ctrl-C still interrupts. Ctrl-D ends the input. */
void mon_terminal_open(void);

/* Give the terminal back as it was. Does nothing if it was not taken. */
void mon_terminal_close(void);

/* Feed the machine what has been typed; wait for it if `wait`, but not beyond an interrupt. False
 * if the host is out of memory. */
bool mon_terminal_feed(struct pg_machine *m, bool wait);

/* Where the console's output goes, and how much has gone there. */
struct mon_console {
    FILE *out;
    const char *prefix; /* written before each line; NULL: none */
    size_t printed;     /* bytes of the machine's output */
    bool mid_line;
};

/* Print what the machine has written since last time. False if it cannot be written. */
bool mon_console_flush(struct mon_console *console, const struct pg_machine *m);

#endif
