/* debug.h - what the parts of `trapeze debug` share.
 *
 * timeline.h goes to any moment of the run. On it stand: symbols.c (names), expr.c (values),
 * stops.c (where to stop), run.c (how to get there), and the commands, a row of command.def each,
 * in the do_*.c files. console.c reads commands, from a person or a script; gdb.c speaks with gdb.
 */
#ifndef DEBUG_DEBUG_H
#define DEBUG_DEBUG_H

#include "monitor/debug/timeline.h"
#include "monitor/monitor.h"

#include <stdio.h>

struct stops;

/* A program whose names are known. Those of user programs hold in rings 1 to 3 only: the kernel
 * that runs them has other code at the same addresses. */
struct symbols {
    struct pg_image *image;
    char name[64];
    bool user;
};

enum {
    DEBUG_PROGRAMS = 16,
    DEBUG_BOOKMARKS = 32,
    DEBUG_TEXT = 1024 /* a command has fewer characters */
};

struct bookmark {
    char name[32];
    uint64_t T;
};

struct debugger {
    const struct mon_args *args;
    struct timeline *t;
    const struct pg_engine *engine;
    uint32_t memory;
    struct symbols programs[DEBUG_PROGRAMS]; /* the guest first; its image is the plan's */
    size_t nprograms;
    struct stops *stops;
    struct pg_tracer *tracer; /* do_micro.c's; told of all that happens */
    struct bookmark bookmarks[DEBUG_BOOKMARKS];
    size_t nbookmarks;
    FILE *out;   /* where commands write */
    bool colour; /* it may be coloured */
    bool failed; /* the present command was wrong, and said so on out */
    bool quit;
    char *last_text;      /* what the last command wrote, for `expect` */
    int depth;            /* scripts that are being read by scripts */
    bool script;          /* commands come from a file, not from a person */
    bool typed;           /* while the guest runs, the terminal's keys are its */
    char reason[96];      /* of the last stop */
    size_t shown;         /* bytes of console output that have been shown */
    size_t shown_before;  /* of these, before the present command */
    bool at_stop;         /* the commands of a stop are run, */
    int stopped_by;       /* and one of them has come to this stop, whose commands are next */
    uint64_t stopped_at;  /* T of the last stop, */
    uint32_t r[PG_NREGS]; /* and what the registers were at the one before: to show what changed */
    struct pg_psw psw;
    struct pg_counts counts;
    bool (*asked)(
        void *with); /* is the guest to stop? Asked now and then while it runs, if not NULL */
    void *asked_with;
};

static inline struct pg_machine *debug_machine(const struct debugger *d) {
    return timeline_machine(d->t);
}

