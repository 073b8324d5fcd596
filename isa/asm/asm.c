/* The assembler's two passes, from the outside in. See parts.h for the plan. */
#include "isa/asm/parts.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ memory */

/* What lives as long as the assembly comes out of chunks that are freed together. */
enum { CHUNK = 64 * 1024 };

struct pg_as_chunk {
    struct pg_as_chunk *next;
    size_t used, size;
    max_align_t bytes[];
};

void pg_as_out_of_memory(struct pg_as *as) {
    as->diags->out_of_memory = true;
    as->fatal = true;
}

void *pg_as_alloc(struct pg_as *as, size_t size) {
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct pg_as_chunk *c = as->arena;
    if (!c || c->size - c->used < size) {
        size_t room = size > CHUNK ? size : CHUNK;
        c = calloc(1, sizeof *c + room);
        if (!c) {
            pg_as_out_of_memory(as);
            return NULL;
        }
        c->size = room;
        c->next = as->arena;
        as->arena = c;
    }
    void *p = (char *)c->bytes + c->used;
    c->used += size;
    return p;
}

char *pg_as_copy(struct pg_as *as, const char *text, size_t size) {
    char *p = pg_as_alloc(as, size + 1);
    if (p)
        memcpy(p, text, size);
    return p;
}

/* Make room for `need` items in an array: `array` is the address of its pointer. */
bool pg_as_grow(struct pg_as *as, void *array, size_t *capacity, size_t need, size_t item_size) {
    void *old, *larger;
    if (need <= *capacity)
        return true;
    size_t n = *capacity ? *capacity : 16;
    while (n < need)
        n *= 2;
    memcpy(&old, array, sizeof old);
    larger = realloc(old, n * item_size);
    if (!larger) {
        pg_as_out_of_memory(as);
        return false;
    }
    memcpy(array, &larger, sizeof larger);
    *capacity = n;
    return true;
}

/* ------------------------------------------------------------------ pass 1 */

/* Is this number written as the name of a local label: in decimal digits only? */
static bool is_local_name(const struct pg_as_token *t) {
    for (size_t k = 0; k < t->size; k++)
        if (t->text[k] < '0' || t->text[k] > '9')
            return false;
    return t->kind == PG_AS_NUMBER;
}

/* Labels in front of a statement. */
static void labels(struct pg_as *as) {
    for (;;) {
        const struct pg_as_token *t = pg_as_peek(as);
        if ((t->kind != PG_AS_NAME && !is_local_name(t)) || t[1].kind != PG_AS_PUNCT ||
            t[1].punct != ':')
            return;
        if (t->kind == PG_AS_NAME)
            pg_as_define_label(as, t);
        else
            pg_as_define_local(as, t);
        as->at += 2;
    }
}

/* One statement: labels, then a directive, a macro call or an instruction. */
static void statement(struct pg_as *as) {
    as->at = 0;
    labels(as);
    const struct pg_as_token *t = pg_as_peek(as);
    if (t->kind == PG_AS_END)
        return;
    if (t->kind != PG_AS_NAME) {
        pg_as_expected(as, "a label, an instruction or a directive");
        return;
    }
    as->at++;
    struct pg_as_macro *macro = pg_as_macro_find(as, t);
    if (macro) {
        pg_as_macro_call(as, macro, t);
    } else if (pg_as_accept(as, '=')) { /* name = value */
        struct pg_as_expr *value = pg_as_parse_expr(as);
        if (value && !pg_as_expect_end(as, "the value"))
            value = NULL;
        pg_as_set(as, t, value);
    } else if (t->text[0] == '.') {
        pg_as_directive(as, t);
    } else {
        pg_as_instruction(as, t);
    }
}

/* Note a statement that starts at `start`; its tokens have been read. Empty ones are put
 * together, so that blank lines and comments cost nothing. */
static bool note_statement(struct pg_as *as, const struct pg_as_cursor *start, size_t end) {
    bool empty = as->tokens.count == 1;
    struct pg_as_statement *last = as->nstatements ? &as->statements[as->nstatements - 1] : NULL;
    if (!(empty && last && last->is_empty && last->loc.buffer == start->buffer &&
          last->end == start->pos)) {
        if (as->nstatements == UINT32_MAX - 1 ||
            !pg_as_grow(as, &as->statements, &as->statements_capacity, as->nstatements + 1,
                        sizeof *as->statements))
            return false;
        last = &as->statements[as->nstatements++];
        *last = (struct pg_as_statement){.loc = as->tokens.items[0].loc,
                                         .start = start->pos,
                                         .first_line = start->line,
                                         .first_item = (uint32_t)as->nitems,
                                         .is_empty = empty};
    }
    last->end = end;
    return true;
}

