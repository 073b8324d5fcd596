/* snapshot.h - save and restore a whole machine.
 *
 * A snapshot holds what the state hash covers and what the hash leaves out but the future depends
 * on: the TLB, the input with its arrival times, and which sectors were written. It is the same
 * bytes on every host. Layout: "PG32SNAP", version, memory size; sections of {tag, size, content};
 * SHA-256 of all before. Numbers are little-endian.
 */
#ifndef PG_SNAPSHOT_H
#define PG_SNAPSHOT_H

#include "machine/machine.h"

enum { PG_SNAPSHOT_VERSION = 1 };

/* Append a snapshot of the machine, which must be between two steps, to *out. False, with *out as
 * it was, if the host is out of memory. */
bool pg_snapshot_save(const struct pg_machine *m, struct pg_bytes *out, struct pg_error *err);

/* How much memory a machine must have for this snapshot. False if it is none, or of another
 * version. Does not check the rest. */
bool pg_snapshot_memory(const void *bytes, size_t size, uint32_t *memory, struct pg_error *err);

/* Make the machine what it was when the snapshot was saved. The bytes are not trusted: what is
 * truncated, altered, of another version, memory size or profile, or holds a state that no machine
 * can be in, is refused, and the machine stays as it is.
 *
 * Memory's watchers are told, and all entries have departed from the TLB, but an engine that is
 * attached must still `forget` (interp/engine.h). The profile, and whether the machine has
 * firmware, belong to whoever made it and stay. */
bool pg_snapshot_restore(struct pg_machine *m, const void *bytes, size_t size,
                         struct pg_error *err);

#endif
