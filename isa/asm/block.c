/* Directives that decide which text is read: conditions, repetitions, macros, includes. */
#include "isa/asm/parts.h"

#include <stdlib.h>
#include <string.h>

struct pg_as_frame *pg_as_frame(struct pg_as *as) {
    return &as->frames[as->nframes - 1];
}

/* ------------------------------------------------------------------ conditions */

bool pg_as_skipping(const struct pg_as *as) {
    return as->nconditions > 0 && !as->conditions[as->nconditions - 1].active;
}

/* Open a condition. `known` is false if its value could not be told: then all its branches
 * are skipped, since reading the wrong one would only lead to more errors. */
static bool open_condition(struct pg_as *as, struct pg_as_loc loc, bool known, bool value) {
    if (as->nconditions == PG_AS_MAX_CONDITIONS)
        return pg_as_fatal(as, loc, "conditions nested more than %d deep", PG_AS_MAX_CONDITIONS);
    bool outer = !pg_as_skipping(as);
    as->conditions[as->nconditions++] = (struct pg_as_condition){
        .loc = loc, .active = outer && known && value, .done = !outer || !known || value};
    return known;
}

/* .if value */
bool pg_as_d_if(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    int64_t value = 0;
    bool known = pg_as_skipping(as) ||
                 (pg_as_parse_known(as, "the condition", INT32_MIN, UINT32_MAX, &value) &&
                  pg_as_expect_end(as, "the condition"));
    return open_condition(as, self->loc, known, value != 0);
}

/* .ifdef name, .ifndef name; parameter: 1 if the name has to be defined */
bool pg_as_d_ifdef(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    bool known = true, defined = false;
    if (!pg_as_skipping(as)) {
        const struct pg_as_token *t = pg_as_peek(as);
        known = t->kind == PG_AS_NAME || pg_as_expected(as, "the name of a symbol");
        if (known) {
            as->at++;
            const uint32_t units[] = {as->unit, PG_AS_ALL};
            for (int k = 0; k < 2; k++) {
                struct pg_as_symbol *s = pg_as_symbol(as, units[k], t->text, t->size, false);
                defined |= s && s->kind != PG_AS_S_NONE;
            }
            defined |= pg_as_macro_find(as, t) != NULL;
            known = pg_as_expect_end(as, "the name");
        }
    }
    return open_condition(as, self->loc, known, defined == (parameter == 1));
}

/* The condition that .elseif, .else or .endif is about, or NULL (reported). One that was
 * opened outside this file or macro cannot be closed in it. */
static struct pg_as_condition *innermost(struct pg_as *as, const struct pg_as_token *self) {
    if (as->nconditions > pg_as_frame(as)->conditions)
        return &as->conditions[as->nconditions - 1];
    pg_as_error(as, self->loc, "`%.*s` without .if", (int)self->size, self->text);
    return NULL;
}

static struct pg_as_condition *next_branch(struct pg_as *as, const struct pg_as_token *self) {
    struct pg_as_condition *c = innermost(as, self);
    if (c && c->seen_else) {
        pg_as_error(as, self->loc, "`%.*s` after .else", (int)self->size, self->text);
        c->active = false;
        return NULL;
    }
    return c;
}

/* .elseif value */
bool pg_as_d_elseif(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    struct pg_as_condition *c = next_branch(as, self);
    int64_t value = 0;
    if (!c)
        return false;
    c->active = false;
    if (c->done)
        return true;
    bool known = pg_as_parse_known(as, "the condition", INT32_MIN, UINT32_MAX, &value) &&
                 pg_as_expect_end(as, "the condition");
    c->active = known && value != 0;
    c->done = !known || value != 0;
    return known;
}

/* .else */
bool pg_as_d_else(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    struct pg_as_condition *c = next_branch(as, self);
    if (!c)
        return false;
    c->active = !c->done;
    c->done = c->seen_else = true;
    return true;
}

/* .endif */
bool pg_as_d_endif(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    if (!innermost(as, self))
        return false;
    as->nconditions--;
    return true;
}

