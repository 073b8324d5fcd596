/* The image: segments out of sections, symbols, line records. */
#include "isa/asm/parts.h"

#include <stdlib.h>
#include <string.h>

static int by_addr(const void *pa, const void *pb) {
    const struct pg_segment *a = pa, *b = pb;
    return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static bool make_segments(struct pg_as *as, struct pg_image *image) {
    image->segments = calloc(as->nsections + 1, sizeof *image->segments);
    if (!image->segments)
        return false;
    for (size_t k = 0; k < as->nsections; k++) {
        struct pg_as_section *s = &as->sections[k];
        if (s->size == 0)
            continue;
        struct pg_segment *seg = &image->segments[image->nsegments++];
        *seg = (struct pg_segment){.addr = s->addr,
                                   .size = s->size,
                                   .file_size = s->bytes ? s->size : 0,
                                   .bytes = s->bytes,
                                   .flags = s->flags,
                                   .name = strdup(s->name)};
        s->bytes = NULL; /* the image owns them now */
        if (!seg->name)
            return false;
    }
    qsort(image->segments, image->nsegments, sizeof *image->segments, by_addr);
    return true;
}

/* Labels are the image's symbols: not .set values, which are no addresses, not 1:, and not
 * .L names, which by custom are nobody else's business. */
static bool is_kept(const struct pg_as_symbol *s) {
    return s->kind == PG_AS_S_LABEL && !s->is_local_label && strncmp(s->name, ".L", 2) != 0;
}

static int by_addr_and_name(const void *pa, const void *pb) {
    const struct pg_symbol *a = pa, *b = pb;
    if (a->addr != b->addr)
        return a->addr < b->addr ? -1 : 1;
    return strcmp(a->name, b->name);
}

static bool make_symbols(struct pg_as *as, struct pg_image *image) {
    size_t n = 0;
    for (const struct pg_as_symbol *s = as->symbols; s; s = s->next)
        n += is_kept(s);
    image->symbols = calloc(n + 1, sizeof *image->symbols);
    if (!image->symbols)
        return false;
    for (const struct pg_as_symbol *s = as->symbols; s; s = s->next) {
        if (!is_kept(s))
            continue;
        struct pg_symbol *to = &image->symbols[image->nsymbols++];
        to->name = strdup(s->name);
        to->addr = s->section->addr + s->offset;
        to->global = s->global;
        to->function = (s->section->flags & PG_SEG_X) != 0;
        if (!to->name)
            return false;
    }
    qsort(image->symbols, image->nsymbols, sizeof *image->symbols, by_addr_and_name);
    return true;
}

static int by_addr_then_order(const void *pa, const void *pb) {
    const struct pg_line *a = pa, *b = pb;
    return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* A record for each statement that made instructions; those of a macro belong to the line
 * that calls it, which is where a debugger should stand. */
static bool make_lines(struct pg_as *as, struct pg_image *image) {
    image->lines = calloc(as->nstatements + 1, sizeof *image->lines);
    if (!image->lines)
        return false;
    for (size_t k = 0; k < as->nstatements; k++) {
        const struct pg_as_statement *st = &as->statements[k];
        const struct pg_as_item *item = st->nitems ? &as->items[st->first_item] : NULL;
        if (!item || item->kind != PG_AS_INSN)
            continue;
        struct pg_as_loc loc = pg_as_file_place(st->loc);
        image->lines[image->nlines++] =
            (struct pg_line){item->section->addr + item->offset, loc.buffer->file, loc.line};
    }
    qsort(image->lines, image->nlines, sizeof *image->lines, by_addr_then_order);
    /* Neighbours of one line say the same thing. */
    size_t kept = 0;
    for (size_t k = 0; k < image->nlines; k++) {
        const struct pg_line *last = kept ? &image->lines[kept - 1] : NULL;
        if (!last || last->file != image->lines[k].file || last->line != image->lines[k].line)
            image->lines[kept++] = image->lines[k];
    }
    image->nlines = kept;
    image->files = as->files;
    image->nfiles = as->nfiles;
    as->files = NULL;
    as->nfiles = 0;
    return true;
}

/* `_start` if there is one, preferably a global one; else where .text begins. Returns false if
 * nothing can be executed there, which has been reported. */
static bool find_entry(struct pg_as *as, uint32_t *entry) {
    const struct pg_as_symbol *start = NULL;
    for (const struct pg_as_symbol *s = as->symbols; s; s = s->next)
        if (s->kind == PG_AS_S_LABEL && strcmp(s->name, "_start") == 0 &&
            (!start || (s->global && !start->global)))
            start = s;
    *entry = start ? start->section->addr + start->offset : as->sections[0].addr;
    if (!start)
        return true;
    if (!(start->section->flags & PG_SEG_X))
        return pg_as_error(as, start->defined,
                           "the program starts at `_start`, but section %s is not executable",
                           start->section->name);
    if (*entry % PG_WORD != 0)
        return pg_as_error(as, start->defined,
                           "the program starts at `_start`, but 0x%x is not a multiple of 4",
                           (unsigned)*entry);
    return true;
}

/* The program as an image, or NULL, with the reason reported. */
struct pg_image *pg_as_image(struct pg_as *as) {
    struct pg_image *image = calloc(1, sizeof *image);
    if (!image || !make_segments(as, image) || !make_symbols(as, image) || !make_lines(as, image)) {
        pg_as_out_of_memory(as);
    } else if (find_entry(as, &image->entry)) {
        return image;
    }
    pg_image_free(image);
    return NULL;
}
