/* x64.h - an encoder of x86-64 instructions, as many of them as the translator uses.
 *
 * It knows nothing of PG32. Source: Intel 64 and IA-32 Architectures Software Developer's Manual,
 * volume 2.
 */
#ifndef PG_X64_H
#define PG_X64_H

#include <stdbool.h>
#include <stdint.h>

enum x64_reg {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    X64_NONE = -1
};

/* Where code goes; the caller has seen to it that there is room. Code may stand elsewhere when it
 * is executed, but then `data` is as far from it as here from `at`. */
struct x64 {
    uint8_t *at;
    uintptr_t data; /* where x64_data counts from */
};

enum x64_kind {
    X64_REGISTER, /* base */
    X64_MEMORY,   /* at base + index * scale + disp; base and index may be X64_NONE */
    X64_DATA,     /* at x64.data + disp: relative to the pc, near the code */
    X64_GS,       /* as MEMORY, from the base of gs on */
    X64_WINDOW,   /* as GS, the sum taken modulo 2^32; at least 5 bytes of code */
};

/* An operand. */
struct x64_place {
    uint8_t kind;
    int8_t base, index;
    uint8_t scale; /* as its logarithm */
    int32_t disp;
};

static inline struct x64_place x64_in(enum x64_reg reg) {
    return (struct x64_place){X64_REGISTER, (int8_t)reg, X64_NONE, 0, 0};
}

static inline struct x64_place x64_at(enum x64_reg base, int32_t disp) {
    return (struct x64_place){X64_MEMORY, (int8_t)base, X64_NONE, 0, disp};
}

static inline struct x64_place x64_sum(enum x64_reg base, enum x64_reg index, unsigned scale,
                                       int32_t disp) {
    return (struct x64_place){X64_MEMORY, (int8_t)base, (int8_t)index, (uint8_t)scale, disp};
}

static inline struct x64_place x64_data(int32_t disp) {
    return (struct x64_place){X64_DATA, X64_NONE, X64_NONE, 0, disp};
}

static inline struct x64_place x64_gs(enum x64_reg index, unsigned scale, int32_t disp) {
    return (struct x64_place){X64_GS, X64_NONE, (int8_t)index, (uint8_t)scale, disp};
}

static inline struct x64_place x64_window(enum x64_reg base, int32_t disp) {
    return (struct x64_place){X64_WINDOW, (int8_t)base, X64_NONE, 0, disp};
}

/* Opcodes with a ModRM byte; flags in the upper half. */
enum {
    X64_WIDE = 1 << 16,  /* 64-bit operands */
    X64_TWO = 1 << 17,   /* two-byte opcode: 0F first */
    X64_BYTE = 1 << 18,  /* the register operand is a byte */
    X64_SHORT = 1 << 19, /* 16-bit operands */
    X64_REP = 1 << 20,   /* the prefix F3 */

    X64_ADD = 0x03, /* reg op= place */
    X64_OR = 0x0b,
    X64_AND = 0x23,
    X64_SUB = 0x2b,
    X64_XOR = 0x33,
    X64_CMP = 0x3b,
    X64_ADD_TO = 0x01, /* place op= reg */
    X64_CMP_WITH = 0x39,
    X64_TEST = 0x85,
    X64_MOV = 0x8b, /* reg = place */
    X64_MOVSX32 = 0x63 | X64_WIDE,
    X64_MOVZX8 = 0xb6 | X64_TWO,
    X64_MOVZX16 = 0xb7 | X64_TWO,
    X64_MOVSX8 = 0xbe | X64_TWO,
    X64_MOVSX16 = 0xbf | X64_TWO,
    X64_STORE = 0x89, /* place = reg */
    X64_STORE8 = 0x88 | X64_BYTE,
    X64_STORE16 = 0x89 | X64_SHORT,
    X64_LEA = 0x8d,
    X64_IMUL = 0xaf | X64_TWO,
    X64_MOVUPS = 0x10 | X64_TWO,
    X64_MOVUPS_STORE = 0x11 | X64_TWO,
    X64_BT = 0xa3 | X64_TWO, /* carry = bit number reg from place on */
    X64_GROUP3 = 0xf7,       /* by the register digit: 2 not, 3 neg, 6 div, 7 idiv */
    X64_GROUP5 = 0xff,       /* 2 call, 4 jmp */
    X64_SHIFT_CL = 0xd3,
    X64_BASES = 0xae | X64_TWO | X64_WIDE | X64_REP, /* 3 wrgsbase */
};

