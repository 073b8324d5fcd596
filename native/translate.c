/* translate.c - from a run of PG32 instructions to x86-64 code.
 *
 * A block is a run of instructions within a page. It goes on behind conditional branches that lead
 * forward; the time of all its instructions is taken from the budget at its entry, and who leaves
 * early gives back the rest. What generated code cannot do (a page that the look-aside does not
 * know, a watched one, a misaligned address, a trap) it leaves to the helper, instruction by
 * instruction.
 *
 * rax and rcx are scratch; nothing is kept in them from one instruction to the next. rdx is, too,
 * unless a register is pinned: if several accesses of a block go to addresses near one register,
 * which does not change between them, then rdx is made the register's address in the host, and they
 * need not look at the window any more. It is 0 if they do not lie in one page that the window
 * knows; then each goes the long way, out of line.
 */
#include "native/translate.h"

#include <string.h>

const struct native_access native_accesses[PG_NOPS] = {
    [PG_OP_lb] = {1, PG_READ},  [PG_OP_lh] = {2, PG_READ},  [PG_OP_lw] = {4, PG_READ},
    [PG_OP_lbu] = {1, PG_READ}, [PG_OP_lhu] = {2, PG_READ}, [PG_OP_sb] = {1, PG_WRITE},
    [PG_OP_sh] = {2, PG_WRITE}, [PG_OP_sw] = {4, PG_WRITE},
};

/* What of the low two bits of a register is known. */
enum { LOW_UNKNOWN = 4 };

/* Code out of line that executes one instruction by the helper. */
struct aside {
    uint8_t *from[3]; /* jumps that lead there */
    int n;
    uint32_t index;      /* of the instruction */
    const uint8_t *back; /* where to go on */
    bool pinned;         /* a register is: the helper does not preserve rdx */
    bool by_window;      /* try the window first */
};

/* A conditional branch that is taken. */
struct side {
    uint8_t *from;
    uint32_t index, pc; /* of the branch; where it leads */
};

struct translator {
    struct x64 x;
    struct store *s;
    const struct universe *u;
    uint32_t pc, pa; /* of the block */
    uint32_t index;  /* of the instruction */
    uint32_t ninsns;
    struct pg_insn insns[MOST_INSNS];
    uint8_t pinned;        /* the register whose host address is in rdx; 0: none */
    uint32_t pinned_until; /* the last instruction that uses it */
    bool ended;            /* the last instruction has said where to go */
    uint8_t low[PG_NREGS];
    struct aside asides[MOST_INSNS];
    struct side sides[MOST_INSNS];
    uint32_t nasides, nsides;
};

#define FIELD(name) x64_at(RSP, (int32_t)offsetof(struct frame, name))

/* The fast forms. */
struct form {
    void (*emit)(struct translator *t, const struct pg_insn *in, uint32_t argument);
    uint32_t argument;
};
static const struct form forms[PG_NOPS];

static bool is_branch(uint8_t op) {
    return pg_rows[op].format == PG_FMT_B || pg_rows[op].format == PG_FMT_MB;
}

/* ---- registers */

static struct x64_place reg(unsigned g) {
    return host_register[g] != X64_NONE ? x64_in((enum x64_reg)host_register[g])
                                        : x64_at(RSP, (int32_t)(4 * g));
}

static struct x64_place mreg(unsigned g) {
    return x64_at(RSP, (int32_t)(offsetof(struct frame, m) + 4 * g));
}

/* The host register of g if it has one, else `other`. */
static enum x64_reg host_or(unsigned g, enum x64_reg other) {
    return host_register[g] != X64_NONE ? (enum x64_reg)host_register[g] : other;
}

/* to = g. */
static void get(struct translator *t, enum x64_reg to, unsigned g) {
    if (g == 0)
        x64_set(&t->x, x64_in(to), 0);
    else if (host_register[g] != (int)to)
        x64_op(&t->x, X64_MOV, to, reg(g));
}

/* g = from, not for register 0. */
static void put(struct translator *t, unsigned g, enum x64_reg from) {
    if (host_register[g] != (int)from)
        x64_op(&t->x, X64_STORE, from, reg(g));
}

/* g in a register: its own, or loaded into `other`. */
static enum x64_reg take(struct translator *t, unsigned g, enum x64_reg other) {
    enum x64_reg r = host_or(g, other);
    if (r == other)
        get(t, other, g);
    return r;
}

