/* image_lines.h - line records out of an ELF file's DWARF (internal to isa/).
 *
 * The only user of libdw, which is optional: without it a program that is read has no line
 * records, and everything else works (image_nolines.c).
 */
#ifndef PG_IMAGE_LINES_H
#define PG_IMAGE_LINES_H

#include "isa/image.h"

#include <libelf.h>

/* Fill lines and files of an image whose segments have been read. Broken DWARF gives fewer
 * lines, or none, but no error. Returns false only if memory is short. */
bool pg_image_read_lines(Elf *elf, struct pg_image *image);

#endif
