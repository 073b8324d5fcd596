#include "native/x64.h"

#include <string.h>

static uint8_t *word(uint8_t *p, uint32_t value) {
    memcpy(p, &value, 4); /* the host is little-endian */
    return p + 4;
}

static bool is_byte(int32_t value) {
    return value >= -128 && value <= 127;
}

/* The ModRM byte and what belongs to it; `rest` bytes of the instruction will follow. Base 5 (rbp,
 * r13) cannot go without a displacement, base 4 (rsp, r12) not without a SIB, and no base at all
 * has 32 bits of displacement. */
static uint8_t *operand(const struct x64 *x, uint8_t *p, int reg, struct x64_place place,
                        unsigned rest) {
    unsigned middle = (unsigned)(reg & 7) << 3, base = place.base & 7;
    if (place.kind == X64_REGISTER) {
        *p++ = (uint8_t)(0xc0 | middle | base);
        return p;
    }
    if (place.kind == X64_DATA) {
        *p++ = (uint8_t)(middle | 5);
        return word(p, (uint32_t)(x->data + (uintptr_t)(intptr_t)place.disp) -
                           (uint32_t)((uintptr_t)p + 4 + rest));
    }
    bool based = place.base != X64_NONE;
    unsigned mode = !based                                                     ? 0
                    : place.disp == 0 && base != 5 && place.kind != X64_WINDOW ? 0
                    : is_byte(place.disp)                                      ? 0x40
                                                                               : 0x80;
    if (based && place.index == X64_NONE && base != 4) {
        *p++ = (uint8_t)(mode | middle | base);
    } else {
        *p++ = (uint8_t)(mode | middle | 4);
        *p++ = (uint8_t)((unsigned)place.scale << 6 |
                         (place.index == X64_NONE ? 4U : (unsigned)place.index & 7) << 3 |
                         (based ? base : 5));
    }
    if (!based || mode == 0x80)
        return word(p, (uint32_t)place.disp);
    if (mode == 0x40)
        *p++ = (uint8_t)place.disp;
    return p;
}

/* Written through a pointer of its own: a store of bytes could change any other. */
static void instruction(struct x64 *x, uint32_t opcode, int reg, struct x64_place place,
                        unsigned rest) {
    uint8_t *p = x->at;
    unsigned rex = (opcode & X64_WIDE ? 8 : 0) | (reg >= 8 ? 4 : 0) | (place.index >= 8 ? 2 : 0) |
                   (place.base >= 8 ? 1 : 0);
    if (place.kind >= X64_GS)
        *p++ = 0x65;
    if (place.kind == X64_WINDOW)
        *p++ = 0x67;
    if (opcode & X64_SHORT)
        *p++ = 0x66;
    if (opcode & X64_REP)
        *p++ = 0xf3;
    if (rex || opcode & X64_BYTE) /* with a prefix, byte registers 4 to 7 are spl to dil */
        *p++ = (uint8_t)(0x40 | rex);
    if (opcode & X64_TWO)
        *p++ = 0x0f;
    *p++ = (uint8_t)opcode;
    x->at = operand(x, p, reg, place, rest);
}

void x64_op(struct x64 *x, uint32_t opcode, int reg, struct x64_place place) {
    instruction(x, opcode, reg, place, 0);
}

static void byte(struct x64 *x, unsigned value) {
    *x->at++ = (uint8_t)value;
}

void x64_imm(struct x64 *x, uint32_t op, struct x64_place place, int32_t imm) {
    bool small = is_byte(imm);
    instruction(x, (small ? 0x83 : 0x81) | (op & X64_WIDE), (int)(op & 7), place, small ? 1 : 4);
    if (small)
        byte(x, (uint8_t)imm);
    else
        x->at = word(x->at, (uint32_t)imm);
}

void x64_shift(struct x64 *x, uint32_t op, struct x64_place place, unsigned n) {
    instruction(x, 0xc1 | (op & X64_WIDE), (int)(op & 7), place, 1);
    byte(x, n);
}

/* An instruction with a VEX prefix of three bytes, on registers. `map`: 2 for 0F38, 3 for 0F3A;
 * `prefix`: 1 for 66, 2 for F3, 3 for F2; `second`: or 0. */