static void know(struct translator *t, unsigned g, unsigned low) {
    if (g)
        t->low[g] = (uint8_t)low;
}

static uint32_t here(const struct translator *t) {
    return t->pc + PG_WORD * t->index;
}

/* ---- where blocks lead */

/* May a jump lead straight to the block at pc? Only if what maps this page there maps that one. */
static bool chainable(const struct translator *t, uint32_t pc) {
    return (pc ^ t->pc) < PG_PAGE || pc < t->u->code_limit;
}

/* Jump to the pc in eax, by this entry of the table of targets, without its place in the struct. */
static void look_at(struct translator *t, struct x64_place entry) {
    struct x64 *x = &t->x;
    struct x64_place tag = entry;
    tag.disp += (int32_t)offsetof(struct target, tag);
    entry.disp += (int32_t)offsetof(struct target, entry);
    x64_op(x, X64_MOV | X64_WIDE, RDX, FIELD(targets));
    x64_op(x, X64_OR | X64_WIDE, RAX, FIELD(epoch));
    x64_op(x, X64_CMP | X64_WIDE, RAX, tag);
    x64_link(x64_jcc(x, X64_NE), t->s->glue.miss);
    x64_op(x, X64_GROUP5, 4, entry);
}

/* Jump to the pc in eax. */
static void look_up(struct translator *t) {
    x64_op(&t->x, X64_MOV, RCX, x64_in(RAX));
    x64_imm(&t->x, X64_G_AND, x64_in(RCX), (TARGETS - 1) * PG_WORD);
    _Static_assert(sizeof(struct target) == 4 * PG_WORD, "the index is scaled by 4");
    look_at(t, x64_sum(RDX, RCX, 2, 0));
}

/* The stub of a jump to pc: leave, and say which jump it was. */
static void stub(struct translator *t, uint8_t *site, uint32_t pc) {
    const uint8_t *begin = t->x.at;
    uint32_t number = store_jump(t->s, site, begin, pc);
    x64_set(&t->x, FIELD(pc), pc);
    x64_set(&t->x, x64_in(RAX), number);
    x64_link(x64_jmp(&t->x), t->s->glue.leave);
}

/* Leave the block for a pc that is known. */
static void go_to(struct translator *t, uint32_t pc) {
    if (chainable(t, pc)) {
        uint8_t *site = x64_jmp(&t->x);
        stub(t, site, pc);
    } else {
        x64_set(&t->x, x64_in(RAX), pc);
        look_at(t, x64_at(RDX, (int32_t)(target_slot(pc) * sizeof(struct target))));
    }
}

/* Leave generated code at pc, which has no fast form. */
static void leave_at(struct translator *t, uint32_t pc) {
    x64_set(&t->x, x64_in(RAX), pc);
    x64_link(x64_jmp(&t->x), t->s->glue.miss);
}

/* ---- arithmetic */

static void alu(struct translator *t, const struct pg_insn *in, uint32_t op) {
    struct x64 *x = &t->x;
    if (in->d == 0)
        return;
    unsigned a = in->a, b = in->b;
    if (b == in->d && a != in->d && op != X64_SUB) {
        a = in->b;
        b = in->a;
    }
    enum x64_reg d = host_or(in->d, RAX);
    unsigned low = op == X64_ADD && t->low[a] < 4 && t->low[b] < 4 ? (t->low[a] + t->low[b]) & 3U
                                                                   : LOW_UNKNOWN;
    if (op == X64_ADD && d != RAX && a != in->d && a && b && host_register[a] != X64_NONE &&
        host_register[b] != X64_NONE) {
        x64_op(x, X64_LEA, d,
               x64_sum((enum x64_reg)host_register[a], (enum x64_reg)host_register[b], 0, 0));
    } else {
        if (in->b == in->d && a != in->d)
            d = RAX; /* d - that is, b - is needed until the end */
        get(t, d, a);
        x64_op(x, op, d, reg(b));
        put(t, in->d, d);
    }
    know(t, in->d, low);
}

