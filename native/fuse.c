/* fuse.c - what takes RV32EM, and so PG32, several instructions and x86-64 one.
 *
 * A fusion looks at the instructions from t->index on. If they are its pattern, it writes their
 * code and gives how many they are. All registers have their values behind it; in between nothing
 * looks, since only the last may trap, and then those before it are done over first (struct site),
 * or all are done by another block.
 */
#include "native/translator.h"

static const struct pg_insn *next(const struct translator *t, uint32_t k) {
    return &t->insns[t->index + k];
}

static bool has(const struct translator *t, uint32_t n) {
    return t->index + n <= t->ninsns;
}

static bool in_host(const struct translator *t, unsigned g) {
    return own(t, g) != X64_NONE;
}

static enum x64_reg host(const struct translator *t, unsigned g) {
    return (enum x64_reg)own(t, g);
}

/* lui d; addi d, d: a constant. */
static uint32_t constant(struct translator *t) {
    if (!has(t, 2))
        return 0;
    const struct pg_insn *upper = next(t, 0), *lower = next(t, 1);
    if ((upper->op != PG_OP_lui && upper->op != PG_OP_auipc) || upper->d == 0 ||
        lower->op != PG_OP_addi || lower->d != upper->d || lower->a != upper->d)
        return 0;
    uint32_t value = ((uint32_t)upper->imm << 12) + (upper->op == PG_OP_auipc ? here(t) : 0) +
                     (uint32_t)lower->imm;
    x64_set(&t->x, reg(t, upper->d), value);
    know(t, upper->d, value & 3);
    return 2;
}

/* slli d, a, n; srli or srai d, d, n: the lower bits of a. */
static uint32_t extension(struct translator *t) {
    if (!has(t, 2))
        return 0;
    const struct pg_insn *left = next(t, 0), *right = next(t, 1);
    if (left->op != PG_OP_slli || (right->op != PG_OP_srli && right->op != PG_OP_srai) ||
        left->d == 0 || right->d != left->d || right->a != left->d || right->imm != left->imm ||
        (left->imm != 16 && left->imm != 24) || !in_host(t, left->d) || !in_host(t, left->a))
        return 0;
    bool sign = right->op == PG_OP_srai, byte = left->imm == 24;
    x64_op(&t->x,
           byte ? (sign ? X64_MOVSX8 : X64_MOVZX8) | X64_BYTE : (sign ? X64_MOVSX16 : X64_MOVZX16),
           host(t, left->d), x64_in(host(t, left->a)));
    know(t, left->d, LOW_UNKNOWN);
    return 2;
}

/* Two shifts of a, and their sum, which goes to where one of them went: a rotation. */
static uint32_t rotation(struct translator *t) {
    if (!has(t, 3) || !t->s->has_bmi2)
        return 0;
    const struct pg_insn *one = next(t, 0), *other = next(t, 1), *both = next(t, 2);
    const struct pg_insn *left = one->op == PG_OP_slli ? one : other,
                         *right = left == one ? other : one;
    if (left->op != PG_OP_slli || right->op != PG_OP_srli || left->a != right->a ||
        left->imm + right->imm != 32 || one->d == one->a || one->d == other->d || !one->d ||
        !other->d || (both->op != PG_OP_or && both->op != PG_OP_add && both->op != PG_OP_xor) ||
        !((both->a == one->d && both->b == other->d) ||
          (both->a == other->d && both->b == one->d)) ||
        (both->d != one->d && both->d != other->d) || !in_host(t, one->a) || !in_host(t, one->d) ||
        !in_host(t, other->d))
        return 0;
    for (int k = 0; k < 2; k++) { /* in this order: the other may go to a */
        const struct pg_insn *shift = k == 0 ? one : other;
        if (shift->d == both->d)
            x64_rotate(&t->x, host(t, shift->d), host(t, shift->a), (unsigned)left->imm);
        else
            native_forms[shift->op].emit(t, shift, native_forms[shift->op].argument);
    }
    know(t, both->d, LOW_UNKNOWN);
    return 3;
}

/* How an address is made in a register that the load then replaces:
 *     [slli d, index, scale;] add d, index, base      or      lui d
 * Gives the number of instructions, 0 if they do something else. */
static uint32_t sum(const struct translator *t, struct x64_place *place, unsigned *d) {
    const struct pg_insn *in = next(t, 0);
    unsigned index = in->a;
    uint32_t n = 1;
    *d = in->d;
    if (in->op == PG_OP_lui) {
        *place = x64_window(X64_NONE, (int32_t)((uint32_t)in->imm << 12));
        return in->d != 0;
    }
    if (in->op == PG_OP_slli && in->imm <= 3 && has(t, 2)) {
        in = next(t, 1);
        n = 2;
    }
    unsigned base = in->b;
    if (n == 2 && in->b == *d)
        base = in->a;
    if (in->op != PG_OP_add || *d == 0 || in->d != *d ||
        (n == 2 && (base == *d || (in->a != *d && in->b != *d))) || !in_host(t, index) ||
        !in_host(t, base))
        return 0;
    *place = x64_window(host(t, base), 0);
    place->index = (int8_t)host(t, index);
    place->scale = n == 2 ? (uint8_t)next(t, 0)->imm : 0;
    return n;
}

