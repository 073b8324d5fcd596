/* random_guest.c - random guests.
 *
 * A program is a fixed trap handler, four pages of random code, data pages, two page tables and a
 * list of PSWs that the random code loads. Whatever happens, the handler carries on: it skips what
 * trapped, or goes on with the next PSW of the list, and re-arms the timer.
 */
#include "vmm/random_guest.h"

#include "isa/isa.h"
#include "machine/machine.h"
#include "vmm/guest_maker.h"

#include <stdlib.h>

enum {
    HANDLER = 0x1000,
    CODE = PG_RANDOM_CODE,
    CODE_WORDS = (PG_RANDOM_CODE_END - PG_RANDOM_CODE) / 4,
    DATA = 0x8000,
    PSWS = 0x400, /* in page 0, so that r0-relative lpsw reaches them */
    NPSWS = 24,
    COUNTER = 0x7c0,
    SAVE = 0x7d0,
    TABLES = 0x10000, /* root 0, leaf 0, root 1, leaf 1 */
};

struct maker {
    struct pg_maker g;
    unsigned style;
};

static uint64_t next(struct maker *g) {
    return pg_maker_next(&g->g);
}

static uint32_t below(struct maker *g, uint32_t n) {
    return pg_maker_below(&g->g, n);
}

static void poke(struct maker *g, uint32_t at, uint32_t value) {
    pg_maker_poke(&g->g, at, value);
}

static void put(struct maker *g, enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    pg_maker_put(&g->g, op, d, a, b, imm);
}

/* The handler, in ring 0 and real mode. It uses r14 and r15, saved in low memory. Branches are
 * counted in words, so the places they lead to are named beside them. */
static void make_handler(struct maker *g) {
    const unsigned x = 14, y = 15;
    g->g.at = HANDLER;
    put(g, PG_OP_sw, x, 0, 0, SAVE);
    put(g, PG_OP_sw, y, 0, 0, SAVE + 4);
    put(g, PG_OP_lw, x, 0, 0, PG_FRAME_CAUSE);
    put(g, PG_OP_addi, y, 0, 0, PG_CAUSE_trace);
    put(g, PG_OP_beq, x, y, 0, 31); /* trace: just go on, at 35 */
    put(g, PG_OP_addi, y, 0, 0, PG_CAUSE_fetch_page + 1);
    put(g, PG_OP_bltu, x, y, 0, 10); /* interrupt or bad pc: go on elsewhere, at 16 */
    put(g, PG_OP_lw, x, 0, 0, COUNTER);
    put(g, PG_OP_addi, x, x, 0, 1);
    put(g, PG_OP_sw, x, 0, 0, COUNTER);
    put(g, PG_OP_andi, x, x, 0, 15);
    put(g, PG_OP_beq, x, 0, 0, 5); /* so does every 16th other trap, at 16 */
    put(g, PG_OP_lw, x, 0, 0, 4);  /* otherwise skip the instruction */
    put(g, PG_OP_addi, x, x, 0, 4);
    put(g, PG_OP_sw, x, 0, 0, 4);
    put(g, PG_OP_jal, 0, 0, 0, 20); /* to 35 */
    /* 16: elsewhere: the next PSW of the list, and the next interrupt in 151 steps */
    put(g, PG_OP_addi, x, 0, 0, 151);
    put(g, PG_OP_out, x, 0, 0, 0x23);
    put(g, PG_OP_out, 0, 0, 0, 0x34); /* acknowledge the disk */
    put(g, PG_OP_out, 0, 0, 0, 0x12); /* and the console */
    put(g, PG_OP_lw, x, 0, 0, COUNTER + 4);
    put(g, PG_OP_addi, x, x, 0, 16);
    put(g, PG_OP_addi, y, 0, 0, 16 * NPSWS);
    put(g, PG_OP_blt, x, y, 0, 2);
    put(g, PG_OP_addi, x, 0, 0, 0);
    put(g, PG_OP_sw, x, 0, 0, COUNTER + 4);
    for (int k = 0; k < 16; k += 4) {
        put(g, PG_OP_lw, y, x, 0, PSWS + k);
        put(g, PG_OP_sw, y, 0, 0, k);
    }
    put(g, PG_OP_addi, 0, 0, 0, 0);
    /* 35: back */
    put(g, PG_OP_lw, x, 0, 0, SAVE);
    put(g, PG_OP_lw, y, 0, 0, SAVE + 4);
    put(g, PG_OP_lpsw, 0, 0, 0, 0);
}

