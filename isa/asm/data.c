/* Directives for sections, symbols and data. */
#include "isa/asm/parts.h"

#include <string.h>

/* ------------------------------------------------------------------ sections */

bool pg_as_d_standard(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    as->section = &as->sections[parameter];
    if (!as->section->defined.buffer)
        as->section->defined = self->loc;
    return true;
}

/* .section name [, "flags" [, address]] */
bool pg_as_d_section(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    const struct pg_as_token *t = pg_as_peek(as);
    if (t->kind != PG_AS_NAME)
        return pg_as_expected(as, "the name of a section");
    char *name = pg_as_copy(as, t->text, t->size);
    if (!name)
        return false;
    as->at++;

    struct pg_as_section *s = pg_as_section_find(as, name);
    bool is_new = !s;
    bool nobits = false;
    unsigned flags = pg_as_default_flags(name, &nobits);
    int64_t addr = 0;
    bool fixed = false;
    if (pg_as_accept(as, ',')) {
        const struct pg_as_token *f = pg_as_peek(as);
        if (f->kind != PG_AS_STRING)
            return pg_as_expected(as, "flags such as \"ax\"");
        flags = PG_SEG_R;
        for (size_t k = 1; k + 1 < f->size; k++) {
            if (!strchr("awx", f->text[k]))
                return pg_as_error(as, f->loc, "the flags of a section are a, w and x");
            flags |= f->text[k] == 'w' ? PG_SEG_W : f->text[k] == 'x' ? PG_SEG_X : 0;
        }
        as->at++;
        if (pg_as_accept(as, ',')) {
            struct pg_as_loc loc = pg_as_peek(as)->loc;
            fixed = true;
            if (!pg_as_parse_known(as, "the address of a section", 0, UINT32_MAX, &addr))
                return false;
            if (addr % PG_WORD != 0)
                return pg_as_error(as, loc, "the address of a section must be a multiple of 4");
        }
        if (s && (s->flags != flags || (fixed && (!s->fixed || s->addr != addr)))) {
            pg_as_error(as, f->loc, "section %s has other flags or another address already", name);
            if (s->defined.buffer)
                pg_as_note(as, s->defined, "the first use of section %s", name);
            return false;
        }
    }
    if (!pg_as_expect_end(as, "the section's name, flags and address"))
        return false;
    if (is_new) {
        s = pg_as_section_new(as, name, flags, nobits);
        if (!s)
            return pg_as_error(as, t->loc, "more than %d sections", PG_AS_MAX_SECTIONS);
        s->fixed = fixed;
        s->addr = (uint32_t)addr;
    }
    if (!s->defined.buffer)
        s->defined = self->loc;
    as->section = s;
    return true;
}

/* ------------------------------------------------------------------ symbols */

/* .globl name, ... */
bool pg_as_d_globl(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    do {
        const struct pg_as_token *t = pg_as_peek(as);
        if (t->kind != PG_AS_NAME)
            return pg_as_expected(as, "the name of a symbol");
        if (!pg_as_check_name(as, t))
            return false;
        struct pg_as_symbol *s = pg_as_symbol(as, as->unit, t->text, t->size, true);
        if (!s)
            return false;
        s->global = true;
        as->at++;
    } while (pg_as_accept(as, ','));
    return pg_as_expect_end(as, "the names");
}

/* .set name, value */
bool pg_as_d_set(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    const struct pg_as_token *name = pg_as_peek(as);
    if (name->kind != PG_AS_NAME)
        return pg_as_expected(as, "the name of a symbol");
    as->at++;
    struct pg_as_expr *value = NULL;
    bool ok = pg_as_accept(as, ',') || pg_as_expected(as, "`,` and a value");
    if (ok) {
        value = pg_as_parse_expr(as);
        if (value && !pg_as_expect_end(as, "the value"))
            value = NULL;
    }
    return pg_as_set(as, name, value) && value;
}

/* ------------------------------------------------------------------ data */

