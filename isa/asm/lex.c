/* From text to tokens, one statement at a time. */
#include "isa/asm/parts.h"

#include <stdlib.h>
#include <string.h>

static bool is_name_start(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

static bool is_digit(int c) {
    return c >= '0' && c <= '9';
}

static bool is_name(int c) {
    return is_name_start(c) || is_digit(c);
}

/* The value of a digit in any base up to 36, or 99. */
static int digit(int c) {
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return 99;
}

/* The byte at a position, or 0 behind the end (a 0 within the text is no character of the
 * language, so nothing is lost). */
static int byte_at(const char *text, size_t size, size_t pos) {
    return pos < size ? (unsigned char)text[pos] : 0;
}

/* Find the end of the string or character literal at pos. Returns the position behind it; if
 * it is not closed, that is the end of its line, and *closed is false. */
static size_t skip_quoted(const char *text, size_t size, size_t pos, bool *closed) {
    char quote = text[pos++];
    *closed = false;
    while (pos < size && text[pos] != '\n' && !*closed) {
        *closed = text[pos] == quote;
        if (text[pos] == '\\' && pos + 1 < size && text[pos + 1] != '\n')
            pos++;
        pos++;
    }
    return pos;
}

/* If a comment, string or character literal starts at pos, the position behind it; else pos.
 * What stands in one is not looked into: neither separators nor macro parameters are seen. */
size_t pg_as_skip_opaque(const char *text, size_t size, size_t pos) {
    int c = byte_at(text, size, pos), next = byte_at(text, size, pos + 1);
    bool closed;
    if (c == '"' || c == '\'')
        return skip_quoted(text, size, pos, &closed);
    if (c == '#' || (c == '/' && next == '/')) {
        while (pos < size && text[pos] != '\n')
            pos++;
    } else if (c == '/' && next == '*') {
        for (pos += 2; pos < size; pos++)
            if (text[pos] == '*' && byte_at(text, size, pos + 1) == '/')
                return pos + 2;
    }
    return pos;
}

/* ------------------------------------------------------------------ tokens */

struct lexer {
    struct pg_as *as;
    struct pg_as_cursor *c;
};

static int peek(const struct lexer *l, size_t ahead) {
    return byte_at(l->c->buffer->text, l->c->buffer->size, l->c->pos + ahead);
}

static struct pg_as_loc place(const struct lexer *l, size_t pos) {
    return l->c->fixed ? *l->c->fixed : (struct pg_as_loc){l->c->buffer, pos, l->c->line};
}

/* Report a lexical mistake at pos, unless the text is being skipped. */
#define WRONG(l, pos, ...)                                                                         \
    ((l)->c->silent ? (void)0 : (void)pg_as_error((l)->as, place(l, pos), __VA_ARGS__))

/* How much of a token a message shows. */
static int shown(size_t size) {
    return size < 60 ? (int)size : 60;
}

static void number(struct lexer *l, struct pg_as_token *t) {
    const char *text = l->c->buffer->text;
    size_t start = l->c->pos, end = start;
    while (is_name(byte_at(text, l->c->buffer->size, end)))
        end++;
    l->c->pos = end;
    t->kind = PG_AS_NUMBER;
    t->size = end - start;

    /* 1b and 1f name local labels; 0b1 is a number, and 0x1f never gets here with its x. */
    size_t k = start;
    while (k < end && is_digit(text[k]))
        k++;
    if (k + 1 == end && (text[k] == 'b' || text[k] == 'f')) {
        t->kind = PG_AS_LOCAL;
        t->punct = (unsigned char)text[k];
        end--;
    }
    int base = 10;
    size_t first = start;
    if (t->kind == PG_AS_NUMBER && text[start] == '0' && end - start > 1) {
        int letter = text[start + 1] | 0x20;
        base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
        first = start + (base == 8 ? 1 : 2);
    }
    uint64_t value = 0;
    bool bad = first == end;
    for (k = first; k < end && !bad; k++) {
        int d = digit((unsigned char)text[k]);
        if (d >= base) {
            bad = true;
            break;
        }
        value = value * (unsigned)base + (unsigned)d;
        if (value > UINT32_MAX) {
            WRONG(l, start, "the number %.*s does not fit in 32 bits", shown(t->size),
                  text + start);
            t->kind = PG_AS_WRONG;
            return;
        }
    }
    if (bad) {
        const char *kinds = base == 16  ? "a hexadecimal number"
                            : base == 8 ? "an octal number (it starts with 0)"
                            : base == 2 ? "a binary number"
                                        : "a number";
        WRONG(l, start, "`%.*s` is not %s", shown(t->size), text + start, kinds);
        t->kind = PG_AS_WRONG;
    }
    t->value = (int64_t)value;
}

/* One character of a string or character literal, from text[*pos]. Returns its value, or -1
 * for an escape that there is not. */
static int literal_char(const char *text, size_t size, size_t *pos) {
    int c = byte_at(text, size, (*pos)++);
    if (c != '\\')
        return c;
    c = byte_at(text, size, (*pos)++);
    static const char letters[] = "ntr\\\"'abfve", values[] = "\n\t\r\\\"'\a\b\f\v\033";
    const char *found = c ? strchr(letters, c) : NULL;
    if (found)
        return (unsigned char)values[found - letters];
    if (c == 'x') {
        int value = 0, n = 0;
        for (; n < 2 && digit(byte_at(text, size, *pos)) < 16; n++)
            value = 16 * value + digit(byte_at(text, size, (*pos)++));
        return n ? value : -1;
    }
    if (digit(c) < 8) {
        int value = digit(c);
        for (int n = 1; n < 3 && digit(byte_at(text, size, *pos)) < 8; n++)
            value = 8 * value + digit(byte_at(text, size, (*pos)++));
        return value < 256 ? value : -1;
    }
    return -1;
}

/* A string or character literal; its escapes are checked here, so that nobody else need. */
static void quoted(struct lexer *l, struct pg_as_token *t) {
    const char *text = l->c->buffer->text;
    size_t start = l->c->pos;
    bool closed;
    size_t end = skip_quoted(text, l->c->buffer->size, start, &closed);
    int quote = (unsigned char)text[start];
    l->c->pos = end;
    t->kind = PG_AS_WRONG;
    t->size = end - start;
    if (!closed) {
        WRONG(l, start, "this %s has no closing %c", quote == '"' ? "string" : "character", quote);
        return;
    }
    size_t n = 0;
    for (size_t pos = start + 1; pos < end - 1; n++) {
        size_t here = pos;
        int c = literal_char(text, end - 1, &pos);
        if (c < 0) {
            WRONG(l, here, "`\\%c` is no escape: use \\n \\t \\r \\\\ \\\" \\' \\xHH \\ooo",
                  here + 1 < end - 1 ? text[here + 1] : ' ');
            return;
        }
        t->value = c;
    }
    if (quote == '"')
        t->kind = PG_AS_STRING;
    else if (n == 1)
        t->kind = PG_AS_NUMBER;
    else
        WRONG(l, start, "a character literal holds one character");
}

bool pg_as_unescape(struct pg_as *as, const struct pg_as_token *t, uint8_t **bytes, size_t *size) {
    *bytes = pg_as_alloc(as, t->size);
    *size = 0;
    if (!*bytes)
        return false;
    for (size_t pos = 1; pos < t->size - 1;)
        (*bytes)[(*size)++] = (uint8_t)literal_char(t->text, t->size - 1, &pos);
    return true;
}

static int operator_of(int c, int next) {
    static const struct {
        char first, second;
        int op;
    } pairs[] = {{'<', '<', PG_AS_SHL}, {'>', '>', PG_AS_SHR}, {'<', '=', PG_AS_LE},
                 {'>', '=', PG_AS_GE},  {'=', '=', PG_AS_EQ},  {'!', '=', PG_AS_NE},
                 {'&', '&', PG_AS_AND}, {'|', '|', PG_AS_OR}};
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
        if (c == pairs[k].first && next == pairs[k].second)
            return pairs[k].op;
    return c;
}

/* The token at the cursor, which stands on neither space, comment nor separator. */
static void lex_token(struct lexer *l, struct pg_as_token *t) {
    int c = peek(l, 0);
    size_t start = l->c->pos;
    if (is_digit(c)) {
        number(l, t);
    } else if (is_name_start(c)) {
        while (is_name(peek(l, 0)))
            l->c->pos++;
        t->kind = PG_AS_NAME;
    } else if (c == '"' || c == '\'') {
        quoted(l, t);
    } else if (c == '$' && l->c->bound) {
        t->kind = PG_AS_BOUND;
        t->punct = peek(l, 1);
        l->c->pos += 2;
    } else if (c && strchr("+-*/%&|^~!<>=()?:,@", c)) {
        t->kind = PG_AS_PUNCT;
        t->punct = operator_of(c, peek(l, 1));
        l->c->pos += t->punct > 255 ? 2 : 1;
    } else {
        l->c->pos++;
        t->kind = PG_AS_WRONG;
        const struct pg_as_buffer *b = l->c->buffer;
        if (c == '\\' && b->kind == PG_AS_MACRO && is_name_start(peek(l, 0))) {
            while (is_name(peek(l, 0)))
                l->c->pos++;
            WRONG(l, start, "`%.*s` is no parameter of macro `%s`", shown(l->c->pos - start),
                  b->text + start, b->macro);
        } else if (c == '\\') {
            WRONG(l, start, "`\\` has a meaning only in a macro, before the name of a parameter");
        } else if (c > ' ' && c < 127) {
            WRONG(l, start, "`%c` has no meaning here", c);
        } else {
            WRONG(l, start, "the byte 0x%02x has no meaning here", c);
        }
    }
    t->size = l->c->pos - start;
}

/* Skip spaces and comments. Returns the separator or character that follows, 0 at the end. */
static int skip_space(struct lexer *l) {
    for (;;) {
        int c = peek(l, 0);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
            l->c->pos++;
        } else if (c == '#' || (c == '/' && (peek(l, 1) == '/' || peek(l, 1) == '*'))) {
            size_t start = l->c->pos, size = l->c->buffer->size;
            const char *text = l->c->buffer->text;
            size_t end = pg_as_skip_opaque(text, size, start);
            if (c == '/' && peek(l, 1) == '*' &&
                (end < start + 4 || text[end - 1] != '/' || text[end - 2] != '*'))
                WRONG(l, start, "this comment has no closing */");
            for (; l->c->pos < end; l->c->pos++)
                l->c->line += text[l->c->pos] == '\n';
        } else {
            return c;
        }
    }
}