static void make_tables(struct maker *g) {
    for (uint32_t space = 0; space < 2; space++) {
        uint32_t root = TABLES + space * 0x2000, leaf = root + 0x1000;
        poke(g, root, leaf | PG_PTE_V);
        for (uint32_t page = 0; page < 80; page++) {
            uint32_t frame = below(g, 6) ? page : below(g, 66);
            uint32_t pte = frame << 12 | PG_PTE_V | PG_PTE_R | PG_PTE_W | PG_PTE_X | PG_PTE_RING;
            if (below(g, 5) == 0)
                pte &= ~(1U << below(g, 4)); /* V, R, W or X */
            if (below(g, 4) == 0)
                pte &= ~(below(g, 4) << 8);
            if (below(g, 2))
                pte |= PG_PTE_A | PG_PTE_D;
            poke(g, leaf + 4 * page, pte);
        }
    }
}

/* PSWs that lead into the code, in all rings and modes. */
static void make_psws(struct maker *g) {
    for (uint32_t k = 0; k < NPSWS; k++) {
        uint32_t pc = CODE + 4 * below(g, CODE_WORDS);
        uint32_t ring = below(g, 2) ? 0 : below(g, 4);
        uint32_t status = ring | (below(g, 10) ? PG_IE : 0);
        status |= below(g, 12) ? 0 : PG_TRACE;
        uint32_t base = 0, bound = 0;
        unsigned modes = g->style & (PG_RANDOM_UNPAGED | PG_RANDOM_PAGED);
        bool paged = modes == PG_RANDOM_PAGED || (modes & PG_RANDOM_PAGED && below(g, 2));
        if (paged) {
            status |= PG_MODE_PAGED;
            base = TABLES + below(g, 2) * 0x2000;
            bound = below(g, 4) ? 80 * PG_PAGE : below(g, 80) * PG_PAGE;
        } else if (below(g, 2)) {
            status |= PG_MODE_BOUNDS;
            base = below(g, 3) ? 0 : below(g, 8) * PG_PAGE;
            bound = below(g, 4) ? 60 * PG_PAGE : below(g, 80) * PG_PAGE;
        }
        if (below(g, 60) == 0)
            status |= 1U << below(g, 16); /* perhaps reserved bits, perhaps MON */
        if (below(g, 24) == 0) {
            status |= PG_MON;
            pc = 4 * below(g, 2048);
        }
        poke(g, PSWS + 16 * k, status);
        poke(g, PSWS + 16 * k + 4, pc);
        poke(g, PSWS + 16 * k + 8, base);
        poke(g, PSWS + 16 * k + 12, bound);
    }
}

static unsigned any_register(struct pg_maker *g) {
    return pg_maker_below(g, 14); /* r14 and r15 are the handler's, but for wild programs */
}

static unsigned any(struct maker *g) {
    return any_register(&g->g);
}

/* An instruction on any registers. Its immediate was drawn before them, and so are the fields, one
 * by one from the last, in all the rest of this file: C leaves the order of arguments open. */
static void put_random(struct maker *g, enum pg_op op, int32_t imm) {
    enum pg_format format = pg_rows[op].format;
    unsigned a = pg_format_has(format, 'a') && format != PG_FMT_M ? any(g) : 0;
    put(g, op, any(g), a, 0, imm);
}

/* A branch or jump distance that stays in the code, mostly backwards and short. */
static int32_t distance(struct maker *g) {
    int32_t here = (int32_t)(g->g.at - CODE) / 4;
    int32_t to = below(g, 4) ? here + (int32_t)below(g, 24) - 10 : (int32_t)below(g, CODE_WORDS);
    to = to < 0 ? 0 : to >= CODE_WORDS ? CODE_WORDS - 1 : to;
    return to - here;
}

