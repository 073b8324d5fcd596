/* lockstep.h - two machines that must stay equal: one run by the reference engine, one by the
 * engine under test. */
#ifndef LOCKSTEP_H
#define LOCKSTEP_H

#include "interp/engine.h"

struct lockstep {
    struct pg_machine *m[2]; /* 0: reference */
    const struct pg_engine *engine[2];
    void *state[2];
    char difference[256]; /* the first found, or empty */
};

/* Two machines with `memory` bytes each. Aborts the test if the host has none. */
void lockstep_open(struct lockstep *l, const struct pg_engine *engine, uint32_t memory);
void lockstep_close(struct lockstep *l);

/* Write a word into both memories. */
void lockstep_poke(struct lockstep *l, uint32_t pa, uint32_t value);

/* Write to a port of both, as their guest would. */
void lockstep_out(struct lockstep *l, uint32_t port, uint32_t value);

/* Plug a disk with these contents into both. */
void lockstep_disk(struct lockstep *l, const uint8_t *bytes, uint32_t sectors);

/* Run both until T, compare everything. False if something differs: see `difference`. */
bool lockstep_run(struct lockstep *l, uint64_t until, enum pg_stop *stop);

#endif
