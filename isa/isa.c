#include "isa/isa.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct pg_row pg_rows[PG_NOPS] = {
#define X(mnemonic, opcode, format, cls, meaning)                                                  \
    {#mnemonic, opcode, PG_FMT_##format, PG_CLASS_##cls, meaning},
#include "isa/insn.def"
#undef X
};

const struct pg_layout pg_layouts[PG_NFORMATS] = {
#define X(name, operands, bits, sign) {#name, operands, bits, sign},
#include "isa/format.def"
#undef X
};

const char *const pg_reg_names[PG_NREGS] = {"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2",
                                            "s0",   "s1", "a0", "a1", "a2", "a3", "a4", "a5"};

/* Opcode to op + 1; 0 where no instruction is. A repeated opcode does not compile under
 * -Woverride-init, and the pair test in tests/ finds it by name. */
static const uint8_t op_of_opcode[256] = {
#define X(mnemonic, opcode, format, cls, meaning) [opcode] = PG_OP_##mnemonic + 1,
#include "isa/insn.def"
#undef X
};

bool pg_format_has(enum pg_format format, char field) {
    return strchr(pg_layouts[format].operands, field) != NULL;
}

int32_t pg_imm_min(enum pg_format format) {
    const struct pg_layout *l = &pg_layouts[format];
    return l->is_signed ? -(1 << (l->bits - 1)) : 0;
}

int32_t pg_imm_max(enum pg_format format) {
    const struct pg_layout *l = &pg_layouts[format];
    return l->is_signed ? (1 << (l->bits - 1)) - 1 : (int32_t)((1U << l->bits) - 1);
}

/* Decode by one row of format.def. Each use below has constant arguments, from which the compiler
 * works out the masks: decoding is in the reference engine's inner loop, and a walk over the
 * template at each fetch made that engine nearly three times slower. */
static inline __attribute__((always_inline)) bool decode_as(const char *operands, int bits,
                                                            bool is_signed, struct pg_insn *out) {
    const bool d = strchr(operands, 'd'), a = strchr(operands, 'a'), b = strchr(operands, 'b');
    const bool D = strchr(operands, 'D'), A = strchr(operands, 'A'), B = strchr(operands, 'B');
    const uint32_t immediate = (1U << bits) - 1, sign = is_signed ? 1U << (bits - 1) : 0;
    const uint32_t used =
        (d || D ? 15U << 20 : 0) | (a || A ? 15U << 16 : 0) | (b || B ? 15U << 12 : 0) | immediate;
    const uint32_t monitor = (D ? 8U << 20 : 0) | (A ? 8U << 16 : 0) | (B ? 8U << 12 : 0);
    uint32_t word = out->word;
    if (word & 0x00ffffff & (~used | monitor)) /* there are no monitor registers above m7 */
        return false;
    out->d = d || D ? word >> 20 & 15 : 0;
    out->a = a || A ? word >> 16 & 15 : 0;
    out->b = b || B ? word >> 12 & 15 : 0;
    out->imm = (int32_t)(((word & immediate) ^ sign) - sign);
    return true;
}

static bool decode_fields(enum pg_format format, struct pg_insn *out) {
    switch (format) {
#define X(name, operands, bits, sign)                                                              \
    case PG_FMT_##name:                                                                            \
        return decode_as(operands, bits, sign, out);
#include "isa/format.def"
#undef X
    default: return false;
    }
}

bool pg_decode(uint32_t word, struct pg_insn *out) {
    *out = (struct pg_insn){.word = word, .op = PG_NOPS};
    uint8_t entry = op_of_opcode[word >> 24];
    if (entry == 0 || !decode_fields(pg_rows[entry - 1].format, out))
        return false;
    out->op = (uint8_t)(entry - 1);
    return true;
}

_Static_assert(PG_NMREGS == 8, "decode_as refuses monitor registers by their highest bit");

bool pg_encode(const struct pg_insn *in, uint32_t *word) {
    if (in->op >= PG_NOPS)
        return false;
    const struct pg_row *row = &pg_rows[in->op];
    const struct pg_layout *l = &pg_layouts[row->format];
    if (in->imm < (l->bits ? pg_imm_min(row->format) : 0) ||
        in->imm > (l->bits ? pg_imm_max(row->format) : 0))
        return false;
    uint32_t w = (uint32_t)row->opcode << 24;
    if (l->bits > 0)
        w |= (uint32_t)in->imm & ((1U << l->bits) - 1);
    if (in->d > 15 || in->a > 15 || in->b > 15)
        return false;
    w |= (uint32_t)in->d << 20 | (uint32_t)in->a << 16 | (uint32_t)in->b << 12;
    /* A field that the format lacks, or a digit too large, shows as a different decoding. */
    struct pg_insn back;
    if (!pg_decode(w, &back) || back.d != in->d || back.a != in->a || back.b != in->b ||
        back.imm != in->imm)
        return false;
    *word = w;
    return true;
}

enum pg_op pg_op_by_name(const char *mnemonic) {
    for (int op = 0; op < PG_NOPS; op++)
        if (strcasecmp(mnemonic, pg_rows[op].mnemonic) == 0)
            return (enum pg_op)op;
    return PG_NOPS;
}

/* The number n in a name of the form <letter>n with 0 <= n < limit, or -1. */
static int numbered(const char *name, const char *letters, int limit) {
    if (name[0] == '\0' || !strchr(letters, name[0]) || name[1] < '0' || name[1] > '9')
        return -1;
    if (name[1] == '0' && name[2] != '\0')
        return -1;
    char *end;
    long n = strtol(name + 1, &end, 10);
    return *end == '\0' && n < limit ? (int)n : -1;
}

int pg_reg_by_name(const char *name) {
    for (int k = 0; k < PG_NREGS; k++)
        if (strcmp(name, pg_reg_names[k]) == 0)
            return k;
    if (strcmp(name, "fp") == 0)
        return 8;
    return numbered(name, "rx", PG_NREGS);
}

int pg_mreg_by_name(const char *name) {
    return numbered(name, "m", PG_NMREGS);
}

const char *pg_class_name(enum pg_class cls) {
    static const char *const names[] = {"innocuous", "gate", "sensitive", "privileged"};
    return names[cls];
}
