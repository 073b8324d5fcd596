/* block.h - the blocks of generated code: where they are found, what leads to them, and how they
 * go when the guest's code changes.
 *
 * A block is found by universe, virtual pc and physical address. It stands for a run of words in
 * one physical page, which is watched: a write to one of the words kills the block. Jumps from
 * other blocks to a dead one are taken back to their stubs, which leave generated code. The bytes
 * of a dead block stay, since it may be running, until all is flushed.
 */
#ifndef PG_NATIVE_BLOCK_H
#define PG_NATIVE_BLOCK_H

#include "native/cache.h"
#include "native/fault.h"
#include "native/frame.h"
#include "native/x64.h"

enum {
    MOST_INSNS = 64,      /* in a block */
    MOST_BYTES = 1 << 14, /* of code for it, far more than it takes */
    ASIDE_BYTES = 512,    /* of code for one access that goes the long way, far more, too */
    BLOCKS = 1 << 16,
    JUMPS = 1 << 18,
    SITES = 1 << 19,
    PIECES = 1 << 20,
    NO_INSN = MOST_INSNS
};

struct block {
    uint32_t pc, pa;
    uint8_t insns; /* that it executes if it is not left early */
    uint8_t words; /* of the guest's code; less than insns if it is a loop, several times */
    uint8_t universe;
    bool dead;
    const uint8_t *entry;
    const uint8_t *exit;         /* code that leaves at pc, in the writable view */
    uint32_t incoming;           /* the first of the jumps that lead here */
    uint32_t next, next_in_page; /* with the same hash; in the same physical page */
};

/* Where instruction number `index` stands, from the block's first on; in bytes. */
static inline uint32_t block_offset(const struct block *b, uint32_t index) {
    return PG_WORD * (index % b->words);
}

/* A jump to a known pc. */
struct jump {
    uint8_t *site;       /* its offset, in the writable view */
    const uint8_t *stub; /* where it leads while there is no block to lead to, in that view */
    uint8_t *epoch;      /* where the code has the epoch in which the jump holds, or NULL: always */
    uint32_t pc;
    uint32_t block; /* that it leads to, or 0 */
    uint32_t next;  /* in the list of that block */
};

/* An instruction of the host that accesses guest memory and may raise a signal. They are in the
 * order of their addresses. */
struct site {
    uint32_t at;    /* in the cache */
    uint32_t aside; /* where the access goes the long way, in the cache; 0: not yet made */
    uint32_t block; /* whose it is, */
    uint8_t index;  /* and of which instruction */
    uint8_t size;   /* of the host's instruction */
    uint8_t before; /* so many instructions before it make the address, which are part of it */
    uint8_t faults; /* signals that led to the long way */
};

/* Code in a row of one block, for `count` of its instructions from `index` on. Count 0: out of
 * line, for that one; or with NO_INSN for the block as a whole. */
struct piece {
    uint32_t at, end; /* in the cache */
    uint32_t block;
    uint8_t index, count;
};

/* A physical page: its blocks, and how often some of them were written to. Code that changes all
 * the time is not worth translating, so that after the first few times it is left alone for a
 * while. */
struct code_page {
    uint32_t first;
    uint16_t kills;                        /* stays at PATIENCE */
    uint16_t wait;                         /* plain steps before the next translation */
    uint64_t code[PG_PAGE / PG_WORD / 64]; /* a bit for each word that is in a block, or was */
};

enum { PATIENCE = 16, PAUSE = 100 };

/* Entry points of the glue, the code that all blocks share: glue.c. */
struct glue {
    /* Run generated code from `entry` on, with what stands in the frame. 0: left at frame.pc.
     * EXIT_DONE: the helper has brought the machine up to date. Else the number of the jump that
     * was to be taken, to frame.pc. */
    uint32_t (*enter)(const uint8_t *entry);
    const uint8_t *leave;   /* eax has the exit, frame.pc is set; in the writable view, as below */
    const uint8_t *miss;    /* the pc in eax is not among the targets */
    const uint8_t *retreat; /* leave in the middle of a block: where and when, C knows (native.c) */
    const uint8_t *help;   /* called with the instruction's number in eax: the helper executes it */
    const uint8_t *beside; /* called with an address in eax: rcx = where it is in the host if a word
                              beside code may be written there, else 0 */
    const uint8_t *svc;    /* called with trap_pc, value, word and number in the frame */
    const uint8_t *lpsw;   /* called with the address in eax and number in the frame */
};

