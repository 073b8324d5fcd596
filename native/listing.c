#include "native/listing.h"

#include "native/block.h"
#include "native/native.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool pg_native_listing_begin(void *engine) {
    struct store *s = native_store(engine);
    if (!s->pieces)
        s->pieces = calloc(PIECES, sizeof *s->pieces);
    return s->pieces;
}

size_t pg_native_listing_size(void *engine) {
    return native_store(engine)->npieces;
}

void pg_native_listing_piece(void *engine, size_t k, struct pg_native_piece *piece) {
    const struct store *s = native_store(engine);
    const struct piece *p = &s->pieces[k];
    const struct block *b = &s->blocks[p->block];
    const struct universe *u = native_universe(engine, b->universe);
    *piece = (struct pg_native_piece){
        .block = {p->block, b->pc, b->pa, b->insns, b->words, u->supervisor, u->windowed, b->dead},
        .index = p->index < b->insns ? p->index : b->insns,
        .count = p->count,
        .code = s->cache.execute + p->at,
        .size = p->end - p->at,
        .at = p->at,
    };
}

/* ---- names */

/* Members of the frame, or of what is below a window. */
struct member {
    const char *name;
    size_t offset, size;
    size_t each; /* the size of an element, or 0: the member is none of many */
};

/* The member that an offset is in. */
static const struct member *find_member(const struct member *members, size_t n, size_t offset) {
    for (size_t k = 0; k < n; k++)
        if (offset - members[k].offset < members[k].size)
            return &members[k];
    return NULL;
}

static void print_member(const struct member *m, const char *whole, size_t offset, char *text,
                         size_t size) {
    size_t inside = offset - m->offset, element = m->each ? inside / m->each : 0;
    int length = snprintf(text, size, "%s%s", whole, m->name);
    if (element)
        length += snprintf(text + length, size - (size_t)length, "[%zu]", element);
    if (inside - element * m->each)
        snprintf(text + length, size - (size_t)length, "+%zu", inside - element * m->each);
}

#define ONE(type, member)                                                                          \
    { #member, offsetof(type, member), sizeof(((type *)0)->member), 0 }
#define MANY(type, member)                                                                         \
    { #member, offsetof(type, member), sizeof(((type *)0)->member), sizeof(((type *)0)->member[0]) }

static bool name_in_frame(size_t offset, char *text, size_t size) {
    static const struct member members[] = {
        ONE(struct frame, pc),           ONE(struct frame, budget),
        ONE(struct frame, now.status),   ONE(struct frame, now.base),
        ONE(struct frame, now.bound),    ONE(struct frame, now.epoch),
        ONE(struct frame, now.window),   ONE(struct frame, now.mon_limit),
        ONE(struct frame, now.mon_data), ONE(struct frame, now.mon_watch),
        ONE(struct frame, trap_pc),      ONE(struct frame, value),
        ONE(struct frame, word),         ONE(struct frame, number),
    };
    if (offset < sizeof(uint32_t) * PG_NREGS) {
        snprintf(text, size, "frame.%s", pg_reg_names[offset / sizeof(uint32_t)]);
        return true;
    }
    const struct member m = MANY(struct frame, m), *found = &m;
    if (offset - m.offset >= m.size)
        found = find_member(members, sizeof members / sizeof *members, offset);
    if (found)
        print_member(found, "frame.", offset, text, size);
    return found;
}

static const char *name_in_glue(const struct glue *glue, const uint8_t *at) {
    return at == glue->leave    ? "leave"
           : at == glue->miss   ? "miss"
           : at == glue->help   ? "help"
           : at == glue->beside ? "beside"
           : at == glue->svc    ? "svc"
           : at == glue->lpsw   ? "lpsw"
                                : NULL;
}

static int by_entry(const void *entry, const void *block) {
    const uint8_t *x = entry, *y = ((const struct block *)block)->entry;
    return x < y ? -1 : x > y;
}

/* The block that begins here, or NULL. They are in the order of their code; the first is none. */
static const struct block *block_at(const struct store *s, const uint8_t *entry) {
    return bsearch(entry, s->blocks + 1, s->nblocks - 1, sizeof *s->blocks, by_entry);
}

bool pg_native_place(void *engine, uint64_t address, char *text, size_t size) {
    const struct store *s = native_store(engine);
    size_t code = address - (uintptr_t)s->cache.execute, data = address - (uintptr_t)s->data;
    if (code < s->cache.size) {
        const char *glue = name_in_glue(&s->glue, s->cache.write + code);
        const struct block *block = block_at(s, s->cache.execute + code);
        if (glue)
            snprintf(text, size, "%s", glue);
        else if (block)
            snprintf(text, size, "block_%08" PRIx32, block->pc);
        else
            snprintf(text, size, "%05zx", code);
        return true;
    }
    if (data - offsetof(struct data, links) < LINK_ROOM) {
        snprintf(text, size, "links+%zu", data - offsetof(struct data, links));
        return true;
    }
    return data < sizeof *s->data && data >= offsetof(struct data, frame) &&
           name_in_frame(data - offsetof(struct data, frame), text, size);
}

bool pg_native_below(int64_t offset, char *text, size_t size) {
    static const struct member members[] = {
        MANY(struct below, mapped), MANY(struct below, fetched), MANY(struct below, targets),
        MANY(struct below, read),   MANY(struct below, write),   MANY(struct below, beside),
    };
    size_t at = (size_t)(offset + (int64_t)sizeof(struct below));
    const struct member *found = find_member(members, sizeof members / sizeof *members, at);
    if (found)
        print_member(found, "", at, text, size);
    return found;
}

int pg_native_register(unsigned g) {
    return host_register[g];
}

int pg_native_m7(void) {
    return host_register[M7_TAKES];
}

int pg_native_budget(void) {
    return BUDGET;
}
