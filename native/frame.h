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

    uint32_t limit;     /* data at va < limit lies at data + va (modes 0 and 1) */
    uint32_t mon_limit; /* and monitor space likewise */
    uint8_t *data;      /* memory at virtual address 0; in mode 2 a struct window */
    uint8_t *watch;     /* the watch bytes from there on */
    uint8_t *mon_data, *mon_watch;
    uint64_t epoch; /* of the space, in the upper half */
    struct target *targets;
    void *engine;
    struct frame *home; /* where to copy it back to */
    uint64_t unused2;
};

enum { FRAME_BACK = offsetof(struct frame, limit) };
_Static_assert(sizeof(struct frame) % 16 == 0 && FRAME_BACK % 16 == 0, "copied by 16 bytes");

/* The look-aside of paged spaces, direct-mapped. A tag is the page's virtual address; what is
 * compared with it has the low bits, too, that must be 0 in an aligned address; the tag of an empty
 * entry has another bit and is equal to nothing. The host's address is the virtual
 * address plus `add`. */
enum { WINDOW = 128, NO_TAG = 4 };

struct window_read {
    uint32_t tag, unused;
    uint64_t add;
};

struct window_write {
    uint32_t tag, unused;
    uint64_t add;
    const uint8_t *watch; /* the page's watch byte: unless 0, a store has to be announced */
    uint64_t unused2;
};

struct window {
    struct window_read read[WINDOW];
    struct window_write write[WINDOW];
};

#endif