/* The end of a buffer: start again if it is to be repeated, else leave it. */
void pg_as_end_frame(struct pg_as *as) {
    struct pg_as_frame *f = pg_as_frame(as);
    while (as->nconditions > f->conditions) {
        pg_as_error(as, as->conditions[--as->nconditions].loc, "this condition has no .endif");
        f->repeat = 0; /* which would only say it again */
    }
    const struct pg_as_buffer *b = f->cursor.buffer;
    if (f->repeat > 1 && pg_as_spend(as, b->from, b->size + 1)) {
        f->repeat--;
        f->cursor.pos = 0;
        f->cursor.line = b->first_line;
    } else {
        as->nframes--;
    }
}

/* ------------------------------------------------------------------ bodies */

/* A piece of the text being read, kept for later. */
struct body {
    const char *text;
    size_t size;
    uint32_t first_line;
};

/* Pass the lines up to the `close` that belongs to an `open` just read (they nest), and
 * yield them. Returns false if there is none, which has been reported. */
static bool capture(struct pg_as *as, const struct pg_as_token *self, const char *open,
                    const char *close, struct body *body) {
    struct pg_as_cursor *c = &pg_as_frame(as)->cursor;
    struct pg_as_tokens tokens = {0};
    size_t start = c->pos;
    *body = (struct body){c->buffer->text + start, 0, c->line};
    c->silent = true;
    for (int depth = 1; depth > 0;) {
        size_t end = c->pos;
        if (!pg_as_lex(as, c, &tokens)) {
            pg_as_free_tokens(&tokens);
            return pg_as_error(as, self->loc, "`%s` has no %s", open, close);
        }
        const struct pg_as_token *t = &tokens.items[0];
        depth += (t->kind == PG_AS_NAME && pg_as_token_is(t, open)) -
                 (t->kind == PG_AS_NAME && pg_as_token_is(t, close));
        body->size = end - start;
    }
    pg_as_free_tokens(&tokens);
    return true;
}

/* .endm or .endr that nothing leads to */
bool pg_as_d_stray(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    return pg_as_error(as, self->loc, "`%.*s` without %s", (int)self->size, self->text,
                       pg_as_token_is(self, ".endm") ? ".macro" : ".rept");
}

/* .rept count ... .endr */
bool pg_as_d_rept(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    int64_t count = 0;
    bool ok = pg_as_parse_known(as, "the number of repetitions", 0, 1 << 24, &count) &&
              pg_as_expect_end(as, "the number of repetitions");
    struct body body;
    const struct pg_as_buffer *around = pg_as_frame(as)->cursor.buffer;
    if (!capture(as, self, ".rept", ".endr", &body) || !ok || count == 0)
        return ok && count == 0;
    struct pg_as_buffer *b = pg_as_new_buffer(as, PG_AS_REPT, self->loc);
    if (!b)
        return false;
    b->path = around->path;
    b->file = around->file;
    b->text = body.text;
    b->size = body.size;
    b->first_line = body.first_line;
    return pg_as_push(as, b, (uint32_t)count);
}

/* .include "file" */
bool pg_as_d_include(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    const struct pg_as_token *t = pg_as_peek(as);
    uint8_t *path;
    size_t size;
    if (t->kind != PG_AS_STRING)
        return pg_as_expected(as, "the name of a file in quotes");
    as->at++;
    if (!pg_as_expect_end(as, "the file name") || !pg_as_unescape(as, t, &path, &size))
        return false;
    if (size == 0 || strlen((char *)path) != size)
        return pg_as_error(as, t->loc, "this is no name of a file");
    return pg_as_open(as, (char *)path, t->loc, true);
}

/* ------------------------------------------------------------------ macros */

struct pg_as_macro *pg_as_macro_find(struct pg_as *as, const struct pg_as_token *name) {
    for (struct pg_as_macro *m = as->macros; m; m = m->next)
        if (pg_as_token_is(name, m->name))
            return m;
    return NULL;
}