#define EXIT_DONE UINT32_MAX
#define EXIT_RETREAT (UINT32_MAX - 1)

/* Number 0 of blocks and jumps is none. */
struct store {
    struct pg_ram *ram;
    struct code_cache cache;
    struct data *data;
    struct glue glue;
    bool host_aligns;    /* the host sees misaligned accesses (fault.h) */
    bool has_bmi2;       /* the host has those instructions */
    uint8_t *begin, *at; /* of the code after the glue; of free room */
    struct block *blocks;
    struct jump *jumps;
    struct site *sites;
    struct piece *pieces; /* for listing.h; NULL: nobody asks */
    uint32_t nblocks, njumps, nsites, npieces;
    uint32_t *buckets;       /* by hash */
    struct code_page *pages; /* by physical page */
    uint8_t watch;           /* this watcher's bit in ram->watch; 0: none was free */
};

/* Begin to watch, and to catch signals. `helper` is what glue.help calls, with frame.engine: it
 * returns 0 to go on, else leaves. `cache`: bytes of code. False if
 * the host lacks memory or does not let us make code. */
bool store_open(struct store *s, struct pg_ram *ram, size_t cache,
                uint32_t (*helper)(void *, uint32_t insn));
void store_close(struct store *s);

/* Forget all blocks. No generated code may be running. */
void store_flush(struct store *s);

/* Is there room for another block? If not, flush. */
bool store_has_room(const struct store *s);

/* The block's number, or 0. */
uint32_t store_find(const struct store *s, uint8_t universe, uint32_t pc, uint32_t pa);

/* Should code of this page be stepped through for now? Counts the steps. */
bool store_should_wait(struct store *s, uint32_t pa);

/* Enter a block. The code has been written. */
uint32_t store_add(struct store *s, const struct block *block);

/* Note a jump, and let it lead to its stub. */
uint32_t store_jump(struct store *s, const struct jump *jump);

/* Let a jump lead to a block, in this epoch. */
void store_chain(struct store *s, uint32_t jump, uint32_t block, uint32_t epoch);

/* The site of the host instruction at this place of the cache, or NULL. */
struct site *store_site(const struct store *s, uint32_t at);

/* Let an access always go the long way. */
void store_divert(struct store *s, const struct site *site);

/* Of a physical page that nobody else watches: where its code is, a bit for each word. Else NULL.
 */
const uint64_t *store_code_words(const struct store *s, uint32_t pa);

/* Generate the glue at s->at: glue.c. */
void glue_make(struct store *s, uint32_t (*helper)(void *, uint32_t insn));

/* A member of the frame, as a place of generated code. */
#define FRAME(member) ((int32_t)(offsetof(struct data, frame) + offsetof(struct frame, member)))
#define FIELD(member) x64_data(FRAME(member))

/* Generate glue.svc and glue.lpsw: trap.c. */
void trap_make(struct store *s, struct x64 *x);

/* Generate a jump to the pc in eax, by the table of targets; rcx is lost. */
void target_make(const struct store *s, struct x64 *x);

/* The first entry of the return stack, at this offset. */
struct x64_place first_link(int32_t offset);

/* The host register of each general register, or X64_NONE: those stay in the frame. */
extern const int8_t host_register[PG_NREGS];

/* In monitor space m7 is where this register, t2, is elsewhere, and the other way round: binary
 * translation counts in m7 at the head of each of its units (tick), and one unit's count would
 * wait for the last one's to come back from memory. */
enum { M7_TAKES = 7 };

/* Host registers with a fixed use. rax and rcx are scratch, rsp is the return stack, gs the window.
 */
#define BUDGET R14

#endif