/* Read one statement into *out, which ends with PG_AS_END, and pass the separator behind it.
 * Returns false, without tokens, at the end of the buffer. */
bool pg_as_lex(struct pg_as *as, struct pg_as_cursor *c, struct pg_as_tokens *out) {
    struct lexer l = {as, c};
    bool any = c->pos < c->buffer->size, silent = c->silent;
    out->count = 0;
    for (;;) {
        int next = skip_space(&l);
        if (!pg_as_grow(as, &out->items, &out->capacity, out->count + 1, sizeof *out->items))
            return false;
        struct pg_as_token *t = &out->items[out->count++];
        *t = (struct pg_as_token){.loc = place(&l, c->pos), .text = c->buffer->text + c->pos};
        if (next == '\n' || next == ';' || c->pos >= c->buffer->size) {
            t->kind = PG_AS_END;
            if (c->pos < c->buffer->size) {
                c->pos++;
                c->line += next == '\n';
            }
            c->silent = silent;
            return any;
        }
        lex_token(&l, t);
        if (t->kind == PG_AS_WRONG) /* one such error in a statement is enough */
            c->silent = true;
    }
}

void pg_as_free_tokens(struct pg_as_tokens *tokens) {
    free(tokens->items);
    *tokens = (struct pg_as_tokens){0};
}

