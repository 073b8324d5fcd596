/* emit_alu.c - arithmetic, as x86-64 code. */
#include "native/translator.h"

void emit_alu(struct translator *t, const struct pg_insn *in, uint32_t op) {
    struct x64 *x = &t->x;
    if (in->d == 0)
        return;
    unsigned a = in->a, b = in->b;
    if (b == in->d && a != in->d && op != X64_SUB) {
        a = in->b;
        b = in->a;
    }
    enum x64_reg d = host_or(t, in->d, RAX);
    unsigned low = op == X64_ADD && t->low[a] < 4 && t->low[b] < 4 ? (t->low[a] + t->low[b]) & 3U
                                                                   : LOW_UNKNOWN;
    if (op == X64_ADD && d != RAX && a != in->d && a && b && own(t, a) != X64_NONE &&
        own(t, b) != X64_NONE) {
        x64_op(x, X64_LEA, d, x64_sum((enum x64_reg)own(t, a), (enum x64_reg)own(t, b), 0, 0));
    } else {
        if (in->b == in->d && a != in->d)
            d = RAX; /* d - that is, b - is needed until the end */
        get(t, d, a);
        x64_op(x, op, d, reg(t, b));
        put(t, in->d, d);
    }
    know(t, in->d, low);
}

void emit_alu_imm(struct translator *t, const struct pg_insn *in, uint32_t op) {
    struct x64 *x = &t->x;
    unsigned low = LOW_UNKNOWN;
    if (in->d == 0)
        return;
    if (op == X64_G_ADD && t->low[in->a] < 4)
        low = (t->low[in->a] + (uint32_t)in->imm) & 3;
    if (op == X64_G_AND && !(in->imm & 3))
        low = 0;
    enum x64_reg d = host_or(t, in->d, RAX);
    if (in->a == 0) {
        x64_set(x, reg(t, in->d), op == X64_G_AND ? 0 : (uint32_t)in->imm);
    } else if (op == X64_G_AND && in->imm == 0xff && d != RAX && own(t, in->a) != X64_NONE) {
        x64_op(x, X64_MOVZX8 | X64_BYTE, d, reg(t, in->a));
    } else if (in->a == in->d) {
        if (in->imm || op == X64_G_AND)
            x64_imm(x, op, reg(t, in->d), in->imm);
    } else if (op == X64_G_ADD && in->imm && own(t, in->a) != X64_NONE) {
        x64_op(x, X64_LEA, d, x64_at((enum x64_reg)own(t, in->a), in->imm));
        put(t, in->d, d);
    } else {
        get(t, d, in->a);
        if (in->imm || op == X64_G_AND)
            x64_imm(x, op, x64_in(d), in->imm);
        put(t, in->d, d);
    }
    know(t, in->d, low);
}

void emit_shift(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    enum x64_reg d = host_or(t, in->d, RAX);
    if (t->s->has_bmi2) {
        enum x64_reg from = take(t, in->a, RAX);
        x64_shift_by(&t->x, op, d, from, take(t, in->b, RCX));
        put(t, in->d, d);
        know(t, in->d, LOW_UNKNOWN);
        return;
    }
    if (in->b == in->d)
        d = RAX;
    get(t, RCX, in->b);
    get(t, d, in->a);
    x64_op(&t->x, X64_SHIFT_CL, (int)op, x64_in(d));
    put(t, in->d, d);
    know(t, in->d, LOW_UNKNOWN);
}

void emit_shift_imm(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    enum x64_reg d = host_or(t, in->d, RAX);
    get(t, d, in->a);
    if (in->imm)
        x64_shift(&t->x, op, x64_in(d), (unsigned)in->imm);
    put(t, in->d, d);
    know(t, in->d, op == X64_SHL && in->imm >= 2 ? 0 : LOW_UNKNOWN);
}

/* d = cc ? 1 : 0. */
static void set_if(struct translator *t, unsigned d, uint32_t cc) {
    x64_setcc(&t->x, (enum x64_cc)cc, RAX);
    enum x64_reg r = host_or(t, d, RAX);
    x64_op(&t->x, X64_MOVZX8, r, x64_in(RAX));
    put(t, d, r);
    know(t, d, LOW_UNKNOWN);
}

