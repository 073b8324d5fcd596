/* torture_gadget.c - gadgets about code, memory and control. */
#include "vmm/torture_parts.h"

static enum pg_op some_branch(struct torture *t) {
    return PG_OP_beq + below(t, 6);
}

static void put_branch(struct torture *t, int32_t distance) {
    enum pg_op op = some_branch(t);
    unsigned d = any(t), a = any(t);
    put(t, op, d, a, 0, distance);
}

static uint32_t forward_branch(struct torture *t) {
    uint32_t at = t->g.at;
    put_branch(t, 1);
    return at;
}

static void put_alu(struct torture *t, uint32_t n) {
    for (; n > 0; n--)
        put_word(t, torture_alu(t));
}

/* ---- registers */

void gadget_alu(struct torture *t) {
    put_alu(t, between(t, 1, 7));
}

void gadget_special(struct torture *t) {
    static const uint32_t values[] = {0, 1, 2, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff};
    unsigned a = between(t, 3, 9), b = between(t, 3, 9);
    torture_li(t, a, values[below(t, 8)]);
    torture_li(t, b, values[below(t, 8)]);
    for (int k = 0; k < 3; k++) {
        enum pg_op op = one_in(t, 3) ? PG_OP_add + below(t, 10) : PG_OP_mul + below(t, 8);
        unsigned d = any(t);
        put(t, op, d, one_in(t, 2) ? a : b, b, 0);
    }
}

void gadget_pairs(struct torture *t) {
    unsigned d = between(t, 3, 9), a = any(t);
    uint32_t second = one_in(t, 2) ? forward_branch(t) : 0;
    uint32_t kind = below(t, 7);
    int32_t n = (int32_t)below(t, 32);
    unsigned e = one_in(t, 2) ? d : a;
    switch (kind) {
    case 0: put(t, PG_OP_lui, d, 0, 0, (int32_t)below(t, 0x100000)); break;
    case 1: put(t, PG_OP_slli, d, a, 0, n); break;
    case 2: put(t, PG_OP_slli, d, d, 0, n); break;
    case 3: put(t, PG_OP_sltu, d, a, d, 0); break;
    case 4: put(t, PG_OP_slti, d, a, 0, n); break;
    case 5: put(t, PG_OP_auipc, BASE, 0, 0, 0); break;
    default: put(t, PG_OP_auipc, d, 0, 0, n); break;
    }
    if (second)
        torture_land(t, second);
    switch (kind) {
    case 0: put(t, PG_OP_addi, e, d, 0, (int32_t)below(t, 0x1000)); break;
    case 1: put(t, PG_OP_srli, d, d, 0, n); break;
    case 2: put(t, PG_OP_or, d, d, a, 0); break;
    case 3: put(t, PG_OP_bne, d, 0, 0, 2); break;
    case 4: put(t, PG_OP_beq, d, 0, 0, 2); break;
    case 5: put(t, PG_OP_lw, d, BASE, 0, 4 * (n - 16)); break;
    default: put(t, PG_OP_addi, d, d, 0, n); break;
    }
    put_alu(t, 2);
}

void gadget_maze(struct torture *t) {
    uint32_t branches[8], n = between(t, 2, 9);
    for (uint32_t k = 0; k < n; k++) {
        branches[k] = forward_branch(t);
        put_alu(t, between(t, 1, 3));
        if (k > 1 && one_in(t, 2)) /* an earlier one ends here, and again at the end */
            torture_land(t, branches[below(t, k)]);
    }
    for (uint32_t k = 0; k < n; k++)
        if (!one_in(t, 3))
            torture_land(t, branches[k]);
}

/* ---- data */

/* Somewhere in the data; often near a page's end. */
static uint32_t some_data(struct torture *t) {
    uint32_t at = between(t, DATA, DATA_END);
    if (one_in(t, 12))
        at = MEMORY_END - 2 * PG_PAGE + below(t, 2 * PG_PAGE);
    if (one_in(t, 3))
        at = (at | (PG_PAGE - 1)) - below(t, 8);
    return one_in(t, 4) ? at : at & ~3U;
}

