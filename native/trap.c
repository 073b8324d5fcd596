/* trap.c - svc and lpsw without leaving generated code: the way from a user ring to the supervisor
 * and back.
 *
 * What C would do for them (machine/step.c, deliver; machine/exec_system.c, exec_lpsw) is done here
 * by code that all blocks share, as long as it is the plain case: nobody looks on, no firmware
 * takes the trap, no interrupt is pending, some instruction has retired since the last trap, and
 * the PSW to be loaded is one of the `worlds` that C has been to (native.c). All else goes to the
 * helper.
 *
 * A call of C costs more than what is to be done: the flag AC has to be cleared and set again
 * (fault.h), which alone takes over 20 ns, and the registers have to be saved.
 */
#include "native/block.h"

#define WORLD(base, member) x64_at(base, (int32_t)offsetof(struct world, member))

/* More scratch registers, to be had back. */
static const enum x64_reg borrowed[] = {RDX, RSI, RDI};
enum { NBORROWED = sizeof borrowed / sizeof *borrowed };

/* The ways out to the helper, before anything has changed. */
struct slow {
    uint8_t *early[8], *late[8]; /* jumps: with the registers not yet borrowed; borrowed */
    int nearly, nlate;
};

static void early(struct slow *slow, struct x64 *x, enum x64_cc cc) {
    slow->early[slow->nearly++] = x64_jcc(x, cc);
}

static void late(struct slow *slow, struct x64 *x, enum x64_cc cc) {
    slow->late[slow->nlate++] = x64_jcc(x, cc);
}

static void borrow(struct x64 *x) {
    for (int k = 0; k < NBORROWED; k++)
        x64_push(x, borrowed[k]);
}

static void give_back(struct x64 *x) {
    for (int k = NBORROWED; k-- > 0;)
        x64_pop(x, borrowed[k]);
}

/* rsi = the world of the PSW at rdx + disp; ecx = its pc. */
static void find_world(struct x64 *x, struct slow *slow, int32_t disp) {
    _Static_assert(sizeof(struct world) == 64, "scaled by a shift");
    x64_op(x, X64_MOV, RAX, x64_at(RDX, disp));
    x64_op(x, X64_MOV, RCX, x64_at(RDX, disp + 8));
    x64_op(x, X64_MOV, RSI, x64_in(RCX));
    x64_shift(x, X64_SHR, x64_in(RSI), PG_PAGE_BITS);
    x64_op(x, X64_XOR, RSI, x64_in(RAX));
    x64_imm(x, X64_G_AND, x64_in(RSI), WORLDS - 1);
    x64_shift(x, X64_SHL, x64_in(RSI), 6);
    x64_op(x, X64_LEA | X64_WIDE, RDI, FIELD(worlds));
    x64_op(x, X64_ADD | X64_WIDE, RSI, x64_in(RDI));
    x64_op(x, X64_CMP, RAX, WORLD(RSI, status));
    late(slow, x, X64_NE);
    x64_op(x, X64_CMP, RCX, WORLD(RSI, base));
    late(slow, x, X64_NE);
    x64_op(x, X64_MOV, RAX, x64_at(RDX, disp + 12));
    x64_op(x, X64_CMP, RAX, WORLD(RSI, bound));
    late(slow, x, X64_NE);
    x64_imm(x, X64_G_CMP | X64_WIDE, WORLD(RSI, space), 0);
    late(slow, x, X64_E);
    x64_op(x, X64_MOV, RCX, x64_at(RDX, disp + 4));
    x64_op(x, X64_TEST, RCX, x64_in(RCX)); /* a PSW of four zero words is invalid */
    late(slow, x, X64_E);
}

/* Account for edi instructions retired up to here, if there are any. */
static void account(struct x64 *x) {
    x64_op(x, X64_STORE, BUDGET, FIELD(counted));
    x64_op(x, X64_ADD_TO | X64_WIDE, RDI, FIELD(T));
    x64_op(x, X64_ADD_TO | X64_WIDE, RDI, FIELD(retired));
    x64_op(x, X64_MOV, RAX, FIELD(now.status));
    x64_test_byte(x, RAX, PG_RING);
    uint8_t *ring_0 = x64_jcc(x, X64_E);
    x64_op(x, X64_ADD_TO | X64_WIDE, RDI, FIELD(U));
    x64_link(ring_0, x->at);
}

