/* Instructions and pseudo-instructions: from a mnemonic and its operands to items.
 *
 * The same operand parser serves what the user writes and the expansions in pseudo.def;
 * the only difference is the tokens $d, $a, $b, $i, $t, which stand for parsed operands.
 */
#include "isa/asm/parts.h"

#include <string.h>
#include <strings.h>

enum when { WHEN_always, WHEN_small, WHEN_upper };

static const struct pseudo {
    const char *mnemonic, *operands;
    enum when when;
    const char *expansion;
} pseudos[] = {
#define X(mnemonic, operands, when, expansion, meaning)                                            \
    {#mnemonic, operands, WHEN_##when, expansion},
#include "isa/asm/pseudo.def"
#undef X
};
enum { NPSEUDOS = sizeof pseudos / sizeof *pseudos };

/* Is this the name of an instruction or pseudo-instruction? */
bool pg_as_is_mnemonic(const char *name) {
    for (int k = 0; k < NPSEUDOS; k++)
        if (strcasecmp(name, pseudos[k].mnemonic) == 0)
            return true;
    return pg_op_by_name(name) != PG_NOPS;
}

/* The error for a mnemonic that nobody knows. */
static bool unknown(struct pg_as *as, const struct pg_as_token *self) {
    char *wanted = pg_as_copy(as, self->text, self->size);
    if (!wanted)
        return false;
    struct pg_nearest search = pg_nearest_begin(wanted);
    for (int op = 0; op < PG_NOPS; op++)
        pg_nearest_offer(&search, pg_rows[op].mnemonic);
    for (int k = 0; k < NPSEUDOS; k++)
        pg_nearest_offer(&search, pseudos[k].mnemonic);
    for (const struct pg_as_macro *m = as->macros; m; m = m->next)
        pg_nearest_offer(&search, m->name);
    return pg_as_error(as, self->loc, "there is no instruction or macro `%.60s`%s%s%s", wanted,
                       search.best ? "; did you mean `" : "", search.best ? search.best : "",
                       search.best ? "`?" : "");
}

/* ------------------------------------------------------------------ which row */

/* What a mnemonic with this row of operands means: a row of insn.def or of pseudo.def. */
struct choice {
    enum pg_op op; /* PG_NOPS: it is pseudo */
    const struct pseudo *pseudo;
    const char *mnemonic, *operands;
    int fit; /* 0 none, 1 name only, 2 number of operands, 3 shape */
};

static void consider(const struct pg_as *as, struct choice *best, enum pg_op op,
                     const struct pseudo *pseudo) {
    const char *operands = pseudo ? pseudo->operands : pg_layouts[pg_rows[op].format].operands;
    int fit = pg_as_shape_fits(as, operands, false)  ? 3
              : pg_as_shape_fits(as, operands, true) ? 2
                                                     : 1;
    if (fit > best->fit)
        *best = (struct choice){op, pseudo, pseudo ? pseudo->mnemonic : pg_rows[op].mnemonic,
                                operands, fit};
}

static struct choice choose(const struct pg_as *as, const char *name) {
    struct choice best = {.op = PG_NOPS};
    enum pg_op op = pg_op_by_name(name);
    if (op != PG_NOPS)
        consider(as, &best, op, NULL);
    for (int k = 0; k < NPSEUDOS; k++)
        if (strcasecmp(name, pseudos[k].mnemonic) == 0)
            consider(as, &best, PG_NOPS, &pseudos[k]);
    return best;
}

/* ------------------------------------------------------------------ items */

static bool emit(struct pg_as *as, const struct pg_as_token *self, const char *name, enum pg_op op,
                 const struct pg_as_operands *operands) {
    struct pg_as_item *item = pg_as_item(as, PG_AS_INSN, self, PG_WORD);
    if (!item)
        return false;
    item->name = name;
    item->op = (uint8_t)op;
    item->d = operands->d;
    item->a = operands->a;
    item->b = operands->b;
    item->expr = operands->value;
    return true;
}

static bool holds(struct pg_as *as, enum when when, const struct pg_as_expr *value) {
    if (when == WHEN_always)
        return true;
    struct pg_as_value v = pg_as_eval(as, value, NULL);
    if (v.kind != PG_AS_V_NUMBER)
        return false;
    int32_t word = (int32_t)(uint32_t)v.number;
    return when == WHEN_small ? word >= INT16_MIN && word <= INT16_MAX : (word & 0xfff) == 0;
}

/* Assemble the expansion of a row with these operands. The expansions are ours, so that
 * whatever is wrong with them is a matter of memory, or of values in pass 2. */
static bool expand(struct pg_as *as, const struct pg_as_token *self, const struct pseudo *row,
                   const struct pg_as_operands *operands) {
    struct pg_as_buffer text = {.text = row->expansion, .size = strlen(row->expansion)};
    struct pg_as_cursor cursor = {.buffer = &text, .bound = true, .fixed = &self->loc};
    struct pg_as_tokens outer = as->tokens;
    size_t outer_at = as->at;
    as->tokens = (struct pg_as_tokens){0};
    as->bound = operands;
    bool ok = true;
    while (ok && pg_as_lex(as, &cursor, &as->tokens)) {
        char name[16] = "";
        memcpy(name, as->tokens.items[0].text, as->tokens.items[0].size);
        as->at = 1;
        enum pg_op op = pg_op_by_name(name);
        struct pg_as_operands inner;
        ok = pg_as_parse_operands(as, name, pg_layouts[pg_rows[op].format].operands, &inner) &&
             emit(as, self, row->mnemonic, op, &inner);
    }
    pg_as_free_tokens(&as->tokens);
    as->tokens = outer;
    as->at = outer_at;
    as->bound = NULL;
    return ok;
}

/* A statement that begins with a mnemonic; the tokens behind it are its operands. Returns
 * false if something is wrong, which has been reported. */
bool pg_as_instruction(struct pg_as *as, const struct pg_as_token *self) {
    char name[32] = "";
    if (self->size < sizeof name)
        memcpy(name, self->text, self->size);
    struct choice c = choose(as, name);
    if (c.fit == 0) {
        unknown(as, self);
        pg_as_item(as, PG_AS_NOPS, self, PG_WORD); /* keep its place */
        return false;
    }
    bool wrong = false;
    for (const struct pg_as_token *t = pg_as_peek(as); t->kind != PG_AS_END; t++)
        wrong |= t->kind == PG_AS_WRONG;
    struct pg_as_operands operands;
    if (wrong || !pg_as_parse_operands(as, c.mnemonic, c.operands, &operands)) {
        pg_as_item(as, PG_AS_NOPS, self, PG_WORD);
        return false;
    }
    if (!c.pseudo)
        return emit(as, self, c.mnemonic, c.op, &operands);
    const struct pseudo *row = c.pseudo; /* rows of one name and shape stand together */
    while (!holds(as, row->when, operands.value))
        row++;
    return expand(as, self, row, &operands);
}