void gadget_memory(struct torture *t) {
    uint32_t at = some_data(t), n = between(t, 1, one_in(t, 3) ? 20 : 6);
    int32_t skew = one_in(t, 2) ? 0 : (int32_t)below(t, 4); /* an odd base for even addresses */
    if (one_in(t, 4))
        torture_li(t, BASE, at + (uint32_t)skew);
    else
        torture_point(t, BASE, at + (uint32_t)skew);
    for (; n > 0; n--) {
        int32_t offset = 4 * ((int32_t)below(t, 16) - 8) - skew;
        if (one_in(t, 5))
            offset += (int32_t)below(t, 4);
        torture_access(t, BASE, offset, one_in(t, 2));
    }
}

/* Edges that user rings or bounds have, and wrap-around from both sides. */
void gadget_edge(struct torture *t) {
    static const uint32_t edges[] = {0,          SCRATCH + 0x100, MEMORY_END, DATA_END,
                                     0xfffff000, 0x80000000,      0x400000,   0x140000,
                                     0xffc00000, DATA_END - 4096, 0x23f000,   0};
    uint32_t edge = edges[below(t, 12)];
    for (uint32_t n = between(t, 1, 4); n > 0; n--) {
        int32_t offset =
            one_in(t, 3) ? (int32_t)below(t, 64) - 32 : (int32_t)below(t, 0x10000) - 0x8000;
        int32_t delta = (int32_t)below(t, 17) - 8;
        bool store = one_in(t, 2) && (edge != 0 || delta < 0);
        if (store && edge == 0)
            delta = -8 + (delta & 4); /* nothing of page 0 itself */
        torture_li(t, BASE, edge + (uint32_t)delta - (uint32_t)offset);
        torture_access(t, BASE, offset, store);
    }
}

void gadget_mixed(struct torture *t) {
    torture_point(t, BASE, t->pocket);
    for (uint32_t n = between(t, 1, 6); n > 0; n--) {
        int32_t offset = (int32_t)below(t, 15) * 4;
        torture_access(t, BASE, offset, one_in(t, 2));
    }
}

/* ---- stores into code */

/* Overwrite the word at offset from base, or its low half. */
static void put_patch(struct torture *t, unsigned base, int32_t offset) {
    torture_li(t, TEMP, torture_patch(t));
    uint32_t part = below(t, 6);
    put(t, part > 1 ? PG_OP_sw : part ? PG_OP_sh : PG_OP_sb, TEMP, base, 0, offset);
}

void gadget_near_patch(struct torture *t) {
    uint32_t n = one_in(t, 3) ? 0 : below(t, 8);
    bool itself = one_in(t, 8);
    /* Behind the pointer and the patch, n words on. */
    torture_point(t, BASE, t->g.at + (itself ? 4 : 5 + n) * PG_WORD);
    put_patch(t, BASE, 0);
    put_alu(t, n);
    torture_slot(t);
}

static void put_call(struct torture *t, uint32_t entry) {
    if (one_in(t, 3)) {
        torture_point(t, BASE, entry);
        put(t, PG_OP_jalr, RA, BASE, 0, 0);
    } else {
        torture_back(t, PG_OP_jal, RA, 0, entry);
    }
}

/* A routine that ends: the later ones, mostly, so that calls do not go round in circles. */
static uint32_t callee(struct torture *t) {
    if (t->routine + 1 == ROUTINES || one_in(t, 24))
        return t->entry[below(t, ROUTINES)];
    return t->entry[between(t, t->routine + 1, ROUTINES)];
}

void gadget_far_patch(struct torture *t) {
    uint32_t to = callee(t), where = one_in(t, 3) ? torture_some_slot(t) : to;
    if (one_in(t, 2))
        put_call(t, to);
    torture_point(t, BASE, where);
    put_patch(t, BASE, 0);
    put_call(t, to);
}

