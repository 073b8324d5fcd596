/* emit_monitor.c - monitor space and its registers, as x86-64 code. */
#include "native/translator.h"

/* Where MS[m.a + imm] lies. */
static struct x64_place mon_locate(struct translator *t, const struct pg_insn *in, enum pg_use use,
                                   struct aside *a) {
    struct x64 *x = &t->x;
    x64_op(x, X64_MOV, RAX, mreg(t, in->a));
    if (in->imm)
        x64_imm(x, X64_G_ADD, x64_in(RAX), in->imm);
    x64_test_byte(x, RAX, PG_WORD - 1);
    block_unless(t, a, X64_NE);
    x64_op(x, X64_CMP | X64_WIDE, RAX, FIELD(now.mon_limit));
    block_unless(t, a, X64_AE);
    if (use == PG_WRITE) {
        x64_op(x, X64_MOV, RCX, x64_in(RAX));
        x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
        x64_op(x, X64_ADD | X64_WIDE, RCX, FIELD(now.mon_watch));
        x64_cmp_byte(x, x64_at(RCX, 0), 0);
        block_unless(t, a, X64_NE);
    }
    x64_op(x, X64_ADD | X64_WIDE, RAX, FIELD(now.mon_data));
    return x64_at(RAX, 0);
}

void emit_mon_load(struct translator *t, const struct pg_insn *in, uint32_t monitor) {
    struct aside *a = block_aside(t);
    struct x64_place place = mon_locate(t, in, PG_READ, a);
    x64_op(&t->x, X64_MOV, RAX, place);
    if (in->d)
        x64_op(&t->x, X64_STORE, RAX, monitor ? mreg(t, in->d) : reg(t, in->d));
    a->back = t->x.at;
    if (!monitor)
        know(t, in->d, LOW_UNKNOWN);
}

void emit_mon_store(struct translator *t, const struct pg_insn *in, uint32_t monitor) {
    struct aside *a = block_aside(t);
    struct x64_place place = mon_locate(t, in, PG_WRITE, a);
    x64_op(&t->x, X64_MOV, RCX, monitor ? mreg(t, in->d) : reg(t, in->d));
    x64_op(&t->x, X64_STORE, RCX, place);
    a->back = t->x.at;
}

void emit_mon_jump(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    struct aside *a = block_aside(t);
    struct x64_place place = mon_locate(t, in, PG_READ, a);
    x64_op(&t->x, X64_MOV, RAX, place);
    a->back = t->x.at; /* never used: the helper does not come back from a jump */
    block_look_up(t);
    t->ended = true;
}

void emit_mon_move(struct translator *t, const struct pg_insn *in, uint32_t to_general) {
    if (in->d == 0)
        return;
    if (to_general) {
        enum x64_reg to = host_or(t, in->d, RAX);
        x64_op(&t->x, X64_MOV, to, mreg(t, in->a));
        put(t, in->d, to);
        know(t, in->d, LOW_UNKNOWN);
    } else {
        x64_op(&t->x, X64_STORE, take(t, in->a, RAX), mreg(t, in->d));
    }
}

void emit_mon_imm(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    if (in->d == in->a) {
        x64_imm(&t->x, op, mreg(t, in->d), in->imm);
        return;
    }
    x64_op(&t->x, X64_MOV, RAX, mreg(t, in->a));
    x64_imm(&t->x, op, x64_in(RAX), in->imm);
    x64_op(&t->x, X64_STORE, RAX, mreg(t, in->d));
}

void emit_mon_alu(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_MOV, RAX, mreg(t, in->a));
    x64_op(&t->x, op, RAX, mreg(t, in->b));
    x64_op(&t->x, X64_STORE, RAX, mreg(t, in->d));
}

void emit_tick(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    struct aside *a = block_aside(t);
    x64_keep_together(&t->x, 13);
    x64_imm(&t->x, X64_G_CMP, mreg(t, 7), in->imm);
    block_unless(t, a, X64_B);
    x64_imm(&t->x, X64_G_SUB, mreg(t, 7), in->imm);
    a->back = t->x.at;
}
