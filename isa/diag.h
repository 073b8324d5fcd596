/* diag.h - what an assembler has to say about its source: a list of diagnostics.
 *
 * A diagnostic is data (file, line, column, message, source line); printing it is a
 * separate step, so that a command line, a JSON writer and a test can share one list.
 */
#ifndef PG_DIAG_H
#define PG_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum pg_severity { PG_ERROR, PG_WARNING, PG_NOTE };

/* One diagnostic. A note belongs to the error or warning before it. */
struct pg_diagnostic {
    enum pg_severity severity;
    char *file;      /* NULL if the diagnostic has no place */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, counting bytes */
    char *message;   /* one line, without a newline */
    char *source;    /* the source line, or NULL */
    uint32_t order;  /* place in reading order; diagnostics are sorted by it */
};

/* A list of diagnostics, which owns its strings. Start with `= {0}`. */
struct pg_diagnostics {
    struct pg_diagnostic *items;
    size_t count;
    size_t capacity;
    size_t nerrors;     /* how many of them are errors */
    bool out_of_memory; /* a diagnostic was lost */
};

/* Append a copy of *d. Returns false if memory is short. */
bool pg_diagnostics_add(struct pg_diagnostics *list, const struct pg_diagnostic *d);

/* Sort by `order`, keeping notes behind their errors, and keep only the first `max_errors`
 * errors with what belongs to them (0: all). Returns the number of errors dropped. */
size_t pg_diagnostics_finish(struct pg_diagnostics *list, size_t max_errors);

/* Print one diagnostic as `file:line:column: error: message`, then the source line and a
 * line with a caret. `colour` adds terminal colours. */
void pg_diagnostic_print(const struct pg_diagnostic *d, FILE *out, bool colour);

/* Print all of them. */
void pg_diagnostics_print(const struct pg_diagnostics *list, FILE *out, bool colour);

/* Free what the list owns and leave it empty. */
void pg_diagnostics_free(struct pg_diagnostics *list);

#endif