static void make_memory(struct maker *g) {
    static const enum pg_op ops[] = {PG_OP_lb,  PG_OP_lh, PG_OP_lw, PG_OP_lbu,
                                     PG_OP_lhu, PG_OP_sb, PG_OP_sh, PG_OP_sw};
    enum pg_op op = ops[below(g, 8)];
    uint32_t where = DATA + below(g, 0x4000) * 2;
    if (g->style & PG_RANDOM_WILD && below(g, 8) == 0)
        where = below(g, 2) ? CODE + 4 * below(g, CODE_WORDS) : TABLES + 0x1000 + 4 * below(g, 80);
    if (below(g, 10))
        where &= ~3U;
    unsigned base = 1 + below(g, 12);
    put(g, PG_OP_lui, base, 0, 0, (int32_t)(where >> 12));
    put(g, op, any(g), base, 0, (int32_t)(where & 0xfff));
}

/* A monitor pair, and instructions of monitor space. In rings without the right they trap. */
static void make_monitor(struct maker *g) {
    static const enum pg_op words[] = {PG_OP_mlw, PG_OP_msw, PG_OP_mlwm, PG_OP_mswm};
    int32_t offset = 4 * (int32_t)below(g, 1100);
    unsigned d = 1 + below(g, 7), a = below(g, 4) ? 0 : below(g, 8), b = below(g, 8);
    switch (below(g, 12)) {
    case 0:
        put(g, PG_OP_lui, 10, 0, 0, (int32_t)below(g, 4) + 12);
        put(g, PG_OP_lui, 11, 0, 0, (int32_t)below(g, 3));
        put(g, PG_OP_smon, 10, 11, 0, 0);
        break;
    case 1: put_random(g, PG_OP_gmon, (int32_t)below(g, 2)); break;
    case 2:
    case 3:
    case 4: put(g, words[below(g, 4)], d, a, 0, offset); break;
    case 5: put(g, PG_OP_mput, d, any(g), 0, 0); break;
    case 6: put(g, PG_OP_mget, any(g), d, 0, 0); break;
    case 7: put(g, PG_OP_maddi, d, b, 0, (int32_t)below(g, 2000) - 1000); break;
    case 8: put(g, PG_OP_mandi, d, b, 0, (int32_t)below(g, 0x10000)); break;
    case 9: put(g, PG_OP_madd + below(g, 3), d, b, d, 0); break;
    case 10:
        offset = distance(g);
        put(g, PG_OP_mbeq + below(g, 2), d, b, 0, offset);
        break;
    default:
        if (below(g, 2))
            put(g, PG_OP_tick, 0, 0, 0, (int32_t)below(g, 20));
        else
            put(g, PG_OP_mjmp, 0, 0, 0, offset);
        break;
    }
}

/* Change a page table's entry, with or without telling the TLB; the handler's pages stay. */
static void make_remap(struct maker *g) {
    bool code = below(g, 3) == 0;
    uint32_t page = code ? 2 + below(g, 4) : 6 + below(g, 60);
    uint32_t frame = below(g, 3) ? page : code ? 2 + below(g, 4) : below(g, 60);
    uint32_t leaf = TABLES + 0x1000 + below(g, 2) * 0x2000;
    int32_t bits = (int32_t)(PG_PTE_V | PG_PTE_R | PG_PTE_W | PG_PTE_X | PG_PTE_RING);
    if (below(g, 3) == 0)
        bits ^= 1 << below(g, 4);
    if (below(g, 2))
        bits |= PG_PTE_A | (below(g, 2) ? PG_PTE_D : 0);
    put(g, PG_OP_lui, 12, 0, 0, (int32_t)frame);
    put(g, PG_OP_ori, 12, 12, 0, bits);
    put(g, PG_OP_lui, 13, 0, 0, (int32_t)(leaf >> 12));
    put(g, PG_OP_sw, 12, 13, 0, (int32_t)(4 * page));
    if (below(g, 3)) {
        put(g, PG_OP_lui, 13, 0, 0, (int32_t)page);
        put(g, PG_OP_tlbi, 0, 13, 0, 0);
    }
}

