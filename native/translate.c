/* translate.c - blocks: from a run of PG32 instructions to x86-64 code. */
#include "native/translator.h"

const struct native_access native_accesses[PG_NOPS + 1] = {
    [PG_OP_lb] = {1, PG_READ},  [PG_OP_lh] = {2, PG_READ},  [PG_OP_lw] = {4, PG_READ},
    [PG_OP_lbu] = {1, PG_READ}, [PG_OP_lhu] = {2, PG_READ}, [PG_OP_sb] = {1, PG_WRITE},
    [PG_OP_sh] = {2, PG_WRITE}, [PG_OP_sw] = {4, PG_WRITE},
};

/* ---- where blocks lead */

/* May a jump lead straight to the block at pc? Only if what maps this page there maps that one. */
static bool chainable(const struct translator *t, uint32_t pc) {
    return (pc ^ t->pc) < PG_PAGE || pc < t->u->code_limit;
}

/* Where the table of targets has the pc in eax, for this member; the index goes to rcx. */
static void find_target(const struct store *s, struct x64 *x) {
    _Static_assert(sizeof(struct target) == 4 * PG_WORD, "the index is scaled by 4");
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_imm(x, X64_G_AND, x64_in(RCX), (TARGETS - 1) * PG_WORD);
    x64_op(x, X64_CMP, RAX, x64_gs(RCX, 2, BELOW(targets) + (int32_t)offsetof(struct target, pc)));
    x64_link(x64_jcc(x, X64_NE), s->glue.miss);
}

static struct x64_place found_target(void) {
    return x64_gs(RCX, 2, BELOW(targets) + (int32_t)offsetof(struct target, entry));
}

void target_make(const struct store *s, struct x64 *x) {
    find_target(s, x);
    x64_op(x, X64_GROUP5, 4, found_target());
}

void block_look_up(struct translator *t) {
    target_make(t->s, &t->x);
}

/* The stub of a jump: leave, and say which jump it was. */
static void stub(struct translator *t, uint8_t *site, uint32_t pc, uint8_t *epoch) {
    struct jump jump = {.stub = t->x.at, .pc = pc};
    jump.site = site;
    jump.epoch = epoch;
    uint32_t number = store_jump(t->s, &jump);
    x64_set(&t->x, FIELD(pc), pc);
    x64_set(&t->x, x64_in(RAX), number);
    x64_link(x64_jmp(&t->x), t->s->glue.leave);
}

/* Where a pc is mapped by another entry of the guest's tables than the block is, a jump to it holds
 * as long as the space says the same of code, that is, in one epoch. In others the table of targets
 * may know it. */
struct crossing {
    uint8_t *epoch, *other;
};

static struct crossing cross(struct translator *t) {
    struct crossing c;
    struct x64 *x = &t->x;
    x64_imm(x, X64_G_CMP, FIELD(now.epoch), INT32_MAX); /* becomes an epoch */
    c.epoch = x->at - sizeof(uint32_t);
    memset(c.epoch, 0, sizeof(uint32_t));
    c.other = x64_jcc(x, X64_NE);
    return c;
}

/* What the crossing does in another epoch, and the stub of the jump at `site`. If that is a call,
 * `landing` is where it returns to. */
static void cross_elsewhere(struct translator *t, struct crossing c, uint8_t *site, uint32_t pc,
                            const uint8_t *landing) {
    struct x64 *x = &t->x;
    int32_t slot = BELOW(targets) + (int32_t)(target_slot(pc) * sizeof(struct target));
    struct x64_place entry = x64_gs(X64_NONE, 0, slot + (int32_t)offsetof(struct target, entry));
    x64_link(c.other, x->at);
    x64_set(x, x64_in(RAX), pc);
    x64_op(x, X64_CMP, RAX, x64_gs(X64_NONE, 0, slot + (int32_t)offsetof(struct target, pc)));
    uint8_t *unknown = x64_jcc(x, X64_NE);
    if (landing) {
        x64_push_imm(x, here(t) + PG_WORD);
        x64_op(x, X64_GROUP5, 2, entry);
        x64_link(x64_jmp(x), landing);
    } else {
        x64_op(x, X64_GROUP5, 4, entry);
    }
    x64_link(unknown, x->at);
    stub(t, site, pc, c.epoch);
}

