/* bt.h - inside binary translation: monitor space, units, the translation cache.
 *
 * Guest supervisor code is translated, PG32 to PG32, unit by unit and on demand, and the
 * translations run in monitor space above ring 0. User code runs directly where the classifier says
 * that this is safe, and is translated where it is not. Sources: Adams & Agesen,
 * "A Comparison of Software and Hardware Techniques for x86 Virtualization", ASPLOS 2006, section
 * 3; Bellard, "QEMU, a Fast and Portable Dynamic Translator", USENIX 2005, for chaining.
 *
 * bt.c enters and leaves translated code, bt_translate.c makes it, bt_cache.c keeps it, bt_site.c
 * says what is to be made anew.
 */
#ifndef PG_BT_H
#define PG_BT_H

#include "vmm/vmm.h"

enum {
    BT_UNIT_INSNS = 32,  /* guest instructions in a unit, at most */
    BT_UNIT_WORDS = 480, /* words of translated code in a unit, at most */
    BT_UNIT_EXITS = 8,   /* ways out of it that are known when it is translated, at most */
    BT_UNITS = 4096,

    /* Monitor space of a guest, by offset. */
    BT_MISS = 0x0000,     /* an instruction: the LOOKUP callout, for empty look-up slots */
    BT_BLOCK = 0x1000,    /* the virtual CPU block, in a page without instructions */
    BT_STATUS = BT_BLOCK, /* STATUS, BASE and BOUND, as the guest sees them */
    BT_BASE = BT_BLOCK + 0x04,
    BT_BOUND = BT_BLOCK + 0x08,
    BT_LINES = BT_BLOCK + 0x0c,    /* not 0: an interrupt waits for IE */
    BT_DEADLINE = BT_BLOCK + 0x10, /* low word of the T at which the budget in m7 is used up */
    BT_CLOCK = BT_BLOCK + 0x14,    /* high word of T, which does not change before that */
    BT_POSTED = BT_BLOCK + 0x18,   /* bytes used in the buffer of posted port writes */
    BT_INPUTS = BT_BLOCK + 0x1c,   /* what some ports read, until the next exit */
    BT_NINPUTS = 8,
    BT_BLOCK_WORDS = 7 + BT_NINPUTS,
    BT_BUFFER = BT_BLOCK + 0x100, /* that buffer: value, port, value, port, ... */
    BT_BUFFER_SIZE = 0x800,
    BT_TABLES = 0x2000, /* look-up tables: guest pcs, then the offsets of their translations */
    BT_TABLE_SLOTS = 4096,
    BT_TABLE_SIZE = 8 * BT_TABLE_SLOTS,
    BT_NTABLES = 8,
    BT_CODE = BT_TABLES + BT_NTABLES * BT_TABLE_SIZE, /* the translation cache */
    BT_CODE_SIZE = 256 * 1024,
    BT_SIZE = BT_CODE + BT_CODE_SIZE,

    /* Monitor registers: m1..m3 are scratch of one instruction's translation. */
    BT_M_SAVE = 4,   /* a guest register while it is borrowed */
    BT_M_TABLE = 6,  /* offset of the look-up table in use */
    BT_M_BUDGET = 7, /* guest steps to the next event, see `tick` */
};

/* Callouts: translated code calls the VMM by `hvc` with one of these. */
enum bt_callout {
    BT_CALL_EXIT,    /* the unit ended with a direct jump that is not chained yet */
    BT_CALL_LOOKUP,  /* an indirect jump to the guest pc in m1 that the table does not have */
    BT_CALL_EMULATE, /* this instruction is for its interpretive routine */
};

/* A direct jump out of a unit. */
struct bt_exit {
    uint16_t word;      /* of the unit: an EXIT callout, or once chained a jump */
    uint16_t branch;    /* the branch that leads to that word and, once chained, on; 0: none */
    uint32_t target;    /* guest pc */
    struct bt_unit *to; /* chained to this unit, or NULL */
    struct bt_unit *next_from; /* next unit in to's list of units that chain to it */
    uint8_t next_slot;
};

struct bt_unit {
    uint32_t pc, pa; /* of the guest code */
    uint32_t kind;   /* bt_kind: under which relocation it is right */
    uint32_t code;   /* offset in monitor space */
    uint16_t n;      /* guest instructions */
    uint16_t words;  /* of translated code */
    bool valid;
    uint16_t first[BT_UNIT_INSNS]; /* where the translation of each instruction begins */
    uint8_t nexits;
    struct bt_exit exits[BT_UNIT_EXITS];
    struct bt_unit *from; /* units that chain to this one, by (unit, slot) */
    uint8_t from_slot;
    struct bt_unit *next_hash, *next_page;
};

/* A look-up table serves one relocation and ring of the guest. */
struct bt_table {
    bool used;
    struct pg_psw relocation; /* ring, mode, BASE, BOUND */
    uint64_t stamp;           /* for the choice of a victim */
};