/* Go on in the world at rsi, at ecx. */
static void go(const struct store *s, struct x64 *x) {
    x64_op(x, X64_MOV | X64_WIDE, RAX, WORLD(RSI, window));
    x64_op(x, X64_CMP | X64_WIDE, RAX, FIELD(now.window));
    uint8_t *same = x64_jcc(x, X64_E);
    x64_op(x, X64_BASES, 3, x64_in(RAX));
    x64_link(same, x->at);
    for (int32_t k = 0; k < (int32_t)sizeof(struct world); k += 16) {
        x64_op(x, X64_MOVUPS, 0, x64_at(RSI, k));
        x64_op(x, X64_MOVUPS_STORE, 0, x64_data(FRAME(now) + k));
    }
    x64_op(x, X64_MOV, RAX, x64_in(RCX));
    give_back(x);
    x64_op(x, X64_LEA | X64_WIDE, RSP, first_link(0));
    target_make(s, x);
}

static void to_helper(const struct store *s, struct x64 *x, const struct slow *slow) {
    for (int k = 0; k < slow->nlate; k++)
        x64_link(slow->late[k], x->at);
    give_back(x);
    for (int k = 0; k < slow->nearly; k++)
        x64_link(slow->early[k], x->at);
    x64_op(x, X64_MOV, RAX, FIELD(number));
    x64_link(x64_jmp(x), s->glue.help);
}

static void store_word(struct x64 *x, int32_t at, struct x64_place from) {
    x64_op(x, X64_MOV, RAX, from);
    x64_op(x, X64_STORE, RAX, x64_at(RDX, at));
}

/* Manual: "Traps". The step of the trap itself is no instruction retired. */
static void make_svc(struct store *s, struct x64 *x) {
    struct slow slow = {0};
    s->glue.svc = x->at;
    x64_imm(x, X64_G_CMP, FIELD(quick), 0);
    early(&slow, x, X64_E);
    borrow(x);
    x64_op(x, X64_MOV | X64_WIDE, RDX, FIELD(memory));
    find_world(x, &slow, PG_NEW_PSW);
    x64_op(x, X64_MOV, RDI, FIELD(counted));
    x64_op(x, X64_SUB, RDI, x64_in(BUDGET));
    x64_imm(x, X64_G_SUB, x64_in(RDI), 1);
    late(&slow, x, X64_BE); /* nothing has retired: a storm of traps may be about to break */
    account(x);
    x64_imm(x, X64_G_ADD | X64_WIDE, FIELD(traps), 1);
    x64_set(x, FIELD(deliveries), 1);
    store_word(x, PG_FRAME_PSW, FIELD(now.status));
    store_word(x, PG_FRAME_PSW + 4, FIELD(trap_pc));
    store_word(x, PG_FRAME_PSW + 8, FIELD(now.base));
    store_word(x, PG_FRAME_PSW + 12, FIELD(now.bound));
    x64_set(x, x64_at(RDX, PG_FRAME_CAUSE), PG_CAUSE_svc);
    store_word(x, PG_FRAME_VALUE, FIELD(value));
    store_word(x, PG_FRAME_INSN, FIELD(word));
    x64_set(x, x64_at(RDX, PG_FRAME_INSN + 4), 0);
    store_word(x, PG_FRAME_T, FIELD(T));
    store_word(x, PG_FRAME_T + 4, x64_data(FRAME(T) + 4));
    x64_imm(x, X64_G_ADD | X64_WIDE, FIELD(T), 1);
    go(s, x);
    to_helper(s, x, &slow);
}

/* Manual: "lpsw". The four words are in one page that the tables know. */
static void make_lpsw(struct store *s, struct x64 *x) {
    struct slow slow = {0};
    s->glue.lpsw = x->at;
    x64_imm(x, X64_G_CMP, FIELD(quick), 0);
    early(&slow, x, X64_E);
    x64_test_byte(x, RAX, PG_WORD - 1);
    early(&slow, x, X64_NE);
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_imm(x, X64_G_AND, x64_in(RCX), PG_PAGE - 1);
    x64_imm(x, X64_G_CMP, x64_in(RCX), PG_PAGE - 4 * PG_WORD);
    early(&slow, x, X64_A);
    x64_op(x, X64_MOV, RCX, x64_in(RAX));
    x64_shift(x, X64_SHR, x64_in(RCX), PG_PAGE_BITS);
    x64_op(x, X64_MOV | X64_WIDE, RCX, x64_gs(RCX, 3, BELOW(read)));
    x64_op(x, X64_TEST | X64_WIDE, RCX, x64_in(RCX));
    early(&slow, x, X64_E);
    borrow(x);
    x64_op(x, X64_LEA | X64_WIDE, RDX, x64_sum(RCX, RAX, 0, 0));
    find_world(x, &slow, 0);
    x64_op(x, X64_MOV, RDI, FIELD(counted));
    x64_op(x, X64_SUB, RDI, x64_in(BUDGET));
    account(x);
    x64_set(x, FIELD(deliveries), 0);
    go(s, x);
    to_helper(s, x, &slow);
}

void trap_make(struct store *s, struct x64 *x) {
    make_svc(s, x);
    make_lpsw(s, x);
}
