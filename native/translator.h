/* translator.h - a block in the making, for the files that write its code.
 *
 * A block is a run of instructions within a page. It goes on behind conditional branches that lead
 * forward; if it is a loop, behind the branch that leads back, too, for a few rounds. The time of
 * all its instructions is taken from the budget at its entry, and who leaves early gives back the
 * rest. What generated code cannot do (a page that the window does not know, a watched one, a
 * misaligned address, a trap) it leaves to the helper, instruction by instruction.
 *
 * rax and rcx are scratch; nothing is kept in them from one instruction to the next.
 */
#ifndef PG_NATIVE_TRANSLATOR_H
#define PG_NATIVE_TRANSLATOR_H

#include "native/translate.h"

/* What of the low two bits of a register is known. */
enum { LOW_UNKNOWN = 4 };

/* Code out of line that executes one instruction by the helper. */
struct aside {
    uint8_t *from[4]; /* jumps that lead there */
    int n;
    uint32_t index;      /* of the instruction */
    const uint8_t *back; /* where to go on */
    uint32_t site;       /* whose signals lead there, too, plus 1; or 0 */
};

/* A jump out of the block behind an instruction: a conditional branch that is taken. */
struct side {
    uint8_t *from;
    uint32_t index, pc; /* of the instruction; where it leads */
};

struct translator {
    struct x64 x;
    struct store *s;
    const struct universe *u;
    uint32_t number; /* of the block */
    uint32_t pc, pa; /* where it begins */
    uint32_t index;  /* of the instruction */
    uint32_t ninsns;
    uint32_t words; /* of the guest's code; less than ninsns if it is a loop, several times */
    struct pg_insn insns[MOST_INSNS];
    bool ended; /* the last instruction has said where to go */
    uint8_t low[PG_NREGS];
    struct aside asides[MOST_INSNS];
    struct side sides[MOST_INSNS + 3]; /* of branches, and of a fused look-up */
    uint32_t nasides, nsides;
    uint8_t *full, *not_full; /* at a call: when the return stack is full; behind that */
};

/* An emitter; see emit.def. */
typedef void emit_fn(struct translator *t, const struct pg_insn *in, uint32_t argument);

#define X(op, emitter, argument) emit_fn emit_##emitter;
#include "native/emit.def"

/* For instructions without a row: by the semantic function. */
emit_fn emit_by_helper;

struct form {
    emit_fn *emit;
    uint32_t argument;
};
extern const struct form native_forms[PG_NOPS];

static inline bool is_branch(uint8_t op) {
    return op != PG_NOPS && (pg_rows[op].format == PG_FMT_B || pg_rows[op].format == PG_FMT_MB);
}

/* Does a branch lead forward, over something? The block then goes on behind it. */
static inline bool leads_forward(const struct pg_insn *in) {
    return in->imm > 1;
}

/* ---- where blocks lead: translate.c */

/* Jump to the pc in eax, by the table of targets. */
void block_look_up(struct translator *t);

/* Leave the block for a pc that is known. */
void block_go_to(struct translator *t, uint32_t pc);

/* Leave the block by a call of the guest: to a pc that is known, to the pc in eax. */
void block_call(struct translator *t, uint32_t pc);
void block_call_by_look_up(struct translator *t);

/* Leave the block by a return of the guest, to where register g says. */
void block_return(struct translator *t, unsigned g);

/* What cannot be done in line at this instruction; and a jump there. */
struct aside *block_aside(struct translator *t);
void block_unless(struct translator *t, struct aside *a, enum x64_cc cc);

/* ---- memory: emit_memory.c */

/* eax = r[in->a] + imm. */
void memory_address(struct translator *t, const struct pg_insn *in);

/* A load or store by the tables, with jumps out of line where that does not do; `check` the
 * alignment. */
void memory_by_tables(struct translator *t, const struct pg_insn *in, struct aside *a, bool check);

/* A store to the address in eax, if only code in the same page stands in its way: then the jump
 * back. Otherwise control comes out behind this, as it does for all that is no store. */
void memory_beside_code(struct translator *t, const struct pg_insn *in, const uint8_t *back);

/* A load from a place of the window, which can raise signals; the address was made by so many
 * instructions before, whose code this takes the place of. */
void memory_load(struct translator *t, const struct pg_insn *in, struct x64_place place,
                 uint32_t before);

/* ---- several instructions at once: fuse.c */

/* Write the code of the instructions from t->index on, if several make one of the host's. Gives how
 * many, or 0. */
uint32_t fuse(struct translator *t);

/* ---- registers */

/* The host register of general register g, or X64_NONE: it stays in the frame. */
static inline int own(const struct translator *t, unsigned g) {
    return t->u->monitor && g == M7_TAKES ? X64_NONE : host_register[g];
}

static inline struct x64_place reg(const struct translator *t, unsigned g) {
    if (own(t, g) != X64_NONE)
        return x64_in((enum x64_reg)own(t, g));
    return x64_data(t->u->monitor && g == M7_TAKES ? FRAME(m[7])
                                                   : FRAME(r) + (int32_t)(PG_WORD * g));
}

static inline struct x64_place mreg(const struct translator *t, unsigned m) {
    return t->u->monitor && m == 7 ? x64_in((enum x64_reg)host_register[M7_TAKES])
                                   : x64_data(FRAME(m) + (int32_t)(PG_WORD * m));
}

/* The host register of g if it has one, else `other`. */
static inline enum x64_reg host_or(const struct translator *t, unsigned g, enum x64_reg other) {
    return own(t, g) != X64_NONE ? (enum x64_reg)own(t, g) : other;
}

/* to = g. */
static inline void get(struct translator *t, enum x64_reg to, unsigned g) {
    if (g == 0)
        x64_set(&t->x, x64_in(to), 0);
    else if (own(t, g) != (int)to)
        x64_op(&t->x, X64_MOV, to, reg(t, g));
}

/* g = from, not for register 0. */
static inline void put(struct translator *t, unsigned g, enum x64_reg from) {
    if (own(t, g) != (int)from)
        x64_op(&t->x, X64_STORE, from, reg(t, g));
}

/* g in a register: its own, or loaded into `other`. */
static inline enum x64_reg take(struct translator *t, unsigned g, enum x64_reg other) {
    enum x64_reg r = host_or(t, g, other);
    if (r == other)
        get(t, other, g);
    return r;
}

static inline void know(struct translator *t, unsigned g, unsigned low) {
    if (g)
        t->low[g] = (uint8_t)low;
}

static inline uint32_t here(const struct translator *t) {
    return t->pc + PG_WORD * (t->index % t->words);
}

#endif
