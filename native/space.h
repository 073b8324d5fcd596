/* space.h - the address spaces of a machine, as generated code needs them.
 *
 * A space is all that decides a translation: ring, memory mode, MON, BASE, BOUND and the monitor
 * pair. It has tables that tell for each virtual page where it is in the host, which code looks
 * into, and a window, in which the host's own MMU finds the place. In a paged space neither ever
 * keeps a translation for longer than the architectural TLB: what leaves the TLB (tlb.h) leaves
 * them. A page that they do not know goes through pg_translate, which alone walks, sets A and D and
 * fills the TLB. Pages that somebody watches are not known for writing, so that every store to them
 * is announced. (interp/space.h is the same idea; that one remembers predecoded pages, this one
 * host addresses.)
 *
 * An access by the window costs one instruction of the host, one by the tables six; but a change of
 * the window is a call of the host's kernel. So a space begins without, and gets one when it has
 * run for as long as pays for the calls; and loses it when it changes so often that it does not
 * pay.
 *
 * Blocks of code do not belong to a space but to a universe, which is what a block was translated
 * for: several spaces can share it, as the processes of a paged guest do.
 */
#ifndef PG_NATIVE_SPACE_H
#define PG_NATIVE_SPACE_H

#include "native/window.h"

struct space_key {
    uint32_t status; /* its bits PG_RING, PG_MODE and PG_MON */
    uint32_t base, bound, mon_base, mon_bound;
};

/* Code is at pc < code_limit contiguous in physical memory, too (real and bounds mode, monitor
 * space), or code_limit is 0 and it is only within a page. */
struct universe {
    uint32_t code_limit;
    bool supervisor;
    bool monitor;  /* in monitor space: block.h, M7_TAKES */
    bool windowed; /* by the window, not by the tables */
};

enum { SPACES = 64, UNIVERSES = 64, FILLED = 1 << 16 };

enum table { TABLE_READ, TABLE_WRITE, TABLE_BESIDE, TABLES };

struct space {
    struct space_key key;
    bool used;
    uint8_t universe;
    uint32_t epoch; /* changes whenever what this struct says of code may have changed */
    uint64_t tlb_changes;
    uint32_t code_offset; /* physical minus virtual, if code_limit is not 0 */
    uint32_t mon_limit, mon_base;
    uint8_t *window;  /* made once for each struct */
    uint64_t watches; /* of the memory that tables and window agree with */
    int64_t credit;   /* steps, less what calls for the window have cost: see CALL */
    uint32_t nfilled;
    uint32_t *filled; /* pages that the tables know, + PAGES * enum table */
};

/* What a call of the host for one page costs, in steps that look into the tables: 4 to 7
 * microseconds, where an access saves about 0.3 nanoseconds a step. */
enum { CALL = 20000 };

struct spaces {
    struct pg_machine *m;
    int64_t call; /* CALL, or less to see windows sooner */
    struct faults *faults;
    const struct store *store; /* of the code */
    struct space *current;
    uint32_t oldest, epoch, nuniverses;
    uint32_t most;    /* spaces that the host has had addresses for; 0: all of them, so far */
    uint64_t changes; /* of what the spaces know of code, or of the spaces themselves */
    struct universe universes[UNIVERSES];
    struct space all[SPACES];
};

/* The machine's present space, made current, with its look-aside in agreement with the TLB. NULL if
 * there are too many universes, or the epochs have run out: flush everything, then ask again. NULL
 * then, too: the host has no memory. */
struct space *space_now(struct spaces *spaces);

/* Free the windows. */
void spaces_close(struct spaces *spaces);

/* Let the tables and the window of the current space forget the pages that are watched by now. */
void space_mind_watches(struct spaces *spaces);

/* Forget all spaces and universes. */
void spaces_flush(struct spaces *spaces);

/* The current space has run for so many steps more. */
static inline void space_worked(struct spaces *spaces, uint32_t steps) {
    spaces->current->credit += steps;
}

/* Has the current space earned a window, or lost it? Then its universe is another one. False if
 * there are too many: flush everything. */
bool space_reconsider(struct spaces *spaces);

/* For an aligned access that generated code could not do: where it goes. On true the walk, if there
 * was one, is done, and the tables and the window know the page, unless they must not. On false, a
 * denial, let the semantic function do the whole access. */
bool space_fill(struct spaces *spaces, uint32_t va, enum pg_use use, uint32_t *pa);

/* For an access that the window does not allow: true if the tables do. It does then, too. */
bool space_widen(struct spaces *spaces, uint32_t va, enum pg_use use);

#endif
