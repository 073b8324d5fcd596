/* asm.h - the assembler: source text in, a program image and diagnostics out.
 *
 * Manual: section "Assembler". The source stands in isa/asm/; start with asm/parts.h.
 */
#ifndef PG_ASM_H
#define PG_ASM_H

#include "isa/diag.h"
#include "isa/error.h"
#include "isa/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Where .text begins unless an option says otherwise. */
enum { PG_ASM_TEXT_BASE = 0x1000 };

/* A symbol that is defined before the first line is read. */
struct pg_asm_define {
    const char *name;
    uint32_t value;
};

/* Supplies the text of a source or included file.
 *   context  options.read_context
 *   path     the path to open
 *   text     receives the text, from malloc; the assembler frees it
 *   size     receives its length in bytes
 * Returns false, with *err filled, if there is no such file. */
typedef bool pg_asm_read_fn(void *context, const char *path, char **text, size_t *size,
                            struct pg_error *err);

/* What an assembly can be told. Start from pg_asm_options_default(). Nothing here is owned
 * by the assembler or used after it returns. */
struct pg_asm_options {
    uint32_t text_base; /* address of .text, a multiple of 4 */
    const char *const *include_paths;
    size_t ninclude_paths;
    const struct pg_asm_define *defines;
    size_t ndefines;
    const struct pg_image *symbols; /* gives addresses to names that are defined nowhere else */
    pg_asm_read_fn *read;           /* NULL: read files */
    void *read_context;
    FILE *listing;           /* NULL: no listing */
    const char *source_root; /* files below it are recorded in the image relative to it */
    size_t max_errors;       /* stop after so many; 0: never */
    uint32_t max_image;      /* largest program, bytes in memory */
    uint32_t max_source;     /* most source text, bytes, with what macros and .rept repeat */
};

/* .text at 0x1000, files, no listing, 20 errors, 64 MiB of image, 8 MiB of source. */
struct pg_asm_options pg_asm_options_default(void);

/* Assemble `n` source files as one program.
 *   paths    their paths; symbols are local to a file unless .globl says otherwise
 *   options  NULL for the default
 *   diags    receives errors and warnings; the caller frees it with pg_diagnostics_free
 * Returns the image, which the caller frees with pg_image_free, or NULL if there is an error. */
struct pg_image *pg_assemble(const char *const *paths, size_t n,
                             const struct pg_asm_options *options, struct pg_diagnostics *diags);

/* The same for one source in memory; `name` stands for its path in diagnostics, and its
 * directory is where .include looks first. */
struct pg_image *pg_assemble_text(const char *name, const char *text, size_t size,
                                  const struct pg_asm_options *options,
                                  struct pg_diagnostics *diags);

#endif
