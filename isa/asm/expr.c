/* Expressions: tokens become trees (precedence climbing), trees become values.
 *
 * Values are exact numbers in -2^31 .. 2^32-1, so that both -1 and 0xffffffff can be
 * written and stay apart. + - * / % must stay in that range; ~ & | ^ << >> work on bits and
 * keep the low 32.
 */
#include "isa/asm/parts.h"

#include <stdarg.h>
#include <string.h>

/* ------------------------------------------------------------------ trees */

static struct pg_as_expr *new_node(struct pg_as *as, enum pg_as_expr_kind kind,
                                   struct pg_as_loc loc) {
    struct pg_as_expr *e = pg_as_alloc(as, sizeof *e);
    if (e) {
        e->kind = kind;
        e->loc = loc;
        e->nodes = 1;
    }
    return e;
}

struct pg_as_expr *pg_as_number(struct pg_as *as, int64_t value, struct pg_as_loc loc) {
    struct pg_as_expr *e = new_node(as, PG_AS_E_NUM, loc);
    if (e)
        e->value = value;
    return e;
}

/* An operator over up to three trees, at once replaced by its value if that is known: this
 * keeps `.set i, i + 1` in a loop from growing a tree. */
static struct pg_as_expr *operation(struct pg_as *as, enum pg_as_expr_kind kind, int op,
                                    struct pg_as_loc loc, struct pg_as_expr *a,
                                    struct pg_as_expr *b, struct pg_as_expr *c) {
    struct pg_as_expr *e = new_node(as, kind, loc);
    if (!e)
        return NULL;
    e->op = op;
    e->a = a;
    e->b = b;
    e->c = c;
    e->nodes += a->nodes + (b ? b->nodes : 0) + (c ? c->nodes : 0);
    if (e->nodes > PG_AS_MAX_TREE) {
        pg_as_error(as, loc, "this expression is too large");
        return NULL;
    }
    struct pg_as_value v = pg_as_eval(as, e, NULL);
    if (v.kind == PG_AS_V_NUMBER)
        *e = (struct pg_as_expr){.kind = PG_AS_E_NUM, .loc = loc, .nodes = 1, .value = v.number};
    return e;
}

/* ------------------------------------------------------------------ parsing */

/* Binary operators, C's precedence. A choice (?:) binds weaker than all of them. */
static const struct binary {
    int op, precedence;
} binaries[] = {{PG_AS_OR, 1}, {PG_AS_AND, 2}, {'|', 3},       {'^', 4}, {'&', 5},
                {PG_AS_EQ, 6}, {PG_AS_NE, 6},  {'<', 7},       {'>', 7}, {PG_AS_LE, 7},
                {PG_AS_GE, 7}, {PG_AS_SHL, 8}, {PG_AS_SHR, 8}, {'+', 9}, {'-', 9},
                {'*', 10},     {'/', 10},      {'%', 10}};
enum { WEAKEST = 0, SHIFTS = 8, STRONGEST = 11 };

static int precedence(const struct pg_as_token *t) {
    for (size_t k = 0; t->kind == PG_AS_PUNCT && k < sizeof binaries / sizeof *binaries; k++)
        if (binaries[k].op == t->punct)
            return binaries[k].precedence;
    return -1;
}

static struct pg_as_expr *parse(struct pg_as *as, int weakest, int depth);