/* The text of the tokens from the next one up to a comma outside parentheses, or the end. */
static const char *slice(struct pg_as *as, size_t *size) {
    const struct pg_as_token *t = pg_as_peek(as);
    const char *start = t->text;
    *size = 0;
    for (int depth = 0; t->kind != PG_AS_END; t++, as->at++) {
        int punct = t->kind == PG_AS_PUNCT ? t->punct : 0;
        depth += (punct == '(') - (punct == ')');
        if (punct == ',' && depth <= 0)
            break;
        *size = (size_t)(t->text - start) + t->size;
    }
    return start;
}

/* The parameters of a .macro line: name [= default], with commas or spaces between them. */
static bool parse_params(struct pg_as *as, struct pg_as_macro *m) {
    size_t most = as->tokens.count;
    m->params = pg_as_alloc(as, most * sizeof *m->params);
    m->defaults = pg_as_alloc(as, most * sizeof *m->defaults);
    if (!m->params || !m->defaults)
        return false;
    while (pg_as_peek(as)->kind != PG_AS_END) {
        const struct pg_as_token *t = pg_as_peek(as);
        if (t->kind != PG_AS_NAME || memchr(t->text, '.', t->size))
            return pg_as_expected(as, "the name of a parameter");
        for (size_t k = 0; k < m->nparams; k++)
            if (pg_as_token_is(t, m->params[k]))
                return pg_as_error(as, t->loc, "two parameters are called `%s`", m->params[k]);
        size_t n = m->nparams++;
        m->params[n] = pg_as_copy(as, t->text, t->size);
        as->at++;
        if (pg_as_accept(as, '=')) {
            size_t size;
            const char *text = slice(as, &size);
            m->defaults[n] = pg_as_copy(as, text, size);
        }
        if (!m->params[n])
            return false;
        if (pg_as_accept(as, ',') && pg_as_peek(as)->kind == PG_AS_END)
            return pg_as_expected(as, "the name of a parameter");
    }
    return true;
}

/* .macro name [parameter [= default], ...] ... .endm */
bool pg_as_d_macro(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    const struct pg_as_buffer *around = pg_as_frame(as)->cursor.buffer;
    const struct pg_as_token *name = pg_as_peek(as);
    struct pg_as_macro *m = pg_as_alloc(as, sizeof *m), *before = NULL;
    bool ok = m != NULL;
    if (ok && name->kind != PG_AS_NAME) {
        ok = pg_as_expected(as, "the name of a macro");
    } else if (ok) {
        as->at++;
        m->name = pg_as_copy(as, name->text, name->size);
        m->defined = name->loc;
        before = pg_as_macro_find(as, name);
        ok = m->name && parse_params(as, m);
        if (ok && (pg_as_is_mnemonic(m->name) || pg_as_is_directive(name)))
            ok = pg_as_error(as, name->loc, "`%s` is %s already; call the macro something else",
                             m->name, name->text[0] == '.' ? "a directive" : "an instruction");
        if (ok && before) {
            ok = pg_as_error(as, name->loc, "macro `%s` is defined twice", m->name);
            pg_as_note(as, before->defined, "the first definition of macro `%s`", m->name);
        }
    }
    struct body body;
    if (!capture(as, self, ".macro", ".endm", &body) || !m)
        return false;
    if (!m->name || before || pg_as_is_mnemonic(m->name))
        return ok;
    /* A macro with mistakes in its first line exists, so that its calls are not unknown. */
    m->wrong = !ok;
    m->path = around->path;
    m->file = around->file;
    m->body = body.text;
    m->size = body.size;
    m->first_line = body.first_line;
    m->next = as->macros;
    as->macros = m;
    return ok;
}

/* A growing text. */
struct text {
    char *bytes;
    size_t size, capacity;
};