/* Read the innermost buffer, and those it leads to, to the end. */
static void read_all(struct pg_as *as) {
    while (as->nframes > 0 && !as->fatal) {
        struct pg_as_frame *f = pg_as_frame(as);
        bool skipping = pg_as_skipping(as);
        struct pg_as_cursor start = f->cursor;
        f->cursor.silent = skipping;
        as->current = (uint32_t)as->nstatements; /* what the lexer reports belongs to it */
        if (!pg_as_lex(as, &f->cursor, &as->tokens)) {
            if (as->nstatements)
                as->current--;
            pg_as_end_frame(as);
            continue;
        }
        if (!note_statement(as, &start, f->cursor.pos))
            return;
        as->current = (uint32_t)as->nstatements - 1;
        as->here = as->section->size;
        if (skipping)
            pg_as_skipped(as);
        else
            statement(as);
        /* A directive may have read on: .macro its body. Frames stay where they are. */
        as->statements[as->current].end = f->cursor.pos;
    }
}

static void begin_unit(struct pg_as *as, size_t k) {
    as->unit = (uint32_t)k;
    as->section = &as->sections[0];
    as->macros = NULL; /* a macro is local to its file, as names are */
    pg_as_align_sections(as);
    pg_as_begin_unit(as);
}

static bool define_given(struct pg_as *as) {
    for (size_t k = 0; k < as->options.ndefines; k++) {
        const struct pg_asm_define *d = &as->options.defines[k];
        struct pg_as_symbol *s = pg_as_symbol(as, PG_AS_ALL, d->name, strlen(d->name), true);
        if (!s)
            return false;
        s->kind = PG_AS_S_VARIABLE;
        s->expr = pg_as_number(as, d->value, (struct pg_as_loc){0});
    }
    return !as->fatal;
}

/* ------------------------------------------------------------------ the whole */

struct source {
    const char *path;
    const char *text; /* NULL: to be read from path */
    size_t size;
};

/* Sections, the given names, both passes, and the image. */
static struct pg_image *run(struct pg_as *as, const struct source *sources, size_t n) {
    if (as->options.text_base % PG_WORD != 0) {
        pg_as_error(as, (struct pg_as_loc){0}, "the address of .text, 0x%x, is no multiple of 4",
                    (unsigned)as->options.text_base);
        return NULL;
    }
    if (!pg_as_init_sections(as) || !define_given(as))
        return NULL;
    for (size_t k = 0; k < n && !as->fatal; k++) {
        const struct pg_as_loc nowhere = {0};
        begin_unit(as, k);
        if (sources[k].text ? pg_as_open_text(as, sources[k].path, NULL, sources[k].text,
                                              sources[k].size, nowhere)
                            : pg_as_open(as, sources[k].path, nowhere, false))
            read_all(as);
    }
    if (as->fatal)
        return NULL;
    pg_as_link(as);
    as->nerrors = 0; /* pass 2 has a limit of its own; the list is sorted and cut later */
    if (!pg_as_place(as))
        return NULL;
    pg_as_fill(as);
    if (as->fatal)
        return NULL;
    if (as->options.listing)
        pg_as_listing(as, as->options.listing);
    return as->diags->nerrors == 0 ? pg_as_image(as) : NULL;
}

static void free_all(struct pg_as *as) {
    for (struct pg_as_buffer *b = as->buffers; b; b = b->next)
        free(b->owned);
    for (size_t k = 0; k < as->nfiles; k++)
        free(as->files[k]);
    free(as->files);
    for (size_t k = 0; k < as->nsections; k++)
        free(as->sections[k].bytes);
    free(as->items);
    free(as->statements);
    pg_as_free_tokens(&as->tokens);
    for (struct pg_as_chunk *c = as->arena, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(as);
}

static struct pg_image *assemble(const struct source *sources, size_t n,
                                 const struct pg_asm_options *options,
                                 struct pg_diagnostics *diags) {
    struct pg_as *as = calloc(1, sizeof *as);
    if (!as) {
        diags->out_of_memory = true;
        return NULL;
    }
    as->options = options ? *options : pg_asm_options_default();
    as->diags = diags;
    as->symbols_end = &as->symbols;
    struct pg_image *image = run(as, sources, n);
    size_t limit = as->options.max_errors, dropped = pg_diagnostics_finish(diags, limit);
    if (limit && (dropped || diags->nerrors >= limit)) {
        struct pg_diagnostic d = {.severity = PG_NOTE, .message = "stopped here: too many errors"};
        pg_diagnostics_add(diags, &d);
    }
    free_all(as);
    return image;
}

struct pg_asm_options pg_asm_options_default(void) {
    return (struct pg_asm_options){.text_base = PG_ASM_TEXT_BASE,
                                   .max_errors = 20,
                                   .max_image = 64 << 20,
                                   .max_source = 8 << 20};
}

struct pg_image *pg_assemble(const char *const *paths, size_t n,
                             const struct pg_asm_options *options, struct pg_diagnostics *diags) {
    struct source *sources = calloc(n + 1, sizeof *sources);
    if (!sources) {
        diags->out_of_memory = true;
        return NULL;
    }
    for (size_t k = 0; k < n; k++)
        sources[k].path = paths[k];
    struct pg_image *image = assemble(sources, n, options, diags);
    free(sources);
    return image;
}

struct pg_image *pg_assemble_text(const char *name, const char *text, size_t size,
                                  const struct pg_asm_options *options,
                                  struct pg_diagnostics *diags) {
    const struct source source = {name, text, size};
    return assemble(&source, 1, options, diags);
}