static void alu_imm(struct translator *t, const struct pg_insn *in, uint32_t op) {
    struct x64 *x = &t->x;
    unsigned low = LOW_UNKNOWN;
    if (in->d == 0)
        return;
    if (op == X64_G_ADD && t->low[in->a] < 4)
        low = (t->low[in->a] + (uint32_t)in->imm) & 3;
    if (op == X64_G_AND && !(in->imm & 3))
        low = 0;
    enum x64_reg d = host_or(in->d, RAX);
    if (in->a == 0) {
        x64_set(x, reg(in->d), op == X64_G_AND ? 0 : (uint32_t)in->imm);
    } else if (in->a == in->d) {
        if (in->imm || op == X64_G_AND)
            x64_imm(x, op, reg(in->d), in->imm);
    } else if (op == X64_G_ADD && in->imm && host_register[in->a] != X64_NONE) {
        x64_op(x, X64_LEA, d, x64_at((enum x64_reg)host_register[in->a], in->imm));
        put(t, in->d, d);
    } else {
        get(t, d, in->a);
        if (in->imm || op == X64_G_AND)
            x64_imm(x, op, x64_in(d), in->imm);
        put(t, in->d, d);
    }
    know(t, in->d, low);
}

static void shift(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    enum x64_reg d = in->b == in->d ? RAX : host_or(in->d, RAX);
    get(t, RCX, in->b);
    get(t, d, in->a);
    x64_op(&t->x, X64_SHIFT_CL, (int)op, x64_in(d));
    put(t, in->d, d);
    know(t, in->d, LOW_UNKNOWN);
}

static void shift_imm(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    enum x64_reg d = host_or(in->d, RAX);
    get(t, d, in->a);
    if (in->imm)
        x64_shift(&t->x, op, x64_in(d), (unsigned)in->imm);
    put(t, in->d, d);
    know(t, in->d, op == X64_SHL && in->imm >= 2 ? 0 : LOW_UNKNOWN);
}

/* d = cc ? 1 : 0. */
static void set_if(struct translator *t, unsigned d, uint32_t cc) {
    x64_setcc(&t->x, (enum x64_cc)cc, RAX);
    enum x64_reg r = host_or(d, RAX);
    x64_op(&t->x, X64_MOVZX8, r, x64_in(RAX));
    put(t, d, r);
    know(t, d, LOW_UNKNOWN);
}

static void compare(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_CMP, take(t, in->a, RAX), reg(in->b));
    set_if(t, in->d, cc);
}

static void compare_imm(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    if (in->d == 0)
        return;
    x64_imm(&t->x, X64_G_CMP, reg(in->a), in->imm);
    set_if(t, in->d, cc);
}

static void constant(struct translator *t, const struct pg_insn *in, uint32_t relative) {
    uint32_t value = ((uint32_t)in->imm << 12) + (relative ? here(t) : 0);
    if (in->d == 0)
        return;
    x64_set(&t->x, reg(in->d), value);
    know(t, in->d, value & 3);
}

static void mul(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    if (in->d == 0)
        return;
    bool swap = in->b == in->d;
    enum x64_reg d = host_or(in->d, RAX);
    get(t, d, swap ? in->b : in->a);
    x64_op(&t->x, X64_IMUL, d, reg(swap ? in->a : in->b));
    put(t, in->d, d);
    know(t, in->d, LOW_UNKNOWN);
}

/* `naturals`: how many of the operands, from the right, are unsigned. */
static void mul_high(struct translator *t, const struct pg_insn *in, uint32_t naturals) {
    struct x64 *x = &t->x;
    if (in->d == 0)
        return;
    x64_op(x, naturals < 2 ? X64_MOVSX32 : X64_MOV, RAX, reg(in->a));
    x64_op(x, naturals < 1 ? X64_MOVSX32 : X64_MOV, RCX, reg(in->b));
    x64_op(x, X64_IMUL | X64_WIDE, RAX, x64_in(RCX));
    x64_shift(x, X64_SHR | X64_WIDE, x64_in(RAX), 32);
    put(t, in->d, RAX);
    know(t, in->d, LOW_UNKNOWN);
}

/* The cases in which x86 traps go another way: a divisor of 0, and -1, where the greatest negative
 * number overflows. kind: 1 unsigned, 2 remainder. */
static void divide(struct translator *t, const struct pg_insn *in, uint32_t kind) {
    struct x64 *x = &t->x;
    if (in->d == 0)
        return;
    get(t, RCX, in->b);
    get(t, RAX, in->a);
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
    put(t, in->d, kind & 2 ? RDX : RAX);
    know(t, in->d, LOW_UNKNOWN);
}

