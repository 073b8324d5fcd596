/* monitor.h - what the subcommands of `trapeze` share. */
#ifndef PG_MONITOR_H
#define PG_MONITOR_H

#include "isa/asm.h"
#include "isa/error.h"
#include "isa/image.h"
#include "isa/nearest.h"
#include "machine/hash.h"
#include "vmm/cost.h"

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
    const char *name, *usage, *meaning, *notes;
    int (*run)(const struct mon_args *args); /* returns the exit status */
};

#define X(name, usage, meaning, notes) int cmd_##name(const struct mon_args *args);
#include "monitor/command.def"
#undef X

/* The option's (last) value, or NULL. */
const char *mon_option(const struct mon_args *args, enum mon_option option);

/* Parse argv[0..argc), argv[0] being the command's name. False with a message if it is wrong. */
bool mon_parse(struct mon_args *args, const struct mon_command *command, int argc, char **argv,
               struct pg_error *err);

/* The help text of a command. */
void mon_help(const struct mon_command *command, FILE *out);

/* A number, decimal or hex with 0x, at most `max`, with an optional suffix K, M or G: powers of
 * `unit`, which is 1000 or 1024; 0 allows no suffix. False if it is none. */
bool mon_number(const char *text, uint64_t max, unsigned unit, uint64_t *value);

/* ---- endings: ending.c, fail.c */

/* The exit statuses, beside a guest's own 0..63. */
enum mon_status {
#define X(name, status, meaning) MON_##name = status,
#include "monitor/status.def"
#undef X
};

struct mon_status_row {
    int status;
    const char *meaning;
};
extern const struct mon_status_row mon_statuses[]; /* ends with a row without a meaning */

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

/* Where a pc is, ` <symbol+offset> at file:line` as far as they are known. backtrace.c */
void mon_print_place(const struct pg_image *image, uint32_t pc, FILE *out);

/* A function that is being executed: the pc in it, its sp, and ra, where it will return to. */
struct mon_frame {
    uint32_t pc, sp, ra;
    bool up; /* it has called another one */
};
struct mon_frame mon_frame_first(const struct pg_machine *m, uint32_t pc);

/* From a function to its caller, if it can be found: code must follow the ABI. f->pc becomes the
 * call's, f->sp what it will be after the return. */
bool mon_frame_up(const struct pg_machine *m, const struct pg_image *image, struct mon_frame *f);

/* The calls that led to the pc, a line each, as far as they can be found: code must follow the ABI.
 */
void mon_print_backtrace(const struct pg_machine *m, const struct pg_image *image, uint32_t pc,
                         FILE *out);

/* Print `trapeze: ...` on standard error and return the status. */
int mon_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Make sure that standard output has been written. Returns 0, or a status after a message. */
int mon_flush(void);

/* There is no `what` with this name; the search says what may have been meant. */
int mon_unknown(const char *what, const char *name, const struct pg_nearest *search);

/* ---- programs and files: program.c, files.c */

/* The program in an ELF file, or in assembly source if the name ends in .s or .S. NULL, with the
 * errors printed, if it cannot be had. Free with pg_image_free. */
struct pg_image *mon_program(const char *path, const struct mon_args *args);

/* What the command line says about assembling, for its options: include folders and definitions,
 * whose storage must live as long. False, with a message, if a definition is none. */
struct mon_defines {
    struct pg_asm_define items[MON_REPEAT];
    char names[MON_REPEAT][64];
};
bool mon_asm_options(const struct mon_args *args, struct pg_asm_options *options,
                     struct mon_defines *storage);

/* The system with this name; NULL, with a message, if there is none. */
const struct pg_system *mon_system(const char *name);

/* The engine of --engine, or the usual one; NULL, with a message, if there is none. */
const struct pg_engine *mon_engine(const struct mon_args *args);

/* The profile with this name, or in this file. Returns 0, or an exit status when the error has been
 * printed. */
int mon_profile(const char *text, struct pg_profile *profile);

/* The systems of --systems, or all of them; at most `max`. Returns 0, or an exit status when the
 * error has been printed. */
int mon_systems(const struct mon_args *args, const struct pg_system **systems, size_t max,
                size_t *n);

/* Everything that says how to run guests: from the command line to setups. Free with mon_unplan. */
struct mon_plan {
    size_t nguests;
    struct pg_setup setups[MON_REPEAT];
    struct pg_image *images[MON_REPEAT];
    char names[MON_REPEAT][64]; /* short, and no two alike */
    uint8_t *disks[MON_REPEAT];
    const struct pg_engine *engine;
    struct pg_profile profile; /* the setups point to it */
    uint8_t *input;
};

