/* translate.c - blocks: from a run of PG32 instructions to x86-64 code. */
#include "native/translator.h"

const struct native_access native_accesses[PG_NOPS] = {
    [PG_OP_lb] = {1, PG_READ},  [PG_OP_lh] = {2, PG_READ},  [PG_OP_lw] = {4, PG_READ},
    [PG_OP_lbu] = {1, PG_READ}, [PG_OP_lhu] = {2, PG_READ}, [PG_OP_sb] = {1, PG_WRITE},
    [PG_OP_sh] = {2, PG_WRITE}, [PG_OP_sw] = {4, PG_WRITE},
};

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

void block_look_up(struct translator *t) {
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

void block_go_to(struct translator *t, uint32_t pc) {
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

struct aside *block_aside(struct translator *t) {
    struct aside *a = &t->asides[t->nasides++];
    *a = (struct aside){.index = t->index, .pinned = t->pinned};
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

static bool has_form(const struct translator *t, const struct pg_insn *in) {
    return in->op != PG_NOPS && native_forms[in->op].emit &&
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
            memory_by_window(t, &t->insns[a->index], a,
                             native_accesses[t->insns[a->index].op].size > 1);
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
        block_go_to(t, side->pc);
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
                   ? !leads_forward(in)
                   : in->op == PG_OP_jal || in->op == PG_OP_jalr || in->op == PG_OP_mjmp;
    }
    for (; t.index < t.ninsns; t.index++)
        native_forms[t.insns[t.index].op].emit(&t, &t.insns[t.index],
                                               native_forms[t.insns[t.index].op].argument);
    uint32_t insns = t.index;
    struct block block = {.pc = pc,
                          .pa = pa,
                          .insns = (uint8_t)insns,
                          .universe = number,
                          .entry = code_cache_place(&s->cache, entry)};
    if (insns == 0)
        return store_add(s, &block);
    if (!t.ended && insns == most)
        block_go_to(&t, here(&t));
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