/* An address is made, and what is there loaded, all in one register. */
static uint32_t load_of_sum(struct translator *t) {
    struct x64_place place;
    unsigned d;
    uint32_t n = sum(t, &place, &d);
    if (n == 0 || !has(t, n + 1) || !t->u->windowed)
        return 0;
    const struct pg_insn *in = next(t, n);
    unsigned size = native_accesses[in->op].size;
    if (size == 0 || native_accesses[in->op].use != PG_READ || in->d != d || in->a != d ||
        !in_host(t, d) || (size > 1 && !t->s->host_aligns))
        return 0;
    place.disp = (int32_t)((uint32_t)place.disp + (uint32_t)in->imm);
    t->index += n;
    memory_load(t, in, place, n);
    t->index -= n;
    know(t, d, LOW_UNKNOWN);
    return n + 1;
}

/* slli d, index, scale; add d, d, base */
static uint32_t scaled_sum(struct translator *t) {
    struct x64_place place;
    unsigned d;
    if (sum(t, &place, &d) != 2 || !in_host(t, d))
        return 0;
    place.kind = X64_MEMORY;
    x64_op(&t->x, X64_LEA, host(t, d), place);
    know(t, d, LOW_UNKNOWN);
    return 2;
}

/* If the flags say so, leave the block before the first of the fused instructions, as if the one
 * before it were a branch to it. */
static void leave_if(struct translator *t, enum x64_cc cc) {
    t->sides[t->nsides++] = (struct side){x64_jcc(&t->x, cc), t->index - 1, here(t)};
}

/* mandi at, key, mask; madd at, at, table; mlwm found, [at]; mbne found, key, 2; mjmp [at + n]: an
 * indirect jump of binary translation, which has a table of its own. Where it finds something else
 * than the key, or an address does not do, a block that begins here does one after the other. */
static uint32_t monitor_look_up(struct translator *t) {
    enum { LENGTH = 5 };
    if (!t->u->supervisor || t->index == 0 || !has(t, LENGTH))
        return 0;
    const struct pg_insn *mask = next(t, 0), *sum = next(t, 1), *load = next(t, 2),
                         *check = next(t, 3), *jump = next(t, 4);
    unsigned key = mask->a, at = mask->d, table = sum->b, found = load->d;
    if (mask->op != PG_OP_mandi || sum->op != PG_OP_madd || load->op != PG_OP_mlwm ||
        check->op != PG_OP_mbne || jump->op != PG_OP_mjmp || sum->d != at || sum->a != at ||
        load->a != at || load->imm != 0 || check->d != found || check->a != key ||
        check->imm != 2 || jump->a != at || jump->imm < 0 || jump->imm % PG_WORD || key == 0 ||
        at == 0 || found == 0 || at == key || at == table || found == key || found == at)
        return 0;
    struct x64 *x = &t->x;
    const struct pg_insn *before = &t->insns[t->index - 1];
    struct x64_place from = mreg(t, key); /* or sooner: where it has just come from */
    if (before->op == PG_OP_mput && before->d == key)
        from = reg(t, before->a);
    x64_op(x, X64_MOV, RCX, from);
    x64_imm(x, X64_G_AND, x64_in(RCX), mask->imm);
    x64_op(x, X64_ADD, RCX, mreg(t, table));
    x64_op(x, X64_STORE, RCX, mreg(t, at));
    x64_test_byte(x, RCX, PG_WORD - 1);
    leave_if(t, X64_NE);
    x64_op(x, X64_LEA | X64_WIDE, RAX, x64_at(RCX, jump->imm)); /* not below the other one */
    x64_op(x, X64_CMP | X64_WIDE, RAX, FIELD(now.mon_limit));
    leave_if(t, X64_AE);
    x64_op(x, X64_ADD | X64_WIDE, RCX, FIELD(now.mon_data));
    x64_op(x, X64_MOV, RAX, from);
    x64_op(x, X64_CMP, RAX, x64_at(RCX, 0));
    leave_if(t, X64_NE);
    x64_op(x, X64_STORE, RAX, mreg(t, found));
    x64_op(x, X64_MOV, RAX, x64_at(RCX, jump->imm));
    block_look_up(t);
    t->ended = true;
    return LENGTH;
}

uint32_t fuse(struct translator *t) {
    static uint32_t (*const fusions[])(struct translator *) = {
        constant, extension, rotation, load_of_sum, scaled_sum, monitor_look_up};
    uint32_t n = 0;
    for (size_t k = 0; n == 0 && k < sizeof fusions / sizeof *fusions; k++)
        n = fusions[k](t);
    return n;
}
