/* Operands, by the templates of format.def: nothing here knows any instruction. */
#include "isa/asm/parts.h"

#include <ctype.h>
#include <string.h>

/* How an operand is called when the user is told what an instruction takes. */
static const char *operand_name(char letter) {
    switch (letter) {
    case 'd': return "rd";
    case 'a': return "ra";
    case 'b': return "rb";
    case 'D': return "md";
    case 'A': return "ma";
    case 'B': return "mb";
    case 'i': return "imm";
    default: return "target";
    }
}

/* "`addi` takes rd, ra, imm". */
const char *pg_as_takes(const char *name, const char *operands, char *buffer, size_t size) {
    size_t n =
        (size_t)snprintf(buffer, size, "`%s` takes %s", name, *operands ? "" : "no operands");
    for (const char *c = operands; *c && n < size; c++) {
        if (isalpha((unsigned char)*c))
            n += (size_t)snprintf(buffer + n, size - n, "%s", operand_name(*c));
        else
            n += (size_t)snprintf(buffer + n, size - n, *c == ',' ? ", " : "%c", *c);
    }
    return buffer;
}

/* The number of the register that a token names, or -1. */
static int register_of(const struct pg_as_token *t, bool monitor) {
    char name[8];
    if (t->kind != PG_AS_NAME || t->size >= sizeof name)
        return -1;
    memcpy(name, t->text, t->size);
    name[t->size] = '\0';
    return monitor ? pg_mreg_by_name(name) : pg_reg_by_name(name);
}

/* Does the statement's row of operands have the shape of a template: as many, and (unless
 * count_only) a lone register exactly where the template has one? This is how rows of the
 * same name are told apart (`jalr t0`, `jalr ra, t0`, `jalr ra, 0(t0)`). */
bool pg_as_shape_fits(const struct pg_as *as, const char *operands, bool count_only) {
    const struct pg_as_token *t = pg_as_peek(as);
    if (*operands == '\0' || t->kind == PG_AS_END)
        return *operands == '\0' && t->kind == PG_AS_END;
    for (const char *c = operands;; c++) {
        bool wants_register = strchr("dabDAB", *c) && (c[1] == ',' || c[1] == '\0');
        bool is_register = (register_of(t, false) >= 0 || register_of(t, true) >= 0) &&
                           (t[1].kind == PG_AS_END || t[1].punct == ',');
        if (!count_only && wants_register != is_register)
            return false;
        for (int depth = 0; t->kind != PG_AS_END; t++) {
            depth += (t->kind == PG_AS_PUNCT && t->punct == '(') -
                     (t->kind == PG_AS_PUNCT && t->punct == ')');
            if (t->kind == PG_AS_PUNCT && t->punct == ',' && depth <= 0)
                break;
        }
        c += strcspn(c, ",");
        if (*c == '\0' || t->kind == PG_AS_END)
            return *c == '\0' && t->kind == PG_AS_END;
        t++;
    }
}

/* ------------------------------------------------------------------ parsing */

struct parser {
    struct pg_as *as;
    const char *name, *operands; /* for messages */
    struct pg_as_operands *out;
};

static bool fail(struct parser *p, const char *expected) {
    const struct pg_as_token *t = pg_as_peek(p->as);
    char found[80], takes[120];
    if (t->kind != PG_AS_WRONG)
        pg_as_error(p->as, t->loc, "expected %s, found %s: %s", expected,
                    pg_as_describe(t, found, sizeof found),
                    pg_as_takes(p->name, p->operands, takes, sizeof takes));
    return false;
}

static bool parse_register(struct parser *p, char letter) {
    const struct pg_as_token *t = pg_as_peek(p->as);
    bool monitor = strchr("DAB", letter) != NULL;
    int number;
    if (t->kind == PG_AS_BOUND && p->as->bound)
        number = t->punct == 'd'   ? p->as->bound->d
                 : t->punct == 'a' ? p->as->bound->a
                                   : p->as->bound->b;
    else
        number = register_of(t, monitor);
    if (number < 0) {
        char what[64];
        snprintf(what, sizeof what, "a %s for %s",
                 monitor ? "monitor register (m0..m7)" : "register", operand_name(letter));
        return fail(p, what);
    }
    p->as->at++;
    uint8_t *fields[] = {&p->out->d, &p->out->a, &p->out->b};
    *fields[tolower((unsigned char)letter) == 'd' ? 0 : tolower((unsigned char)letter) - 'a' + 1] =
        (uint8_t)number;
    return true;
}

static bool punct_is(const struct pg_as_token *t, int punct) {
    return t->kind == PG_AS_PUNCT && t->punct == punct;
}

/* An immediate in front of `(`: it may be missing, and stands for 0 then. */
static bool parse_offset(struct parser *p) {
    const struct pg_as_token *t = pg_as_peek(p->as);
    bool lone = punct_is(t, '(') &&
                (register_of(t + 1, false) >= 0 || register_of(t + 1, true) >= 0) &&
                punct_is(t + 2, ')');
    p->out->value = lone ? pg_as_number(p->as, 0, t->loc) : pg_as_parse_expr(p->as);
    return p->out->value != NULL;
}

/* Parse the operands of a statement by a template, up to the statement's end.
 *   name  the mnemonic, for messages
 *   out   receives registers and the immediate or target
 * Returns false if there is a mistake, which has been reported. */
bool pg_as_parse_operands(struct pg_as *as, const char *name, const char *operands,
                          struct pg_as_operands *out) {
    struct parser p = {as, name, operands, out};
    *out = (struct pg_as_operands){0};
    for (const char *c = operands; *c; c++) {
        const struct pg_as_token *t = pg_as_peek(as);
        bool ok = true;
        if (*c == 'i' || *c == 't') {
            if (t->kind == PG_AS_END || register_of(t, false) >= 0 || register_of(t, true) >= 0)
                return fail(&p, *c == 'i' ? "a value for imm" : "a target");
            if (*c == 't')
                ok = (out->value = pg_as_parse_target(as)) != NULL;
            else if (c[1] == '(')
                ok = parse_offset(&p);
            else
                ok = (out->value = pg_as_parse_expr(as)) != NULL;
        } else if (*c == ',') {
            if (!pg_as_accept(as, ','))
                return fail(&p, "`,`");
        } else if (*c == '(') {
            /* Without a base the immediate is an absolute address or port: base zero. There
             * is no monitor register that is always zero, so those must be named. */
            if (c[1] == 'a' && (t->kind == PG_AS_END || punct_is(t, ',')))
                c += 2;
            else if (!pg_as_accept(as, '('))
                return fail(&p, c[1] == 'a' ? "`(` and a register" : "`(` and a monitor register");
        } else if (*c == ')') {
            if (!pg_as_accept(as, ')'))
                return fail(&p, "`)`");
        } else {
            ok = parse_register(&p, *c);
        }
        if (!ok)
            return false;
    }
    return pg_as_peek(as)->kind == PG_AS_END || fail(&p, "the end of the statement");
}
