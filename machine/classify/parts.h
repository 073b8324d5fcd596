/* parts.h - inside the classifier: subject.c makes states and runs them, with devices as
 * arrangement.c sets them; states.c enumerates them; experiments.c compares results, classify.c
 * draws the conclusions, words.c tells them. */
#ifndef PG_CLASSIFY_PARTS_H
#define PG_CLASSIFY_PARTS_H

#include "machine/classify/classify.h"

enum {
    IMAGE_PAGES = 16, /* of the virtual space that the maps cover */
    IMAGE_SIZE = IMAGE_PAGES * PG_PAGE,
    MAX_WRITES = 32,
};

/* Memory that was written by the instruction under test, to be put back. */
struct write {
    uint32_t pa, size;
};

struct subject {
    struct pg_machine *m;
    uint8_t *pristine; /* memory as it was made */
    uint8_t bit;       /* our watcher's */
    struct write writes[MAX_WRITES];
    unsigned nwrites;
    uint64_t tlb_changes;                /* when the state under test began ... */
    bool tlb_full;                       /* ... and whether it had entries in the TLB */
    uint8_t *devices[PG_NDEVICE_STATES]; /* registers in each arrangement */
    uint64_t digests[PG_NDEVICE_STATES]; /* of them */
    size_t devices_size;
};

struct pg_classifier {
    const struct pg_profile *profile;
    uint64_t seed;
    struct subject small, large; /* real mode needs a machine no larger than the map */
};

/* subject.c */
bool subject_open(struct subject *s, uint32_t memory, const struct pg_profile *profile,
                  uint64_t seed);
void subject_close(struct subject *s);

/* The machine that a trial runs on. */
struct subject *trial_subject(struct pg_classifier *c, const struct pg_trial *trial);

/* Fill in memory mode, BASE and BOUND for the layout; `bound` in bytes, a multiple of the page. */
void trial_relocate(struct pg_trial *trial, enum pg_map layout, uint32_t bound);

/* arrangement.c: make the arrangements, false if the host is out of memory; copy all registers from
 * the machine to `blob` (save) or back; a digest of the registers and the output. */
bool devices_arrange(struct subject *s);
void devices_move(struct subject *s, uint8_t *blob, bool save);
uint64_t devices_digest(const struct subject *s);

/* states.c: base state k of an instruction. */
void trial_make(const struct pg_classifier *c, enum pg_op op, uint64_t k, struct pg_trial *trial);
uint64_t classify_mix(uint64_t x);

/* experiments.c: compare; on a difference tell what it is, and return true. */
bool changes_authority(const struct pg_trial *t, const struct pg_result *r,
                       struct pg_difference *d);
bool differ_by_location(const struct pg_trial t[2], const struct pg_result r[2],
                        struct pg_difference *d);
bool differ_by_mode(const struct pg_trial t[2], const struct pg_result r[2],
                    struct pg_difference *d);
bool differ_by_resource(const struct pg_trial t[2], const struct pg_result r[2],
                        struct pg_difference *d);
void tell_outcomes(const struct pg_result r[2], struct pg_difference *d);
bool memory_or_operand_trap(const struct pg_result *r);

#endif
