#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Where things lie. Code and data share pages on purpose. */
enum {
    MEMORY = 0x18000,
    HANDLER = 0x1000,
    PSWS = 0x1800, /* a table of PSWs for lpsw */
    NPSWS = 32,
    CODE = 0x2000,
    CODE_END = 0x7000,
    DATA = 0x7000,
    DATA_END = 0xa000,
    ROOTS = 0xa000,  /* two root tables */
    TABLES = 0xc000, /* and two tables */
};

struct scenario {
    uint64_t state; /* of the random numbers */
    bool paged;     /* mostly paged, mostly mapped: to go deep where the others go wide */
    struct lockstep l;
};

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static uint32_t any(struct scenario *s) {
    s->state ^= s->state >> 12;
    s->state ^= s->state << 25;
    s->state ^= s->state >> 27;
    return (uint32_t)(s->state * 0x2545f4914f6cdd1dULL >> 32);
}

static uint32_t below(struct scenario *s, uint32_t n) {
    return any(s) % n;
}

static bool chance(struct scenario *s, uint32_t percent) {
    return below(s, 100) < percent;
}

static uint32_t word_in(struct scenario *s, uint32_t from, uint32_t to) {
    return from + 4 * below(s, (to - from) / 4);
}

static uint32_t some_pte(struct scenario *s) {
    uint32_t pte = below(s, MEMORY / PG_PAGE) << PG_PAGE_BITS | 0x30f;
    if (s->paged && chance(s, 60)) /* another page of code or data, within reach */
        pte = (2 + below(s, 8)) << PG_PAGE_BITS | 0x30f;
    else if (chance(s, 50))
        pte |= below(s, 4) << 4; /* A and D as they may be */
    if (chance(s, s->paged ? 3 : 25))
        pte &= ~(1U << below(s, 4));
    if (chance(s, s->paged ? 2 : 15))
        pte = (pte & ~0x300U) | below(s, 4) << 8;
    if (chance(s, 3))
        pte = any(s);
    return pte;
}

/* A register that holds, at least at first, what its number says: see set_registers. */
static unsigned base_register(struct scenario *s) {
    static const uint8_t choice[] = {0, 8, 9, 9, 10, 11, 9, 8};
    if (s->paged && chance(s, 30))
        return 10;
    return chance(s, 95) ? choice[below(s, 8)] : below(s, 16);
}

static int32_t offset(struct scenario *s, unsigned base, uint32_t at) {
    if (base == 0 && chance(s, 50)) /* near this instruction, if it runs where it lies */
        return (int32_t)(at + 4 * below(s, 12)) - 8;
    if (base == 0)
        return chance(s, 50) ? (int32_t)word_in(s, PSWS, PSWS + 0x200) : (int32_t)below(s, 0x60);
    int32_t at_word = 4 * ((int32_t)below(s, 64) - 32);
    return chance(s, 94) ? at_word : at_word + (int32_t)below(s, 4);
}

static enum pg_op choose_op(struct scenario *s) {
    static const struct {
        uint8_t first, last, weight;
    } groups[] = {
        {PG_OP_add, PG_OP_and, 14},  {PG_OP_addi, PG_OP_auipc, 16}, {PG_OP_mul, PG_OP_remu, 5},
        {PG_OP_lb, PG_OP_lhu, 16},   {PG_OP_sb, PG_OP_sw, 18},      {PG_OP_beq, PG_OP_bgeu, 14},
        {PG_OP_jal, PG_OP_jalr, 4},  {PG_OP_svc, PG_OP_hvc, 1},     {PG_OP_gpsw, PG_OP_rdt, 2},
        {PG_OP_lpsw, PG_OP_gmon, 4}, {PG_OP_mlw, PG_OP_tick, 6},
    };
    uint32_t pick = below(s, 100);
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        if (pick < groups[k].weight) {
            uint32_t n = groups[k].last - groups[k].first + 1U;
            return (enum pg_op)(groups[k].first + below(s, n));
        }
        pick -= groups[k].weight;
    }
    return (enum pg_op)below(s, PG_NOPS);
}

