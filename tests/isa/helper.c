#include "helper.h"

#include <stdlib.h>
#include <string.h>

uint32_t next_random(uint32_t *state) {
    uint32_t x = *state; /* xorshift */
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

struct pg_image *assemble(const char *text, const struct pg_asm_options *options) {
    struct pg_diagnostics diags = {0};
    struct pg_image *image = pg_assemble_text("test.s", text, strlen(text), options, &diags);
    if (!image || diags.count)
        pg_diagnostics_print(&diags, stderr, false);
    assert_non_null(image);
    assert_int_equal(diags.count, 0);
    pg_diagnostics_free(&diags);
    return image;
}

char *refuse(const char *text, const struct pg_asm_options *options) {
    struct pg_diagnostics diags = {0};
    struct pg_image *image = pg_assemble_text("test.s", text, strlen(text), options, &diags);
    assert_null(image);
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    pg_diagnostics_print(&diags, out, false);
    fclose(out);
    pg_diagnostics_free(&diags);
    return printed;
}

const struct pg_segment *segment(const struct pg_image *image, const char *name) {
    for (size_t k = 0; k < image->nsegments; k++)
        if (strcmp(image->segments[k].name, name) == 0)
            return &image->segments[k];
    fail_msg("there is no segment %s", name);
    return NULL;
}

uint32_t word_at(const struct pg_image *image, uint32_t addr) {
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        if (addr - s->addr < s->file_size && s->file_size - (addr - s->addr) >= 4) {
            const uint8_t *b = s->bytes + (addr - s->addr);
            return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
        }
    }
    fail_msg("there is no word at 0x%x", (unsigned)addr);
    return 0;
}

void assert_same_image(const struct pg_image *a, const struct pg_image *b, bool lines) {
    assert_int_equal(a->entry, b->entry);
    assert_int_equal(a->nsegments, b->nsegments);
    for (size_t k = 0; k < a->nsegments; k++) {
        const struct pg_segment *s = &a->segments[k], *t = &b->segments[k];
        assert_int_equal(s->addr, t->addr);
        assert_int_equal(s->size, t->size);
        assert_int_equal(s->file_size, t->file_size);
        assert_int_equal(s->flags, t->flags);
        assert_string_equal(s->name, t->name);
        if (s->file_size)
            assert_memory_equal(s->bytes, t->bytes, s->file_size);
    }
    assert_int_equal(a->nsymbols, b->nsymbols);
    for (size_t k = 0; k < a->nsymbols; k++) {
        const struct pg_symbol *s = &a->symbols[k], *t = &b->symbols[k];
        assert_string_equal(s->name, t->name);
        assert_int_equal(s->addr, t->addr);
        assert_int_equal(s->global, t->global);
        assert_int_equal(s->function, t->function);
    }
    if (!lines)
        return;
    assert_int_equal(a->nlines, b->nlines);
    for (size_t k = 0; k < a->nlines; k++) {
        const struct pg_line *l = &a->lines[k], *m = &b->lines[k];
        assert_int_equal(l->addr, m->addr);
        assert_int_equal(l->line, m->line);
        assert_string_equal(a->files[l->file], b->files[m->file]);
    }
}

char *read_whole_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    for (int c; (c = fgetc(f)) != EOF;)
        fputc(c, out);
    fclose(out); /* which puts a NUL behind the bytes */
    fclose(f);
    if (size)
        *size = n;
    return bytes;
}

bool read_memory_file(void *files, const char *path, char **text, size_t *size,
                      struct pg_error *err) {
    for (const struct memory_file *f = files; f->path; f++)
        if (strcmp(f->path, path) == 0) {
            *text = strdup(f->text);
            *size = strlen(f->text);
            return *text != NULL;
        }
    return pg_fail(err, "cannot be opened");
}