static struct pg_as_expr *parse_name(struct pg_as *as, const struct pg_as_token *t) {
    if (pg_as_token_is(t, ".")) {
        struct pg_as_expr *e = new_node(as, PG_AS_E_HERE, t->loc);
        if (e) {
            e->section = as->section;
            e->value = as->here;
        }
        return e;
    }
    char name[8] = "";
    if (t->size < sizeof name)
        memcpy(name, t->text, t->size);
    if (pg_reg_by_name(name) >= 0 || pg_mreg_by_name(name) >= 0) {
        pg_as_error(as, t->loc, "expected a value, found the register `%s`", name);
        return NULL;
    }
    struct pg_as_symbol *s = pg_as_symbol(as, as->unit, t->text, t->size, false);
    if (!s || s->kind == PG_AS_S_NONE) {
        struct pg_as_symbol *given = pg_as_symbol(as, PG_AS_ALL, t->text, t->size, false);
        s = given ? given : pg_as_symbol(as, as->unit, t->text, t->size, true);
    }
    if (!s || s->wrong)
        return NULL;
    /* A .set symbol means its value as of this line, whatever it is set to later. */
    if (s->kind == PG_AS_S_VARIABLE)
        return s->expr;
    struct pg_as_expr *e = new_node(as, PG_AS_E_SYMBOL, t->loc);
    if (e)
        e->symbol = s;
    return e;
}

/* `%hi(x)`, `%lo(x)`, `%signed(x)`; the % has been passed. */
static struct pg_as_expr *parse_function(struct pg_as *as, struct pg_as_loc loc, int depth) {
    const struct pg_as_token *t = pg_as_peek(as);
    int op = t->kind != PG_AS_NAME         ? 0
             : pg_as_token_is(t, "hi")     ? 'h'
             : pg_as_token_is(t, "lo")     ? 'l'
             : pg_as_token_is(t, "signed") ? 's'
                                           : 0;
    if (!op) {
        pg_as_expected(as, "%hi, %lo or %signed");
        return NULL;
    }
    as->at++;
    if (!pg_as_accept(as, '(')) {
        pg_as_expected(as, "`(`");
        return NULL;
    }
    struct pg_as_expr *a = parse(as, WEAKEST, depth + 1);
    if (!a)
        return NULL;
    if (!pg_as_accept(as, ')')) {
        pg_as_expected(as, "`)`");
        return NULL;
    }
    return operation(as, PG_AS_E_UNARY, op, loc, a, NULL, NULL);
}

static struct pg_as_expr *parse_primary(struct pg_as *as, int depth) {
    const struct pg_as_token *t = pg_as_peek(as);
    struct pg_as_loc loc = t->loc;
    if (depth > PG_AS_MAX_DEPTH) {
        pg_as_error(as, loc, "this expression is nested too deeply");
        return NULL;
    }
    if (t->kind == PG_AS_BOUND && as->bound) {
        as->at++;
        return as->bound->value;
    }
    if (t->kind == PG_AS_NUMBER) {
        as->at++;
        return pg_as_number(as, t->value, loc);
    }
    if (t->kind == PG_AS_NAME) {
        as->at++;
        return parse_name(as, t);
    }
    if (t->kind == PG_AS_LOCAL) {
        as->at++;
        struct pg_as_symbol *s = pg_as_local(as, t);
        struct pg_as_expr *e = s ? new_node(as, PG_AS_E_SYMBOL, loc) : NULL;
        if (e)
            e->symbol = s;
        return e;
    }
    if (pg_as_accept(as, '(')) {
        struct pg_as_expr *e = parse(as, WEAKEST, depth + 1);
        if (e && !pg_as_accept(as, ')')) {
            pg_as_expected(as, "an operator or `)`");
            return NULL;
        }
        return e;
    }
    if (pg_as_accept(as, '%'))
        return parse_function(as, loc, depth);
    if (pg_as_accept(as, '+'))
        return parse_primary(as, depth + 1);
    if (t->kind == PG_AS_PUNCT && (t->punct == '-' || t->punct == '~' || t->punct == '!')) {
        int op = t->punct;
        as->at++;
        struct pg_as_expr *a = parse_primary(as, depth + 1);
        return a ? operation(as, PG_AS_E_UNARY, op, loc, a, NULL, NULL) : NULL;
    }
    pg_as_expected(as, "a value");
    return NULL;
}