void gadget_alias_patch(struct torture *t) {
    uint32_t to = callee(t), where = one_in(t, 3) ? torture_some_slot(t) : to;
    uint32_t alias = torture_aliases[between(t, 1, NALIASES)];
    if (one_in(t, 2))
        put_call(t, to);
    torture_li(t, BASE, where + alias);
    put_patch(t, BASE, 0);
    if (one_in(t, 3)) {
        torture_li(t, BASE, to + alias);
        put(t, PG_OP_jalr, RA, BASE, 0, 0);
    } else {
        put_call(t, to);
    }
}

/* ---- loops */

/* A loop's counter, and where it goes back to. 0 is never a counter. */
struct loop {
    unsigned counter;
    uint32_t top;
};

static struct loop begin_loop(struct torture *t, uint32_t turns) {
    struct loop loop = {.counter = t->loops++ ? INNER : OUTER};
    torture_li(t, loop.counter, turns);
    loop.top = t->g.at;
    return loop;
}

/* Goes on while the counter is above 0, so that it ends whatever befell it. */
static void end_loop(struct torture *t, struct loop loop) {
    put(t, PG_OP_addi, loop.counter, loop.counter, 0, -1);
    torture_back(t, PG_OP_blt, 0, loop.counter, loop.top);
    t->loops--;
}

static bool no_more_loops(struct torture *t) {
    if (t->loops >= 2)
        put_alu(t, 2);
    return t->loops >= 2;
}

static uint32_t turns(struct torture *t, unsigned bits) {
    return 1 + below(t, 2U << below(t, bits));
}

void gadget_loop(struct torture *t) {
    if (no_more_loops(t))
        return;
    struct loop loop = begin_loop(t, turns(t, 6));
    for (uint32_t n = between(t, 1, 4); n > 0; n--)
        torture_gadget(t);
    end_loop(t, loop);
}

/* A function of n words, that the loop's counter has a part in, is written and called in turn. */
void gadget_fresh_code(struct torture *t) {
    if (no_more_loops(t))
        return;
    uint32_t n = between(t, 1, 4), at = some_data(t) & ~3U;
    uint32_t alias = one_in(t, 3) ? torture_aliases[between(t, 1, NALIASES)] : 0;
    struct loop loop = begin_loop(t, turns(t, 6));
    if (alias)
        torture_li(t, BASE, at + alias);
    else
        torture_point(t, BASE, at);
    torture_li(t, TEMP, pg_maker_word(PG_OP_addi, between(t, 3, 9), 0, 0, 0));
    put(t, PG_OP_add, TEMP, TEMP, loop.counter, 0);
    put(t, PG_OP_sw, TEMP, BASE, 0, 0);
    for (uint32_t k = 1; k < n; k++) {
        torture_li(t, TEMP, torture_alu(t));
        put(t, PG_OP_sw, TEMP, BASE, 0, (int32_t)(k * PG_WORD));
    }
    torture_li(t, TEMP, pg_maker_word(PG_OP_jalr, 0, RA, 0, 0));
    put(t, PG_OP_sw, TEMP, BASE, 0, (int32_t)(n * PG_WORD));
    if (alias && one_in(t, 2))
        torture_point(t, BASE, at);
    put(t, PG_OP_jalr, RA, BASE, 0, 0);
    if (one_in(t, 2)) {
        torture_point(t, BASE, at);
        torture_access(t, BASE, 4 * (int32_t)below(t, 16), true);
    }
    end_loop(t, loop);
}

/* Skip what follows but in some turns of the loop. */
static uint32_t but_seldom(struct torture *t, struct loop loop, unsigned bits) {
    put(t, PG_OP_andi, TEMP, loop.counter, 0, (1 << bits) - 1);
    return torture_forward(t, PG_OP_bne, TEMP, 0);
}

