/* listing.h - looking into a translation cache: guest code beside its translation. */
#ifndef PG_LISTING_H
#define PG_LISTING_H

#include "vmm/system.h"

enum { PG_LISTING_INSNS = 32, PG_LISTING_WORDS = 480, PG_LISTING_EXITS = 8 };

/* One translation unit. */
struct pg_unit_view {
    uint32_t pc, pa;                  /* of the guest code, virtual and guest-physical */
    uint32_t offset;                  /* of the translation in monitor space */
    unsigned n;                       /* guest instructions */
    unsigned words;                   /* words of translated code */
    bool valid;                       /* false: the guest has overwritten the code since */
    uint32_t guest[PG_LISTING_INSNS]; /* instruction words, as they stand in memory now */
    uint16_t first[PG_LISTING_INSNS]; /* where the translation of each begins */
    uint32_t code[PG_LISTING_WORDS];  /* the translation, chained jumps as they stand now */
    unsigned nexits;                  /* the unit's direct jumps out: word, guest pc, chained? */
    struct {
        unsigned word;
        uint32_t target;
        bool chained;
    } exits[PG_LISTING_EXITS];
};

/* How many units guest k's cache holds; 0 for systems that do not translate. */
size_t pg_listing_size(struct pg_session *session, size_t k);

/* Unit i, in the order of translation. */
void pg_listing_unit(struct pg_session *session, size_t k, size_t i, struct pg_unit_view *view);

/* What a callout word in translated code asks of the VMM, in words; NULL if it is none. */
const char *pg_listing_callout(uint32_t word);

/* The name of a word of the virtual CPU block at this offset of monitor space, or NULL. */
const char *pg_listing_place(uint32_t offset);

#endif
