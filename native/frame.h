/* frame.h - what generated code finds on its stack, and the tables that it looks into.
 *
 * The frame lies at the host's stack pointer while generated code runs, so that it costs no
 * register. It is copied there from the engine when generated code is entered, and what the guest
 * can change is copied back when it is left.
 */
#ifndef PG_NATIVE_FRAME_H
#define PG_NATIVE_FRAME_H

#include "machine/machine.h"

/* Where an indirect jump leads: the virtual pc together with the epoch of the space (the upper
 * half), and the code. A pc that is not a multiple of 4 is never here. */
struct target {
    uint64_t tag;
    const uint8_t *entry;
};

enum { TARGETS = 4096 };

static inline uint32_t target_slot(uint32_t pc) {
    return pc / PG_WORD % TARGETS;
}

struct frame {
    /* The guest's part. Not copied back beyond `budget`. The general registers that have a host
     * register of their own are there, and here only in the helper. */
    uint32_t r[PG_NREGS];
    uint32_t m[PG_NMREGS];
    uint32_t pc;     /* at an exit: where the guest stands */
    uint32_t budget; /* steps left, less those of the whole block in execution */
    uint64_t unused;

    struct window *window;
    uint64_t mon_limit;            /* monitor space at offset < mon_limit ... */
    uint8_t *mon_data, *mon_watch; /* ... is here, and its pages' watch bytes */
    uint64_t epoch;                /* of the space, in the upper half */
    struct target *targets;
    void *engine;
    struct frame *home; /* where to copy it back to */
};

enum { FRAME_BACK = offsetof(struct frame, window) };
_Static_assert(sizeof(struct frame) % 16 == 0 && FRAME_BACK % 16 == 0, "copied by 16 bytes");

/* Where the pages of an address space lie in the host: what to add to a virtual address, for the
 * pages that may be read, or written without telling anybody; 0 for those that are not known. 16
 * MiB of addresses, of which the host only has to provide the parts in use. */
enum { PAGES = 1 << (32 - PG_PAGE_BITS) };

struct window {
    uint64_t read[PAGES], write[PAGES];
};

#endif
