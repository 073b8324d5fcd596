/* glue.c - the code between C and the blocks: how generated code is entered, how it is left, and
 * how it calls the helper. */
#include "native/block.h"

#include <string.h>

/* By use in compiled code: gp and tp are not used at all, ra half as often as the next. */
const int8_t host_register[PG_NREGS] = {
    X64_NONE, /* zero: stands in the frame, for operands */
    X64_NONE, /* ra */
    RBP,      /* sp */
    X64_NONE, /* gp */
    X64_NONE, /* tp */
    R13,      /* t0 */
    R12,      /* t1 */
    R15,      /* t2 */
    R11,      /* s0 */
    R10,      /* s1 */
    RSI,      /* a0 */
    R8,       /* a1 */
    R9,       /* a2 */
    RDX,      /* a3 */
    RBX,      /* a4 */
    RDI,      /* a5 */
};

static const enum x64_reg saved[] = {RBX, RBP, R12, R13, R14, R15};
enum { NSAVED = sizeof saved / sizeof *saved };
_Static_assert(NSAVED % 2 == 0, "C wants a multiple of 16 in rsp at a call: a return address more");

/* Between host registers and the frame. */
static void registers(struct x64 *x, uint32_t opcode) {
    for (int g = 0; g < PG_NREGS; g++)
        if (host_register[g] != X64_NONE)
            x64_op(x, opcode, host_register[g], x64_data(FRAME(r) + 4 * g));
    x64_op(x, opcode, BUDGET, FIELD(budget));
}

/* Let the host see misaligned accesses, or not. */
static void see_misaligned(const struct store *s, struct x64 *x, bool yes) {
    if (!s->host_aligns)
        return;
    x64_pushf(x);
    if (yes)
        x64_imm(x, X64_G_OR, x64_at(RSP, 0), HOST_AC);
    else
        x64_imm(x, X64_G_AND, x64_at(RSP, 0), ~HOST_AC);
    x64_popf(x);
}

struct x64_place first_link(int32_t offset) {
    return x64_data((int32_t)(offsetof(struct data, links) + LINK_ROOM - sizeof(struct link)) +
                    offset);
}

/* glue.beside: which of a page's words are code stands in a bitmap, found by the page. */
static void make_beside(struct store *s, struct x64 *x) {
    s->glue.beside = x->at;
    x64_push(x, RDX);
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
    x64_op(x, X64_MOV | X64_WIDE, RDX, x64_gs(RCX, 3, BELOW(beside)));
    x64_op(x, X64_TEST | X64_WIDE, RDX, x64_in(RDX));
    uint8_t *none = x64_jcc(x, X64_E);
    x64_op(x, X64_MOV | X64_WIDE, RCX, x64_gs(RCX, 3, BELOW(read))); /* knows the page, too */
    x64_push(x, RCX);
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_imm(x, X64_G_AND, x64_in(RCX), PG_PAGE - 1);
    x64_shift(x, X64_SHR, x64_in(RCX), 2); /* the word in the page */
    x64_op(x, X64_BT, RCX, x64_at(RDX, 0));
    x64_pop(x, RCX);
    uint8_t *is_code = x64_jcc(x, X64_B);
    x64_op(x, X64_ADD | X64_WIDE, RCX, x64_in(RAX));
    x64_pop(x, RDX);
    x64_ret(x);
    x64_link(none, x->at);
    x64_link(is_code, x->at);
    x64_set(x, x64_in(RCX), 0);
    x64_pop(x, RDX);
    x64_ret(x);
}

void glue_make(struct store *s, uint32_t (*helper)(void *, uint32_t insn)) {
    struct x64 code = {s->at, code_cache_data(&s->cache)}, *x = &code;

    /* enter(rdi: entry) */
    const uint8_t *enter = code_cache_place(&s->cache, x->at);
    for (int k = 0; k < NSAVED; k++)
        x64_push(x, saved[k]);
    x64_op(x, X64_STORE | X64_WIDE, RSP, FIELD(c_stack));
    see_misaligned(s, x, true);
    x64_op(x, X64_MOV | X64_WIDE, RCX, FIELD(now.window));
    x64_op(x, X64_BASES, 3, x64_in(RCX));
    x64_op(x, X64_MOV | X64_WIDE, RAX, x64_in(RDI));
    x64_op(x, X64_LEA | X64_WIDE, RSP, first_link(0));
    registers(x, X64_MOV);
    x64_op(x, X64_GROUP5, 4, x64_in(RAX));

    s->glue.retreat = x->at;
    x64_set(x, x64_in(RAX), EXIT_RETREAT);
    uint8_t *retreat = x64_jmp(x);

    /* Where the first link leads. */
    const uint8_t *astray = code_cache_place(&s->cache, x->at);
    x64_set(x, x64_in(RAX), NO_PC & ~1);

    s->glue.miss = x->at;
    x64_op(x, X64_STORE, RAX, FIELD(pc));
    x64_set(x, x64_in(RAX), 0);

    s->glue.leave = x->at;
    x64_link(retreat, x->at);
    registers(x, X64_STORE);
    x64_op(x, X64_MOV | X64_WIDE, RSP, FIELD(c_stack));
    see_misaligned(s, x, false);

    const uint8_t *done = x->at;
    for (int k = NSAVED; k-- > 0;)
        x64_pop(x, saved[k]);
    x64_ret(x);

    s->glue.help = x->at;
    registers(x, X64_STORE);
    x64_op(x, X64_STORE | X64_WIDE, RSP, FIELD(links));
    x64_op(x, X64_MOV | X64_WIDE, RSP, FIELD(c_stack));
    see_misaligned(s, x, false);
    x64_op(x, X64_MOV | X64_WIDE, RDI, FIELD(engine));
    x64_op(x, X64_MOV, RSI, x64_in(RAX));
    x64_imm(x, X64_G_SUB | X64_WIDE, x64_in(RSP), 8); /* see the assertion above */
    x64_set64(x, RAX, (uint64_t)(uintptr_t)helper);
    x64_op(x, X64_GROUP5, 2, x64_in(RAX));
    x64_imm(x, X64_G_ADD | X64_WIDE, x64_in(RSP), 8);
    x64_op(x, X64_TEST, RAX, x64_in(RAX));
    uint8_t *left = x64_jcc(x, X64_NE);
    see_misaligned(s, x, true);
    x64_op(x, X64_MOV | X64_WIDE, RSP, FIELD(links));
    registers(x, X64_MOV);
    x64_ret(x);
    x64_link(left, x->at);
    x64_set(x, x64_in(RAX), EXIT_DONE);
    x64_link(x64_jmp(x), done);

    make_beside(s, x);
    trap_make(s, x);
    s->at = x->at;
    s->data->links[LINKS - 1] = (struct link){astray, NO_PC};
    /* From an object to a function: not ISO C, but POSIX insists on it. */
    memcpy(&s->glue.enter, &enter, sizeof enter);
}
