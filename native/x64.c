#include "native/x64.h"

#include <string.h>

static uint8_t *word(uint8_t *p, uint32_t value) {
    memcpy(p, &value, 4); /* the host is little-endian */
    return p + 4;
}

static bool is_byte(int32_t value) {
    return value >= -128 && value <= 127;
}

/* Written through a pointer of its own: a store of bytes could change any other. */
void x64_op(struct x64 *x, uint32_t opcode, int reg, struct x64_place place) {
    uint8_t *p = x->at;
    unsigned rex = (opcode & X64_WIDE ? 8 : 0) | (reg >= 8 ? 4 : 0) | (place.index >= 8 ? 2 : 0) |
                   (place.base >= 8 ? 1 : 0);
    if (opcode & X64_SHORT)
        *p++ = 0x66;
    if (rex || opcode & X64_BYTE) /* with a prefix, byte registers 4 to 7 are spl to dil */
        *p++ = (uint8_t)(0x40 | rex);
    if (opcode & X64_TWO)
        *p++ = 0x0f;
    *p++ = (uint8_t)opcode;
    unsigned middle = (unsigned)(reg & 7) << 3, base = place.base & 7;
    if (!place.memory) {
        *p++ = (uint8_t)(0xc0 | middle | base);
        x->at = p;
        return;
    }
    /* Base 5 (rbp, r13) cannot go without a displacement, base 4 (rsp, r12) not without a SIB. */
    unsigned mode = place.disp == 0 && base != 5 ? 0 : is_byte(place.disp) ? 0x40 : 0x80;
    if (place.index == X64_NONE && base != 4) {
        *p++ = (uint8_t)(mode | middle | base);
    } else {
        *p++ = (uint8_t)(mode | middle | 4);
        *p++ = (uint8_t)((unsigned)place.scale << 6 |
                         (place.index == X64_NONE ? 4U : (unsigned)place.index & 7) << 3 | base);
    }
    if (mode == 0x40)
        *p++ = (uint8_t)place.disp;
    else if (mode == 0x80)
        p = word(p, (uint32_t)place.disp);
    x->at = p;
}

static void byte(struct x64 *x, unsigned value) {
    *x->at++ = (uint8_t)value;
}

void x64_imm(struct x64 *x, uint32_t op, struct x64_place place, int32_t imm) {
    x64_op(x, (is_byte(imm) ? 0x83 : 0x81) | (op & X64_WIDE), (int)(op & 7), place);
    if (is_byte(imm))
        byte(x, (uint8_t)imm);
    else
        x->at = word(x->at, (uint32_t)imm);
}

void x64_shift(struct x64 *x, uint32_t op, struct x64_place place, unsigned n) {
    x64_op(x, 0xc1 | (op & X64_WIDE), (int)(op & 7), place);
    byte(x, n);
}

void x64_set(struct x64 *x, struct x64_place place, uint32_t imm) {
    if (place.memory) {
        x64_op(x, 0xc7, 0, place);
    } else {
        if (place.base >= 8)
            byte(x, 0x41);
        byte(x, 0xb8 | (place.base & 7));
    }
    x->at = word(x->at, imm);
}

void x64_set64(struct x64 *x, enum x64_reg reg, uint64_t imm) {
    byte(x, 0x48 | (reg >= 8 ? 1 : 0));
    byte(x, 0xb8 | (reg & 7));
    x->at = word(x->at, (uint32_t)imm);
    x->at = word(x->at, (uint32_t)(imm >> 32));
}

void x64_test_byte(struct x64 *x, enum x64_reg reg, uint8_t imm) {
    if (reg == RAX) {
        byte(x, 0xa8);
    } else {
        x64_op(x, 0xf6 | X64_BYTE, 0, x64_in(reg));
    }
    byte(x, imm);
}

void x64_cmp_byte(struct x64 *x, struct x64_place place, uint8_t imm) {
    x64_op(x, 0x80, X64_G_CMP, place);
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

void x64_ret(struct x64 *x) {
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
    byte(x, 0xe9);
    return offset(x);
}

uint8_t *x64_jcc(struct x64 *x, enum x64_cc cc) {
    byte(x, 0x0f);
    byte(x, 0x80U + cc);
    return offset(x);
}

uint8_t *x64_call(struct x64 *x) {
    byte(x, 0xe8);
    return offset(x);
}

void x64_link(uint8_t *site, const uint8_t *target) {
    int32_t distance = (int32_t)(target - (site + 4));
    memcpy(site, &distance, 4);
}
