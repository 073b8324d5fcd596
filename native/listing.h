/* listing.h - looking into a native engine: the code that it has generated, by the guest's
 * instructions that it was made for; and the names of what it uses.
 *
 * The engine is what pg_engine.open gave, of pg_engine_native or pg_engine_eager.
 */
#ifndef PG_NATIVE_LISTING_H
#define PG_NATIVE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block, which stands for the guest's instructions from pc on. */
struct pg_native_block {
    uint32_t number;  /* in the order of translation */
    uint32_t pc, pa;  /* virtual and physical */
    unsigned insns;   /* guest instructions that it executes */
    unsigned words;   /* that it has; less than insns if it is a loop, several times */
    bool supervisor;  /* for ring 0 */
    bool windowed;    /* memory by the window, not by tables */
    bool overwritten; /* the guest's code is another one by now: this runs no more */
};

/* Code in a row that was made for the same guest instructions. */
struct pg_native_piece {
    struct pg_native_block block;
    unsigned index, count; /* instructions of the block, from `index` on. 0: out of line, for the
                              one at `index`; or if that is `insns`, for the block as a whole */
    const uint8_t *code;
    size_t size;
    uint32_t at; /* where in the cache the code begins */
};

/* From now on remember what code is made for. Call it before the engine runs: there is only a
 * listing of what was translated afterwards. False if the host is out of memory. */
bool pg_native_listing_begin(void *engine);

/* How many pieces there are; the one with this number. */
size_t pg_native_listing_size(void *engine);
void pg_native_listing_piece(void *engine, size_t k, struct pg_native_piece *piece);

/* The name of a place that generated code leads to or looks at: a block by its pc, an entry of the
 * glue, a member of the frame, other code by its place in the cache. False if it has none. */
bool pg_native_place(void *engine, uint64_t address, char *text, size_t size);

/* The name of what is at this offset from the base of gs, if it is not in the window itself but
 * below. False if it has none. */
bool pg_native_below(int64_t offset, char *text, size_t size);

/* The number of the host's register that guest register g is in, or -1; of m7 in monitor space; of
 * the budget, the steps left. */
int pg_native_register(unsigned g);
int pg_native_m7(void);
int pg_native_budget(void);

#endif
