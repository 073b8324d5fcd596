/* glue.c - the code between C and the blocks: how generated code is entered, how it is left, and
 * how it calls the helper. */
#include "native/block.h"

#include <string.h>

/* ABI registers of rv32e by use in compiled code: gp and tp are not used at all, t1, t2 and ra
 * seldom in loops. */
const int8_t host_register[PG_NREGS] = {
    X64_NONE, /* zero: stands in the frame, for operands */
    X64_NONE, /* ra */
    RBP,      /* sp */
    X64_NONE, /* gp */
    X64_NONE, /* tp */
    R13,      /* t0 */
    X64_NONE, /* t1 */
    X64_NONE, /* t2 */
    R11,      /* s0 */
    R12,      /* s1 */
    RSI,      /* a0 */
    R8,       /* a1 */
    R9,       /* a2 */
    R10,      /* a3 */
    RBX,      /* a4 */
    RDI,      /* a5 */
};

static const enum x64_reg saved[] = {RBX, RBP, R12, R13, R14, R15};
enum { NSAVED = sizeof saved / sizeof *saved };

/* The return address and the saved registers leave the stack 8 bytes off a multiple of 16. */
enum { ROOM = (int)sizeof(struct frame) + (NSAVED % 2 ? 0 : 8) };

#define FIELD(name) ((int32_t)offsetof(struct frame, name))

/* Between host registers and the frame, which lies at rsp + bias. */
static void registers(struct x64 *x, uint32_t opcode, int32_t bias) {
    for (int g = 0; g < PG_NREGS; g++)
        if (host_register[g] != X64_NONE)
            x64_op(x, opcode, host_register[g], x64_at(RSP, bias + 4 * g));
}

static void copy(struct x64 *x, enum x64_reg to, enum x64_reg from, int32_t size) {
    for (int32_t k = 0; k < size; k += 16) {
        x64_op(x, X64_MOVUPS, 0, x64_at(from, k));
        x64_op(x, X64_MOVUPS_STORE, 0, x64_at(to, k));
    }
}

void glue_make(struct store *s, uint32_t (*helper)(struct frame *frame, uint32_t insn)) {
    struct x64 x = {s->at};

    /* enter(rdi: home, rsi: entry) */
    const uint8_t *enter = code_cache_place(&s->cache, x.at);
    for (int k = 0; k < NSAVED; k++)
        x64_push(&x, saved[k]);
    x64_imm(&x, X64_G_SUB | X64_WIDE, x64_in(RSP), ROOM);
    copy(&x, RSP, RDI, sizeof(struct frame));
    x64_op(&x, X64_MOV | X64_WIDE, RAX, x64_in(RSI));
    x64_op(&x, X64_MOV, BUDGET, x64_at(RSP, FIELD(budget)));
    x64_op(&x, X64_MOV | X64_WIDE, WINDOW, x64_at(RSP, FIELD(window)));
    registers(&x, X64_MOV, 0);
    x64_op(&x, X64_GROUP5, 4, x64_in(RAX));

    s->glue.miss = x.at;
    x64_op(&x, X64_STORE, RAX, x64_at(RSP, FIELD(pc)));
    x64_set(&x, x64_in(RAX), 0);

    s->glue.leave = x.at;
    registers(&x, X64_STORE, 0);
    x64_op(&x, X64_STORE, BUDGET, x64_at(RSP, FIELD(budget)));
    x64_op(&x, X64_MOV | X64_WIDE, RCX, x64_at(RSP, FIELD(home)));
    copy(&x, RCX, RSP, FRAME_BACK);

    const uint8_t *done = x.at;
    x64_imm(&x, X64_G_ADD | X64_WIDE, x64_in(RSP), ROOM);
    for (int k = NSAVED; k-- > 0;)
        x64_pop(&x, saved[k]);
    x64_ret(&x);

    /* The call has put its return address below the frame. */
    s->glue.help = x.at;
    registers(&x, X64_STORE, 8);
    x64_op(&x, X64_STORE, BUDGET, x64_at(RSP, 8 + FIELD(budget)));
    x64_op(&x, X64_LEA | X64_WIDE, RDI, x64_at(RSP, 8));
    x64_op(&x, X64_MOV, RSI, x64_in(RAX));
    x64_push(&x, RAX); /* for the alignment of the stack */
    x64_set64(&x, RAX, (uint64_t)(uintptr_t)helper);
    x64_op(&x, X64_GROUP5, 2, x64_in(RAX));
    x64_pop(&x, RCX);
    x64_op(&x, X64_TEST, RAX, x64_in(RAX));
    uint8_t *left = x64_jcc(&x, X64_NE);
    registers(&x, X64_MOV, 8);
    x64_ret(&x);
    x64_link(left, x.at);
    x64_pop(&x, RCX); /* the return address */
    x64_set(&x, x64_in(RAX), EXIT_DONE);
    x64_link(x64_jmp(&x), done);

    s->at = x.at;
    /* From an object to a function: not ISO C, but POSIX insists on it. */
    memcpy(&s->glue.enter, &enter, sizeof enter);
}
