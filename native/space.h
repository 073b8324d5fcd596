/* space.h - the address spaces of a machine, as generated code needs them.
 *
 * A space is all that decides a translation: ring, memory mode, MON, BASE, BOUND and the monitor
 * pair. It has a window, which tells for each virtual page where it is in the host. In a paged
 * space that never keeps a translation for longer than the architectural TLB: every change of the
 * TLB (tlb.changes) empties it. A page that the window does not know goes through pg_translate,
 * which alone walks, sets A and D and fills the TLB. Pages that somebody watches are not known for
 * writing, so that every store to them is announced. (interp/space.h is the same idea; that one
 * remembers predecoded pages, this one host addresses.)
 *
 * Blocks of code do not belong to a space but to a universe, which is what a block was translated
 * for: several spaces can share it, as the processes of a paged guest do.
 */
#ifndef PG_NATIVE_SPACE_H
#define PG_NATIVE_SPACE_H

#include "native/frame.h"

struct space_key {
    uint32_t status; /* its bits PG_RING, PG_MODE and PG_MON */
    uint32_t base, bound, mon_base, mon_bound;
};

/* Code is at pc < code_limit contiguous in physical memory, too (real and bounds mode, monitor
 * space), or code_limit is 0 and it is only within a page. */
struct universe {
    uint32_t code_limit;
    bool supervisor;
};

enum { SPACES = 16, UNIVERSES = 64, FILLED = 4096 };

struct space {
    struct space_key key;
    bool used;
    uint8_t universe;
    uint32_t epoch; /* changes whenever what this struct says of code may have changed */
    uint64_t tlb_changes;
    uint32_t code_offset; /* physical minus virtual, if code_limit is not 0 */
    uint32_t mon_limit, mon_base;
    struct window *window; /* made once for each struct */
    uint64_t watches;      /* of the memory that the window agrees with */
    uint32_t nfilled;
    uint32_t filled[FILLED]; /* pages that the window knows; + PAGES: for writing */
};

struct spaces {
    struct pg_machine *m;
    struct space *current;
    uint32_t oldest, epoch, nuniverses;
    struct universe universes[UNIVERSES];
    struct space all[SPACES];
};

/* The machine's present space, made current, with its look-aside in agreement with the TLB. NULL if
 * there are too many universes, or the epochs have run out: flush everything, then ask again. NULL
 * then, too: the host has no memory. */
struct space *space_now(struct spaces *spaces);

/* Free the windows. */
void spaces_close(struct spaces *spaces);

/* Let the window of the current space forget the pages that are watched by now. */
void space_mind_watches(struct spaces *spaces);

/* Forget all spaces and universes. The machine's targets must be emptied, too. */
void spaces_flush(struct spaces *spaces);

/* For an aligned access that generated code could not do: where it goes. On true nothing of the
 * machine has changed but what the access changes itself, and the window knows the page, unless it
 * must not. On false (a denial, or a walk that changed the TLB, after which the same access
 * succeeds) let the semantic function do the whole access. */
bool space_fill(struct spaces *spaces, uint32_t va, enum pg_use use, uint32_t *pa);

#endif
