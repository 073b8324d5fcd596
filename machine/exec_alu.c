/* exec_alu.c - register and immediate ALU, multiply and divide: exactly RV32EM. */
#include "machine/machine.h"

#define A m->cpu.r[in->a]
#define B m->cpu.r[in->b]
#define IMM ((uint32_t)in->imm)
#define SA ((int32_t)A)
#define SB ((int32_t)B)

/* Set the destination; r0 stays zero. */
static enum pg_outcome set(struct pg_machine *m, const struct pg_insn *in, uint32_t value) {
    if (in->d)
        m->cpu.r[in->d] = value;
    return PG_RETIRED;
}

#define ALU(name, value)                                                                           \
    enum pg_outcome exec_##name(struct pg_machine *m, const struct pg_insn *in) {                  \
        return set(m, in, (uint32_t)(value));                                                      \
    }

/* Shift right with the sign, without relying on what C leaves to the implementation. */
static uint32_t shift_sign(uint32_t value, unsigned n) {
    return value >> n | (value >> 31 && n ? ~(0xffffffffU >> n) : 0);
}

ALU(add, A + B)
ALU(sub, A - B)
ALU(sll, A << (B & 31))
ALU(slt, SA < SB)
ALU(sltu, A < B)
ALU(xor, A ^ B)
ALU(srl, A >> (B & 31))
ALU(sra, shift_sign(A, B & 31))
ALU(or, A | B)
ALU(and, A &B)

ALU(addi, A + IMM)
ALU(slli, A << IMM)
ALU(slti, SA < in->imm)
ALU(sltiu, A < IMM)
ALU(xori, A ^ IMM)
ALU(srli, A >> IMM)
ALU(srai, shift_sign(A, IMM))
ALU(ori, A | IMM)
ALU(andi, A &IMM)
ALU(lui, IMM << 12)
ALU(auipc, m->cpu.psw.pc + (IMM << 12))

ALU(mul, A *B)
ALU(mulh, (uint64_t)((int64_t)SA *SB) >> 32)
ALU(mulhsu, (uint64_t)((int64_t)SA *(int64_t)(uint64_t)B) >> 32)
ALU(mulhu, (uint64_t)A *B >> 32)

/* Division never traps; these are the RISC-V results for a zero divisor and for -2^31 / -1. */
static bool overflows(uint32_t a, uint32_t b) {
    return a == 0x80000000U && b == 0xffffffffU;
}

ALU(div, B == 0 ? 0xffffffffU : overflows(A, B) ? A : (uint32_t)(SA / SB))
ALU(divu, B == 0 ? 0xffffffffU : A / B)
ALU(rem, B == 0 ? A : overflows(A, B) ? 0 : (uint32_t)(SA % SB))
ALU(remu, B == 0 ? A : A % B)