void block_go_to(struct translator *t, uint32_t pc) {
    if (chainable(t, pc)) {
        uint8_t *site = x64_jmp(&t->x);
        stub(t, site, pc, NULL);
    } else {
        struct crossing c = cross(t);
        cross_elsewhere(t, c, x64_jmp(&t->x), pc, NULL);
    }
}

/* ---- calls and returns
 *
 * A guest's call is one of the host, so that its processor can predict where the return goes. What
 * the guest is to return to stands on the stack, too, below the host's return address; a return
 * that does not find it there is an indirect jump like any other, and expectations begin anew. So
 * they do whenever generated code is left. */

/* Make room for another link. */
static void before_call(struct translator *t) {
    struct x64 *x = &t->x;
    x64_keep_together(x, 12);
    x64_test(x, RSP, LINK_ROOM - 1);
    t->full = x64_jcc(x, X64_E);
    t->not_full = x->at;
}

/* Where the call comes back to. */
static const uint8_t *land(struct translator *t) {
    const uint8_t *landing = t->x.at;
    x64_imm(&t->x, X64_G_ADD | X64_WIDE, x64_in(RSP), 8);
    block_go_to(t, here(t) + PG_WORD);
    return landing;
}

void block_call(struct translator *t, uint32_t pc) {
    struct x64 *x = &t->x;
    bool near = chainable(t, pc);
    struct crossing c = {0};
    before_call(t);
    if (!near)
        c = cross(t);
    x64_push_imm(x, here(t) + PG_WORD);
    uint8_t *site = x64_call(x);
    const uint8_t *landing = land(t);
    if (near)
        stub(t, site, pc, NULL);
    else
        cross_elsewhere(t, c, site, pc, landing);
}

void block_call_by_look_up(struct translator *t) {
    find_target(t->s, &t->x);
    before_call(t);
    x64_push_imm(&t->x, here(t) + PG_WORD);
    x64_op(&t->x, X64_GROUP5, 2, found_target());
    land(t);
}

void block_return(struct translator *t, unsigned g) {
    struct x64 *x = &t->x;
    get(t, RAX, g);
    x64_keep_together(x, 10);
    x64_op(x, X64_CMP, RAX, x64_at(RSP, (int32_t)offsetof(struct link, pc)));
    uint8_t *other = x64_jcc(x, X64_NE);
    x64_ret(x);
    x64_link(other, x->at);
    x64_op(x, X64_LEA | X64_WIDE, RSP, first_link(0));
    x64_imm(x, X64_G_AND, x64_in(RAX), ~1);
    block_look_up(t);
}

/* Leave generated code at pc, which has no fast form. */
static void leave_at(struct translator *t, uint32_t pc) {
    x64_set(&t->x, x64_in(RAX), pc);
    x64_link(x64_jmp(&t->x), t->s->glue.miss);
}

struct aside *block_aside(struct translator *t) {
    struct aside *a = &t->asides[t->nasides++];
    *a = (struct aside){.index = t->index};
    return a;
}

void block_unless(struct translator *t, struct aside *a, enum x64_cc cc) {
    a->from[a->n++] = x64_jcc(&t->x, cc);
}

/* ---- blocks */

const struct form native_forms[PG_NOPS] = {
#define X(op, emitter, argument) [PG_OP_##op] = {emit_##emitter, argument},
#include "native/emit.def"
};

/* May code follow an instruction that is executed by the helper? Only if control can go on there.
 */
static bool ends_block(const struct pg_insn *in) {
    switch (in->op) {
    case PG_OP_jal:
    case PG_OP_jalr:
    case PG_OP_mjmp:
    case PG_OP_jrst:
    case PG_OP_lpsw:
    case PG_OP_svc:
    case PG_OP_brk:
    case PG_OP_hvc:
    case PG_OP_idle:
    case PG_NOPS: return true;
    default: return is_branch(in->op) && !leads_forward(in);
    }
}

