/* emit_memory.c - loads and stores, as x86-64 code. */
#include "native/translator.h"

void memory_address(struct translator *t, const struct pg_insn *in) {
    if (in->a == 0) {
        x64_set(&t->x, x64_in(RAX), (uint32_t)in->imm);
    } else if (in->imm == 0) {
        get(t, RAX, in->a);
    } else {
        x64_op(&t->x, X64_LEA, RAX, x64_at(take(t, in->a, RAX), in->imm));
    }
}

static bool may_be_misaligned(const struct translator *t, const struct pg_insn *in) {
    unsigned size = native_accesses[in->op].size, low = t->low[in->a];
    return size > 1 && (low == LOW_UNKNOWN || (low + (uint32_t)in->imm) & (size - 1));
}

static int32_t table(enum pg_use use) {
    return use == PG_WRITE ? offsetof(struct window, write) : offsetof(struct window, read);
}

/* Does the instruction change general register g, or rdx? */
static bool unpins(const struct pg_insn *in, unsigned g) {
    if (in->op == PG_OP_div || in->op == PG_OP_divu || in->op == PG_OP_rem || in->op == PG_OP_remu)
        return true;
    return in->d == g && native_accesses[in->op].use != PG_WRITE && !is_branch(in->op);
}

/* Pin the base register of the access at hand if that pays. */
static void pin(struct translator *t, unsigned g) {
    enum { LEAST_USES = 6, MOST_BETWEEN = 2048 };
    struct x64 *x = &t->x;
    int32_t low = INT32_MAX, high = INT32_MIN;
    uint32_t uses = 0, last = 0;
    bool used[2] = {false, false}; /* by enum pg_use */
    for (uint32_t k = t->index; k < t->ninsns; k++) {
        const struct pg_insn *in = &t->insns[k];
        int32_t size = native_accesses[in->op].size;
        if (size && in->a == g) {
            int32_t from = in->imm < low ? in->imm : low;
            int32_t to = in->imm + size - 1 > high ? in->imm + size - 1 : high;
            if (to - from > MOST_BETWEEN)
                break;
            low = from;
            high = to;
            uses++;
            last = k;
            used[native_accesses[in->op].use] = true;
        }
        if (unpins(in, g))
            break;
    }
    if (uses < LEAST_USES)
        return;
    t->pinned = (uint8_t)g;
    t->pinned_until = last;
    x64_set(x, x64_in(RDX), 0);
    enum x64_reg base = take(t, g, RAX);
    x64_op(x, X64_LEA, RCX, x64_at(base, low));
    x64_op(x, X64_LEA, RAX, x64_at(base, high));
    x64_op(x, X64_XOR, RAX, x64_in(RCX));
    x64_imm(x, X64_G_CMP, x64_in(RAX), PG_PAGE);
    uint8_t *two_pages = x64_jcc(x, X64_AE);
    x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
    x64_op(x, X64_MOV | X64_WIDE, RDX,
           x64_sum(WINDOW, RCX, 3, table(used[PG_READ] ? PG_READ : PG_WRITE)));
    if (used[PG_READ] && used[PG_WRITE]) {
        x64_set(x, x64_in(RAX), 0);
        x64_op(x, X64_CMP | X64_WIDE, RDX, x64_sum(WINDOW, RCX, 3, table(PG_WRITE)));
        x64_op(x, X64_CMOVNE | X64_WIDE, RDX, x64_in(RAX));
    }
    x64_op(x, X64_TEST | X64_WIDE, RDX, x64_in(RDX));
    uint8_t *unknown = x64_jcc(x, X64_E);
    x64_op(x, X64_ADD | X64_WIDE, RDX, x64_in(take(t, g, RAX)));
    x64_link(two_pages, x->at);
    x64_link(unknown, x->at);
}

/* The access itself. If the data has no host register, its place may use rcx, but not rax. */
static void transfer(struct translator *t, const struct pg_insn *in, struct x64_place place) {
    uint32_t op = native_forms[in->op].argument;
    if (native_accesses[in->op].use == PG_WRITE) {
        x64_op(&t->x, op, take(t, in->d, RAX), place);
    } else {
        enum x64_reg d = in->d ? host_or(in->d, RAX) : RAX;
        x64_op(&t->x, op, d, place);
        if (in->d)
            put(t, in->d, d);
    }
}

void memory_by_window(struct translator *t, const struct pg_insn *in, struct aside *a, bool check) {
    struct x64 *x = &t->x;
    memory_address(t, in);
    if (check) {
        x64_test_byte(x, RAX, (uint8_t)(native_accesses[in->op].size - 1));
        block_unless(t, a, X64_NE);
    }
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
    x64_op(x, X64_MOV | X64_WIDE, RCX,
           x64_sum(WINDOW, RCX, 3, table((enum pg_use)native_accesses[in->op].use)));
    x64_op(x, X64_TEST | X64_WIDE, RCX, x64_in(RCX));
    block_unless(t, a, X64_E);
    if (host_register[in->d] == X64_NONE && native_accesses[in->op].use == PG_WRITE) {
        x64_op(x, X64_ADD | X64_WIDE, RCX, x64_in(RAX));
        transfer(t, in, x64_at(RCX, 0));
    } else {
        transfer(t, in, x64_sum(RCX, RAX, 0, 0));
    }
}

/* Loads and stores; `op` is for transfer. */
void emit_access(struct translator *t, const struct pg_insn *in, uint32_t op) {
    struct x64 *x = &t->x;
    if (!t->pinned && in->a)
        pin(t, in->a);
    struct aside *a = block_aside(t);
    bool check = may_be_misaligned(t, in);
    if (t->pinned && in->a == t->pinned) {
        if (check) {
            memory_address(t, in);
            x64_test_byte(x, RAX, (uint8_t)(native_accesses[in->op].size - 1));
            block_unless(t, a, X64_NE);
        }
        x64_op(x, X64_TEST | X64_WIDE, RDX, x64_in(RDX));
        block_unless(t, a, X64_E);
        a->by_window = true;
        transfer(t, in, x64_at(RDX, in->imm));
    } else {
        memory_by_window(t, in, a, check);
    }
    a->back = x->at;
    if (t->pinned && t->index >= t->pinned_until)
        t->pinned = 0;
    if (native_accesses[in->op].size == 4)
        know(t, in->a, (0U - (uint32_t)in->imm) & 3);
    if (native_accesses[in->op].use == PG_READ)
        know(t, in->d, LOW_UNKNOWN);
}
