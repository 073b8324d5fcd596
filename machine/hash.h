/* hash.h - the state hash: equal hash is what "same result" means. */
#ifndef PG_HASH_H
#define PG_HASH_H

#include "machine/machine.h"
#include "machine/sha256.h"

enum { PG_HASH_TEXT = 2 * PG_SHA256_SIZE + 1 };

/* SHA-256 over registers, PSW, monitor registers and pair, T, U, deliveries, run state and exit
 * code, device registers, memory, disk and console output; never over the TLB, counters or anything
 * that an engine or a VMM keeps for itself. As lower-case hex digits. */
void pg_state_hash(const struct pg_machine *m, char text[PG_HASH_TEXT]);

#endif