/* A port that the machine has, mostly; idle and power.exit end a run and are made rare. */
static int32_t some_port(struct scenario *s) {
    static const uint8_t ports[] = {0x10, 0x11, 0x12, 0x20, 0x22, 0x23, 0x23, 0x23, 0x24, 0x24,
                                    0x25, 0x30, 0x31, 0x32, 0x33, 0x33, 0x34, 0x34, 0x35, 0x01};
    return chance(s, 97) ? ports[below(s, sizeof ports)] : (int32_t)below(s, 0x40);
}

/* A random instruction for address `at`. */
static uint32_t some_insn(struct scenario *s, uint32_t at) {
    if (chance(s, 1))
        return any(s);
    struct pg_insn in = {.op = (uint8_t)choose_op(s)};
    if (in.op == PG_OP_idle && chance(s, 70))
        in.op = PG_OP_gpsw;
    const struct pg_row *row = &pg_rows[in.op];
    enum pg_format f = row->format;
    in.a = pg_format_has(f, 'a') ? (uint8_t)below(s, 16) : (uint8_t)below(s, 8);
    in.b = pg_format_has(f, 'b') ? (uint8_t)below(s, 16) : (uint8_t)below(s, 8);
    in.d = pg_format_has(f, 'd') ? (uint8_t)below(s, 16) : (uint8_t)below(s, 8);
    bool writes = row->opcode < 0x50 || (row->opcode & 0xf0) == 0x90 || in.op == PG_OP_in;
    if (writes && chance(s, 90))
        in.d = (uint8_t)below(s, 8);
    if (row->opcode >= 0x50 && row->opcode < 0x60 && chance(s, 70))
        in.d = (uint8_t)(12 + below(s, 3));
    if (f == PG_FMT_M || f == PG_FMT_P) {
        in.a = (uint8_t)base_register(s);
        in.imm = offset(s, in.a, at);
    }
    switch (in.op) {
    case PG_OP_jalr:
    case PG_OP_jrst:
        in.a = 8;
        in.imm = 4 * ((int32_t)below(s, 40) - 20) + (chance(s, 3) ? 2 : 0);
        break;
    case PG_OP_lpsw:
        in.a = chance(s, 90) ? 0 : 11;
        in.imm = in.a ? 16 * ((int32_t)below(s, 8) - 4) : (int32_t)(PSWS + 16 * below(s, NPSWS));
        break;
    case PG_OP_in:
    case PG_OP_out:
        in.a = 0;
        in.imm = some_port(s);
        if (in.op == PG_OP_out)
            in.d = in.imm == 0x31 ? 8 : chance(s, 70) ? 15 : (uint8_t)below(s, 16);
        if (in.imm == 0x33) /* the command: 1 or 2, kept in r6 at first */
            in.d = 6;
        break;
    case PG_OP_tlbi: in.a = (uint8_t)(8 + below(s, 3)); break;
    case PG_OP_smon:
        in.d = chance(s, 60) ? 0 : (uint8_t)below(s, 16);
        in.a = chance(s, 60) ? 5 : (uint8_t)below(s, 16);
        break;
    case PG_OP_maddi: in.imm = (int32_t)below(s, 64) - 32; break;
    case PG_OP_mlw:
    case PG_OP_msw:
    case PG_OP_mlwm:
    case PG_OP_mswm:
    case PG_OP_mjmp:
        in.imm = 4 * (int32_t)below(s, 0x1c00);
        if (chance(s, 5))
            in.imm++;
        if (chance(s, 60))
            in.a = 0;
        break;
    default:
        if (pg_format_has(f, 't'))
            in.imm = chance(s, 90) ? (int32_t)below(s, 24) - 6 : (int32_t)below(s, 3000) - 1500;
        else if (pg_format_has(f, 'i') && pg_layouts[f].bits && f != PG_FMT_M && f != PG_FMT_P) {
            uint32_t span = 1U << (pg_layouts[f].bits < 16 ? pg_layouts[f].bits : 15);
            in.imm = (int32_t)below(s, chance(s, 50) && span > 32 ? 32 : span);
        }
    }
    if (!pg_format_has(f, 'd') && !pg_format_has(f, 'D'))
        in.d = 0;
    if (!pg_format_has(f, 'a') && !pg_format_has(f, 'A'))
        in.a = 0;
    if (!pg_format_has(f, 'b') && !pg_format_has(f, 'B'))
        in.b = 0;
    uint32_t word;
    return pg_encode(&in, &word) ? word : 0;
}