/* The command is wrong: say why on d->out. Returns false. */
bool debug_fail(struct debugger *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- symbols.c */

/* Know the names of this program; `user`: they hold in rings 1 to 3. Takes the image over. */
bool debug_add_symbols(struct debugger *d, struct pg_image *image, const char *name, bool user);

/* The same from a program's file. False after a message. */
bool debug_load_symbols(struct debugger *d, const char *path, bool user);

/* The programs whose names hold now come first: the k-th to ask. NULL behind the last. */
const struct symbols *debug_symbols(const struct debugger *d, size_t k);

/* The program that the pc is in, as far as is known, or NULL. */
const struct pg_image *debug_image_at(const struct debugger *d, uint32_t pc);

/* Is what the pc is at that program's code, as far as can be seen? Several programs have different
 * code at the same address. */
bool debug_runs(const struct debugger *d, const struct pg_image *program);

/* The address of NAME, or of FILE:LINE. `where` is the program, if not NULL. False: unknown. */
bool debug_find(const struct debugger *d, const char *name, uint32_t *address,
                const struct symbols **where);

/* ` <symbol+offset> at file:line`, as far as is known. */
void debug_print_place(const struct debugger *d, uint32_t pc);

/* The text of a source line, without its newline; false if it cannot be read. */
bool debug_source_line(const char *path, unsigned line, char *text, size_t size);

/* ---- expr.c */

/* The value of an expression. On an error, *column (from 1) is where, and *why says what. */
bool debug_value(const struct debugger *d, const char *text, uint64_t *value, int *column,
                 const char **why);

/* The same for a command: an error is shown below the text. */
bool debug_evaluate(struct debugger *d, const char *text, uint64_t *value);

/* The number of a general or a monitor register by its name (`a0`, `r10`, `m3`); -1 if it is none.
 */
int debug_register(const char *name);
int debug_monitor_register(const char *name);

/* Set a field of a PSW by its name (`pc`, `ring`); false if there is none that can be set. */
bool debug_set_psw_field(struct pg_psw *psw, const char *name, uint32_t value);

/* A device register by its name (`timer.mode`), and the device that it is of; NULL if it is none.
 */
const struct pg_reg *debug_device_register(const char *name, int *device);

/* Offer all names that expressions may have: for completion. */
void debug_each_name(const struct debugger *d, void (*offer)(void *with, const char *name),
                     void *with);

/* ---- stops.c: breakpoints and the like */

struct stops *stops_new(void);
void stops_free(struct stops *s);

/* Add one, as `break` or `watch` has it. On an error says why, and returns 0; else its number. */
int stops_add(struct debugger *d, const char *verb, const char *text, bool temporary);
bool stops_delete(struct stops *s, int number);               /* 0: all */
bool stops_enable(struct stops *s, int number, bool enabled); /* 0: all */
bool stops_condition(struct debugger *d, int number, const char *condition);
bool stops_ignore(struct stops *s, int number, uint64_t times);
bool stops_commands(struct stops *s, int number, const char *text);
void stops_list(const struct debugger *d);

/* Offer the words that say what `break` waits for: for completion. */
void stops_each_kind(void (*offer)(void *with, const char *word), void *with);

/* Has each step to be looked at? If not, the next stop after `now` is at *T (UINT64_MAX: none). */
bool stops_need_steps(const struct stops *s, uint64_t now, uint64_t *T);

/* Note how things are now, before the first step. */
void stops_begin(struct debugger *d);

/* After a step: the number of a stop that it has hit, or 0. Notes how things are, for the next.
 * With `count`, hits are counted, temporary ones that are hit go, and what is to be ignored is. */
int stops_check(struct debugger *d, bool count);

/* In words, why stop `number` was hit; the commands to run then (NULL: none). */
const char *stops_reason(const struct stops *s, int number);
const char *stops_commands_of(const struct stops *s, int number);

/* Where gdb wants to stop. `user`: 1 in rings 1 to 3 only, 0 in ring 0 only, -1 in all; `program`:
 * only where its code is, if not NULL. */
int stops_add_address(struct debugger *d, uint32_t address, int user,
                      const struct pg_image *program);
int stops_add_range(struct debugger *d, uint32_t from, uint32_t size, const char *kind);

/* ---- do_micro.c: who is told of events. Free it with free; NULL: no memory. */

struct pg_tracer *debug_tracer_new(void);

/* ---- run.c */

/* Why the guest stands where it stands. */
enum halt {
    HALT_DONE,        /* what was asked for is done */
    HALT_STOP,        /* a breakpoint or the like; *number says which */
    HALT_ENDED,       /* the guest has ended */
    HALT_WAITING,     /* it waits for input, and there is none */
    HALT_INTERRUPTED, /* Ctrl-C */
    HALT_BEGINNING,   /* on the way back: there is nothing before */
    HALT_BROKEN,      /* said so on d->out */
};

/* Forward until `until` says so (NULL: never), a stop, or the end. */
enum halt run_forward(struct debugger *d, bool (*until)(struct debugger *d, void *with), void *with,
                      int *number);

/* Back to the last moment before now at which a stop is hit; with `here`, this may be now. */
enum halt run_back(struct debugger *d, bool here, int *number);

/* n steps on, or back, past stops. */
enum halt run_steps(struct debugger *d, uint64_t n);
enum halt run_steps_back(struct debugger *d, uint64_t n);

/* To a T, past stops. */
enum halt run_to(struct debugger *d, uint64_t T);

/* Say where the guest stands, and why. */
void run_report(struct debugger *d, enum halt halt, int number);

/* The instruction that is next, as far as it can be fetched. */
bool run_next_insn(const struct debugger *d, uint32_t *word, struct pg_insn *in);

/* Show what the guest has written since. */
void run_show_console(struct debugger *d);

/* Is the guest to stop: Ctrl-C, or what gdb sends for it? */
bool run_asked_to_stop(struct debugger *d);

/* When the guest runs, may it be typed at? Not in the past. */
bool run_may_be_typed_at(const struct debugger *d);

/* ---- do_change.c */

/* Give the guest this PSW; false, and it keeps its own, if it is no valid one. */
bool debug_set_psw(struct debugger *d, const struct pg_psw *psw);

/* ---- console.c */

/* Run one command line. Returns false after `quit`. */
bool console_do(struct debugger *d, const char *line);

/* Read commands: from a script, to its end or the first mistake; or from a person. The exit
 * status. */
int console_script(struct debugger *d, const char *path);
int console_loop(struct debugger *d);

/* ---- gdb.c */

/* Serve gdb at a port of 127.0.0.1 (0: any), or at a Unix socket if `where` has a /; one at a time,
 * until one kills the guest, or Ctrl-C. The exit status. */
int gdb_serve(struct debugger *d, const char *where);

/* ---- the commands */

/* Of a command: Enter repeats it; what is typed while it runs is the guest's. */
enum debug_when { ONCE, REPEATS, RUNS };

struct debug_command {
    const char *name;
    unsigned when; /* of enum debug_when */
    const char *usage, *meaning, *example;
    void (*run)(struct debugger *d, const char *rest);
};

extern const struct debug_command debug_commands[]; /* ends with a row without a name */

#define X(name, word, when, usage, meaning, example)                                               \
    void do_##name(struct debugger *d, const char *rest);
#include "monitor/debug/command.def"
#undef X

#endif
