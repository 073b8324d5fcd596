/* dwarf.h - the debugging sections that tell addresses from source lines (internal to isa/).
 *
 * DWARF version 4 (dwarfstd.org): .debug_line is a program for a small machine that prints a
 * table of (address, file, line); .debug_info names the compilation unit that owns it, in
 * a form that .debug_abbrev describes.
 */
#ifndef PG_DWARF_H
#define PG_DWARF_H

#include "isa/bytes.h"
#include "isa/image.h"

struct pg_dwarf {
    struct pg_bytes info, abbrev, line;
};

/* Encode the image's line records. Nothing in the result depends on the host. Returns false
 * if memory is short. Free with pg_dwarf_free in any case. */
bool pg_dwarf_encode(const struct pg_image *image, struct pg_dwarf *out);

void pg_dwarf_free(struct pg_dwarf *d);

#endif