/* Everything that binds at least as strongly as `weakest`. */
static struct pg_as_expr *parse(struct pg_as *as, int weakest, int depth) {
    struct pg_as_expr *a = parse_primary(as, depth);
    for (;;) {
        const struct pg_as_token *t = pg_as_peek(as);
        struct pg_as_loc loc = t->loc;
        int op = t->punct, p = precedence(t);
        if (!a)
            return NULL;
        if (p >= weakest && p > 0) {
            as->at++;
            struct pg_as_expr *b = parse(as, p + 1, depth + 1);
            a = b ? operation(as, PG_AS_E_BINARY, op, loc, a, b, NULL) : NULL;
        } else if (weakest == WEAKEST && pg_as_accept(as, '?')) {
            struct pg_as_expr *b = parse(as, WEAKEST, depth + 1);
            if (b && !pg_as_accept(as, ':')) {
                pg_as_expected(as, "`:`");
                return NULL;
            }
            struct pg_as_expr *c = b ? parse(as, WEAKEST, depth + 1) : NULL;
            a = c ? operation(as, PG_AS_E_CHOICE, '?', loc, a, b, c) : NULL;
        } else {
            return a;
        }
    }
}

struct pg_as_expr *pg_as_parse_expr(struct pg_as *as) {
    return parse(as, WEAKEST, 0);
}

/* The target of a jump. The disassembler writes `0x1000 <main+8>`; what stands in < > is
 * passed over, so that its text can be assembled again. Comparing needs parentheses here. */
struct pg_as_expr *pg_as_parse_target(struct pg_as *as) {
    struct pg_as_expr *e = parse(as, SHIFTS, 0);
    if (e && pg_as_accept(as, '<')) {
        while (pg_as_peek(as)->kind != PG_AS_END && pg_as_peek(as)->punct != '>')
            as->at++;
        if (!pg_as_accept(as, '>')) {
            pg_as_expected(as, "`>`");
            return NULL;
        }
    }
    return e;
}

/* ------------------------------------------------------------------ values */

static struct pg_as_value number(int64_t n) {
    return (struct pg_as_value){.kind = PG_AS_V_NUMBER, .number = n};
}

static const struct pg_as_value later = {.kind = PG_AS_V_LATER};

static struct pg_as_value complain(struct pg_as_complaint *why, struct pg_as_loc loc,
                                   const char *format, ...) __attribute__((format(printf, 3, 4)));

static struct pg_as_value complain(struct pg_as_complaint *why, struct pg_as_loc loc,
                                   const char *format, ...) {
    if (why) {
        va_list args;
        va_start(args, format);
        vsnprintf(why->text, sizeof why->text, format, args);
        va_end(args);
        why->loc = loc;
        why->undefined = NULL;
    }
    return (struct pg_as_value){.kind = PG_AS_V_ERROR};
}

static bool in_range(int64_t n) {
    return n >= INT32_MIN && n <= UINT32_MAX;
}

/* The result of an operator on bits: as it is if it fits, else its low 32 bits. */
static struct pg_as_value bits(int64_t n) {
    return number(in_range(n) ? n : (int64_t)(uint32_t)n);
}

static struct pg_as_value offset(const struct pg_as *as, const struct pg_as_section *s, int64_t n) {
    if (as->laid_out)
        return number((int64_t)s->addr + n); /* pg_as_place saw to it that this fits */
    return (struct pg_as_value){.kind = PG_AS_V_OFFSET, .number = n, .section = s};
}

static struct pg_as_value eval(struct pg_as *as, const struct pg_as_expr *e,
                               struct pg_as_complaint *why, int chain);