/* Any port, named by the devices' tables; but not the end of the run. */
static void make_port(struct maker *g) {
    const struct pg_device *device = pg_devices[below(g, PG_NDEVICES)];
    const struct pg_port *port = &device->ports[below(g, (uint32_t)device->nports)];
    if (port->number == 0 || below(g, 20) == 0) {
        int32_t number = (int32_t)below(g, 0x100) + 1;
        unsigned d = any(g);
        put(g, below(g, 2) ? PG_OP_in : PG_OP_out, d, 0, 0, number);
    } else if (port->access & PG_IN && below(g, 2))
        put(g, PG_OP_in, any(g), 0, 0, port->number);
    else
        /* No deadline far away: idle would pass all of the program's time at once. */
        put(g, PG_OP_out, device != &pg_device_timer && below(g, 2) ? any(g) : 0, 0, 0,
            port->number);
}

/* One of the instructions that are not innocuous. */
static void make_sensitive(struct maker *g) {
    switch (below(g, 23)) {
    case 16:
    case 17: make_monitor(g); break;
    case 18: make_remap(g); break;
    case 19: make_port(g); break;
    case 21: /* a critical section, in which the timer's interrupt comes */
        put(g, PG_OP_ppsw, 0, 0, 0, 0);
        put(g, PG_OP_addi, 6, 0, 0, (int32_t)below(g, 6) + 1);
        put(g, PG_OP_out, 6, 0, 0, 0x23);
        for (uint32_t k = below(g, 6); k > 0; k--)
            put_random(g, PG_OP_addi, (int32_t)k);
        put(g, PG_OP_addi, 5, 0, 0, PG_IE);
        put(g, PG_OP_ppsw, 0, 5, 0, 0);
        break;
    case 20: /* interrupts by the console */
        put(g, PG_OP_addi, 6, 0, 0, (int32_t)below(g, 2));
        put(g, PG_OP_out, 6, 0, 0, 0x12);
        break;
    case 0: put(g, PG_OP_gpsw, any(g), 0, 0, 0); break;
    case 1:
        put(g, PG_OP_addi, 5, 0, 0,
            (int32_t)(below(g, 8) ? (below(g, 5) ? PG_IE : 0) : below(g, 64)));
        put(g, PG_OP_ppsw, 0, 5, 0, 0);
        break;
    case 2: put_random(g, PG_OP_grel, (int32_t)below(g, 2)); break;
    case 3: put_random(g, PG_OP_probe, 0); break;
    case 4: put_random(g, PG_OP_rdt, (int32_t)below(g, 2)); break;
    case 5:
        put(g, PG_OP_addi, 6, 0, 0, (int32_t)below(g, 400) + 1);
        put(g, PG_OP_out, 6, 0, 0, below(g, 16) ? 0x23 : 0x24); /* the timer, T or U */
        break;
    case 6: put(g, PG_OP_out, any(g), 0, 0, 0x10); break;
    case 7: {
        static const int32_t ports[] = {0x01, 0x10, 0x11, 0x12, 0x20, 0x22, 0x25, 0x34, 0x35, 0x77};
        put_random(g, PG_OP_in, ports[below(g, 10)]);
        break;
    }
    case 8: put(g, PG_OP_tlbi, 0, any(g), 0, 0); break;
    case 9: put(g, below(g, 4) ? PG_OP_svc : PG_OP_tlbia, 0, 0, 0, 0); break;
    case 10: put(g, PG_OP_svc, 0, 0, 0, (int32_t)below(g, 100)); break;
    case 11: {
        int32_t imm = (int32_t)below(g, 9);
        put(g, below(g, 2) ? PG_OP_brk : PG_OP_hvc, 0, 0, 0, imm);
        break;
    }
    case 12: /* a disk command */
        put(g, PG_OP_addi, 7, 0, 0, (int32_t)below(g, PG_RANDOM_SECTORS + 2));
        put(g, PG_OP_out, 7, 0, 0, 0x30);
        put(g, PG_OP_lui, 7, 0, 0, (int32_t)below(g, g->style & PG_RANDOM_WILD ? 8 : 4) + 8);
        put(g, PG_OP_out, 7, 0, 0, 0x31);
        put(g, PG_OP_addi, 7, 0, 0, (int32_t)below(g, 3));
        put(g, PG_OP_out, 7, 0, 0, 0x32);
        put(g, PG_OP_out, 7, 0, 0, 0x33);
        break;
    case 13:
        put(g, PG_OP_addi, 8, 0, 0, CODE + 4 * (int32_t)below(g, 1024));
        put(g, PG_OP_jrst, 0, 8, 0, 0);
        break;
    case 14:
        if (below(g, 3) == 0) { /* idle, but not for ever */
            put(g, PG_OP_addi, 6, 0, 0, (int32_t)below(g, 500) + 1);
            put(g, PG_OP_out, 6, 0, 0, 0x23);
            put(g, PG_OP_idle, 0, 0, 0, 0);
            break;
        }
        /* fall through */
    default: put(g, PG_OP_lpsw, 0, 0, 0, (int32_t)(PSWS + 16 * below(g, NPSWS))); break;
    }
}

