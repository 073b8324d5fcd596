/* parts.h - inside the classifier: subject.c makes states and runs them, states.c enumerates them,
 * experiments.c compares results, classify.c draws the conclusions. */
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
    bool tlb_lost;
    uint8_t *devices[PG_NDEVICE_STATES]; /* registers in each arrangement */
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

/* Fill in memory mode, BASE and BOUND for the layout; `bound` in bytes, a multiple of the page. */
void trial_relocate(struct pg_trial *trial, enum pg_map layout, uint32_t bound);

/* Make the state, run the instruction, and put everything back. */
void trial_run(struct pg_classifier *c, const struct pg_trial *trial, struct pg_result *result);

/* states.c: base state k of an instruction. */
void trial_make(const struct pg_classifier *c, enum pg_op op, uint64_t k, struct pg_trial *trial);
uint64_t mix(uint64_t x);

/* experiments.c: compare; on a difference say in words what it is, and return true. */
bool changes_authority(const struct pg_trial *t, const struct pg_result *r, char what[96]);
bool differ_by_location(const struct pg_trial t[2], const struct pg_result r[2], char what[96]);
bool differ_by_mode(const struct pg_trial t[2], const struct pg_result r[2], char what[96]);
bool differ_by_resource(const struct pg_trial t[2], const struct pg_result r[2], char what[96]);
bool memory_or_operand_trap(const struct pg_result *r);

#endif