static struct pg_as_value eval_symbol(struct pg_as *as, const struct pg_as_expr *e,
                                      struct pg_as_complaint *why, int chain) {
    struct pg_as_symbol *s = e->symbol->other ? e->symbol->other : e->symbol;
    if (s->wrong)
        return complain(why, e->loc, "%s", "");
    if (s->kind == PG_AS_S_LABEL)
        return offset(as, s->section, s->offset);
    if (!as->laid_out)
        return later; /* not defined yet; or defined by .set below the line that uses it */
    if (s->kind == PG_AS_S_NONE) {
        complain(why, e->loc, "`%s` is not defined", s->name);
        if (why)
            why->undefined = s;
        return (struct pg_as_value){.kind = PG_AS_V_ERROR};
    }
    if (s->has_final)
        return s->final;
    if (s->busy || chain > PG_AS_MAX_CHAIN) {
        s->wrong = true;
        return complain(why, s->defined, "`%s` is defined by %s", s->name,
                        s->busy ? "itself" : "too long a chain of other names");
    }
    s->busy = true;
    s->final = eval(as, s->expr, why, chain + 1);
    s->busy = false;
    s->has_final = s->final.kind == PG_AS_V_NUMBER;
    if (!s->has_final)
        s->wrong = true; /* this once */
    return s->final;
}

static struct pg_as_value eval_unary(const struct pg_as_expr *e, struct pg_as_value a,
                                     struct pg_as_complaint *why) {
    if (a.kind != PG_AS_V_NUMBER)
        return later;
    uint32_t word = (uint32_t)a.number;
    switch (e->op) {
    case '-':
        if (!in_range(-a.number))
            return complain(why, e->loc, "-%lld does not fit in 32 bits", (long long)a.number);
        return number(-a.number);
    case '~': /* as in C: of an unsigned word an unsigned word, of an int an int */
        return number(a.number > INT32_MAX ? (int64_t)~word : ~a.number);
    case '!': return number(!a.number);
    case 'h': return number(word >> 12);
    case 'l': return number(word & 0xfff);
    default: return number((int32_t)word);
    }
}

static bool is_comparison(int op) {
    return op == PG_AS_EQ || op == PG_AS_NE || op == '<' || op == '>' || op == PG_AS_LE ||
           op == PG_AS_GE;
}

static struct pg_as_value eval_binary(const struct pg_as *as, const struct pg_as_expr *e,
                                      struct pg_as_value va, struct pg_as_value vb,
                                      struct pg_as_complaint *why) {
    /* Before addresses are known, a label moves by a number, and two labels of one section
     * have a distance and an order; everything else has to wait. */
    if (va.kind == PG_AS_V_OFFSET || vb.kind == PG_AS_V_OFFSET) {
        bool same = va.kind == vb.kind && va.section == vb.section;
        if (e->op == '+' && va.kind == PG_AS_V_NUMBER)
            return offset(as, vb.section, va.number + vb.number);
        if (e->op == '+' && vb.kind == PG_AS_V_NUMBER)
            return offset(as, va.section, va.number + vb.number);
        if (e->op == '-' && vb.kind == PG_AS_V_NUMBER)
            return offset(as, va.section, va.number - vb.number);
        if (!same || !(e->op == '-' || is_comparison(e->op)))
            return later;
    }
    int64_t a = va.number, b = vb.number, r;
    switch (e->op) {
    case PG_AS_OR: return number(a || b);
    case PG_AS_AND: return number(a && b);
    case PG_AS_EQ: return number(a == b);
    case PG_AS_NE: return number(a != b);
    case PG_AS_LE: return number(a <= b);
    case PG_AS_GE: return number(a >= b);
    case '<': return number(a < b);
    case '>': return number(a > b);
    case '|': return bits(a | b);
    case '^': return bits(a ^ b);
    case '&': return bits(a & b);
    case PG_AS_SHL:
    case PG_AS_SHR:
        if (b < 0 || b > 31)
            return complain(why, e->loc, "a shift by %lld; 0..31 is possible", (long long)b);
        return e->op == PG_AS_SHR ? bits(a >> b) : bits(a * ((int64_t)1 << b));
    case '/':
    case '%':
        if (b == 0)
            return complain(why, e->loc, "division by zero");
        r = e->op == '/' ? a / b : a % b;
        break;
    case '+': r = a + b; break;
    case '-': r = a - b; break;
    default: /* '*'; the product of two 33-bit numbers can leave 64 bits */
        if (__builtin_mul_overflow(a, b, &r))
            r = INT64_MAX;
    }
    if (!in_range(r))
        return complain(why, e->loc, "%lld %c %lld does not fit in 32 bits", (long long)a, e->op,
                        (long long)b);
    return number(r);
}

