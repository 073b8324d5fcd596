/* Names: labels, .set symbols, local labels, and names shared between source files. */
#include "isa/asm/parts.h"

#include <string.h>

static uint32_t hash(uint32_t unit, const char *name, size_t size) {
    uint32_t h = 2166136261U ^ unit; /* FNV-1a */
    for (size_t k = 0; k < size; k++)
        h = (h ^ (unsigned char)name[k]) * 16777619U;
    return h % PG_AS_HASH;
}

static struct pg_as_symbol *new_symbol(struct pg_as *as, uint32_t unit, const char *name) {
    struct pg_as_symbol *s = name ? pg_as_alloc(as, sizeof *s) : NULL;
    if (!s)
        return NULL;
    s->name = name;
    s->unit = unit;
    *as->symbols_end = s;
    as->symbols_end = &s->next;
    return s;
}

/* The symbol of this name in this unit; if there is none, a new undefined one, or NULL if
 * not `create` (or memory is short). */
struct pg_as_symbol *pg_as_symbol(struct pg_as *as, uint32_t unit, const char *name, size_t size,
                                  bool create) {
    struct pg_as_symbol **slot = &as->hash[hash(unit, name, size)];
    for (struct pg_as_symbol *s = *slot; s; s = s->chain)
        if (s->unit == unit && strlen(s->name) == size && memcmp(s->name, name, size) == 0)
            return s;
    struct pg_as_symbol *s = create ? new_symbol(as, unit, pg_as_copy(as, name, size)) : NULL;
    if (s) {
        s->chain = *slot;
        *slot = s;
    }
    return s;
}

/* Can this token name a symbol? */
bool pg_as_check_name(struct pg_as *as, const struct pg_as_token *t) {
    char name[8];
    if (t->size >= sizeof name)
        return true;
    memcpy(name, t->text, t->size);
    name[t->size] = '\0';
    if (strcmp(name, ".") == 0)
        return pg_as_error(as, t->loc, "`.` is the current address; only .org can change it");
    if (pg_reg_by_name(name) >= 0 || pg_mreg_by_name(name) >= 0)
        return pg_as_error(as, t->loc, "`%s` is the name of a register and of nothing else", name);
    return true;
}

static bool redefined(struct pg_as *as, struct pg_as_symbol *s, struct pg_as_loc loc) {
    if (s->again.buffer == loc.buffer && s->again.pos == loc.pos)
        return false; /* the same line again, by .rept */
    s->again = loc;
    pg_as_error(as, loc, "`%s` is defined twice", s->name);
    pg_as_note(as, s->defined, "the first definition of `%s`", s->name);
    return false;
}

static void make_label(struct pg_as *as, struct pg_as_symbol *s, struct pg_as_loc loc) {
    s->kind = PG_AS_S_LABEL;
    s->section = as->section;
    s->offset = as->section->size;
    s->defined = loc;
}

bool pg_as_define_label(struct pg_as *as, const struct pg_as_token *t) {
    if (!pg_as_check_name(as, t))
        return false;
    struct pg_as_symbol *s = pg_as_symbol(as, as->unit, t->text, t->size, true);
    if (!s)
        return false;
    if (s->kind != PG_AS_S_NONE)
        return redefined(as, s, t->loc);
    make_label(as, s, t->loc);
    return true;
}

bool pg_as_set(struct pg_as *as, const struct pg_as_token *name, struct pg_as_expr *expr) {
    if (!pg_as_check_name(as, name))
        return false;
    struct pg_as_symbol *s = pg_as_symbol(as, as->unit, name->text, name->size, true);
    if (!s)
        return false;
    if (s->kind == PG_AS_S_LABEL)
        return redefined(as, s, name->loc);
    s->kind = PG_AS_S_VARIABLE;
    s->expr = expr;
    s->wrong = !expr; /* reported where it was parsed */
    s->defined = name->loc;
    return true;
}

/* ------------------------------------------------------------------ local labels */

static bool local_number(struct pg_as *as, const struct pg_as_token *t) {
    if (t->value < PG_AS_MAX_LOCALS)
        return true;
    return pg_as_error(as, t->loc, "local labels go from 0 to %d", PG_AS_MAX_LOCALS - 1);
}

/* `1:` is the label that `1f` has been waiting for, if it has; from now on `1b` is it. */
bool pg_as_define_local(struct pg_as *as, const struct pg_as_token *t) {
    if (!local_number(as, t))
        return false;
    struct pg_as_symbol *s = as->local_forward[t->value];
    if (!s)
        s = new_symbol(as, as->unit, pg_as_copy(as, t->text, t->size));
    if (!s)
        return false;
    s->is_local_label = true;
    make_label(as, s, t->loc);
    as->local_forward[t->value] = NULL;
    as->local_back[t->value] = s;
    return true;
}

/* The symbol that `1b` or `1f` means here, or NULL (reported). */
struct pg_as_symbol *pg_as_local(struct pg_as *as, const struct pg_as_token *t) {
    if (!local_number(as, t))
        return NULL;
    if (t->punct == 'b') {
        if (!as->local_back[t->value])
            pg_as_error(as, t->loc, "there is no label `%d:` before this line", (int)t->value);
        return as->local_back[t->value];
    }
    struct pg_as_symbol **s = &as->local_forward[t->value];
    if (!*s) {
        *s = new_symbol(as, as->unit, pg_as_copy(as, t->text, t->size));
        if (*s)
            (*s)->is_local_label = true;
    }
    return *s;
}

/* ------------------------------------------------------------------ several files */

void pg_as_begin_unit(struct pg_as *as) {
    memset(as->local_back, 0, sizeof as->local_back);
    memset(as->local_forward, 0, sizeof as->local_forward);
}

/* After pass 1: let names that a file uses but does not define mean those that another file
 * has made global; then those that the options give. */
void pg_as_link(struct pg_as *as) {
    /* Global names are entered under PG_AS_ALL. A definition there is the one all files see. */
    for (struct pg_as_symbol *s = as->symbols; s; s = s->next) {
        if (!s->global || s->unit == PG_AS_ALL || s->kind == PG_AS_S_NONE)
            continue;
        struct pg_as_symbol *all = pg_as_symbol(as, PG_AS_ALL, s->name, strlen(s->name), true);
        if (!all)
            return;
        if (all->other)
            redefined(as, all->other, s->defined);
        else
            all->other = s;
    }
    for (struct pg_as_symbol *s = as->symbols; s; s = s->next) {
        if (s->kind != PG_AS_S_NONE || s->unit == PG_AS_ALL || s->is_local_label)
            continue;
        struct pg_as_symbol *all = pg_as_symbol(as, PG_AS_ALL, s->name, strlen(s->name), false);
        const struct pg_symbol *given =
            as->options.symbols ? pg_image_symbol(as->options.symbols, s->name) : NULL;
        if (all && all->other) {
            s->other = all->other;
        } else if (all && all->kind != PG_AS_S_NONE) {
            s->other = all;
        } else if (given) {
            s->kind = PG_AS_S_VARIABLE;
            s->expr = pg_as_number(as, given->addr, (struct pg_as_loc){0});
        }
    }
}

const char *pg_as_nearest_symbol(const struct pg_as *as, const struct pg_as_symbol *wanted) {
    struct pg_nearest search = pg_nearest_begin(wanted->name);
    for (const struct pg_as_symbol *s = as->symbols; s; s = s->next)
        if (s->kind != PG_AS_S_NONE && !s->is_local_label &&
            (s->unit == wanted->unit || s->unit == PG_AS_ALL || s->global))
            pg_nearest_offer(&search, s->name);
    return search.best;
}
