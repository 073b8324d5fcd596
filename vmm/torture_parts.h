/* torture_parts.h - how torture guests are made (internal; the interface is torture.h).
 *
 *     torture.s          the trap handler
 *     torture.c          memory: tables, PSWs, the handler's tables, drivers and routines
 *     gadget.def         the gadgets that routines are made of
 *     torture_code.c     how gadgets put code
 *     torture_gadget.c   those about code, memory and control
 *     torture_system.c   those about the address space, the rings and the devices
 *
 * A rule for all of them: two random numbers are never taken in one expression whose order of
 * evaluation C leaves open, or the seed would mean something else with another compiler.
 */
#ifndef PG_TORTURE_PARTS_H
#define PG_TORTURE_PARTS_H

#include "machine/machine.h"
#include "vmm/guest_maker.h"
#include "vmm/torture.h"

/* Memory, by pages. What follows the data is out of reach of random stores. */
enum {
    HANDLER = 0x1000,
    INTERVALS = 0x2000, /* 64 words: steps to the next interrupt */
    ACTIONS = 0x2100,   /* 32 bytes: what happens then */
    MODES = 0x2180,     /* PSWs of the handler */
    CONTEXTS = 0x2400,  /* of 128 bytes */
    SERVICES = 0x2800,  /* 64 of {what, a, b, c} */
    LIST = 0x3000,      /* PSWs; r0-relative, so that lpsw reaches them */
    SCRATCH = 0xe00,    /* of page 0, for stores that wrap around: to 0xfff */
    CODE = PG_TORTURE_CODE,
    CODE_END = PG_TORTURE_CODE_END,
    DATA = CODE_END,
    DATA_END = 0x28000,
    STACKS = DATA_END, /* two of 16 KiB */
    STACKS_END = 0x30000,
    ROOTS = STACKS_END,
    LEAVES = 0x34000,      /* for va 0 to 0x3fffff: one per space */
    HIGH_LEAVES = 0x38000, /* for va 0xffc00000 on: one per two spaces */
    MASTER_LOW = 0x3a000,  /* what the handler repairs the leaves from */
    MASTER_HIGH = 0x3b000,
    KERNEL_ROOT = 0x3c000, /* the handler's own, which nobody changes */
    KERNEL_LEAF = 0x3d000,
    MEMORY_END = 0x40000, /* two more pages of data before it */
};

enum {
    SPACES = 4,
    NCONTEXTS = 8,
    BEGINNINGS = 16, /* PSWs that lead to drivers: the first of the list */
    NPSWS = 64,
    NSERVICES = 64,
    ROUTINES = 32, /* a power of two */
    NSLOTS = 256,
    TORTURE_GADGETS = 64, /* at most */
};

/* What svc does, by its number: the kinds of services (torture.c), each up to where the next one
 * begins. */
enum {
    MOVES = 0,
    PATCHES = 16,
    STORES = 28,
    FORGET_PAGES = 40,
    FORGETS = 42,
    JUMPS = 43,
    ARMS = 47,
    NEW_MODES = 53,
    YIELDS = 55,
    NESTS = 58,
    NOTHINGS = 60,
};

/* Ports of the timer and the disk. */
enum { DELTA = 0x23, UDELTA = 0x24, SECTOR = 0x30, ADDRESS = 0x31, COUNT = 0x32, COMMAND = 0x33 };

/* All of memory is mapped at these distances, in paged mode. */
enum { NALIASES = 5 };
extern const uint32_t torture_aliases[NALIASES];

struct torture {
    struct pg_maker g;
    uint32_t entry[ROUTINES]; /* the first word of a routine, a slot */
    uint32_t routine;         /* the number of the present one */
    uint32_t pocket;          /* a few words of data behind it */
    uint32_t limit;           /* where it must end */
    uint32_t slots[NSLOTS];   /* words that may be overwritten by others: see torture_slot */
    uint32_t nslots;
    unsigned loops;                   /* around the present instruction */
    uint32_t weight[TORTURE_GADGETS]; /* of the gadgets, in this guest */
    uint32_t weights;                 /* their sum */
};

/* How the gadgets use registers: any() ones hold whatever; the others have a purpose while they
 * have it. The handler preserves all. */
enum {
    RA = 1,
    SP = 2,
    BASE = 9, /* addresses, just made */
    BASE2 = 10,
    INNER = 11, /* loop counters */
    OUTER = 12,
    LOT = 13, /* the guest's own random numbers */
    TEMP = 14,
    TEMP2 = 15,
};

typedef void gadget_fn(struct torture *t);

#define X(name, weight, meaning) gadget_fn gadget_##name;
#include "vmm/gadget.def"
#undef X

/* The handler's source. */
extern const char torture_text[];

/* Draw the weights of this guest. */
void torture_weigh(struct torture *t);

/* One gadget, drawn by weight; something small where there is no room. */
void torture_gadget(struct torture *t);

/* ---- numbers */

static inline uint32_t below(struct torture *t, uint32_t n) {
    return pg_maker_below(&t->g, n);
}

static inline bool one_in(struct torture *t, uint32_t n) {
    return below(t, n) == 0;
}

/* [low, high) */
static inline uint32_t between(struct torture *t, uint32_t low, uint32_t high) {
    return low + below(t, high - low);
}

/* A register whose contents nobody minds; seldom one that somebody does. */
unsigned torture_any(struct pg_maker *g);

static inline unsigned any(struct torture *t) {
    return torture_any(&t->g);
}

/* ---- code */

static inline void put(struct torture *t, enum pg_op op, unsigned d, unsigned a, unsigned b,
                       int32_t imm) {
    pg_maker_put(&t->g, op, d, a, b, imm);
}

static inline void put_word(struct torture *t, uint32_t word) {
    pg_maker_poke(&t->g, t->g.at, word);
    t->g.at += PG_WORD;
}

/* register = value, in two words. */
void torture_li(struct torture *t, unsigned d, uint32_t value);

/* register = the virtual address of physical address pa, by the distance from here. */
void torture_point(struct torture *t, unsigned d, uint32_t pa);

/* A branch or jump whose target is not known yet: land it at g.at. Backward ones: torture_back. */
uint32_t torture_forward(struct torture *t, enum pg_op op, unsigned d, unsigned a);
void torture_land(struct torture *t, uint32_t branch);
void torture_back(struct torture *t, enum pg_op op, unsigned d, unsigned a, uint32_t to);

/* An instruction on registers alone. */
uint32_t torture_alu(struct torture *t);

/* An instruction here that may be overwritten; returns where it is. And a word to overwrite it
 * with. */
uint32_t torture_slot(struct torture *t);
uint32_t torture_patch(struct torture *t);

/* A slot or a routine's entry, anywhere. */
uint32_t torture_some_slot(struct torture *t);

/* d = a number from 0 to n - 1 that the guest draws itself; n is a power of two. */
void torture_lot(struct torture *t, unsigned d, uint32_t n);

/* Loads and stores of random sizes at base + offset; data's way. */
void torture_access(struct torture *t, unsigned base, int32_t offset, bool store);

#endif