void gadget_loop_patch(struct torture *t) {
    if (no_more_loops(t))
        return;
    struct loop loop = begin_loop(t, turns(t, 9));
    uint32_t early = torture_slot(t);
    put_alu(t, between(t, 0, 4));
    bool late = one_in(t, 2);
    uint32_t skip = but_seldom(t, loop, below(t, 8));
    /* The next turn's, or this one's: behind what follows, two words on. */
    torture_point(t, BASE, late ? t->g.at + 7 * PG_WORD : early);
    put_patch(t, BASE, 0);
    torture_land(t, skip);
    put_alu(t, 2);
    torture_slot(t);
    end_loop(t, loop);
}

/* Long enough for every hot path; only outside of other loops. */
void gadget_hot(struct torture *t) {
    if (t->loops > 0) {
        gadget_loop(t);
        return;
    }
    struct loop loop = begin_loop(t, 200 + below(t, 100U << below(t, 8)));
    uint32_t at = some_data(t) & ~3U, n = between(t, 1, 6);
    torture_point(t, BASE, at);
    for (; n > 0; n--) {
        int32_t offset = 4 * (int32_t)below(t, 16);
        if (one_in(t, 2))
            torture_access(t, BASE, offset, one_in(t, 2));
        else
            put_alu(t, 1);
    }
    uint32_t skip = but_seldom(t, loop, between(t, 6, 13));
    torture_gadget(t);
    torture_land(t, skip);
    end_loop(t, loop);
}

/* ---- calls */

void gadget_call(struct torture *t) {
    put_call(t, callee(t));
}

/* In one of four turns, or the routine would end here. */
void gadget_tail(struct torture *t) {
    torture_lot(t, TEMP, 4);
    uint32_t skip = torture_forward(t, PG_OP_bne, TEMP, 0);
    if (one_in(t, 2)) {
        torture_point(t, BASE, callee(t));
        put(t, PG_OP_jalr, 0, BASE, 0, 0);
    } else {
        torture_back(t, PG_OP_jal, 0, 0, callee(t));
    }
    torture_land(t, skip);
}

void gadget_astray(struct torture *t) {
    uint32_t over, end, kind = below(t, 7);
    int32_t on = 1 + (int32_t)below(t, 4);
    switch (kind) {
    case 0: /* a call that returns some words behind its place */
        over = torture_forward(t, PG_OP_jal, RA, 0);
        put_alu(t, 5);
        end = torture_forward(t, PG_OP_jal, 0, 0);
        torture_land(t, over);
        put(t, PG_OP_addi, RA, RA, 0, PG_WORD * on);
        put(t, PG_OP_jalr, 0, RA, 0, 0);
        torture_land(t, end);
        break;
    case 1: /* a call to the next word, which never returns */
        put(t, PG_OP_jal, RA, 0, 0, 1);
        put_alu(t, 1);
        break;
    case 2: /* a return without a call */
        torture_point(t, RA, t->g.at + (2 + (uint32_t)on) * PG_WORD);
        put(t, PG_OP_jalr, 0, RA, 0, one_in(t, 4) ? 1 : 0);
        put_alu(t, 5);
        break;
    case 3: /* coroutines: both directions through ra */
        torture_point(t, RA, t->g.at + 6 * PG_WORD);
        put(t, PG_OP_jalr, RA, RA, 0, 0);
        put_alu(t, 1);
        over = torture_forward(t, PG_OP_jal, 0, 0);
        put_alu(t, 1);
        put(t, PG_OP_jalr, RA, RA, 0, 0);
        put_alu(t, 1);
        torture_land(t, over);
        break;
    case 4: /* a call of what writes over the place of its return */
        over = torture_forward(t, PG_OP_jal, RA, 0);
        put_alu(t, 1);
        torture_slot(t);
        put_alu(t, 1);
        end = torture_forward(t, PG_OP_jal, 0, 0);
        torture_land(t, over);
        put_patch(t, RA, one_in(t, 2) ? 0 : PG_WORD);
        put(t, PG_OP_jalr, 0, RA, 0, 0);
        torture_land(t, end);
        break;
    default: /* a call in one space, ring or mode, its return in another */
        over = torture_forward(t, PG_OP_jal, 0, 0);
        uint32_t begin = t->g.at;
        put_alu(t, 1);
        put(t, PG_OP_svc, 0, 0, 0, (int32_t)below(t, kind == 5 ? PATCHES : NSERVICES));
        put(t, PG_OP_jalr, 0, RA, 0, 0);
        torture_land(t, over);
        torture_back(t, PG_OP_jal, RA, 0, begin);
        break;
    }
}