/* .byte, .half, .word value, ... */
bool pg_as_d_data(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    static const char *const names[] = {"", ".byte", ".half", "", ".word"};
    struct pg_as_section *s = as->section;
    uint32_t at = s->addr + s->size;
    if (at % (unsigned)parameter != 0 && !s->misaligned_warned) {
        s->misaligned_warned = true; /* until the next .align */
        pg_as_warning(as, self->loc,
                      "%s at offset %u of %s, not a multiple of %d: a load from it would trap (put "
                      ".balign %d before it)",
                      names[parameter], (unsigned)s->size, s->name, parameter, parameter);
    }
    do {
        struct pg_as_expr *value = pg_as_parse_expr(as);
        struct pg_as_item *item = pg_as_item(as, PG_AS_DATA, self, (unsigned)parameter);
        if (!item || !value)
            return false;
        item->unit = (uint8_t)parameter;
        item->name = names[parameter];
        item->expr = value;
    } while (pg_as_accept(as, ','));
    return pg_as_expect_end(as, "the value");
}

/* .ascii, .asciz "text", ... ; parameter: 1 to end each with a zero byte */
bool pg_as_d_ascii(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    do {
        const struct pg_as_token *t = pg_as_peek(as);
        uint8_t *bytes;
        size_t size;
        if (t->kind != PG_AS_STRING)
            return pg_as_expected(as, "a string");
        if (!pg_as_unescape(as, t, &bytes, &size))
            return false;
        as->at++;
        size += (size_t)parameter; /* pg_as_unescape left zeros behind the text */
        struct pg_as_item *item = size ? pg_as_item(as, PG_AS_BYTES, self, size) : NULL;
        if (size && !item)
            return false;
        if (item)
            item->bytes = bytes;
    } while (pg_as_accept(as, ','));
    return pg_as_expect_end(as, "the string");
}

/* An optional `, fill` at the end of a statement. */
static bool parse_fill(struct pg_as *as, struct pg_as_expr **fill) {
    *fill = NULL;
    if (pg_as_accept(as, ',') && !(*fill = pg_as_parse_expr(as)))
        return false;
    return pg_as_expect_end(as, "the operands");
}

/* A gap of `size` bytes, which is a byte's worth of a value repeated. */
static bool gap(struct pg_as *as, const struct pg_as_token *self, uint64_t size,
                struct pg_as_expr *fill) {
    if (size == 0)
        return true;
    struct pg_as_item *item = pg_as_item(as, PG_AS_FILL, self, size);
    if (!item)
        return false;
    item->unit = 1;
    item->expr = fill;
    return true;
}

/* .space size [, fill] */
bool pg_as_d_space(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    int64_t size;
    struct pg_as_expr *fill;
    return pg_as_parse_known(as, "the size of a gap", 0, UINT32_MAX, &size) &&
           parse_fill(as, &fill) && gap(as, self, (uint64_t)size, fill);
}

/* .align exponent, .balign size; parameter: 1 for an exponent */
bool pg_as_d_align(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    int64_t n;
    struct pg_as_expr *fill;
    struct pg_as_loc loc = pg_as_peek(as)->loc;
    if (!(parameter ? pg_as_parse_known(as, "the exponent of .align", 0, 12, &n)
                    : pg_as_parse_known(as, "the alignment", 1, PG_AS_MAX_ALIGN, &n)))
        return false;
    if (!parameter && (n & (n - 1)) != 0)
        return pg_as_error(as, loc, "the alignment %d is not a power of two", (int)n);
    return parse_fill(as, &fill) && pg_as_align(as, self, parameter ? 1U << n : (uint32_t)n, fill);
}

/* .org offset [, fill]: from the section's start, or a label of the section plus something */
bool pg_as_d_org(struct pg_as *as, const struct pg_as_token *self, int parameter) {
    struct pg_as_loc loc = pg_as_peek(as)->loc;
    struct pg_as_expr *to = pg_as_parse_expr(as), *fill;
    if (!to || !parse_fill(as, &fill))
        return false;
    struct pg_as_complaint why = {.loc = loc};
    struct pg_as_value v = pg_as_eval(as, to, &why);
    if (v.kind == PG_AS_V_ERROR) {
        pg_as_complain(as, &why);
        return false;
    }
    if (v.kind == PG_AS_V_LATER || (v.kind == PG_AS_V_OFFSET && v.section != as->section))
        return pg_as_error(as, loc,
                           ".org takes an offset from the start of %s, or a label of it that is "
                           "defined above, plus a number",
                           as->section->name);
    if (v.number < as->section->size || v.number > UINT32_MAX)
        return pg_as_error(as, loc, ".org cannot go to offset %lld: %s is at %u already",
                           (long long)v.number, as->section->name, (unsigned)as->section->size);
    return gap(as, self, (uint64_t)v.number - as->section->size, fill);
}
