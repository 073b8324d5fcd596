/* random.h - the kinds of random guests, for `trapeze fuzz` and as operands KIND:SEED. */
#ifndef PG_MONITOR_RANDOM_H
#define PG_MONITOR_RANDOM_H

#include "isa/image.h"

struct mon_random {
    const char *name;
    struct pg_image *(*make)(uint64_t seed);
    void (*disk)(uint64_t seed, uint8_t *disk);
    uint32_t code, code_end; /* where its code lies */
};

extern const struct mon_random mon_random, mon_torture;

/* Is the operand KIND:SEED? Its kind, or NULL. */
const struct mon_random *mon_is_random(const char *operand, uint64_t *seed);

#endif
