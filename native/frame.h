/* frame.h - what generated code shares with C: the frame, and what lies below a window.
 *
 * The frame and the return stack lie in the engine's data, at a fixed distance from the code, so
 * that neither costs a register. Generated code runs on the return stack: below it, at its end, is
 * room for the host's signals.
 */
#ifndef PG_NATIVE_FRAME_H
#define PG_NATIVE_FRAME_H

#include "machine/machine.h"

/* An entry of the return stack: what a guest's call expects of the guest's return. A guest that
 * returns to `pc` goes on at `code`. The first entry, for the rest of the world, has a pc that no
 * block has; its code looks the pc up. */
struct link {
    const uint8_t *code;
    uint64_t pc; /* the upper half is the sign's */
};

enum {
    LINKS = 1024,                                 /* a power of two */
    LINK_ROOM = LINKS * (int)sizeof(struct link), /* the stack is aligned to it */
    SIGNAL_ROOM = 1 << 16,
    NO_PC = 1,
};

/* What a PSW says but for its pc, and what generated code needs to know of its space. */
struct world {
    _Alignas(16) uint32_t status; /* copied by 16 bytes, which have to be aligned: fault.h */
    uint32_t base, bound;
    uint32_t epoch;                /* of the space */
    uint8_t *window;               /* of the space: gs */
    uint64_t mon_limit;            /* monitor space at offset < mon_limit ... */
    uint8_t *mon_data, *mon_watch; /* ... is here, and its pages' watch bytes */
    struct space *space;           /* NULL: this is none */
};

enum { WORLDS = 16 };

struct frame {
    /* The general registers that have a host register of their own are there, and here only in the
     * helper. */
    uint32_t r[PG_NREGS];
    uint32_t m[PG_NMREGS];
    uint32_t pc;     /* at an exit: where the guest stands */
    uint32_t budget; /* steps left, less those of the whole block in execution */
    struct world now;

    /* As in the machine, all up to the step at which the budget was `counted`. */
    uint64_t T, U, retired, traps;
    uint32_t deliveries, counted;

    void *engine;
    uint64_t c_stack, links; /* the stack pointers, while the other one is in use */

    /* For traps and lpsw without leaving generated code: trap.c. */
    uint32_t quick;              /* 0: they leave it */
    uint32_t number;             /* of the instruction, for the helper */
    uint32_t trap_pc;            /* where it is, if it traps, ... */
    uint32_t value, word;        /* ... and what the trap frame says of it */
    uint8_t *memory;             /* the machine's */
    struct world worlds[WORLDS]; /* that it may go to, by world_slot */
};

/* Where `worlds` has the PSW with these words. */
static inline uint32_t world_slot(uint32_t status, uint32_t base) {
    return (status ^ base >> PG_PAGE_BITS) % WORLDS;
}

/* All of it. */
struct data {
    uint8_t room[SIGNAL_ROOM];
    struct link links[LINKS]; /* from the end down */
    struct frame frame;
};

/* Where an indirect jump leads: the virtual pc and the code. Where there is none, pc is one that
 * has another slot: 0, or in slot 0 a pc of slot 1. (A PSW can have any pc.) */
struct target {
    uint32_t pc, unused;
    const uint8_t *entry;
};

enum { TARGETS = 4096, PAGES = 1 << (32 - PG_PAGE_BITS) };

/* What lies below a window, the 4 GiB of host addresses that stand for a space's virtual ones.
 * Where the window does not know a page, `read` and `write` may: what to add to a virtual address
 * to have it in the host, for the pages that may be read, or written without telling anybody; else
 * 0. The host only has to provide the parts in use. */
struct below {
    struct faults *faults; /* of the code that uses it */
    uint32_t mappings;     /* window_mappings */
    uint8_t unused[PG_PAGE - sizeof(struct faults *) - sizeof(uint32_t)];
    uint32_t mapped[PAGES]; /* the place in memory, plus enum host_right; 0: nothing */
    uint8_t fetched[PAGES]; /* 1: code may know where the page is */
    struct target targets[TARGETS];
    uint64_t read[PAGES], write[PAGES];
    uint64_t beside[PAGES]; /* where a page may be written but for its code: the code's words, a
                               bit for each (block.h); else 0 */
};

/* Where a member stands, as seen from the window. */
#define BELOW(member) ((int32_t)offsetof(struct below, member) - (int32_t)sizeof(struct below))

static inline struct below *below_window(uint8_t *window) {
    return (struct below *)(void *)(window - sizeof(struct below));
}

static inline uint32_t target_slot(uint32_t pc) {
    return pc / PG_WORD % TARGETS;
}

#endif