/* Recursion with a gadget at the bottom; `leap` leaves from there at once. */
static void put_recursion(struct torture *t, bool leap) {
    uint32_t depth = one_in(t, 2) ? between(t, 700, 1500) : between(t, 2, 200);
    put(t, PG_OP_addi, BASE2, SP, 0, 0);
    uint32_t over = torture_forward(t, PG_OP_jal, 0, 0);
    uint32_t f = t->g.at;
    put(t, PG_OP_addi, SP, SP, 0, -8);
    put(t, PG_OP_sw, RA, SP, 0, 0);
    put(t, PG_OP_addi, TEMP2, TEMP2, 0, -1);
    uint32_t bottom = torture_forward(t, PG_OP_bge, 0, TEMP2);
    put_alu(t, below(t, 3));
    torture_back(t, PG_OP_jal, RA, 0, f);
    put_alu(t, below(t, 3));
    uint32_t up = t->g.at;
    put(t, PG_OP_lw, RA, SP, 0, 0);
    put(t, PG_OP_addi, SP, SP, 0, 8);
    put(t, PG_OP_jalr, 0, RA, 0, 0);
    torture_land(t, bottom);
    uint32_t end = 0;
    if (leap) {
        put(t, PG_OP_addi, SP, BASE2, 0, 0);
        end = torture_forward(t, PG_OP_jal, 0, 0);
    } else {
        t->loops += 2;
        torture_gadget(t);
        t->loops -= 2;
        torture_back(t, PG_OP_jal, 0, 0, up);
    }
    torture_land(t, over);
    torture_li(t, TEMP2, depth);
    torture_back(t, PG_OP_jal, RA, 0, f);
    if (leap)
        torture_land(t, end);
}

void gadget_deep(struct torture *t) {
    if (no_more_loops(t))
        return;
    put_recursion(t, false);
}

void gadget_leap(struct torture *t) {
    put_recursion(t, true);
}

/* ---- jump tables */

void gadget_table(struct torture *t) {
    enum { CASES = 8 };
    uint32_t over = torture_forward(t, PG_OP_jal, 0, 0), table = t->g.at, ends[CASES];
    bool again = t->loops < 2, link = one_in(t, 3);
    t->g.at += CASES * PG_WORD;
    torture_land(t, over);
    struct loop loop = {0};
    if (again)
        loop = begin_loop(t, turns(t, 8));
    torture_lot(t, TEMP, CASES);
    put(t, PG_OP_slli, TEMP, TEMP, 0, 2);
    torture_point(t, BASE, table);
    put(t, PG_OP_add, TEMP, TEMP, BASE, 0);
    put(t, PG_OP_lw, TEMP, TEMP, 0, 0);
    put(t, PG_OP_add, BASE, BASE, TEMP, 0);
    int32_t offset = 4 * ((int32_t)below(t, 64) - 32);
    put(t, PG_OP_jalr, link ? RA : 0, BASE, 0, offset);
    for (uint32_t k = 0; k < CASES; k++) {
        uint32_t to = t->g.at - table - (uint32_t)offset;
        if (one_in(t, 8))
            to |= 1; /* which jalr clears */
        else if (one_in(t, 64))
            to |= 2; /* which traps */
        pg_maker_poke(&t->g, table + k * PG_WORD, to);
        put_alu(t, between(t, 1, 3));
        ends[k] = torture_forward(t, PG_OP_jal, 0, 0);
    }
    for (uint32_t k = 0; k < CASES; k++)
        torture_land(t, ends[k]);
    if (again)
        end_loop(t, loop);
}
