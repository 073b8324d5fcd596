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

/* The register that the data of an access is in, or comes to; `scratch` if it has none in the host.
 */
static enum x64_reg data_in(struct translator *t, const struct pg_insn *in, enum x64_reg scratch) {
    if (in->d == 0)
        return scratch;
    return native_accesses[in->op].use == PG_WRITE ? take(t, in->d, scratch)
                                                   : host_or(t, in->d, scratch);
}

/* The access itself. */
static void transfer(struct translator *t, const struct pg_insn *in, struct x64_place place,
                     enum x64_reg d) {
    bool writes = native_accesses[in->op].use == PG_WRITE;
    if (writes && in->d == 0)
        x64_set_sized(&t->x, place, 0, native_accesses[in->op].size);
    else
        x64_op(&t->x, native_forms[in->op].argument, d, place);
    if (!writes && in->d)
        put(t, in->d, d);
}

/* The same where the host may raise a signal: a site, which has this aside or will have one. */
static void transfer_at_risk(struct translator *t, const struct pg_insn *in, struct x64_place place,
                             enum x64_reg d, struct aside *a) {
    struct store *s = t->s;
    uint32_t at = (uint32_t)(t->x.at - s->cache.write);
    transfer(t, in, place, d);
    if (t->x.at - s->cache.write < at + X64_JUMP) /* store_divert puts a jump there */
        x64_nop(&t->x, X64_JUMP - (unsigned)(t->x.at - s->cache.write - at));
    s->sites[s->nsites++] = (struct site){.at = at,
                                          .block = t->number,
                                          .index = (uint8_t)t->index,
                                          .size = (uint8_t)(t->x.at - s->cache.write - at)};
    if (a)
        a->site = s->nsites;
}

void memory_by_tables(struct translator *t, const struct pg_insn *in, struct aside *a, bool check) {
    struct x64 *x = &t->x;
    bool writes = native_accesses[in->op].use == PG_WRITE;
    memory_address(t, in);
    if (check) {
        x64_test_byte(x, RAX, (uint8_t)(native_accesses[in->op].size - 1));
        block_unless(t, a, X64_NE);
    }
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
    x64_op(x, X64_MOV | X64_WIDE, RCX, x64_gs(RCX, 3, writes ? BELOW(write) : BELOW(read)));
    x64_op(x, X64_TEST | X64_WIDE, RCX, x64_in(RCX));
    block_unless(t, a, X64_E);
    x64_op(x, X64_ADD | X64_WIDE, RCX, x64_in(RAX));
    enum x64_reg d = data_in(t, in, RAX);
    if (check || !t->s->host_aligns || native_accesses[in->op].size == 1)
        transfer(t, in, x64_at(RCX, 0), d);
    else
        transfer_at_risk(t, in, x64_at(RCX, 0), d, a);
}

void memory_beside_code(struct translator *t, const struct pg_insn *in, const uint8_t *back) {
    struct x64 *x = &t->x;
    unsigned size = native_accesses[in->op].size;
    if (size == 0 || native_accesses[in->op].use != PG_WRITE)
        return;
    x64_test_byte(x, RAX, (uint8_t)(size - 1));
    uint8_t *misaligned = x64_jcc(x, X64_NE);
    x64_link(x64_call(x), t->s->glue.beside);
    x64_op(x, X64_TEST | X64_WIDE, RCX, x64_in(RCX));
    uint8_t *no = x64_jcc(x, X64_E);
    transfer(t, in, x64_at(RCX, 0), data_in(t, in, RAX));
    x64_link(x64_jmp(x), back);
    x64_link(misaligned, x->at);
    x64_link(no, x->at);
}

void memory_load(struct translator *t, const struct pg_insn *in, struct x64_place place,
                 uint32_t before) {
    transfer_at_risk(t, in, place, data_in(t, in, RCX), NULL);
    t->s->sites[t->s->nsites - 1].before = (uint8_t)before;
}

/* Loads and stores; `unused` is for `transfer`. */
void emit_access(struct translator *t, const struct pg_insn *in, uint32_t unused) {
    struct x64 *x = &t->x;
    bool check = !t->s->host_aligns && may_be_misaligned(t, in);
    if (!t->u->windowed) {
        struct aside *a = block_aside(t);
        memory_by_tables(t, in, a, check);
        a->back = x->at;
    } else if (check) {
        struct aside *a = block_aside(t);
        memory_address(t, in);
        x64_test_byte(x, RAX, (uint8_t)(native_accesses[in->op].size - 1));
        block_unless(t, a, X64_NE);
        transfer_at_risk(t, in, x64_window(RAX, 0), data_in(t, in, RCX), NULL);
        a->back = x->at;
    } else {
        enum x64_reg base = in->a ? take(t, in->a, RAX) : X64_NONE;
        transfer_at_risk(t, in, x64_window(base, in->imm), data_in(t, in, RCX), NULL);
    }
    if (native_accesses[in->op].size == 4)
        know(t, in->a, (0U - (uint32_t)in->imm) & 3);
    if (native_accesses[in->op].use == PG_READ)
        know(t, in->d, LOW_UNKNOWN);
}