static bool append(struct pg_as *as, struct text *t, const char *bytes, size_t size) {
    if (size > as->options.max_source || t->size + size > as->options.max_source)
        return pg_as_spend(as, (struct pg_as_loc){0}, t->size + size); /* which says no */
    if (!pg_as_grow(as, &t->bytes, &t->capacity, t->size + size + 1, 1))
        return false;
    memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    return true;
}

static bool is_param_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The body with \parameter, \@ and \() replaced, outside comments and quotes. What is no
 * parameter stays, for the lexer to report. */
static bool substitute(struct pg_as *as, const struct pg_as_macro *m, const char *const *args,
                       const size_t *sizes, struct text *out) {
    char number[16];
    snprintf(number, sizeof number, "%u", (unsigned)as->nexpansions++);
    for (size_t pos = 0; pos < m->size;) {
        size_t start = pos, end = pg_as_skip_opaque(m->body, m->size, pos);
        const char *with = m->body + start;
        if (end > pos) {
            pos = end;
        } else if (m->body[pos] != '\\') {
            pos++;
        } else if (pos + 1 < m->size && m->body[pos + 1] == '@') {
            pos += 2;
            with = number;
        } else if (pos + 2 < m->size && m->body[pos + 1] == '(' && m->body[pos + 2] == ')') {
            pos += 3;
            with = "";
        } else {
            for (pos++; pos < m->size && is_param_char(m->body[pos]); pos++)
                ;
            size_t k = 0, n = pos - start - 1;
            while (k < m->nparams && !(strlen(m->params[k]) == n &&
                                       memcmp(m->params[k], m->body + start + 1, n) == 0))
                k++;
            if (k < m->nparams) {
                if (!append(as, out, args[k], sizes[k]))
                    return false;
                continue;
            }
        }
        if (!append(as, out, with, with == m->body + start ? pos - start : strlen(with)))
            return false;
    }
    return true;
}

/* name argument, ... : read the macro's body with the arguments in it. */
bool pg_as_macro_call(struct pg_as *as, struct pg_as_macro *m, const struct pg_as_token *name) {
    for (const struct pg_as_token *t = pg_as_peek(as); t->kind != PG_AS_END; t++)
        if (t->kind == PG_AS_WRONG)
            return false;
    if (m->wrong)
        return false;
    const char **args = pg_as_alloc(as, (m->nparams + 1) * sizeof *args);
    size_t *sizes = pg_as_alloc(as, (m->nparams + 1) * sizeof *sizes);
    if (!args || !sizes)
        return false;
    for (size_t k = 0; k < m->nparams; k++) {
        struct pg_as_loc loc = pg_as_peek(as)->loc;
        args[k] = slice(as, &sizes[k]);
        if (sizes[k] == 0 && m->defaults[k]) {
            args[k] = m->defaults[k];
            sizes[k] = strlen(args[k]);
        } else if (sizes[k] == 0) {
            pg_as_error(as, loc, "macro `%s` needs an argument for `%s`", m->name, m->params[k]);
            pg_as_note(as, m->defined, "the definition of macro `%s`", m->name);
            return false;
        }
        if (k + 1 < m->nparams)
            pg_as_accept(as, ',');
    }
    if (pg_as_peek(as)->kind != PG_AS_END) {
        pg_as_error(as, pg_as_peek(as)->loc, "macro `%s` takes %u argument%s", m->name,
                    (unsigned)m->nparams, m->nparams == 1 ? "" : "s");
        pg_as_note(as, m->defined, "the definition of macro `%s`", m->name);
        return false;
    }
    struct text text = {0};
    struct pg_as_buffer *b = pg_as_new_buffer(as, PG_AS_MACRO, name->loc);
    bool ok = b && substitute(as, m, args, sizes, &text);
    if (!ok) {
        free(text.bytes);
        return false;
    }
    b->owned = text.bytes;
    b->text = text.bytes ? text.bytes : "";
    b->size = text.size;
    b->macro = m->name;
    b->path = m->path;
    b->file = m->file;
    b->first_line = m->first_line;
    return pg_as_push(as, b, 0);
}
