/* translate.h - from a run of PG32 instructions to x86-64 code. */
#ifndef PG_NATIVE_TRANSLATE_H
#define PG_NATIVE_TRANSLATE_H

#include "native/block.h"
#include "native/space.h"

/* Translate from pc on, which lies at physical address pa, for universe u with this number. There
 * must be room in the store. Gives the new block's number. */
uint32_t translate(struct store *s, uint32_t pc, uint32_t pa, const struct universe *u,
                   uint8_t number);

#endif
