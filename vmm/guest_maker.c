#include "vmm/guest_maker.h"

#include <stdlib.h>

uint64_t pg_maker_next(struct pg_maker *g) {
    uint64_t z = g->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

uint32_t pg_maker_below(struct pg_maker *g, uint32_t n) {
    return (uint32_t)(pg_maker_next(g) % n);
}

void pg_maker_poke(struct pg_maker *g, uint32_t at, uint32_t value) {
    for (int k = 0; k < 4; k++)
        g->bytes[at + (uint32_t)k] = (uint8_t)(value >> 8 * k);
}

uint32_t pg_maker_word(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    struct pg_insn in = {
        .op = (uint8_t)op, .d = (uint8_t)d, .a = (uint8_t)a, .b = (uint8_t)b, .imm = imm};
    uint32_t word = 0;
    if (!pg_encode(&in, &word))
        abort();
    return word;
}

void pg_maker_put(struct pg_maker *g, enum pg_op op, unsigned d, unsigned a, unsigned b,
                  int32_t imm) {
    pg_maker_poke(g, g->at, pg_maker_word(op, d, a, b, imm));
    g->at += PG_WORD;
}

uint32_t pg_maker_alu(struct pg_maker *g, unsigned (*any)(struct pg_maker *g)) {
    enum pg_op op;
    do
        op = (enum pg_op)pg_maker_below(g, PG_NOPS);
    while (pg_rows[op].opcode >> 4 < 1 || pg_rows[op].opcode >> 4 > 3);
    enum pg_format format = pg_rows[op].format;
    int32_t imm = 0;
    if (pg_layouts[format].bits)
        imm = pg_imm_min(format) + (int32_t)pg_maker_below(g, 1U << pg_layouts[format].bits);
    bool b = format == PG_FMT_R, a = b || format != PG_FMT_U;
    unsigned rb = b ? any(g) : 0;
    unsigned ra = a ? any(g) : 0;
    unsigned rd = any(g);
    return pg_maker_word(op, rd, ra, rb, imm);
}

struct pg_image *pg_maker_image(struct pg_maker *g, uint32_t size, uint32_t entry) {
    struct pg_image *image = calloc(1, sizeof *image);
    struct pg_segment *segment = calloc(1, sizeof *segment);
    if (!image || !segment)
        abort();
    *segment = (struct pg_segment){.size = size,
                                   .file_size = size,
                                   .bytes = g->bytes,
                                   .flags = PG_SEG_R | PG_SEG_W | PG_SEG_X};
    *image = (struct pg_image){.segments = segment, .nsegments = 1, .entry = entry};
    return image;
}