/* ---- memory */

/* What cannot be done in line at this instruction. */
static struct aside *aside(struct translator *t) {
    struct aside *a = &t->asides[t->nasides++];
    *a = (struct aside){.index = t->index, .pinned = t->pinned};
    return a;
}

static void unless(struct translator *t, struct aside *a, enum x64_cc cc) {
    a->from[a->n++] = x64_jcc(&t->x, cc);
}

/* eax = r[in->a] + imm. */
static void address(struct translator *t, const struct pg_insn *in) {
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
    uint32_t op = forms[in->op].argument;
    if (native_accesses[in->op].use == PG_WRITE) {
        x64_op(&t->x, op, take(t, in->d, RAX), place);
    } else {
        enum x64_reg d = in->d ? host_or(in->d, RAX) : RAX;
        x64_op(&t->x, op, d, place);
        if (in->d)
            put(t, in->d, d);
    }
}

/* The access by the window, with jumps out of line where that does not do. Leaves rdx alone. */
static void by_window(struct translator *t, const struct pg_insn *in, struct aside *a, bool check) {
    struct x64 *x = &t->x;
    address(t, in);
    if (check) {
        x64_test_byte(x, RAX, (uint8_t)(native_accesses[in->op].size - 1));
        unless(t, a, X64_NE);
    }
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
    x64_op(x, X64_MOV | X64_WIDE, RCX,
           x64_sum(WINDOW, RCX, 3, table((enum pg_use)native_accesses[in->op].use)));
    x64_op(x, X64_TEST | X64_WIDE, RCX, x64_in(RCX));
    unless(t, a, X64_E);
    if (host_register[in->d] == X64_NONE && native_accesses[in->op].use == PG_WRITE) {
        x64_op(x, X64_ADD | X64_WIDE, RCX, x64_in(RAX));
        transfer(t, in, x64_at(RCX, 0));
    } else {
        transfer(t, in, x64_sum(RCX, RAX, 0, 0));
    }
}

/* Loads and stores; `op` is for transfer. */
static void access(struct translator *t, const struct pg_insn *in, uint32_t op) {
    struct x64 *x = &t->x;
    if (!t->pinned && in->a)
        pin(t, in->a);
    struct aside *a = aside(t);
    bool check = may_be_misaligned(t, in);
    if (t->pinned && in->a == t->pinned) {
        if (check) {
            address(t, in);
            x64_test_byte(x, RAX, (uint8_t)(native_accesses[in->op].size - 1));
            unless(t, a, X64_NE);
        }
        x64_op(x, X64_TEST | X64_WIDE, RDX, x64_in(RDX));
        unless(t, a, X64_E);
        a->by_window = true;
        transfer(t, in, x64_at(RDX, in->imm));
    } else {
        by_window(t, in, a, check);
    }
    a->back = x->at;
    if (t->pinned && t->index >= t->pinned_until)
        t->pinned = 0;
    if (native_accesses[in->op].size == 4)
        know(t, in->a, (0U - (uint32_t)in->imm) & 3);
    if (native_accesses[in->op].use == PG_READ)
        know(t, in->d, LOW_UNKNOWN);
}

/* ---- branches */

static bool forward(const struct pg_insn *in) {
    return in->imm > 1;
}

/* After the comparison. */
static void branch_if(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    struct side *side = &t->sides[t->nsides++];
    *side = (struct side){x64_jcc(&t->x, (enum x64_cc)cc), t->index,
                          here(t) + PG_WORD * (uint32_t)in->imm};
    if (!forward(in)) {
        go_to(t, here(t) + PG_WORD);
        t->ended = true;
    }
}

static void compare_zero(struct translator *t, unsigned g) {
    if (host_register[g] != X64_NONE)
        x64_op(&t->x, X64_TEST, host_register[g], reg(g));
    else
        x64_imm(&t->x, X64_G_CMP, reg(g), 0);
}

static void branch(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    if (in->a == 0 && in->d)
        compare_zero(t, in->d);
    else
        x64_op(&t->x, X64_CMP, take(t, in->d, RAX), reg(in->a));
    branch_if(t, in, cc);
}

