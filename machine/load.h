/* load.h - put a program into a machine's memory. */
#ifndef PG_LOAD_H
#define PG_LOAD_H

#include "isa/image.h"
#include "machine/machine.h"

/* Copy the image's segments into physical memory and reset the machine to its entry. False, with
 * memory unchanged, if a segment does not fit: the message says which and what would do. */
bool pg_load_image(struct pg_machine *m, const struct pg_image *image, struct pg_error *err);

#endif
