/* image.h - a program: segments to load, an entry, symbols and lines.
 *
 * The assembler makes one, the ELF reader makes one, and everything that loads or
 * explains a program uses one. An image owns all it points to.
 */
#ifndef PG_IMAGE_H
#define PG_IMAGE_H

#include "isa/error.h"

#include <stddef.h>
#include <stdint.h>

/* e_machine of a PG32 ELF file: the letters PG. */
enum { PG_EM_PG32 = 0x5047 };

enum { PG_SEG_R = 4, PG_SEG_W = 2, PG_SEG_X = 1 }; /* as ELF's p_flags */

struct pg_segment {
    uint32_t addr;      /* physical load address */
    uint32_t size;      /* in memory, bytes; the part past file_size is zero */
    uint32_t file_size; /* bytes given */
    uint8_t *bytes;     /* file_size of them */
    unsigned flags;     /* PG_SEG_* */
    char *name;         /* section name, for listings; may be NULL */
};

struct pg_symbol {
    char *name;
    uint32_t addr;
    uint32_t size; /* 0 if not known */
    bool global;
    bool function; /* in an executable section */
};

struct pg_line {
    uint32_t addr; /* of the first instruction of the line */
    uint32_t file; /* index into files */
    uint32_t line; /* from 1 */
};

struct pg_image {
    struct pg_segment *segments;
    size_t nsegments;
    struct pg_symbol *symbols; /* ascending by address */
    size_t nsymbols;
    struct pg_line *lines; /* ascending by address; none if read without libdw */
    size_t nlines;
    char **files;
    size_t nfiles;
    uint32_t entry;
};

/* Free an image and all it owns; NULL is fine. */
void pg_image_free(struct pg_image *image);

/* Read a PG32 ELF executable from memory. Everything in `bytes` is untrusted: truncated,
 * oversized, overlapping or foreign files are refused with an error that names `name`
 * and the field. Returns NULL on error. Free with pg_image_free. */
struct pg_image *pg_image_read(const void *bytes, size_t size, const char *name,
                               struct pg_error *err);

/* Write the image as an ELF32 executable with symbols and DWARF line information. The bytes
 * depend on the image alone. On error there is no file, and false is returned. */
bool pg_image_write(const struct pg_image *image, const char *path, struct pg_error *err);

/* The last symbol at or before addr, or NULL. It names addr, so that it stands in the same
 * segment, or at addr itself; of several at one place a function goes first, then a global. */
const struct pg_symbol *pg_image_symbol_at(const struct pg_image *image, uint32_t addr);

/* The symbol with this name, a global one if there are several, or NULL. */
const struct pg_symbol *pg_image_symbol(const struct pg_image *image, const char *name);

/* The line record that covers addr, or NULL. */
const struct pg_line *pg_image_line_at(const struct pg_image *image, uint32_t addr);

#endif
