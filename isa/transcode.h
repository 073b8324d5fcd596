/* transcode.h - from RISC-V's RV32EM to PG32, word for word.
 *
 * PG32's innocuous instructions are RV32EM's, so that a linked RISC-V program becomes a PG32
 * program by rewriting each word of code in its place: addresses, data, symbols and line
 * information stay. The table is rv32.def.
 */
#ifndef PG_TRANSCODE_H
#define PG_TRANSCODE_H

#include "isa/error.h"
#include "isa/image.h"

enum { PG_EM_RISCV = 243 }; /* e_machine */

/* The PG32 word for a RISC-V word. False, with what is in the way and what to do in `why`, if there
 * is none. A zero word, illegal on both machines, stays. */
bool pg_transcode_word(uint32_t riscv, uint32_t *pg32, char *why, size_t size);

/* Rewrite the code in [begin, end) of an image that has been read from a RISC-V file; what symbols
 * call data (objects, and what follows a `$d`) is left alone. False with a message that names
 * address, symbol, line and instruction. */
bool pg_transcode_range(struct pg_image *image, uint32_t begin, uint32_t end, const char *name,
                        struct pg_error *err);

#endif
