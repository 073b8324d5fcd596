/* fuzz.h - what the two fuzzers and the replay driver share. */
#ifndef PG_FUZZ_H
#define PG_FUZZ_H

#include "isa/disasm.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A property that does not hold ends the program, so that the fuzzer keeps the input. */
#define CHECK(condition)                                                                           \
    ((condition)                                                                                   \
         ? (void)0                                                                                 \
         : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition), abort()))

/* The entry of every fuzzer, called with one input after the other. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every image, wherever it comes from; looks up and disassembles all of
 * it on the way. */
static inline void check_image(const struct pg_image *image) {
    char text[100];
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        CHECK(s->size > 0 && s->file_size <= s->size);
        CHECK((uint64_t)s->addr + s->size <= (uint64_t)UINT32_MAX + 1);
        CHECK(k == 0 || s[-1].addr + (uint64_t)s[-1].size <= s->addr);
        for (uint32_t j = 0; s->file_size - j >= 4 && j < 4096; j += 4) {
            uint32_t word;
            memcpy(&word, s->bytes + j, sizeof word);
            pg_disasm_as(word, s->addr + j, image, j & 4 ? PG_DISASM_PSEUDO : 0, text, sizeof text);
            pg_image_line_at(image, s->addr + j);
        }
    }
    for (size_t k = 0; k < image->nsymbols; k++) {
        const struct pg_symbol *s = &image->symbols[k];
        CHECK(k == 0 || s[-1].addr <= s->addr);
        CHECK(pg_image_symbol_at(image, s->addr) &&
              pg_image_symbol_at(image, s->addr)->addr == s->addr);
        CHECK(strcmp(pg_image_symbol(image, s->name)->name, s->name) == 0);
        if (k == 100) /* the look-up by name is not a fast one */
            break;
    }
    for (size_t k = 0; k < image->nlines; k++) {
        CHECK(k == 0 || image->lines[k - 1].addr <= image->lines[k].addr);
        CHECK(image->lines[k].file < image->nfiles && image->lines[k].line > 0);
    }
}

/* A file in memory, by a path. */
static inline const char *memory_path(void) {
    static char path[64];
    if (!path[0])
        snprintf(path, sizeof path, "/dev/shm/trapeze_fuzz_%ld", (long)getpid());
    return path;
}

static inline bool entry_is_executable(const struct pg_image *image) {
    for (size_t k = 0; k < image->nsegments; k++)
        if ((image->segments[k].flags & PG_SEG_X) &&
            image->entry - image->segments[k].addr < image->segments[k].size)
            return image->entry % 4 == 0;
    return false;
}

/* Write the image, read it, and compare. */
static inline void check_round_trip(const struct pg_image *image) {
    static uint8_t bytes[1 << 22];
    struct pg_error err;
    const char *path = memory_path();
    if (image->nsegments == 0)
        return;
    if (!pg_image_write(image, path, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    FILE *f = fopen(path, "rb");
    CHECK(f);
    size_t size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    unlink(path);
    if (size == sizeof bytes)
        return; /* larger than we care for */
    struct pg_image *back = pg_image_read(bytes, size, "written.elf", &err);
    if (!entry_is_executable(image)) {
        CHECK(!back);
        return;
    }
    if (!back)
        fprintf(stderr, "%s\n", err.text);
    CHECK(back);
    CHECK(back->entry == image->entry && back->nsegments == image->nsegments);
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k], *t = &back->segments[k];
        CHECK(s->addr == t->addr && s->size == t->size && s->file_size == t->file_size &&
              s->flags == t->flags);
        CHECK(s->file_size == 0 || memcmp(s->bytes, t->bytes, s->file_size) == 0);
    }
    CHECK(back->nsymbols == image->nsymbols);
    for (size_t k = 0; k < image->nsymbols; k++)
        CHECK(back->symbols[k].addr == image->symbols[k].addr &&
              strcmp(back->symbols[k].name, image->symbols[k].name) == 0);
    pg_image_free(back);
}

#endif
