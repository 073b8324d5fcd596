/* predecode.h - code pages: the instructions of a physical page, decoded once.
 *
 * A code page holds a slot for each word of a page of memory. Slots are decoded on demand, a
 * block at a time: from the word where control arrives up to the first instruction that may
 * send it elsewhere, or to the end of the page. Nothing in a slot depends on the virtual address,
 * the ring or the memory mode, so one code page serves all the address spaces that map it.
 *
 * The pages are watched (machine/ram.h): a write to a decoded word, by whatever means, makes the
 * slot undecoded, and with it the slots before it whose block runs through it. A running block
 * therefore meets the change at its very next instruction.
 *
 * The invariant that block timing rests on: of two neighbouring slots, if the first is decoded and
 * does not end its block, the second is decoded too and has a `run` of one less.
 *
 * Two neighbours that often come together have one handler for both (fast.def: PAIR and LINK). It
 * is the first's; the second keeps its own, for whoever jumps to it, and for the first to go on to
 * when something out of the ordinary has happened. By the invariant a write to the second's word
 * undoes the pair.
 */
#ifndef PG_PREDECODE_H
#define PG_PREDECODE_H

#include "machine/machine.h"

enum { PG_PAGE_WORDS = PG_PAGE / PG_WORD };

/* What a slot does: the handler that executes it. */
enum pg_form {
    PG_FORM_undecoded, /* 0, which is also: no form */
    PG_FORM_page_end,  /* past the last word: go on in the next virtual page */
    PG_FORM_generic,   /* call the semantic function; ends its block */
    PG_FORM_slow,      /* the same, in the middle of a block */
    PG_FORM_nop,       /* an ALU instruction without a destination */
/* A branch or jump has a second form for targets outside its page. */
#define ALU(op, value) PG_FORM_##op,
#define LOAD(op, size, sign) PG_FORM_##op,
#define STORE(op, size) PG_FORM_##op,
#define BRANCH(op, condition) PG_FORM_##op, PG_FORM_##op##_far,
#define MONITOR(op, registers, value) PG_FORM_##op,
#define MBRANCH(op, condition) PG_FORM_##op, PG_FORM_##op##_far,
#define OWN(op) PG_FORM_##op,
#include "interp/fast.def"
    PG_FORM_jal_far,
    PG_NSINGLES, /* from here on forms for two neighbours */
    PG_FORM_last_single = PG_NSINGLES - 1,
#define PAIR(kind1, op1, kind2, op2) PG_FORM_##op1##_##op2,
#define LINK(kind1, op1, kind2, op2) PG_FORM_##op1##_to_##op2,
#include "interp/fast.def"
    PG_NFORMS
};
_Static_assert(PG_NFORMS <= UINT8_MAX + 1, "forms are kept in bytes");

/* 16 bytes, so that slots and words convert by shifts. */
struct pg_slot {
    _Alignas(8) const void *go; /* the handler */
    uint32_t imm; /* the immediate, for targets in the page in bytes of slots; or the third
                   * register, which no instruction has besides an immediate */
    uint16_t run; /* instructions from here to the end of the block, this one included */
    uint8_t d, a;
};
_Static_assert(sizeof(struct pg_slot) == 16, "slots and words convert by shifts");

struct pg_code_page {
    struct pg_slot slots[PG_PAGE_WORDS + 1]; /* the last is the page end */
    uint32_t decoded;                        /* slots that are */
    struct pg_code_page *next;
};

/* The code pages of one machine. */
struct pg_code {
    struct pg_ram *ram;
    struct pg_code_page **pages; /* by physical page; NULL where no code ran */
    struct pg_code_page *all;
    uint32_t npages, limit; /* how many there are, and may be */
    const void *const *go;  /* the handlers by form; the engine's to set before a page is made */
    uint8_t watch;          /* this watcher's bit in ram->watch; 0: none was free */
};

/* Begin to watch. `limit` bounds the memory: that many code pages of 16 KiB. False if the host is
 * out of memory. With code->watch 0 afterwards no page can be had. */
bool pg_code_init(struct pg_code *code, struct pg_ram *ram, uint32_t limit);
void pg_code_free(struct pg_code *code);

/* Forget all pages. */
void pg_code_flush(struct pg_code *code);

/* The code page of physical address pa, made if need be. NULL if `limit` is reached (flush, then
 * ask again) or the host is out of memory. */
struct pg_code_page *pg_code_page(struct pg_code *code, uint32_t pa);

/* Decode from word `index` of the page at pa to the end of the block. */
void pg_code_decode(struct pg_code *code, uint32_t pa, uint32_t index);

/* Is this slot decoded? */
static inline bool pg_code_decoded(const struct pg_code *code, const struct pg_slot *slot) {
    return slot->go != code->go[PG_FORM_undecoded];
}

/* Is the word that holds pa a decoded instruction? */
static inline bool pg_code_at(const struct pg_code *code, uint32_t pa) {
    const struct pg_code_page *page = code->pages[pa >> PG_PAGE_BITS];
    return page && pg_code_decoded(code, &page->slots[(pa & (PG_PAGE - 1)) / PG_WORD]);
}

#endif
