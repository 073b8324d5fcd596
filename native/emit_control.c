/* emit_control.c - branches and jumps, as x86-64 code. */
#include "native/translator.h"

/* After the comparison. */
static void branch_if(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    struct side *side = &t->sides[t->nsides++];
    if (!leads_forward(in) && t->index + 1 < t->ninsns) { /* the next round of a loop comes here */
        *side =
            (struct side){x64_jcc(&t->x, x64_not((enum x64_cc)cc)), t->index, here(t) + PG_WORD};
        return;
    }
    *side = (struct side){x64_jcc(&t->x, (enum x64_cc)cc), t->index,
                          here(t) + PG_WORD * (uint32_t)in->imm};
    if (!leads_forward(in)) {
        block_go_to(t, here(t) + PG_WORD);
        t->ended = true;
    }
}

static void compare_zero(struct translator *t, unsigned g) {
    if (own(t, g) != X64_NONE)
        x64_op(&t->x, X64_TEST, own(t, g), reg(t, g));
    else
        x64_imm(&t->x, X64_G_CMP, reg(t, g), 0);
}

void emit_branch(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    x64_keep_together(&t->x, 9); /* as long as it is on registers */
    if (in->a == 0 && in->d)
        compare_zero(t, in->d);
    else
        x64_op(&t->x, X64_CMP, take(t, in->d, RAX), reg(t, in->a));
    branch_if(t, in, cc);
}

enum { RA = 1 }; /* calls leave the return address there; so the ABI */

void emit_jump(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    uint32_t pc = here(t) + PG_WORD * (uint32_t)in->imm;
    if (in->d)
        x64_set(&t->x, reg(t, in->d), here(t) + PG_WORD);
    if (in->d == RA)
        block_call(t, pc);
    else
        block_go_to(t, pc);
    t->ended = true;
}

void emit_jump_register(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    t->ended = true;
    if (in->d == 0 && in->a == RA && in->imm == 0) {
        block_return(t, RA);
        return;
    }
    memory_address(t, in);
    x64_imm(&t->x, X64_G_AND, x64_in(RAX), ~1);
    if (in->d)
        x64_set(&t->x, reg(t, in->d), here(t) + PG_WORD);
    if (in->d == RA)
        block_call_by_look_up(t);
    else
        block_look_up(t);
}

void emit_mon_branch(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    x64_op(&t->x, X64_MOV, RAX, mreg(t, in->d));
    x64_op(&t->x, X64_CMP, RAX, mreg(t, in->a));
    branch_if(t, in, cc);
}

/* Both come back if the helper did it, and control stayed here. */
void emit_svc(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    x64_set(&t->x, FIELD(trap_pc), here(t));
    x64_set(&t->x, FIELD(value), (uint32_t)in->imm);
    x64_set(&t->x, FIELD(word), in->word);
    x64_set(&t->x, FIELD(number), t->number << 8 | t->index);
    x64_link(x64_call(&t->x), t->s->glue.svc);
}

void emit_lpsw(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    memory_address(t, in);
    x64_set(&t->x, FIELD(number), t->number << 8 | t->index);
    x64_link(x64_call(&t->x), t->s->glue.lpsw);
}