/* An instruction of the guest's that has trapped. */
struct bt_site {
    uint32_t pa;
    uint32_t port; /* that it named; 0 for a store */
    uint32_t traps;
};

enum { BT_HASH = 4096, BT_SITES = 1024, BT_HOT = 16 };

struct pg_bt {
    uint32_t base;        /* real address of monitor space */
    bool translates_user; /* code of virtual user rings, too: see policy.c */
    uint32_t code_size;
    uint32_t next; /* offset of the next free word of the cache */
    size_t nunits;
    struct bt_unit units[BT_UNITS];
    struct bt_unit *hash[BT_HASH];
    struct bt_unit **pages; /* per guest page: its units */
    uint16_t *owner;        /* per word of the cache: number of the unit + 1 */
    struct bt_table tables[BT_NTABLES];
    uint64_t stamp;
    uint64_t tlb_changes; /* the departures from the guest's TLB that have been heard of */

    struct bt_site sites[BT_SITES];
    unsigned ninputs;
    uint32_t inputs[BT_NINPUTS]; /* ports that are read ahead ... */
    uint32_t values[BT_NINPUTS]; /* ... what they read ... */
    uint64_t bus_changes;        /* ... and when */

    /* Between an exit and the next entry. */
    uint32_t m[PG_NMREGS];  /* monitor registers at the exit */
    uint64_t deadline;      /* guest T at which m7 reaches 0 */
    struct bt_unit *resume; /* go on in this unit, before instruction resume_k ... */
    unsigned resume_k;
    uint64_t resume_T;     /* ... if nothing has happened since */
    struct bt_unit *chain; /* this unit left by exit chain_slot, not chained yet */
    unsigned chain_slot;
    bool missed; /* the look-up table lacked the present pc */
};

/* ---- bt_cache.c */

bool bt_cache_open(struct pg_vm *vm, struct pg_error *err);
void bt_cache_close(struct pg_vm *vm);

/* Where a translation of code at (pc, pa) is right: under unpaged relocations of the same extent,
 * or all paged ones (whose units never jump directly to another page); in ring 0 or in user rings.
 */
uint32_t bt_kind(const struct pg_vm *vm);

/* The unit, or NULL. */
struct bt_unit *bt_find(struct pg_vm *vm, uint32_t pc, uint32_t pa, uint32_t kind);

/* Room for one more unit, emptying the cache if there is none; not yet findable. */
struct bt_unit *bt_new_unit(struct pg_vm *vm);

/* Make a finished unit findable and watch its page. */
void bt_add_unit(struct pg_vm *vm, struct bt_unit *unit);

/* Discard all units that hold the guest's instruction at pa. */
void bt_discard(struct pg_vm *vm, uint32_t pa);

/* Empty the cache. */
void bt_flush(struct pg_vm *vm);

/* The unit whose code covers this offset of monitor space, or NULL. */
struct bt_unit *bt_unit_at(const struct pg_vm *vm, uint32_t offset);

/* May the exit jump directly to the unit? If so make it. */
void bt_chain(struct pg_vm *vm, struct bt_unit *from, unsigned slot, struct bt_unit *to);

/* Hear of what has departed from the guest's TLB: the look-up tables of that address space are
 * forgotten, and so is a unit to be resumed in that page. */
void bt_catch_up(struct pg_vm *vm);

/* The offset of the look-up table for the guest's present relocation. */
uint32_t bt_table(struct pg_vm *vm);

/* Enter the unit in it. */
void bt_table_put(struct pg_vm *vm, const struct bt_unit *unit);

/* Words of monitor space. */
uint32_t bt_peek(const struct pg_vm *vm, uint32_t offset);
void bt_poke(struct pg_vm *vm, uint32_t offset, uint32_t value);

/* ---- bt_site.c */

/* The instruction at guest-physical pa has trapped, naming this port. Has it done so often enough
 * to be translated anew? Says so once. */
bool bt_site_trapped(struct pg_vm *vm, uint32_t pa, uint32_t port);

/* Has it, and which port was it? */
bool bt_site_hot(struct pg_vm *vm, uint32_t pa, uint32_t *port);

/* The number of a port that is read ahead, to BT_INPUTS; -1 if it cannot be. */
int bt_input(struct pg_vm *vm, uint32_t port);

/* Read them. */
void bt_read_ahead(struct pg_vm *vm);

/* ---- bt_translate.c */

/* Would an access to this port, if it is known, be in-line code? */
bool bt_in_line(struct pg_vm *vm, const struct pg_insn *in, uint32_t port);

/* Translate the code at (pc, pa), where the guest's present relocation leads. */
struct bt_unit *bt_translate(struct pg_vm *vm, uint32_t pc, uint32_t pa);

/* An instruction word; fields as in struct pg_insn. */
uint32_t bt_word(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm);

/* After the emulation of this instruction, may the unit go on with the next? Not if it jumps,
 * changes the relocation or the TLB, or waits. */
bool bt_continues(enum pg_op op);

#endif
