/* random_guest.h - random but meaningful guest programs, for holding systems against each other. */
#ifndef RANDOM_GUEST_H
#define RANDOM_GUEST_H

#include "isa/image.h"

enum { RANDOM_GUEST_MEMORY = 64 * 4096, RANDOM_GUEST_SECTORS = 16 };

/* What the program is made of. */
enum random_style {
    RANDOM_UNPAGED = 1, /* PSWs in real and relocation-bounds mode */
    RANDOM_PAGED = 2,   /* PSWs in paged mode */
    RANDOM_WILD = 4,    /* stores into code and page tables, privileged code in user rings */
};

/* A program for this seed: the same at every call. Free with random_guest_free. */
struct pg_image *random_guest(uint64_t seed, unsigned style);
void random_guest_free(struct pg_image *image);

/* The bytes of the disk that goes with it. */
void random_guest_disk(uint64_t seed, uint8_t *disk);

#endif