static struct pg_psw some_psw(struct scenario *s) {
    struct pg_psw psw = {.status = below(s, 4)};
    uint32_t pc = word_in(s, CODE, CODE_END);
    if (chance(s, 40))
        psw.status &= ~(uint32_t)PG_RING;
    if (chance(s, 50))
        psw.status |= PG_IE;
    if (chance(s, 6))
        psw.status |= PG_TRACE;
    psw.status |= s->paged && chance(s, 95) ? (uint32_t)PG_MODE_PAGED : below(s, 3) << 8;
    psw.bound =
        chance(s, s->paged ? 98 : 70) ? MEMORY : below(s, MEMORY / PG_PAGE + 4) << PG_PAGE_BITS;
    if ((psw.status & PG_MODE) == PG_MODE_BOUNDS)
        psw.base = chance(s, 50) ? 0 : below(s, 3) << PG_PAGE_BITS;
    else if (chance(s, 96))
        psw.base = ROOTS + PG_PAGE * below(s, 2);
    if (chance(s, s->paged ? 5 : 25)) {
        psw.status |= PG_MON;
        pc -= CODE;
    } else if ((psw.status & PG_MODE) == PG_MODE_BOUNDS) {
        pc -= psw.base;
    }
    psw.pc = chance(s, 98) ? pc : pc + below(s, 4);
    if (chance(s, 1))
        psw.status |= 4; /* refused */
    return psw;
}

static void poke_psw(struct scenario *s, uint32_t at, const struct pg_psw *psw) {
    lockstep_poke(&s->l, at, psw->status);
    lockstep_poke(&s->l, at + 4, psw->pc);
    lockstep_poke(&s->l, at + 8, psw->base);
    lockstep_poke(&s->l, at + 12, psw->bound);
}

static uint32_t word(enum pg_op op, unsigned d, unsigned a, int32_t imm) {
    struct pg_insn in = {.op = (uint8_t)op, .d = (uint8_t)d, .a = (uint8_t)a, .imm = imm};
    uint32_t w;
    if (!pg_encode(&in, &w))
        abort();
    return w;
}

/* A handler that, mostly, drops the interrupt lines, steps over what trapped, and returns. */
static void make_handler(struct scenario *s) {
    uint32_t at = HANDLER;
    for (uint32_t n = below(s, 5); n > 0; n--, at += 4)
        lockstep_poke(&s->l, at, some_insn(s, at));
    if (chance(s, 70)) {
        lockstep_poke(&s->l, at, word(PG_OP_out, 0, 0, 0x22));
        lockstep_poke(&s->l, at + 4, word(PG_OP_out, 0, 0, 0x34));
        lockstep_poke(&s->l, at + 8, word(PG_OP_in, 7, 0, 0x10));
        at += 12;
    }
    if (chance(s, 50)) {
        lockstep_poke(&s->l, at, word(PG_OP_out, 15, 0, chance(s, 50) ? 0x23 : 0x24));
        at += 4;
    }
    if (chance(s, 80)) {
        lockstep_poke(&s->l, at, word(PG_OP_lw, 7, 0, PG_FRAME_PSW + 4));
        lockstep_poke(&s->l, at + 4, word(PG_OP_addi, 7, 7, 4));
        lockstep_poke(&s->l, at + 8, word(PG_OP_sw, 7, 0, PG_FRAME_PSW + 4));
        at += 12;
    }
    int32_t from = chance(s, 60) ? 0 : (int32_t)(PSWS + 16 * below(s, NPSWS));
    lockstep_poke(&s->l, at, word(PG_OP_lpsw, 0, 0, from));
    struct pg_psw psw = {.status = 0, .pc = HANDLER};
    if (chance(s, 15))
        psw.status |= PG_TRACE;
    if (chance(s, 10))
        psw = some_psw(s);
    poke_psw(s, PG_NEW_PSW, &psw);
}

