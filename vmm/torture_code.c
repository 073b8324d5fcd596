/* torture_code.c - how gadgets put code: pointers, jumps, loads and stores, words to be patched. */
#include "vmm/torture_parts.h"

#include <stdlib.h>

unsigned torture_any(struct pg_maker *g) {
    unsigned k = pg_maker_below(g, 48);
    return k < 42 ? k % 7 + (k % 7 > 0 ? 2 : 0) : k == 42 ? BASE : k == 43 ? TEMP : 3 + k % 6;
}

void torture_li(struct torture *t, unsigned d, uint32_t value) {
    put(t, PG_OP_lui, d, 0, 0, (int32_t)(value >> 12));
    put(t, PG_OP_ori, d, d, 0, (int32_t)(value & 0xfff));
}

void torture_point(struct torture *t, unsigned d, uint32_t pa) {
    uint32_t distance = pa - t->g.at;
    put(t, PG_OP_auipc, d, 0, 0, (int32_t)(distance >> 12));
    put(t, PG_OP_addi, d, d, 0, (int32_t)(distance & 0xfff));
}

uint32_t torture_forward(struct torture *t, enum pg_op op, unsigned d, unsigned a) {
    put(t, op, d, a, 0, 1);
    return t->g.at - PG_WORD;
}

void torture_land(struct torture *t, uint32_t branch) {
    const uint8_t *b = t->g.bytes + branch;
    uint32_t word = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
    struct pg_insn in;
    pg_decode(word | (uint32_t)b[3] << 24, &in);
    pg_maker_poke(
        &t->g, branch,
        pg_maker_word((enum pg_op)in.op, in.d, in.a, 0, (int32_t)(t->g.at - branch) / PG_WORD));
}

void torture_back(struct torture *t, enum pg_op op, unsigned d, unsigned a, uint32_t to) {
    put(t, op, d, a, 0, (int32_t)(to - t->g.at) / PG_WORD);
}

uint32_t torture_alu(struct torture *t) {
    return pg_maker_alu(&t->g, torture_any);
}

uint32_t torture_slot(struct torture *t) {
    uint32_t at = t->g.at;
    put_word(t, torture_alu(t));
    if (t->nslots < NSLOTS)
        t->slots[t->nslots++] = at;
    return at;
}

uint32_t torture_patch(struct torture *t) {
    unsigned d = any(t);
    switch (below(t, 20)) {
    case 0: return pg_maker_word(PG_OP_svc, 0, 0, 0, (int32_t)below(t, NSERVICES));
    case 1: return (uint32_t)pg_maker_next(&t->g); /* most often illegal */
    case 2: return pg_maker_word(PG_OP_jal, 0, 0, 0, 1 + (int32_t)below(t, 2));
    case 3: return pg_maker_word(PG_OP_beq, d, 0, 0, 1 + (int32_t)below(t, 2));
    case 4: return pg_maker_word(PG_OP_lw, 3, SP, 0, 0);
    case 5: return pg_maker_word(PG_OP_rdt, 4, 0, 0, 0);
    default: return torture_alu(t);
    }
}

uint32_t torture_some_slot(struct torture *t) {
    if (t->nslots == 0 || one_in(t, 3))
        return t->entry[below(t, ROUTINES)];
    return t->slots[below(t, t->nslots)];
}

void torture_lot(struct torture *t, unsigned d, uint32_t n) {
    torture_li(t, TEMP2, 1103515245);
    put(t, PG_OP_mul, LOT, LOT, TEMP2, 0);
    put(t, PG_OP_addi, LOT, LOT, 0, 12345);
    put(t, PG_OP_srli, d, LOT, 0, 16);
    put(t, PG_OP_andi, d, d, 0, (int32_t)n - 1);
}

void torture_access(struct torture *t, unsigned base, int32_t offset, bool store) {
    static const enum pg_op loads[] = {PG_OP_lw,  PG_OP_lw, PG_OP_lh,
                                       PG_OP_lhu, PG_OP_lb, PG_OP_lbu};
    static const enum pg_op stores[] = {PG_OP_sw, PG_OP_sw, PG_OP_sh, PG_OP_sb};
    enum pg_op op = store ? stores[below(t, 4)] : loads[below(t, 6)];
    put(t, op, any(t), base, 0, offset);
}

/* ---- choosing */

#define X(name, weight, meaning) {weight, gadget_##name},
static const struct {
    uint8_t weight;
    gadget_fn *put;
} gadgets[] = {
#include "vmm/gadget.def"
};
#undef X

enum { NGADGETS = sizeof gadgets / sizeof *gadgets, ROOM = 120 * PG_WORD };
_Static_assert((int)NGADGETS <= (int)TORTURE_GADGETS, "room for their weights");

void torture_weigh(struct torture *t) {
    static const uint8_t factors[] = {0, 0, 1, 1, 1, 2, 6};
    for (unsigned k = 0; k < NGADGETS; k++) {
        t->weight[k] = gadgets[k].weight * factors[below(t, sizeof factors)];
        t->weights += t->weight[k];
    }
    t->weight[0]++; /* in case all are 0 */
    t->weights++;
}

void torture_gadget(struct torture *t) {
    if (t->g.at + ROOM > t->limit) {
        put_word(t, torture_alu(t));
        return;
    }
    uint32_t lot = below(t, t->weights);
    unsigned k = 0;
    while (lot >= t->weight[k])
        lot -= t->weight[k++];
    gadgets[k].put(t);
}
