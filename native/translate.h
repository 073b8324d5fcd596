/* translate.h - from a run of PG32 instructions to x86-64 code. */
#ifndef PG_NATIVE_TRANSLATE_H
#define PG_NATIVE_TRANSLATE_H

#include "native/block.h"
#include "native/space.h"

/* How instructions use memory: size in bytes, 0 if not at all, and enum pg_use. The last row is for
 * what is no instruction. */
struct native_access {
    uint8_t size, use;
};
extern const struct native_access native_accesses[PG_NOPS + 1];

/* Translate from pc on, which lies at physical address pa, for universe u with this number. There
 * must be room in the store. Gives the new block's number. */
uint32_t translate(struct store *s, uint32_t pc, uint32_t pa, const struct universe *u,
                   uint8_t number);

/* Make the code for the access of a site to go the long way: by the tables, and if they do not know
 * the page, by the helper. False if there is no room for it. */
bool translate_aside(struct store *s, struct site *site, const struct universe *u);

#endif