static void jump(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    if (in->d)
        x64_set(&t->x, reg(in->d), here(t) + PG_WORD);
    go_to(t, here(t) + PG_WORD * (uint32_t)in->imm);
    t->ended = true;
}

static void jump_register(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    address(t, in);
    x64_imm(&t->x, X64_G_AND, x64_in(RAX), ~1);
    if (in->d)
        x64_set(&t->x, reg(in->d), here(t) + PG_WORD);
    look_up(t);
    t->ended = true;
}

/* ---- monitor space */

/* Where MS[m.a + imm] lies. */
static struct x64_place mon_locate(struct translator *t, const struct pg_insn *in, enum pg_use use,
                                   struct aside *a) {
    struct x64 *x = &t->x;
    x64_op(x, X64_MOV, RAX, mreg(in->a));
    if (in->imm)
        x64_imm(x, X64_G_ADD, x64_in(RAX), in->imm);
    x64_test_byte(x, RAX, PG_WORD - 1);
    unless(t, a, X64_NE);
    x64_op(x, X64_CMP | X64_WIDE, RAX, FIELD(mon_limit));
    unless(t, a, X64_AE);
    if (use == PG_WRITE) {
        x64_op(x, X64_MOV, RCX, x64_in(RAX));
        x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
        x64_op(x, X64_ADD | X64_WIDE, RCX, FIELD(mon_watch));
        x64_cmp_byte(x, x64_at(RCX, 0), 0);
        unless(t, a, X64_NE);
    }
    x64_op(x, X64_ADD | X64_WIDE, RAX, FIELD(mon_data));
    return x64_at(RAX, 0);
}

static void mon_load(struct translator *t, const struct pg_insn *in, uint32_t monitor) {
    struct aside *a = aside(t);
    struct x64_place place = mon_locate(t, in, PG_READ, a);
    x64_op(&t->x, X64_MOV, RAX, place);
    if (in->d)
        x64_op(&t->x, X64_STORE, RAX, monitor ? mreg(in->d) : reg(in->d));
    a->back = t->x.at;
    if (!monitor)
        know(t, in->d, LOW_UNKNOWN);
}

static void mon_store(struct translator *t, const struct pg_insn *in, uint32_t monitor) {
    struct aside *a = aside(t);
    struct x64_place place = mon_locate(t, in, PG_WRITE, a);
    x64_op(&t->x, X64_MOV, RCX, monitor ? mreg(in->d) : reg(in->d));
    x64_op(&t->x, X64_STORE, RCX, place);
    a->back = t->x.at;
}

static void mon_jump(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    struct aside *a = aside(t);
    struct x64_place place = mon_locate(t, in, PG_READ, a);
    x64_op(&t->x, X64_MOV, RAX, place);
    a->back = t->x.at; /* never used: the helper does not come back from a jump */
    look_up(t);
    t->ended = true;
}

static void mon_move(struct translator *t, const struct pg_insn *in, uint32_t to_general) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_MOV, RAX, to_general ? mreg(in->a) : reg(in->a));
    x64_op(&t->x, X64_STORE, RAX, to_general ? reg(in->d) : mreg(in->d));
    if (to_general)
        know(t, in->d, LOW_UNKNOWN);
}

static void mon_imm(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_MOV, RAX, mreg(in->a));
    x64_imm(&t->x, op, x64_in(RAX), in->imm);
    x64_op(&t->x, X64_STORE, RAX, mreg(in->d));
}

static void mon_alu(struct translator *t, const struct pg_insn *in, uint32_t op) {
    if (in->d == 0)
        return;
    x64_op(&t->x, X64_MOV, RAX, mreg(in->a));
    x64_op(&t->x, op, RAX, mreg(in->b));
    x64_op(&t->x, X64_STORE, RAX, mreg(in->d));
}

static void mon_branch(struct translator *t, const struct pg_insn *in, uint32_t cc) {
    x64_op(&t->x, X64_MOV, RAX, mreg(in->d));
    x64_op(&t->x, X64_CMP, RAX, mreg(in->a));
    branch_if(t, in, cc);
}

static void tick(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    struct aside *a = aside(t);
    x64_imm(&t->x, X64_G_CMP, mreg(7), in->imm);
    unless(t, a, X64_B);
    x64_imm(&t->x, X64_G_SUB, mreg(7), in->imm);
    a->back = t->x.at;
}