/* Whoever may not use a privileged instruction traps. */
static const struct form *form_of(const struct translator *t, const struct pg_insn *in) {
    static const struct form none = {emit_by_helper, 0};
    bool may = in->op != PG_NOPS && native_forms[in->op].emit &&
               (pg_rows[in->op].cls < PG_CLASS_sensitive || t->u->supervisor);
    return may ? &native_forms[in->op] : &none;
}

static void emit(struct translator *t, const struct pg_insn *in) {
    const struct form *form = form_of(t, in);
    form->emit(t, in, form->argument);
}

void emit_by_helper(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    struct x64 *x = &t->x;
    x64_set(x, x64_in(RAX), t->number << 8 | t->index);
    x64_link(x64_call(x), t->s->glue.help);
    for (int g = 1; g < PG_NREGS; g++)
        t->low[g] = LOW_UNKNOWN;
}

/* Note what the code since `begin` is for, if somebody asks. */
static void note(struct translator *t, const uint8_t *begin, uint32_t index, uint32_t count) {
    struct store *s = t->s;
    if (s->pieces && s->npieces < PIECES)
        s->pieces[s->npieces++] = (struct piece){.at = (uint32_t)(begin - s->cache.write),
                                                 .end = (uint32_t)(t->x.at - s->cache.write),
                                                 .block = t->number,
                                                 .index = (uint8_t)index,
                                                 .count = (uint8_t)count};
}

/* Execute an instruction by the helper, and go on. */
static void by_helper(struct translator *t, const struct aside *a) {
    struct x64 *x = &t->x;
    for (int j = 0; j < a->n; j++)
        x64_link(a->from[j], x->at);
    memory_beside_code(t, &t->insns[a->index], a->back);
    if (a->site) /* a signal comes here, with anything in eax */
        t->s->sites[a->site - 1].aside = (uint32_t)(x->at - t->s->cache.write);
    x64_set(x, x64_in(RAX), t->number << 8 | a->index);
    x64_link(x64_call(x), t->s->glue.help);
    x64_link(x64_jmp(x), a->back);
}

/* The code that stands out of line. */
static void finish(struct translator *t, uint32_t insns) {
    struct x64 *x = &t->x;
    for (uint32_t k = 0; k < t->nasides; k++) {
        const struct aside *a = &t->asides[k];
        const uint8_t *begin = x->at;
        by_helper(t, a);
        note(t, begin, a->index, 0);
    }
    for (uint32_t k = 0; k < t->nsides; k++) {
        const struct side *side = &t->sides[k];
        const uint8_t *begin = x->at;
        uint32_t rest = insns - (side->index + 1);
        if (rest == 0 && chainable(t, side->pc)) {
            stub(t, side->from, side->pc, NULL);
        } else {
            x64_link(side->from, x->at);
            if (rest)
                x64_imm(x, X64_G_ADD, x64_in(BUDGET), (int32_t)rest);
            block_go_to(t, side->pc);
        }
        note(t, begin, side->index, 0);
    }
    if (t->full) {
        const uint8_t *begin = x->at;
        x64_link(t->full, x->at);
        x64_op(x, X64_LEA | X64_WIDE, RSP, first_link(0));
        x64_link(x64_jmp(x), t->not_full);
        note(t, begin, insns - 1, 0);
    }
}

/* A translator at the end of the code, for a block or a part of one. */
static struct translator begin(struct store *s, const struct universe *u, uint32_t number,
                               uint32_t pc, uint32_t pa) {
    struct translator t = {.x = {s->at, code_cache_data(&s->cache)},
                           .s = s,
                           .u = u,
                           .number = number,
                           .pc = pc,
                           .pa = pa};
    for (int g = 1; g < PG_NREGS; g++)
        t.low[g] = LOW_UNKNOWN;
    return t;
}