/* Fill the plan. Returns 0, or an exit status when the error has been printed. */
int mon_plan(struct mon_plan *plan, const struct mon_args *args);
void mon_unplan(struct mon_plan *plan);

/* A whole file, malloc'ed; at most `max` bytes. NULL with a message. */
uint8_t *mon_read_file(const char *path, size_t max, size_t *size, struct pg_error *err);

/* The same from an open descriptor, to its end or an interrupt; `name` is for messages. */
uint8_t *mon_read_all(int fd, const char *name, size_t max, size_t *size, struct pg_error *err);

/* Replace a file's contents: all of it, or on error nothing. */
bool mon_write_file(const char *path, const void *data, size_t size, struct pg_error *err);

/* Do both paths name one existing file? */
bool mon_same_file(const char *a, const char *b);

/* The text of source lines. Files that are not there have none. */
struct mon_source {
    const struct pg_image *image;
    const char *program; /* its path: sources are looked for beside it, too */
    struct mon_source_file *files;
};
bool mon_source_open(struct mon_source *s, const struct pg_image *image, const char *program);
void mon_source_close(struct mon_source *s);

/* A line's text, without its end and trailing spaces; NULL if it is not to be had. */
const char *mon_source_line(struct mon_source *s, const struct pg_line *line, size_t *length);

/* Is the file one that this command reads? Writing must not destroy it. */
bool mon_is_a_source(const struct mon_args *args, const char *path);

/* ---- dis --native: dis_native.c */

/* Run the guest on a native engine, to its end or to its limit or for a while, and print what code
 * was generated for the instructions in [from, to). Returns 0, or an exit status after a message.
 */
int mon_dis_native(const struct mon_plan *plan, const char *path, uint64_t from, uint64_t to);

/* ---- interrupts: terminal.c */

/* Make Ctrl-C and the like set a flag instead of ending the program, and Ctrl-Z wait for the next
 * look at that flag. */
void mon_catch_interrupts(void);

/* Was it interrupted? If Ctrl-Z was typed, first stops until the shell sends it on. */
bool mon_interrupted(void);

/* Forget it: it has been acted on. */
void mon_clear_interrupt(void);

/* Is it to end, by SIGTERM or since the terminal is closed? It is interrupted as well, then. */
bool mon_terminated(void);

/* ---- results: result.c, json.c */

/* Seconds that have passed; seconds of processor time that this process has used. */
double mon_now(void);
double mon_processor_time(void);

/* What is known of a guest after its run. */
struct mon_result {
    const char *name;
    struct mon_ending ending;
    uint64_t T, instructions;
    char hash[PG_HASH_TEXT];
    struct pg_counts counts;
    uint64_t cycles; /* model cycles, vmm/cost.h */
};

/* The table of --costs, or the built-in one. Returns 0, or an exit status when the error has been
 * printed. */
int mon_costs(const struct mon_args *args, struct pg_costs *costs);

/* The result of guest k of a session; `name` must outlive it. With `hash`, also the state hash,
 * which takes a while: it is over all of memory. */
void mon_result(struct mon_result *result, struct pg_session *session, size_t k, const char *name,
                uint64_t limit, bool hash, const struct pg_costs *costs);

/* One line of counters, by name. */
struct mon_figure {
    char name[48];
    uint64_t value;
};

enum { MON_FIGURES = PG_NCOUNTERS + 2 * (PG_NCAUSES - 1) + PG_NOPS };

/* All counters of a guest, in the order of the tables. */
void mon_figures(const struct pg_counts *counts, struct mon_figure figures[MON_FIGURES]);

/* A number with a space between thousands. */
const char *mon_grouped(uint64_t value, char text[32]);

/* One column of `compare`: a guest under a system. */
struct mon_column {
    const struct pg_system *system;
    struct mon_result result;
    bool done;      /* it ran to its end; false: interrupted */
    bool equal;     /* done, with the state of the first column */
    double seconds; /* of processor time */
    struct mon_figure figures[MON_FIGURES];
};

/* Is --json given, and cannot be had? Then the exit status, with a message; else 0. */
int mon_json_check(const struct mon_args *args);

/* Print the results as one object, by schema/run.schema.json and schema/compare.schema.json.
 * Returns 0, or an exit status after a message. */
int mon_json_run(const char *system, const char *engine, const struct mon_result *results,
                 size_t n);
int mon_json_compare(const char *guest, const char *engine, const struct mon_column *columns,
                     size_t n);

#endif