void emit_compare(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_CMP, take(t, in->a, RAX), reg(t, in->b));
    set_if(t, in->d, cc);
}

void emit_compare_imm(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    if (in->d == 0)
        return;
    x64_imm(&t->x, X64_G_CMP, reg(t, in->a), in->imm);
    set_if(t, in->d, cc);
}

void emit_constant(struct translator *t, const struct pg_insn *in, uint32_t relative) {
    uint32_t value = ((uint32_t)in->imm << 12) + (relative ? here(t) : 0);
    if (in->d == 0)
        return;
    x64_set(&t->x, reg(t, in->d), value);
    know(t, in->d, value & 3);
}

void emit_mul(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    if (in->d == 0)
        return;
    bool swap = in->b == in->d;
    enum x64_reg d = host_or(t, in->d, RAX);
    get(t, d, swap ? in->b : in->a);
    x64_op(&t->x, X64_IMUL, d, reg(t, swap ? in->a : in->b));
    put(t, in->d, d);
    know(t, in->d, LOW_UNKNOWN);
}

/* `naturals`: how many of the operands, from the right, are unsigned. */
void emit_mul_high(struct translator *t, const struct pg_insn *in, uint32_t naturals) {
    struct x64 *x = &t->x;
    if (in->d == 0)
        return;
    x64_op(x, naturals < 2 ? X64_MOVSX32 : X64_MOV, RAX, reg(t, in->a));
    x64_op(x, naturals < 1 ? X64_MOVSX32 : X64_MOV, RCX, reg(t, in->b));
    x64_op(x, X64_IMUL | X64_WIDE, RAX, x64_in(RCX));
    x64_shift(x, X64_SHR | X64_WIDE, x64_in(RAX), 32);
    put(t, in->d, RAX);
    know(t, in->d, LOW_UNKNOWN);
}

/* The cases in which x86 traps go another way: a divisor of 0, and -1, where the greatest negative
 * number overflows. kind: 1 unsigned, 2 remainder. */
void emit_divide(struct translator *t, const struct pg_insn *in, uint32_t kind) {
    struct x64 *x = &t->x;
    if (in->d == 0)
        return;
    get(t, RCX, in->b);
    get(t, RAX, in->a);
    x64_push(x, RDX);
    uint8_t *usual;
    if (kind & 1) {
        x64_op(x, X64_TEST, RCX, x64_in(RCX));
        usual = x64_jcc(x, X64_NE);
        if (kind & 2)
            x64_op(x, X64_MOV, RDX, x64_in(RAX));
        else
            x64_set(x, x64_in(RAX), 0xffffffff);
    } else {
        x64_op(x, X64_LEA, RDX, x64_at(RCX, 1));
        x64_imm(x, X64_G_CMP, x64_in(RDX), 1);
        usual = x64_jcc(x, X64_A);
        if (kind & 2) { /* 0: a; -1: 0 */
            x64_op(x, X64_GROUP3, 2, x64_in(RCX));
            x64_op(x, X64_AND, RCX, x64_in(RAX));
            x64_op(x, X64_MOV, RDX, x64_in(RCX));
        } else { /* 0: -1; -1: -a */
            x64_op(x, X64_GROUP3, 3, x64_in(RAX));
            x64_op(x, X64_TEST, RCX, x64_in(RCX));
            uint8_t *negative = x64_jcc(x, X64_NE);
            x64_set(x, x64_in(RAX), 0xffffffff);
            x64_link(negative, x->at);
        }
    }
    uint8_t *done = x64_jmp(x);
    x64_link(usual, x->at);
    if (kind & 1)
        x64_set(x, x64_in(RDX), 0);
    else
        x64_cdq(x);
    x64_op(x, X64_GROUP3, kind & 1 ? 6 : 7, x64_in(RCX));
    x64_link(done, x->at);
    if (kind & 2)
        x64_op(x, X64_MOV, RAX, x64_in(RDX));
    x64_pop(x, RDX);
    put(t, in->d, RAX);
    know(t, in->d, LOW_UNKNOWN);
}
