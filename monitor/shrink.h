/* shrink.h - make a failing program smaller: delta debugging over words of code.
 *
 * Source: A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
 * TSE 28(2), 2002, without the part that needs complements: words become no-operations.
 */
#ifndef PG_SHRINK_H
#define PG_SHRINK_H

#include "isa/image.h"

/* Does the program still fail? */
typedef bool mon_fails_fn(void *context);

/* Replace as many words of [begin, end) as possible, bytes of the image's first segment, by
 * no-operations while the program fails; at most `tries` runs. Returns how many words are left. */
size_t mon_shrink(struct pg_image *image, uint32_t begin, uint32_t end, unsigned tries,
                  mon_fails_fn *fails, void *context);

#endif
