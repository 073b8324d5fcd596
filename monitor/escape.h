/* escape.h - text that comes from a guest or a file name, inside JSON and HTML. */
#ifndef MON_ESCAPE_H
#define MON_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* The text as the inside of a JSON string, in `out`, cut between two characters to what fits into
 * `size`, the NUL included. What is not UTF-8 becomes `?`. Returns `out`. */
const char *mon_json_text(const char *text, char *out, size_t size);

/* Write the text as the content of an HTML or XML element, or of an attribute in double quotes.
 * What is not UTF-8, and control characters, become `?`. */
void mon_put_html(const char *text, FILE *out);

#endif