static void set_registers(struct scenario *s) {
    uint32_t r[PG_NREGS], m[PG_NMREGS];
    for (unsigned k = 1; k < PG_NREGS; k++)
        r[k] = chance(s, 50) ? below(s, 256) : any(s);
    r[5] = (CODE_END - CODE) & ~(PG_PAGE - 1U); /* a monitor bound */
    r[6] = 1 + below(s, 2);
    r[8] = word_in(s, CODE, CODE_END);
    r[9] = word_in(s, DATA, DATA_END);
    r[10] = TABLES + PG_PAGE * below(s, 2) + 4 * below(s, MEMORY / PG_PAGE);
    r[11] = PSWS + 16 * below(s, NPSWS);
    for (unsigned k = 12; k < 15; k++)
        r[k] = chance(s, s->paged ? 30 : 70) ? some_insn(s, CODE) : some_pte(s);
    r[15] = 1 + below(s, chance(s, 70) ? 40 : 400);
    for (unsigned k = 1; k < PG_NMREGS; k++)
        m[k] = chance(s, 70) ? 4 * below(s, 0x1000) : any(s);
    for (int w = 0; w < 2; w++) {
        struct pg_cpu *cpu = &s->l.m[w]->cpu;
        memcpy(cpu->r + 1, r + 1, sizeof r - sizeof *r);
        memcpy(cpu->m + 1, m + 1, sizeof m - sizeof *m);
    }
}

static void set_psw(struct scenario *s, struct pg_psw psw) {
    for (int w = 0; w < 2; w++) {
        s->l.m[w]->cpu.psw = psw;
        pg_refresh(s->l.m[w]);
    }
}

static void fill_memory(struct scenario *s) {
    for (uint32_t at = CODE; at < CODE_END; at += 4)
        lockstep_poke(&s->l, at, some_insn(s, at));
    for (uint32_t at = DATA; at < DATA_END; at += 4) {
        uint32_t kind = below(s, 4);
        lockstep_poke(&s->l, at,
                      kind == 0   ? word_in(s, CODE, CODE_END)
                      : kind == 1 ? some_pte(s)
                      : kind == 2 ? word_in(s, 0, CODE_END - CODE)
                                  : some_insn(s, at));
    }
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t root = ROOTS + k * PG_PAGE, table = TABLES + k * PG_PAGE;
        lockstep_poke(&s->l, root, table | PG_PTE_V);
        lockstep_poke(&s->l, root + 4, (chance(s, 50) ? table : any(s)) | PG_PTE_V);
        for (uint32_t page = 0; page < MEMORY / PG_PAGE; page++) {
            uint32_t pte = some_pte(s);
            if (chance(s, 80))
                pte = page << PG_PAGE_BITS | (pte & 0xfff);
            lockstep_poke(&s->l, table + 4 * page, pte);
        }
    }
    for (uint32_t k = 0; k < NPSWS; k++) {
        struct pg_psw psw = some_psw(s);
        poke_psw(s, PSWS + 16 * k, &psw);
    }
    make_handler(s);
}

static void plug_in(struct scenario *s) {
    enum { SECTORS = 16 };
    static uint8_t disk[SECTORS * 512]; /* scratch, written before it is read */
    for (uint32_t at = 0; at < sizeof disk; at += 4) {
        uint32_t w = some_insn(s, CODE + at);
        for (int k = 0; k < 4; k++)
            disk[at + (uint32_t)k] = (uint8_t)(w >> 8 * k);
    }
    lockstep_disk(&s->l, disk, SECTORS);
    for (int w = 0; w < 2; w++)
        s->l.m[w]->bus.plugs.input.open = true;
    if (chance(s, 60)) { /* DMA into code, due some 1100 steps on */
        lockstep_out(&s->l, 0x30, below(s, SECTORS));
        lockstep_out(&s->l, 0x31, word_in(s, CODE, CODE_END));
        lockstep_out(&s->l, 0x32, 1 + below(s, 3));
        lockstep_out(&s->l, 0x33, 1);
    }
    if (chance(s, 70))
        lockstep_out(&s->l, chance(s, 50) ? 0x23 : 0x24, below(s, 300));
    if (chance(s, 20))
        lockstep_out(&s->l, 0x12, 1);
}

static void feed(struct scenario *s) {
    uint8_t bytes[4] = {1, 2, 3, 4};
    size_t n = chance(s, 90) ? 1 + below(s, 4) : 0;
    for (int w = 0; w < 2; w++)
        pg_feed(s->l.m[w], bytes, n);
}

