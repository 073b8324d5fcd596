/* emit_monitor.c - monitor space and its registers, as x86-64 code. */
#include "native/translator.h"

/* Where MS[m.a + imm] lies. */
static struct x64_place mon_locate(struct translator *t, const struct pg_insn *in, enum pg_use use,
                                   struct aside *a) {
    struct x64 *x = &t->x;
    x64_op(x, X64_MOV, RAX, mreg(in->a));
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
        x64_op(&t->x, X64_STORE, RAX, monitor ? mreg(in->d) : reg(in->d));
    a->back = t->x.at;
    if (!monitor)
        know(t, in->d, LOW_UNKNOWN);
}

void emit_mon_store(struct translator *t, const struct pg_insn *in, uint32_t monitor) {
    struct aside *a = block_aside(t);
    struct x64_place place = mon_locate(t, in, PG_WRITE, a);
    x64_op(&t->x, X64_MOV, RCX, monitor ? mreg(in->d) : reg(in->d));
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
    x64_op(&t->x, X64_MOV, RAX, to_general ? mreg(in->a) : reg(in->a));
    x64_op(&t->x, X64_STORE, RAX, to_general ? reg(in->d) : mreg(in->d));
    if (to_general)
        know(t, in->d, LOW_UNKNOWN);
}

void emit_mon_imm(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_MOV, RAX, mreg(in->a));
    x64_imm(&t->x, op, x64_in(RAX), in->imm);
    x64_op(&t->x, X64_STORE, RAX, mreg(in->d));
}

void emit_mon_alu(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_MOV, RAX, mreg(in->a));
    x64_op(&t->x, op, RAX, mreg(in->b));
    x64_op(&t->x, X64_STORE, RAX, mreg(in->d));
}

void emit_tick(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    struct aside *a = block_aside(t);
    x64_op(&t->x, X64_MOV, RAX, mreg(7));
    x64_imm(&t->x, X64_G_SUB, x64_in(RAX), in->imm);
    block_unless(t, a, X64_B);
    x64_op(&t->x, X64_STORE, RAX, mreg(7));
    a->back = t->x.at;
}