static void vex(struct x64 *x, unsigned map, unsigned prefix, unsigned opcode, unsigned reg,
                unsigned rm, unsigned second) {
    byte(x, 0xc4);
    byte(x, (reg < 8 ? 0x80 : 0) | 0x40 | (rm < 8 ? 0x20 : 0) | map);
    byte(x, (~second & 15) << 3 | prefix);
    byte(x, opcode);
    byte(x, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void x64_shift_by(struct x64 *x, uint32_t op, enum x64_reg to, enum x64_reg from,
                  enum x64_reg count) {
    vex(x, 2,
        op == X64_SHL   ? 1
        : op == X64_SAR ? 2
                        : 3,
        0xf7, (unsigned)to, (unsigned)from, (unsigned)count);
}

void x64_rotate(struct x64 *x, enum x64_reg to, enum x64_reg from, unsigned n) {
    vex(x, 3, 3, 0xf0, (unsigned)to, (unsigned)from, 0);
    byte(x, 32 - n);
}

void x64_set_sized(struct x64 *x, struct x64_place place, uint32_t imm, unsigned size) {
    instruction(x, size == 1 ? 0xc6 : size == 2 ? 0xc7 | X64_SHORT : 0xc7, 0, place, size);
    for (unsigned k = 0; k < size; k++)
        byte(x, imm >> 8 * k & 0xff);
}

void x64_set(struct x64 *x, struct x64_place place, uint32_t imm) {
    if (place.kind != X64_REGISTER) {
        x64_set_sized(x, place, imm, 4);
        return;
    }
    if (place.base >= 8)
        byte(x, 0x41);
    byte(x, 0xb8 | (place.base & 7));
    x->at = word(x->at, imm);
}

void x64_set64(struct x64 *x, enum x64_reg reg, uint64_t imm) {
    byte(x, 0x48 | (reg >= 8 ? 1 : 0));
    byte(x, 0xb8 | (reg & 7));
    x->at = word(x->at, (uint32_t)imm);
    x->at = word(x->at, (uint32_t)(imm >> 32));
}

void x64_test(struct x64 *x, enum x64_reg reg, uint32_t imm) {
    x64_op(x, 0xf7, 0, x64_in(reg));
    x->at = word(x->at, imm);
}

void x64_test_byte(struct x64 *x, enum x64_reg reg, uint8_t imm) {
    if (reg == RAX) {
        byte(x, 0xa8);
    } else {
        instruction(x, 0xf6 | X64_BYTE, 0, x64_in(reg), 1);
    }
    byte(x, imm);
}

void x64_cmp_byte(struct x64 *x, struct x64_place place, uint8_t imm) {
    instruction(x, 0x80, X64_G_CMP, place, 1);
    byte(x, imm);
}

void x64_setcc(struct x64 *x, enum x64_cc cc, enum x64_reg reg) {
    x64_op(x, (0x90U + cc) | X64_TWO | X64_BYTE, 0, x64_in(reg));
}

void x64_push(struct x64 *x, enum x64_reg reg) {
    if (reg >= 8)
        byte(x, 0x41);
    byte(x, 0x50 | (reg & 7));
}

void x64_pop(struct x64 *x, enum x64_reg reg) {
    if (reg >= 8)
        byte(x, 0x41);
    byte(x, 0x58 | (reg & 7));
}

void x64_push_imm(struct x64 *x, uint32_t imm) {
    byte(x, 0x68);
    x->at = word(x->at, imm);
}

void x64_pushf(struct x64 *x) {
    byte(x, 0x9c);
}

void x64_popf(struct x64 *x) {
    byte(x, 0x9d);
}

enum { LONGEST_NOP = 9 };

void x64_nop(struct x64 *x, unsigned size) {
    /* Intel's manual, volume 2, NOP: the recommended forms. */
    static const uint8_t nops[LONGEST_NOP][LONGEST_NOP] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };
    memcpy(x->at, nops[size - 1], size);
    x->at += size;
}

void x64_keep_together(struct x64 *x, unsigned size) {
    enum { LINE = 32 };
    unsigned left = LINE - (unsigned)((uintptr_t)x->at % LINE);
    if (size < left)
        return;
    for (; left > LONGEST_NOP; left -= LONGEST_NOP)
        x64_nop(x, LONGEST_NOP);
    x64_nop(x, left);
}

void x64_ret(struct x64 *x) {
    x64_keep_together(x, 1);
    byte(x, 0xc3);
}

void x64_cdq(struct x64 *x) {
    byte(x, 0x99);
}

static uint8_t *offset(struct x64 *x) {
    uint8_t *site = x->at;
    x->at = word(x->at, 0);
    return site;
}

uint8_t *x64_jmp(struct x64 *x) {
    x64_keep_together(x, 5);
    byte(x, 0xe9);
    return offset(x);
}

uint8_t *x64_jcc(struct x64 *x, enum x64_cc cc) {
    x64_keep_together(x, 6);
    byte(x, 0x0f);
    byte(x, 0x80U + cc);
    return offset(x);
}

uint8_t *x64_call(struct x64 *x) {
    x64_keep_together(x, 5);
    byte(x, 0xe8);
    return offset(x);
}

void x64_link(uint8_t *site, const uint8_t *target) {
    int32_t distance = (int32_t)(target - (site + 4));
    memcpy(site, &distance, 4);
}

void x64_overwrite(uint8_t *at, const uint8_t *target) {
    *at = 0xe9;
    x64_link(at + 1, target);
}
