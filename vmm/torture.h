/* torture.h - random guests that are hard on an engine that caches.
 *
 * Where the guests of random_guest.h are about the machine, these are about what an engine keeps
 * beside it: translated code, translated addresses, return addresses, counts. They store into code
 * near and far, under several mappings and while it runs; change page tables with and without
 * `tlbi`; go at page ends, the top of the address space, the edge of BOUND and of memory; call
 * deeply and return elsewhere; loop for long and then change something; and change between rings,
 * memory modes and address spaces at any instant. What they are made of is a table, gadget.def.
 *
 * A guest: a trap handler (torture.s); a list of PSWs, of which contexts begin; drivers, which call
 * routines for ever; and the routines, each a chain of gadgets. Code finds everything relative to
 * its own pc, so that it runs in every space that maps memory at a distance.
 */
#ifndef PG_TORTURE_H
#define PG_TORTURE_H

#include "isa/image.h"

/* Where its code lies: bytes [BEGIN, END). */
enum { PG_TORTURE_CODE = 0x4000, PG_TORTURE_CODE_END = 0x18000 };

/* A guest for PG_RANDOM_MEMORY bytes, PG_RANDOM_SECTORS and PG_RANDOM_INPUT. The seed makes it, the
 * same on every host. Free with pg_image_free. */
struct pg_image *pg_torture_guest(uint64_t seed);

/* The bytes of its disk: code, so that what the disk writes over code may be executed. */
void pg_torture_disk(uint64_t seed, uint8_t *disk);

#endif