static void make_alu(struct maker *g) {
    poke(g, g->g.at, pg_maker_alu(&g->g, any_register));
    g->g.at += PG_WORD;
}

static void make_code(struct maker *g) {
    g->g.at = CODE;
    put(g, PG_OP_addi, 6, 0, 0, 151);
    put(g, PG_OP_out, 6, 0, 0, 0x23);
    put(g, PG_OP_lui, 10, 0, 0, 14); /* a monitor pair: pages 14 and 15 */
    put(g, PG_OP_lui, 11, 0, 0, 2);
    put(g, PG_OP_smon, 10, 11, 0, 0);
    while (g->g.at < CODE + 4 * (CODE_WORDS - 16)) {
        unsigned d, a;
        int32_t imm;
        switch (below(g, 20)) {
        case 0:
        case 1:
        case 2:
        case 3: make_memory(g); break;
        case 4:
        case 5: make_sensitive(g); break;
        case 6:
        case 7:
            imm = distance(g);
            a = any(g);
            d = any(g);
            put(g, PG_OP_beq + below(g, 6), d, a, 0, imm);
            break;
        case 8:
            imm = distance(g);
            put(g, PG_OP_jal, below(g, 2) ? 1 : 0, 0, 0, imm);
            break;
        case 9:
            put(g, PG_OP_lui, 9, 0, 0, (int32_t)below(g, 4) + 2);
            imm = 4 * (int32_t)below(g, 1024);
            a = below(g, 4) ? 9 : any(g);
            put(g, PG_OP_jalr, any(g), a, 0, imm);
            break;
        case 10: put_random(g, PG_OP_auipc, (int32_t)below(g, 8)); break;
        case 11: put_random(g, PG_OP_lui, (int32_t)below(g, 0x100000)); break;
        case 12:
            if (g->style & PG_RANDOM_WILD && below(g, 3) == 0) {
                poke(g, g->g.at, (uint32_t)next(g)); /* most often illegal */
                g->g.at += 4;
                break;
            }
            /* fall through */
        case 13:
        case 14: make_alu(g); break;
        case 15:
            if (g->style & PG_RANDOM_PAGED && below(g, 2)) {
                make_remap(g);
                break;
            }
            /* fall through */
        default: put_random(g, PG_OP_addi, (int32_t)below(g, 0x10000) - 0x8000); break;
        }
    }
}

struct pg_image *pg_random_guest(uint64_t seed, unsigned style) {
    struct maker g = {.g = {.state = seed, .bytes = calloc(1, PG_RANDOM_MEMORY)}, .style = style};
    if (!g.g.bytes)
        abort();
    poke(&g, PG_NEW_PSW + 4, HANDLER);
    make_handler(&g);
    make_tables(&g);
    make_psws(&g);
    make_code(&g);
    return pg_maker_image(&g.g, PG_RANDOM_MEMORY, CODE);
}

void pg_random_disk(uint64_t seed, uint8_t *disk) {
    struct pg_maker g = {.state = ~seed};
    for (size_t k = 0; k < PG_RANDOM_SECTORS * 512; k++)
        disk[k] = (uint8_t)pg_maker_next(&g);
}

unsigned pg_random_style_of(uint64_t seed) {
    static const unsigned styles[PG_RANDOM_NSTYLES] = {
        PG_RANDOM_UNPAGED,
        PG_RANDOM_PAGED,
        PG_RANDOM_UNPAGED | PG_RANDOM_PAGED,
        PG_RANDOM_UNPAGED | PG_RANDOM_WILD,
        PG_RANDOM_PAGED | PG_RANDOM_WILD,
        PG_RANDOM_UNPAGED | PG_RANDOM_PAGED | PG_RANDOM_WILD,
    };
    return styles[seed % PG_RANDOM_NSTYLES];
}