/* What a VMM does between runs: through a view of the memory, the TLB, the registers. */
static void meddle(struct scenario *s) {
    struct pg_ram view[2];
    uint32_t at = word_in(s, 0, CODE_END - CODE), w = some_insn(s, CODE + at);
    uint32_t page = below(s, MEMORY / PG_PAGE), kind = below(s, 6);
    struct pg_psw psw = some_psw(s);
    psw.status &= ~4U;
    for (int k = 0; k < 2; k++) {
        struct pg_machine *m = s->l.m[k];
        pg_ram_view(&view[k], &m->ram, CODE, CODE_END - CODE);
        switch (kind) {
        case 0: pg_ram_write32(&view[k], at, w); break;
        case 1: pg_tlb_drop(&m->tlb, page); break;
        case 2: pg_tlb_clear(&m->tlb); break;
        case 3: m->cpu.mon_base = page << PG_PAGE_BITS; break;
        case 4: m->cpu.r[8] = CODE + at; break;
        default:
            m->cpu.psw = psw;
            pg_refresh(m);
            break;
        }
    }
    if (chance(s, 5))
        for (int k = 0; k < 2; k++)
            s->l.engine[k]->forget(s->l.state[k]);
}

static void note(const struct scenario *s, struct scenario_reach *reach, uint64_t steps,
                 enum pg_stop stop) {
    const struct pg_machine *m = s->l.m[0];
    uint32_t status = m->cpu.psw.status;
    reach->steps += steps;
    reach->causes[m->trap.cause]++;
    reach->runs[m->run]++;
    reach->stops[stop]++;
    reach->tlb_entries += m->tlb.live;
    reach->monitor_steps += status & PG_MON ? steps : 0;
    reach->paged_steps += (status & PG_MODE) == PG_MODE_PAGED ? steps : 0;
    reach->bounds_steps += (status & PG_MODE) == PG_MODE_BOUNDS ? steps : 0;
    reach->user_steps += status & PG_RING ? steps : 0;
}

static void run(struct scenario *s, struct scenario_reach *reach) {
    static const uint32_t spans[] = {2, 4, 16, 60, 300, 2000};
    uint64_t end = 400 + below(s, 4000);
    while (s->l.m[0]->cpu.T < end) {
        uint64_t before = s->l.m[0]->cpu.T;
        enum pg_stop stop;
        if (!lockstep_run(&s->l, before + below(s, spans[below(s, 6)]), &stop))
            return;
        note(s, reach, s->l.m[0]->cpu.T - before, stop);
        if (s->l.m[0]->run == PG_WAITING)
            feed(s);
        else if (s->l.m[0]->run != PG_RUNNING)
            return;
        if (stop == PG_STOP_FIRMWARE || chance(s, 3))
            meddle(s);
        if (chance(s, 2))
            feed(s);
    }
}

bool scenario_run(uint64_t seed, const struct pg_engine *engine, struct scenario_reach *reach,
                  char why[320]) {
    struct scenario s = {.state = (seed + 1) * 0x9e3779b97f4a7c15ULL};
    lockstep_open(&s.l, engine, MEMORY);
    static const struct pg_profile open_profile = {
        .name = "open",
        .user = {[PG_OP_gpsw] = PG_USER_EXECUTE,
                 [PG_OP_ppsw] = PG_USER_IGNORE,
                 [PG_OP_grel] = PG_USER_EXECUTE,
                 [PG_OP_probe] = PG_USER_EXECUTE,
                 [PG_OP_jrst] = PG_USER_EXECUTE,
                 [PG_OP_rdt] = PG_USER_EXECUTE},
    };
    s.paged = chance(&s, 35);
    bool open = chance(&s, 40), firmware = chance(&s, 15);
    for (int k = 0; k < 2; k++) {
        s.l.m[k]->firmware = firmware;
        if (open)
            s.l.m[k]->profile = &open_profile;
        s.l.m[k]->cpu.mon_base = CODE;
        s.l.m[k]->cpu.mon_bound = DATA_END - CODE;
    }
    fill_memory(&s);
    set_registers(&s);
    struct pg_psw psw = some_psw(&s);
    psw.status &= ~4U;
    set_psw(&s, psw);
    plug_in(&s);
    run(&s, reach);
    bool good = !s.l.difference[0];
    if (!good)
        snprintf(why, 320, "seed %" PRIu64 ": %s", seed, s.l.difference);
    lockstep_close(&s.l);
    return good;
}
