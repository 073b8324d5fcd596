#include "isa/disasm.h"
#include "isa/isa.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text of limited size that is being written; what does not fit is dropped. */
struct text {
    char *at;
    size_t left;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->at, t->left, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (used >= t->left)
        used = t->left ? t->left - 1 : 0;
    t->at += used;
    t->left -= used;
}

/* The field of an instruction that a letter of format.def stands for. */
static unsigned digit(const struct pg_insn *in, char letter) {
    switch (letter) {
    case 'd':
    case 'D': return in->d;
    case 'a':
    case 'A': return in->a;
    default: return in->b;
    }
}

/* ------------------------------------------------------------------ operands */

/* Can the assembler read this name? C compilers make others. */
static bool is_readable(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.";
    return *name && strchr(letters, *name) &&
           name[1 + strspn(name + 1, "0123456789abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.")] == '\0';
}

static void put_target(struct text *t, uint32_t target, const struct pg_image *image) {
    put(t, "0x%x", (unsigned)target);
    const struct pg_symbol *s = image ? pg_image_symbol_at(image, target) : NULL;
    if (s && is_readable(s->name)) {
        put(t, " <%s", s->name);
        if (target != s->addr)
            put(t, "+0x%x", (unsigned)(target - s->addr));
        put(t, ">");
    }
}

/* An immediate. Small numbers are counts and offsets, and read best in decimal; an upper
 * half, an absolute address or port, and large numbers are bit patterns. */
static void put_immediate(struct text *t, const struct pg_insn *in, const struct pg_layout *l) {
    const char *base = strstr(l->operands, "(a)");
    bool pattern = l->bits > 16 || (base && in->a == 0) || in->imm > 4095;
    if (pattern && in->imm > 9)
        put(t, "0x%x", (unsigned)in->imm);
    else
        put(t, "%d", (int)in->imm);
}

static void put_operand(struct text *t, char letter, const struct pg_insn *in, uint32_t pc,
                        const struct pg_image *image) {
    const struct pg_layout *l = &pg_layouts[pg_rows[in->op].format];
    switch (letter) {
    case 'd':
    case 'a':
    case 'b': put(t, "%s", pg_reg_names[digit(in, letter)]); break;
    case 'D':
    case 'A':
    case 'B': put(t, "m%u", digit(in, letter)); break;
    case 'i': put_immediate(t, in, l); break;
    case 't': put_target(t, pc + (uint32_t)in->imm * PG_WORD, image); break;
    case ',': put(t, ", "); break;
    default: put(t, "%c", letter);
    }
}

static void put_operands(struct text *t, const char *operands, const struct pg_insn *in,
                         uint32_t pc, const struct pg_image *image) {
    if (*operands)
        put(t, " ");
    for (const char *c = operands; *c; c++)
        put_operand(t, *c, in, pc, image);
}

/* ------------------------------------------------------------------ pseudo-instructions */

static const struct pseudo {
    const char *mnemonic, *operands, *expansion;
} pseudos[] = {
#define X(mnemonic, operands, when, expansion, meaning) {#mnemonic, operands, expansion},
#include "isa/asm/pseudo.def"
#undef X
};

/* Is the instruction what an expansion makes? The expansion's operands are compared with
 * those of the instruction, as text, one by one; one that the user supplies ($x) matches
 * everything. Its letter is another one than the field's (`bgt` swaps two registers), so
 * the fields of the pseudo-instruction are gathered in *out. */
static bool matches(const struct pseudo *p, const struct pg_insn *in, struct pg_insn *out) {
    const char *e = p->expansion;
    size_t n = strlen(pg_rows[in->op].mnemonic);
    if (strncmp(e, pg_rows[in->op].mnemonic, n) != 0 || (e[n] != ' ' && e[n] != '\0') ||
        strchr(e, ';'))
        return false;
    e += n + strspn(e + n, " ");
    *out = *in;
    for (const char *c = pg_layouts[pg_rows[in->op].format].operands; *c; c++) {
        if (*c == ',' || *c == '(' || *c == ')') {
            e += 1 + strspn(e + 1, " ");
            continue;
        }
        size_t size = strcspn(e, ",()");
        char want[16], have[16];
        snprintf(want, sizeof want, "%.*s", (int)size, e);
        put_operand(&(struct text){have, sizeof have}, *c, in, 0, NULL);
        e += size;
        if (strncmp(want, "%signed", 7) == 0) { /* any immediate */
            e += strcspn(e, ")") + 1;
        } else if (want[0] == '$') {
            if (want[1] == 'd')
                out->d = (uint8_t)digit(in, *c);
            else if (want[1] == 'a')
                out->a = (uint8_t)digit(in, *c);
            else if (want[1] == 'b')
                out->b = (uint8_t)digit(in, *c);
        } else if (strcmp(want, have) != 0) { /* also %hi: the value is only half there */
            return false;
        }
    }
    return true;
}

const char *pg_disasm_as(uint32_t word, uint32_t pc, const struct pg_image *image, unsigned flags,
                         char *text, size_t size) {
    struct text t = {text, size};
    struct pg_insn in, shown;
    if (size > 0)
        text[0] = '\0';
    if (!pg_decode(word, &in)) {
        put(&t, ".word 0x%08x", (unsigned)word);
        return text;
    }
    for (size_t k = 0; (flags & PG_DISASM_PSEUDO) && k < sizeof pseudos / sizeof *pseudos; k++)
        if (matches(&pseudos[k], &in, &shown)) {
            put(&t, "%s", pseudos[k].mnemonic);
            put_operands(&t, pseudos[k].operands, &shown, pc, image);
            return text;
        }
    put(&t, "%s", pg_rows[in.op].mnemonic);
    put_operands(&t, pg_layouts[pg_rows[in.op].format].operands, &in, pc, image);
    return text;
}

const char *pg_disasm(uint32_t word, uint32_t pc, const struct pg_image *image, char *text,
                      size_t size) {
    return pg_disasm_as(word, pc, image, 0, text, size);
}
