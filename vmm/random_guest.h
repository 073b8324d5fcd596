/* random_guest.h - random but meaningful guest programs, for holding systems against each other. */
#ifndef PG_RANDOM_H
#define PG_RANDOM_H

#include "isa/image.h"

enum { PG_RANDOM_MEMORY = 64 * 4096, PG_RANDOM_SECTORS = 16 };

/* What the program is made of. */
enum pg_random_style {
    PG_RANDOM_UNPAGED = 1, /* PSWs in real and relocation-bounds mode */
    PG_RANDOM_PAGED = 2,   /* PSWs in paged mode */
    PG_RANDOM_WILD = 4,    /* stores into code and page tables, privileged code in user rings */
};

enum { PG_RANDOM_NSTYLES = 6 };

/* The style that goes with a seed: they take turns. */
unsigned pg_random_style_of(uint64_t seed);

/* A program for this seed: the same at every call, and in every version from this one on. Free with
 * pg_random_guest_free. */
struct pg_image *pg_random_guest(uint64_t seed, unsigned style);

/* Where the random code of every program lies: bytes [BEGIN, END). */
enum { PG_RANDOM_CODE = 0x2000, PG_RANDOM_CODE_END = 0x6000 };

/* The console input that goes with every program. */
#define PG_RANDOM_INPUT "some input\n"

/* The bytes of the disk that goes with it. */
void pg_random_disk(uint64_t seed, uint8_t *disk);

#endif
