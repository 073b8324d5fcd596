/* states.c - which states are tried.
 *
 * State k of an instruction takes its ring, MON, IE, layout, bound and device arrangement from k,
 * digit by digit, so that all combinations come round; its operands are boundary values, or any;
 * the rest, what the instruction should not depend on, is random. No two k give the same state:
 * the low 28 bits of T are k, and what classify.c changes in a state leaves them alone.
 */
#include "machine/classify/parts.h"

/* A stream of random numbers for one state. */
struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *d) {
    return d->state = classify_mix(d->state);
}

static uint32_t below(struct dice *d, uint32_t n) {
    return (uint32_t)(roll(d) >> 32) % n;
}

/* The number of a port, of any device. */
static uint32_t port(struct dice *d) {
    const struct pg_device *device = pg_devices[below(d, PG_NDEVICES)];
    return device->nports ? device->ports[below(d, (uint32_t)device->nports)].number : 0;
}

/* A value that a register may hold: small, a port, an address at the edge of a page or of the map,
 * a word's boundary, or any. */
static uint32_t value(struct dice *d) {
    static const uint32_t edges[] = {0, 1, 2, 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
    switch (below(d, 7)) {
    case 0: return edges[below(d, sizeof edges / sizeof *edges)];
    case 1: return below(d, 64);
    case 2: return below(d, IMAGE_PAGES + 2) * PG_PAGE;
    case 3: return below(d, IMAGE_PAGES) * PG_PAGE + PG_PAGE - 4 * below(d, 8);
    case 4: return below(d, IMAGE_SIZE / 4) * 4;
    case 5: return port(d);
    default: return (uint32_t)roll(d);
    }
}

static int32_t immediate(struct dice *d, enum pg_format format) {
    int64_t low = pg_imm_min(format), high = pg_imm_max(format), imm;
    switch (below(d, 5)) {
    case 0: imm = 0; break;
    case 1: imm = 4 * (int64_t)below(d, 16); break;
    case 2: imm = below(d, 64); break;
    case 3: imm = below(d, 2) ? low : high; break;
    default: imm = low + (int64_t)(roll(d) % (uint64_t)(high - low + 1)); break;
    }
    if (imm < low || imm > high)
        imm = below(d, 2) ? low : high;
    return (int32_t)imm;
}

/* The fields that the format has. */
static void make_insn(struct dice *d, enum pg_op op, struct pg_insn *in) {
    const struct pg_layout *l = &pg_layouts[pg_rows[op].format];
    *in = (struct pg_insn){.op = (uint8_t)op};
    for (const char *c = l->operands; *c; c++)
        switch (*c) {
        case 'd': in->d = (uint8_t)below(d, PG_NREGS); break;
        case 'a': in->a = (uint8_t)below(d, PG_NREGS); break;
        case 'b': in->b = (uint8_t)below(d, PG_NREGS); break;
        case 'D': in->d = (uint8_t)below(d, PG_NMREGS); break;
        case 'A': in->a = (uint8_t)below(d, PG_NMREGS); break;
        case 'B': in->b = (uint8_t)below(d, PG_NMREGS); break;
        default: break;
        }
    if (l->bits)
        in->imm = immediate(d, pg_rows[op].format);
    pg_encode(in, &in->word);
}

void trial_make(const struct pg_classifier *c, enum pg_op op, uint64_t k, struct pg_trial *t) {
    struct dice d = {classify_mix(c->seed ^ (uint64_t)op << 40) ^ k};
    uint64_t digits = k;
    roll(&d);
    *t = (struct pg_trial){0};
    make_insn(&d, op, &t->insn);
    for (int r = 1; r < PG_NREGS; r++)
        t->cpu.r[r] = value(&d);
    for (int r = 1; r < PG_NMREGS; r++)
        t->cpu.m[r] = below(&d, 3) ? 4 * below(&d, PG_PAGE) : value(&d);
    t->cpu.psw.status = (uint32_t)(digits % 4);
    digits /= 4;
    t->cpu.psw.status |= digits % 2 ? PG_MON : 0;
    digits /= 2;
    enum pg_map layout = (enum pg_map)(digits % PG_NMAPS);
    digits /= PG_NMAPS;
    t->cpu.psw.status |= digits % 2 ? PG_IE : 0;
    digits /= 2;
    uint32_t bound = digits % 2 ? IMAGE_SIZE : (1 + below(&d, IMAGE_PAGES)) * PG_PAGE;
    digits /= 2;
    t->devices = (unsigned)(digits % PG_NDEVICE_STATES);
    trial_relocate(t, layout, layout == PG_MAP_REAL ? IMAGE_SIZE : bound);
    t->cpu.psw.pc = below(&d, IMAGE_SIZE / 4) * 4;
    t->cpu.mon_base = below(&d, 2) ? 32 * PG_PAGE : below(&d, 16) * PG_PAGE;
    t->cpu.mon_bound = below(&d, 6) * PG_PAGE;
    t->cpu.T = (roll(&d) >> 4 & ~(uint64_t)0xfffffff) | k;
    t->cpu.U = t->cpu.T / 2;
}
