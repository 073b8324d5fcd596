#include "isa/transcode.h"

#include "isa/isa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fields { F_R, F_I, F_H, F_S, F_B, F_U, F_J, F_N, F_P, F_G, F_D, F_A, F_DA, F_K };

static const struct row {
    uint8_t op, fields;
    uint32_t match, mask;
} rows[] = {
#define X(op, fields, match, mask) {PG_OP_##op, F_##fields, match, mask},
#include "isa/rv32.def"
#undef X
};

/* Bits [high:low] of a word. */
static uint32_t bits(uint32_t word, unsigned high, unsigned low) {
    return word >> low & ((2U << (high - low)) - 1);
}

static int32_t sign(uint32_t value, unsigned width) {
    uint32_t top = 1U << (width - 1);
    return (int32_t)((value ^ top) - top);
}

static int32_t imm_i(uint32_t w) {
    return sign(bits(w, 31, 20), 12);
}

static int32_t imm_s(uint32_t w) {
    return sign(bits(w, 31, 25) << 5 | bits(w, 11, 7), 12);
}

static int32_t offset_b(uint32_t w) {
    return sign(bits(w, 31, 31) << 12 | bits(w, 7, 7) << 11 | bits(w, 30, 25) << 5 |
                    bits(w, 11, 8) << 1,
                13);
}

static int32_t offset_j(uint32_t w) {
    return sign(bits(w, 31, 31) << 20 | bits(w, 19, 12) << 12 | bits(w, 20, 20) << 11 |
                    bits(w, 30, 21) << 1,
                21);
}

/* The operands of a row's instruction; registers not checked yet, offsets in bytes. */
static void take_fields(uint32_t w, enum fields fields, struct pg_insn *in) {
    uint8_t rd = (uint8_t)bits(w, 11, 7), rs1 = (uint8_t)bits(w, 19, 15),
            rs2 = (uint8_t)bits(w, 24, 20);
    switch (fields) {
    case F_R: in->d = rd, in->a = rs1, in->b = rs2; break;
    case F_I: in->d = rd, in->a = rs1, in->imm = imm_i(w); break;
    case F_H: in->d = rd, in->a = rs1, in->imm = rs2; break;
    case F_S: in->d = rs2, in->a = rs1, in->imm = imm_s(w); break;
    case F_B: in->d = rs1, in->a = rs2, in->imm = offset_b(w); break;
    case F_U: in->d = rd, in->imm = (int32_t)bits(w, 31, 12); break;
    case F_J: in->d = rd, in->imm = offset_j(w); break;
    case F_P: in->a = rs1, in->imm = imm_i(w); break;
    case F_G: in->imm = imm_i(w); break;
    case F_D: in->d = rd; break;
    case F_A: in->a = rs1; break;
    case F_DA: in->d = rd, in->a = rs1; break;
    case F_K: in->d = rd, in->imm = (int32_t)bits(w, 12, 12); break;
    case F_N: break;
    }
}

/* What a word without a row is, and what to do about it. */
static bool refuse(uint32_t w, char *why, size_t size) {
    static const char *const csr[] = {"", "csrrw",  "csrrs",  "csrrc",
                                      "", "csrrwi", "csrrsi", "csrrci"};
    const char *what = "an instruction that RV32EM does not have";
    if ((w & 3) != 3)
        what = "a compressed instruction";
    else if (bits(w, 6, 0) == 0x73 && *csr[bits(w, 14, 12)])
        what = csr[bits(w, 14, 12)];
    else if (bits(w, 6, 0) == 0x2f)
        what = "an atomic instruction";
    else if (bits(w, 6, 0) == 0x07 || bits(w, 6, 0) == 0x27 ||
             (bits(w, 6, 0) >= 0x43 && bits(w, 6, 0) <= 0x53 && bits(w, 6, 0) % 4 == 3))
        what = "a floating-point instruction";
    snprintf(why, size,
             "0x%08x is %s, which PG32 has nothing for; compile with -march=rv32em -mabi=ilp32e", w,
             what);
    return false;
}

