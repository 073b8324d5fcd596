/* helper.h - what the tests of isa/ share. */
#ifndef PG_TEST_ISA_HELPER_H
#define PG_TEST_ISA_HELPER_H

#include "isa/asm.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A random number; *state must not be 0 at first. */
uint32_t next_random(uint32_t *state);

/* Assemble a text called test.s with these options (NULL: default). If that fails the test
 * fails, with the diagnostics printed. */
struct pg_image *assemble(const char *text, const struct pg_asm_options *options);

/* Assemble a text that must be refused; returns its diagnostics as printed, from malloc. */
char *refuse(const char *text, const struct pg_asm_options *options);

/* The segment of this name; if there is none the test fails. */
const struct pg_segment *segment(const struct pg_image *image, const char *name);

/* The word at an address; if there is none the test fails. */
uint32_t word_at(const struct pg_image *image, uint32_t addr);

/* Are two images the same: segments, symbols, entry and (if `lines`) line records? If not the
 * test fails. */
void assert_same_image(const struct pg_image *a, const struct pg_image *b, bool lines);

/* All of a file, from malloc, or NULL. *size may be NULL; a NUL follows the bytes. */
char *read_whole_file(const char *path, size_t *size);

/* A set of source texts by name, for the `read` option. */
struct memory_file {
    const char *path, *text;
};
bool read_memory_file(void *files, const char *path, char **text, size_t *size,
                      struct pg_error *err);

#endif