/* ---- blocks */

static const struct form forms[PG_NOPS] = {
#define X(op, emitter, argument) [PG_OP_##op] = {emitter, argument},
#include "native/emit.def"
};

static bool has_form(const struct translator *t, const struct pg_insn *in) {
    return in->op != PG_NOPS && forms[in->op].emit &&
           (pg_rows[in->op].cls == PG_CLASS_innocuous || t->u->supervisor);
}

/* The code that stands out of line. */
static void finish(struct translator *t, uint32_t insns) {
    struct x64 *x = &t->x;
    for (uint32_t k = 0; k < t->nasides; k++) {
        struct aside *a = &t->asides[k];
        for (int j = 0; j < a->n; j++)
            x64_link(a->from[j], x->at);
        if (a->by_window) {
            a->n = 0;
            by_window(t, &t->insns[a->index], a, native_accesses[t->insns[a->index].op].size > 1);
            x64_link(x64_jmp(x), a->back);
            for (int j = 0; j < a->n; j++)
                x64_link(a->from[j], x->at);
        }
        x64_set(x, x64_in(RAX), t->s->nblocks << 8 | a->index);
        x64_link(x64_call(x), t->s->glue.help);
        if (a->pinned)
            x64_set(x, x64_in(RDX), 0);
        x64_link(x64_jmp(x), a->back);
    }
    for (uint32_t k = 0; k < t->nsides; k++) {
        const struct side *side = &t->sides[k];
        uint32_t rest = insns - (side->index + 1);
        if (rest == 0 && chainable(t, side->pc)) {
            stub(t, side->from, side->pc);
            continue;
        }
        x64_link(side->from, x->at);
        if (rest)
            x64_imm(x, X64_G_ADD, x64_in(BUDGET), (int32_t)rest);
        go_to(t, side->pc);
    }
}

uint32_t translate(struct store *s, uint32_t pc, uint32_t pa, const struct universe *u,
                   uint8_t number) {
    struct translator t = {.x = {s->at}, .s = s, .u = u, .pc = pc, .pa = pa};
    struct x64 *x = &t.x;
    uint32_t most = (PG_PAGE - pa % PG_PAGE) / PG_WORD, first_jump = s->njumps;
    if (most > MOST_INSNS)
        most = MOST_INSNS;
    for (int g = 1; g < PG_NREGS; g++)
        t.low[g] = LOW_UNKNOWN;

    uint8_t *entry = x->at;
    x64_imm(x, X64_G_SUB, x64_in(BUDGET), 1); /* becomes the number of instructions */
    uint8_t *charge = x->at - 1;
    uint8_t *too_long = x64_jcc(x, X64_B);
    for (bool ends = false; !ends && t.ninsns < most;) {
        struct pg_insn *in = &t.insns[t.ninsns];
        pg_decode(pg_ram_read32(s->ram, pa + PG_WORD * t.ninsns), in);
        if (!has_form(&t, in))
            break;
        t.ninsns++;
        ends = is_branch(in->op)
                   ? !forward(in)
                   : in->op == PG_OP_jal || in->op == PG_OP_jalr || in->op == PG_OP_mjmp;
    }
    for (; t.index < t.ninsns; t.index++)
        forms[t.insns[t.index].op].emit(&t, &t.insns[t.index], forms[t.insns[t.index].op].argument);
    uint32_t insns = t.index;
    struct block block = {.pc = pc,
                          .pa = pa,
                          .insns = (uint8_t)insns,
                          .universe = number,
                          .entry = code_cache_place(&s->cache, entry)};
    if (insns == 0)
        return store_add(s, &block);
    if (!t.ended && insns == most)
        go_to(&t, here(&t));
    else if (!t.ended)
        leave_at(&t, here(&t));
    *charge = (uint8_t)insns;
    finish(&t, insns);
    x64_link(too_long, x->at);
    x64_imm(x, X64_G_ADD, x64_in(BUDGET), (int32_t)insns);
    leave_at(&t, pc);
    s->at = x->at;
    uint32_t result = store_add(s, &block);
    for (uint32_t k = first_jump; k < s->njumps; k++)
        if (s->jumps[k].pc == pc)
            store_chain(s, k, result);
    return result;
}
