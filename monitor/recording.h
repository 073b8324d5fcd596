/* recording.h - a run in a file: where it began, what was typed and when, and what became of it.
 *
 * Whoever has the file can run it again, in any system and engine, or debug it. The machine's state
 * is compared with what was recorded at T = 1M, 2M, 4M, ... and at the end. Layout: "PG32REC1",
 * sizes and sections as recording.c writes them, SHA-256 of all before. Numbers are little-endian.
 */
#ifndef MON_RECORDING_H
#define MON_RECORDING_H

#include "monitor/monitor.h"

enum { RECORDING_MARKS = 64 };

/* What the state was at a moment. */
struct recording_mark {
    uint64_t T;
    char hash[PG_HASH_TEXT];
};

struct recording {
    struct pg_bytes start; /* a snapshot (machine/snapshot.h) */
    struct pg_input log;   /* all input, with its times */
    struct recording_mark marks[RECORDING_MARKS];
    size_t nmarks; /* the last one is of the end */
    /* Of one that was read: the snapshot as a setup wants it. */
    struct pg_checkpoint *from;
    uint32_t memory, disk_sectors;
};

void recording_free(struct recording *r);

/* Begin: note the state of a machine that is about to run. */
bool recording_begin(struct recording *r, const struct pg_machine *m, struct pg_error *err);

/* The T of the next mark after `now`. */
uint64_t recording_next(uint64_t now);

/* Note the state as it is now; the last time that this is called is the end. */
void recording_note(struct recording *r, const struct pg_machine *m);

/* Does the machine agree with the mark of this very T, if there is one? False with a message that
 * says where it last agreed. */
bool recording_agrees(const struct recording *r, const struct pg_machine *m, struct pg_error *err);

bool recording_write(const struct recording *r, const struct pg_machine *m, const char *path,
                     struct pg_error *err);

/* --replay, if it is given: the plan's first guest begins where the recording does, with its disk
 * and input; r->from is set then. Nothing in the file is trusted: what is truncated, altered,
 * impossible, or recorded under another profile than the plan's, is refused. Returns 0, or an exit
 * status after a message. */
int recording_plan(struct recording *r, const struct mon_args *args, struct mon_plan *plan);

#endif