/* ------------------------------------------------------------------ using tokens */

bool pg_as_token_is(const struct pg_as_token *t, const char *name) {
    return strlen(name) == t->size && memcmp(t->text, name, t->size) == 0;
}

const char *pg_as_describe(const struct pg_as_token *t, char *buffer, size_t size) {
    if (t->kind == PG_AS_END)
        snprintf(buffer, size, "the end of the statement");
    else
        snprintf(buffer, size, "`%.*s`", shown(t->size), t->text);
    return buffer;
}

bool pg_as_accept(struct pg_as *as, int punct) {
    const struct pg_as_token *t = pg_as_peek(as);
    if (t->kind != PG_AS_PUNCT || t->punct != punct)
        return false;
    as->at++;
    return true;
}

bool pg_as_expected(struct pg_as *as, const char *what) {
    const struct pg_as_token *t = pg_as_peek(as);
    char found[80];
    if (t->kind != PG_AS_WRONG)
        pg_as_error(as, t->loc, "expected %s, found %s", what,
                    pg_as_describe(t, found, sizeof found));
    return false;
}

bool pg_as_expect_end(struct pg_as *as, const char *after) {
    const struct pg_as_token *t = pg_as_peek(as);
    char found[80];
    if (t->kind != PG_AS_END && t->kind != PG_AS_WRONG)
        pg_as_error(as, t->loc, "unexpected %s after %s", pg_as_describe(t, found, sizeof found),
                    after);
    return t->kind == PG_AS_END;
}
