/* error.h - an error is a value that says what, where, and what to do.
 *
 * Functions that can fail take a `struct pg_error *` (may be NULL) and fill it when
 * they return false or NULL. Only the command line prints it and exits.
 */
#ifndef PG_ERROR_H
#define PG_ERROR_H

#include <stdbool.h>

struct pg_error {
    char text[512]; /* one line without a newline; empty if there is no error */
};

/* Fill *err (if not NULL) and return false, so that a caller can `return pg_fail(...)`. */
bool pg_fail(struct pg_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