bool translate_aside(struct store *s, struct site *site, const struct universe *u) {
    const struct block *b = &s->blocks[site->block];
    if (s->cache.write + s->cache.size - s->at < ASIDE_BYTES)
        return false; /* native_forget will make some */
    struct translator t = begin(s, u, site->block, b->pc, b->pa);
    t.words = b->words;
    t.index = site->index;
    struct aside a = {.index = site->index, .back = s->cache.write + site->at + site->size};
    site->aside = (uint32_t)(t.x.at - s->cache.write);
    for (t.index -= site->before; t.index < site->index; t.index++) {
        pg_decode(pg_ram_read32(s->ram, b->pa + block_offset(b, t.index)), &t.insns[t.index]);
        emit(&t, &t.insns[t.index]);
    }
    struct pg_insn *in = &t.insns[site->index];
    pg_decode(pg_ram_read32(s->ram, b->pa + block_offset(b, site->index)), in);
    memory_by_tables(&t, in, &a, native_accesses[in->op].size > 1);
    x64_link(x64_jmp(&t.x), a.back);
    by_helper(&t, &a);
    note(&t, s->at, site->index, 0);
    s->at = t.x.at;
    return true;
}

/* If the block is a loop, put a few rounds of it into one block: the time of all of them is taken
 * from the budget at once. (Of the programs in tests/bench/c it made `matrix` 9 % faster, `sieve`
 * 14 %.) */
static void repeat(struct translator *t) {
    enum { MOST_ROUNDS = 4, MOST_UNROLLED = 48 };
    const struct pg_insn *last = &t->insns[t->ninsns - 1];
    if (!is_branch(last->op) || last->imm != 1 - (int32_t)t->words ||
        form_of(t, last)->emit == emit_by_helper)
        return;
    for (int round = 1; round < MOST_ROUNDS && t->ninsns + t->words <= MOST_UNROLLED; round++) {
        memcpy(t->insns + t->ninsns, t->insns, t->words * sizeof *t->insns);
        t->ninsns += t->words;
    }
}

uint32_t translate(struct store *s, uint32_t pc, uint32_t pa, const struct universe *u,
                   uint8_t number) {
    struct translator t = begin(s, u, s->nblocks, pc, pa);
    struct x64 *x = &t.x;
    uint32_t most = (PG_PAGE - pa % PG_PAGE) / PG_WORD, first_jump = s->njumps;
    if (most > MOST_INSNS)
        most = MOST_INSNS;

    x64_keep_together(x, 10);
    uint8_t *entry = x->at;
    x64_imm(x, X64_G_SUB, x64_in(BUDGET), 1); /* becomes the number of instructions */
    uint8_t *charge = x->at - 1;
    uint8_t *too_long = x64_jcc(x, X64_B);
    note(&t, entry, NO_INSN, 0);
    for (bool ends = false; !ends && t.ninsns < most;) {
        struct pg_insn *in = &t.insns[t.ninsns];
        pg_decode(pg_ram_read32(s->ram, pa + PG_WORD * t.ninsns), in);
        t.ninsns++;
        ends = ends_block(in);
    }
    t.words = t.ninsns;
    repeat(&t);
    for (uint32_t n = 0; t.index < t.ninsns; t.index += n) {
        const uint8_t *begin = x->at;
        n = fuse(&t);
        if (n == 0) {
            emit(&t, &t.insns[t.index]);
            n = 1;
        }
        note(&t, begin, t.index, n);
    }
    uint32_t insns = t.index;
    struct block block = {.pc = pc,
                          .pa = pa,
                          .insns = (uint8_t)insns,
                          .words = (uint8_t)t.words,
                          .universe = number,
                          .entry = code_cache_place(&s->cache, entry)};
    const uint8_t *end = x->at;
    if (!t.ended)
        block_go_to(&t, pc + PG_WORD * t.words);
    note(&t, end, NO_INSN, 0);
    *charge = (uint8_t)insns;
    finish(&t, insns);
    const uint8_t *exit = x->at;
    x64_link(too_long, x->at);
    x64_imm(x, X64_G_ADD, x64_in(BUDGET), (int32_t)insns);
    block.exit = x->at;
    leave_at(&t, pc);
    note(&t, exit, NO_INSN, 0);
    s->at = x->at;
    uint32_t result = store_add(s, &block);
    for (uint32_t k = first_jump; k < s->njumps; k++)
        if (s->jumps[k].pc == pc && !s->jumps[k].epoch)
            store_chain(s, k, result, 0);
    return result;
}
