/* monitor.h - what the subcommands of `trapeze` share. */
#ifndef PG_MONITOR_H
#define PG_MONITOR_H

#include "isa/error.h"
#include "isa/image.h"
#include "vmm/system.h"

#include <stdio.h>

/* ---- command line: main.c, options.c */

enum mon_option {
#define X(name, letter, argument, commands, meaning) OPT_##name,
#include "monitor/option.def"
#undef X
    MON_NOPTIONS
};

enum { MON_REPEAT = 16 };

struct mon_command;

/* A parsed command line. */
struct mon_args {
    const struct mon_command *command;
    const char *values[MON_NOPTIONS][MON_REPEAT]; /* "" for options without an argument */
    size_t count[MON_NOPTIONS];
    char **operands; /* what is not an option */
    size_t noperands;
};

struct mon_command {
    const char *name, *usage, *meaning;
    int (*run)(const struct mon_args *args); /* returns the exit status */
};

extern const struct mon_command mon_commands[]; /* ends with a row without a name */

/* The option's (last) value, or NULL. */
const char *mon_option(const struct mon_args *args, enum mon_option option);

/* Parse argv[0..argc), argv[0] being the command's name. False with a message if it is wrong. */
bool mon_parse(struct mon_args *args, const struct mon_command *command, int argc, char **argv,
               struct pg_error *err);

/* The help text of a command. */
void mon_help(const struct mon_command *command, FILE *out);

/* A number with an optional suffix K, M or G, at most `max`. Decimal, or hex with 0x. */
bool mon_number(const char *text, uint64_t max, uint64_t *value);

#define X(name, usage, meaning) int cmd_##name(const struct mon_args *args);
#include "monitor/command.def"
#undef X

/* ---- endings: ending.c */

/* The exit statuses of `run`, beside the guest's own 0..63. Manual: section 13. */
enum mon_status {
    MON_GUEST_ABOVE_63 = 64,
    MON_TRAP = 65,
    MON_LIMIT = 66,
    MON_IDLE = 67,
    MON_USAGE = 68,
    MON_BAD_IMAGE = 69,
    MON_INTERNAL = 70,
    MON_DIFFERENCE = 71,
    MON_INTERRUPTED = 130,
};

/* How a guest ended. */
struct mon_ending {
    const char *kind; /* "exit", "check-stop", "limit", "idle", "interrupted", "internal" */
    uint32_t code;    /* of kind exit */
    int status;       /* exit status of `run` */
};

struct mon_ending mon_ending(const struct pg_machine *m, uint64_t limit);

/* Say on `out` how the guest ended, with all there is to know about a trap nobody handled. */
void mon_explain(const struct pg_machine *m, const struct mon_ending *ending,
                 const struct pg_image *image, const char *name, FILE *out);

/* Print `trapeze: ...` on standard error and return the status. */
int mon_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- programs and files: program.c */

/* The program in an ELF file, or in assembly source if the name ends in .s or .S. NULL, with the
 * errors printed, if it cannot be had. Free with pg_image_free. */
struct pg_image *mon_program(const char *path, const struct mon_args *args);

/* A whole file, malloc'ed; at most `max` bytes. NULL with a message. */
uint8_t *mon_read_file(const char *path, size_t max, size_t *size, struct pg_error *err);

/* Everything that says how to run guests: from the command line to setups. Free with mon_unplan. */
struct mon_plan {
    size_t nguests;
    struct pg_setup setups[MON_REPEAT];
    struct pg_image *images[MON_REPEAT];
    uint8_t *disks[MON_REPEAT];
    const struct pg_engine *engine;
    uint8_t *input;
};

/* Fill the plan. Returns 0, or an exit status when the error has been printed. */
int mon_plan(struct mon_plan *plan, const struct mon_args *args);
void mon_unplan(struct mon_plan *plan);

/* ---- the terminal: terminal.c */

/* Make Ctrl-C (and SIGTERM) set a flag instead of ending the program. */
void mon_catch_interrupts(void);
bool mon_interrupted(void);

/* The last path component without its extension. `text` receives it. */
const char *mon_short_name(const char *path, char *text, size_t size);

/* ---- results: result.c */

/* One line of counters, by name. */
struct mon_figure {
    char name[48];
    uint64_t value;
};

/* All counters of a guest, in the order of the tables; at most `max`. Returns how many. */
size_t mon_figures(const struct pg_counts *counts, const struct pg_machine *m,
                   struct mon_figure *figures, size_t max);

enum { MON_FIGURES = PG_NCOUNTERS + 2 * PG_NCAUSES + PG_NOPS };

/* One guest's result as a JSON object (a json_t *, as void * where jansson is missing), or NULL. */
void *mon_json_result(const struct pg_machine *m, const struct pg_counts *counts,
                      const struct mon_ending *ending);

#endif