/* The digit that tells the operations of immediate groups apart. */
enum x64_group { X64_G_ADD, X64_G_OR, X64_G_AND = 4, X64_G_SUB, X64_G_XOR, X64_G_CMP };
enum x64_shift { X64_SHL = 4, X64_SHR, X64_SAR = 7 };

enum x64_cc {
    X64_B = 2,
    X64_AE,
    X64_E,
    X64_NE,
    X64_BE,
    X64_A,
    X64_L = 12,
    X64_GE,
};

static inline enum x64_cc x64_not(enum x64_cc cc) {
    return cc ^ 1;
}

/* An instruction with a ModRM byte: `reg` is a register or an opcode digit. */
void x64_op(struct x64 *x, uint32_t opcode, int reg, struct x64_place place);

/* place op= imm (or compare), of 32 bits or, with X64_WIDE, 64; op is an enum x64_group. */
void x64_imm(struct x64 *x, uint32_t op, struct x64_place place, int32_t imm);
/* Shift by n; op is an enum x64_shift, with X64_WIDE or not. */
void x64_shift(struct x64 *x, uint32_t op, struct x64_place place, unsigned n);

/* BMI2, whose instructions leave the flags alone: to = from shifted by count, op an enum x64_shift;
 * to = from rotated to the left by n. */
void x64_shift_by(struct x64 *x, uint32_t op, enum x64_reg to, enum x64_reg from,
                  enum x64_reg count);
void x64_rotate(struct x64 *x, enum x64_reg to, enum x64_reg from, unsigned n);

/* place = imm, of 4 bytes or of `size`; leaves the flags alone. */
void x64_set(struct x64 *x, struct x64_place place, uint32_t imm);
void x64_set_sized(struct x64 *x, struct x64_place place, uint32_t imm, unsigned size);
void x64_set64(struct x64 *x, enum x64_reg reg, uint64_t imm);

/* test reg, imm. */
void x64_test(struct x64 *x, enum x64_reg reg, uint32_t imm);
/* test reg, imm8 on the low byte. */
void x64_test_byte(struct x64 *x, enum x64_reg reg, uint8_t imm);
/* cmp byte place, imm. */
void x64_cmp_byte(struct x64 *x, struct x64_place place, uint8_t imm);
/* reg = cc ? 1 : 0, the low byte only. */
void x64_setcc(struct x64 *x, enum x64_cc cc, enum x64_reg reg);

void x64_push(struct x64 *x, enum x64_reg reg);
void x64_push_imm(struct x64 *x, uint32_t imm); /* 8 bytes, the sign extended */
void x64_pushf(struct x64 *x);
void x64_popf(struct x64 *x);
void x64_pop(struct x64 *x, enum x64_reg reg);
void x64_ret(struct x64 *x);
void x64_cdq(struct x64 *x);

/* Fill up to the next 32 bytes, unless so many more fit in before. The processors of the Skylake
 * family keep no micro-operations of jumps, and of comparisons fused to them, that cross or end on
 * such a boundary (Intel, "Mitigations for Jump Conditional Code Erratum", 2019), which makes tight
 * code up to three times slower. Jumps do so by themselves; call it before a comparison. */
void x64_keep_together(struct x64 *x, unsigned size);

/* So many bytes, at most 9, that do nothing. */
void x64_nop(struct x64 *x, unsigned size);

/* Jumps with 32-bit offsets; each gives the place of the offset, for x64_link. */
uint8_t *x64_jmp(struct x64 *x);
uint8_t *x64_jcc(struct x64 *x, enum x64_cc cc);
uint8_t *x64_call(struct x64 *x);

/* Overwrite what stands at `at` with a jump, of X64_JUMP bytes. */
enum { X64_JUMP = 5 };
void x64_overwrite(uint8_t *at, const uint8_t *target);

/* Let the jump whose offset stands at `site` lead to `target`. */
void x64_link(uint8_t *site, const uint8_t *target);

#endif