bool pg_transcode_word(uint32_t riscv, uint32_t *pg32, char *why, size_t size) {
    struct pg_insn in = {0};
    *pg32 = 0;
    if (riscv == 0)
        return true;
    const struct row *row = rows, *end = rows + sizeof rows / sizeof *rows;
    while (row < end && (riscv & row->mask) != row->match)
        row++;
    if (row == end)
        return refuse(riscv, why, size);
    in.op = row->op;
    take_fields(riscv, (enum fields)row->fields, &in);
    unsigned top = in.d > in.a ? in.d : in.a;
    top = in.b > top ? in.b : top;
    if (top >= PG_NREGS) {
        snprintf(why, size,
                 "0x%08x uses register x%u, and PG32 has x0 to x15; compile with -march=rv32em "
                 "-mabi=ilp32e",
                 riscv, top);
        return false;
    }
    if (row->fields == F_B || row->fields == F_J) {
        if (in.imm % 4) {
            snprintf(why, size,
                     "0x%08x jumps by %d bytes, not a multiple of 4; compile without compressed "
                     "instructions: -march=rv32em -mabi=ilp32e",
                     riscv, in.imm);
            return false;
        }
        in.imm /= 4;
    }
    if (pg_encode(&in, pg32))
        return true;
    snprintf(why, size, "0x%08x: %s takes no immediate %d", riscv, pg_rows[in.op].mnemonic, in.imm);
    return false;
}

/* ---- images */

/* Is the address data by what the symbols say? If so *end is where it ends. Symbols are ascending;
 * `$d` and `$x` mark where data and code begin (RISC-V ELF psABI, "Mapping symbols"). */
static bool is_data(const struct pg_image *image, uint32_t at, uint32_t *end) {
    bool data = false;
    for (size_t k = 0; k < image->nsymbols; k++) {
        const struct pg_symbol *s = &image->symbols[k];
        bool mark = s->name[0] == '$' && (s->name[1] == 'd' || s->name[1] == 'x');
        if (s->addr > at) {
            if (data && mark) {
                *end = s->addr;
                return true;
            }
            continue;
        }
        if (mark)
            data = s->name[1] == 'd';
        else if (!s->function && at - s->addr < s->size) {
            *end = s->addr + s->size;
            return true;
        }
    }
    *end = UINT32_MAX;
    return data;
}

static uint8_t *place(struct pg_image *image, uint32_t at) {
    for (size_t k = 0; k < image->nsegments; k++) {
        struct pg_segment *s = &image->segments[k];
        if (at >= s->addr && at - s->addr < s->file_size && s->file_size - (at - s->addr) >= 4)
            return s->bytes + (at - s->addr);
    }
    return NULL;
}

static bool fail_at(const struct pg_image *image, uint32_t at, const char *name, const char *why,
                    struct pg_error *err) {
    const struct pg_symbol *symbol = pg_image_symbol_at(image, at);
    const struct pg_line *line = pg_image_line_at(image, at);
    char where[256] = "";
    size_t n = 0;
    if (symbol)
        n = (size_t)snprintf(where, sizeof where, " <%.80s+0x%x>", symbol->name, at - symbol->addr);
    if (line && n < sizeof where)
        snprintf(where + n, sizeof where - n, " at %.100s:%u", image->files[line->file],
                 line->line);
    return pg_fail(err, "%s: 0x%08x%s: %s", name, at, where, why);
}

/* Does any symbol mark data? Then each address has to be looked up; most programs have none. */
static bool has_data(const struct pg_image *image, uint32_t begin, uint32_t end) {
    for (size_t k = 0; k < image->nsymbols; k++) {
        const struct pg_symbol *s = &image->symbols[k];
        if (s->addr < end && s->addr >= begin &&
            ((s->name[0] == '$' && s->name[1] == 'd') || (!s->function && s->size)))
            return true;
    }
    return false;
}

bool pg_transcode_range(struct pg_image *image, uint32_t begin, uint32_t end, const char *name,
                        struct pg_error *err) {
    char why[256];
    bool data = has_data(image, begin, end);
    if (begin % 4)
        return fail_at(image, begin, name, "code that does not begin at a multiple of 4", err);
    for (uint32_t at = begin; at < end && end - at >= 4; at += 4) {
        uint32_t stop = 0, word, riscv;
        uint8_t *p = place(image, at);
        if (!p)
            break;
        if (data && is_data(image, at, &stop)) {
            if (stop >= end)
                break;
            at = ((stop + 3) & ~3U) - 4;
            continue;
        }
        riscv = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        if (!pg_transcode_word(riscv, &word, why, sizeof why))
            return fail_at(image, at, name, why, err);
        for (int k = 0; k < 4; k++)
            p[k] = (uint8_t)(word >> 8 * k);
    }
    return true;
}
