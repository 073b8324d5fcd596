/* isa.h - what an instruction is: the table, encoding and decoding.
 *
 * The table itself is insn.def (one row per instruction) over format.def (one
 * row per operand layout). Meaning stands in machine/exec_*.c. Manual: sections
 * "Encoding" and "Instructions".
 */
#ifndef PG_ISA_H
#define PG_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pg_op {
#define X(mnemonic, opcode, format, cls, meaning) PG_OP_##mnemonic,
#include "isa/insn.def"
#undef X
    PG_NOPS
};

enum pg_format {
#define X(name, operands, bits, sign) PG_FMT_##name,
#include "isa/format.def"
#undef X
    PG_NFORMATS
};

enum pg_class { PG_CLASS_innocuous, PG_CLASS_gate, PG_CLASS_sensitive, PG_CLASS_privileged };

enum { PG_NREGS = 16, PG_NMREGS = 8, PG_WORD = 4 };

/* One row of insn.def. */
struct pg_row {
    const char *mnemonic;
    uint8_t opcode; /* the first two hex digits of the word */
    enum pg_format format;
    enum pg_class cls; /* as declared; the classifier derives its own */
    const char *meaning;
};

/* One row of format.def. */
struct pg_layout {
    const char *name;
    const char *operands; /* see format.def */
    int bits;             /* width of the immediate, 0 if none */
    bool is_signed;       /* is the immediate sign-extended? */
};

/* A decoded instruction. Fields that the format lacks are 0. */
struct pg_insn {
    uint32_t word; /* as fetched */
    uint8_t op;    /* enum pg_op; PG_NOPS if the word is illegal */
    uint8_t d, a, b;
    int32_t imm; /* sign- or zero-extended; for targets, in words */
};

extern const struct pg_row pg_rows[PG_NOPS];
extern const struct pg_layout pg_layouts[PG_NFORMATS];

/* Names of the general registers: ABI names as in RISC-V's ilp32e. */
extern const char *const pg_reg_names[PG_NREGS];

/* Decode one word. Returns false, with op = PG_NOPS and word set, if it is illegal:
 * an unknown opcode, or a bit set that the format does not use. */
bool pg_decode(uint32_t word, struct pg_insn *out);

/* Encode in->op with its fields into *word; the inverse of pg_decode. Returns false
 * if a field is out of range or not zero where the format has none. */
bool pg_encode(const struct pg_insn *in, uint32_t *word);

/* Does this format have the field ('d', 'a', 'b' or the monitor forms 'D', 'A', 'B',
 * 'i', 't')? */
bool pg_format_has(enum pg_format format, char field);

/* The least and greatest immediate of a format. */
int32_t pg_imm_min(enum pg_format format);
int32_t pg_imm_max(enum pg_format format);

/* The op with this mnemonic, or PG_NOPS. Not case-sensitive. */
enum pg_op pg_op_by_name(const char *mnemonic);

/* The register with this name (r0..r15, x0..x15, or the ABI name; fp is s0), or -1. */
int pg_reg_by_name(const char *name);

/* The monitor register with this name (m0..m7), or -1. */
int pg_mreg_by_name(const char *name);

const char *pg_class_name(enum pg_class cls);

#endif
