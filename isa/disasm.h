/* disasm.h - from a word to the text that assembles to it.
 *
 * The text follows from the operand templates of format.def alone. It names registers as
 * the ABI does; immediates are decimal, but hexadecimal where they are upper halves,
 * absolute addresses or ports, or large; jump targets are absolute. A word that is no
 * instruction becomes `.word 0x...`. Manual: section "Assembler".
 */
#ifndef PG_DISASM_H
#define PG_DISASM_H

#include "isa/image.h"

#include <stddef.h>
#include <stdint.h>

/* Spell what a pseudo-instruction stands for as that (`ret`, not `jalr zero, 0(ra)`). */
enum { PG_DISASM_PSEUDO = 1 };

/* The text of one word.
 *   pc     its address, from which targets are computed
 *   image  if not NULL, targets are followed by `<symbol+offset>` from its symbols
 *   text   receives the text, cut to size - 1 characters and a NUL; 80 is enough for all
 *          but very long symbols
 * Returns `text`. Assembled at `pc`, the uncut text gives the word back. */
const char *pg_disasm(uint32_t word, uint32_t pc, const struct pg_image *image, char *text,
                      size_t size);

/* The same with flags (PG_DISASM_*). */
const char *pg_disasm_as(uint32_t word, uint32_t pc, const struct pg_image *image, unsigned flags,
                         char *text, size_t size);

#endif