static struct pg_as_value eval(struct pg_as *as, const struct pg_as_expr *e,
                               struct pg_as_complaint *why, int chain) {
    switch (e->kind) {
    case PG_AS_E_NUM: return number(e->value);
    case PG_AS_E_HERE: return offset(as, e->section, e->value);
    case PG_AS_E_SYMBOL: return eval_symbol(as, e, why, chain);
    default: break;
    }
    struct pg_as_value a = eval(as, e->a, why, chain);
    if (a.kind == PG_AS_V_ERROR)
        return a;
    if (e->kind == PG_AS_E_UNARY)
        return eval_unary(e, a, why);
    /* As in C, the side that does not matter is not evaluated. */
    bool decides = e->kind == PG_AS_E_CHOICE || e->op == PG_AS_AND || e->op == PG_AS_OR;
    if (decides && a.kind != PG_AS_V_NUMBER)
        return later;
    if (e->kind == PG_AS_E_CHOICE)
        return eval(as, a.number ? e->b : e->c, why, chain);
    if (decides && (a.number != 0) == (e->op == PG_AS_OR))
        return number(a.number != 0);
    struct pg_as_value b = eval(as, e->b, why, chain);
    if (b.kind == PG_AS_V_ERROR)
        return b;
    if (a.kind == PG_AS_V_LATER || b.kind == PG_AS_V_LATER)
        return later;
    return eval_binary(as, e, a, b, why);
}

/* The value of an expression. In pass 1 it may come later; in pass 2 it is a number or an
 * error. `why` (may be NULL) then says what is wrong. */
struct pg_as_value pg_as_eval(struct pg_as *as, const struct pg_as_expr *e,
                              struct pg_as_complaint *why) {
    return eval(as, e, why, 0);
}

void pg_as_complain(struct pg_as *as, const struct pg_as_complaint *why) {
    if (why->text[0] == '\0')
        return;
    struct pg_as_symbol *missing = why->undefined;
    if (!missing) {
        pg_as_error(as, why->loc, "%s", why->text);
        return;
    }
    if (missing->reported) /* its first use was */
        return;
    missing->reported = true;
    if (missing->is_local_label) {
        pg_as_error(as, why->loc, "there is no label `%.*s:` after this line",
                    (int)strlen(missing->name) - 1, missing->name);
        return;
    }
    const char *nearest = pg_as_nearest_symbol(as, missing);
    if (nearest)
        pg_as_error(as, why->loc, "%s; did you mean `%s`?", why->text, nearest);
    else
        pg_as_error(as, why->loc, "%s", why->text);
}

/* Parse an expression that must be known in this line and lie between min and max. */
bool pg_as_parse_known(struct pg_as *as, const char *what, int64_t min, int64_t max,
                       int64_t *value) {
    struct pg_as_loc loc = pg_as_peek(as)->loc;
    struct pg_as_expr *e = pg_as_parse_expr(as);
    struct pg_as_complaint why = {.loc = loc};
    if (!e)
        return false;
    struct pg_as_value v = pg_as_eval(as, e, &why);
    if (v.kind == PG_AS_V_ERROR) {
        pg_as_complain(as, &why);
        return false;
    }
    if (v.kind != PG_AS_V_NUMBER)
        return pg_as_error(as, loc,
                           "%s must be known here: use numbers and names defined above, not "
                           "addresses",
                           what);
    if (v.number < min || v.number > max)
        return pg_as_error(as, loc, "%s %lld is out of range, %lld..%lld", what,
                           (long long)v.number, (long long)min, (long long)max);
    *value = v.number;
    return true;
}
