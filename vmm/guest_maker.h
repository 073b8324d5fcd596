/* guest_maker.h - what the makers of random guests share: numbers from a seed, and words of code.
 */
#ifndef PG_GUEST_MAKER_H
#define PG_GUEST_MAKER_H

#include "isa/image.h"
#include "isa/isa.h"

struct pg_maker {
    uint64_t state; /* of the random numbers: at first the seed */
    uint8_t *bytes; /* the guest's memory */
    uint32_t at;    /* where the next instruction goes */
};

/* splitmix64: the same numbers on every host. */
uint64_t pg_maker_next(struct pg_maker *g);

/* One of 0 .. n - 1. */
uint32_t pg_maker_below(struct pg_maker *g, uint32_t n);

/* A word of memory, anywhere. */
void pg_maker_poke(struct pg_maker *g, uint32_t at, uint32_t value);

/* The word of an instruction. Aborts if a field does not fit its format. */
uint32_t pg_maker_word(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm);

/* Put it at g->at, and move on. */
void pg_maker_put(struct pg_maker *g, enum pg_op op, unsigned d, unsigned a, unsigned b,
                  int32_t imm);

/* Any instruction on registers alone, opcodes 1x to 3x, whose registers `any` picks. */
uint32_t pg_maker_alu(struct pg_maker *g, unsigned (*any)(struct pg_maker *g));

/* The guest: one segment of `size` bytes at 0, g->bytes, which it owns from now on. */
struct pg_image *pg_maker_image(struct pg_maker *g, uint32_t size, uint32_t entry);

#endif
