/* bench_engine.c - how fast the engines are, and how much faster than the reference.
 *
 *     bench_engine [ROUNDS]
 *
 * Each program runs for a fixed number of steps under every engine in turn, ROUNDS times (default
 * 7), so that a change of the host's pace meets both; the medians are printed.
 */
#include "interp/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MEMORY = 0x100000, CODE = 0x1000, TABLE = 0x4000, ROOT = 0x5000, ARRAY = 0x10000 };
enum { ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5 };

/* Writes instructions one after the other. */
struct writer {
    struct pg_machine *m;
    uint32_t at;
};

static void put(struct writer *w, enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    struct pg_insn in = {
        .op = (uint8_t)op, .d = (uint8_t)d, .a = (uint8_t)a, .b = (uint8_t)b, .imm = imm};
    uint32_t word;
    if (!pg_encode(&in, &word)) {
        fprintf(stderr, "bench_engine: %s does not encode\n", pg_rows[op].mnemonic);
        exit(1);
    }
    pg_ram_write32(&w->m->ram, w->at, word);
    w->at += 4;
}

/* put for the layouts R; I, M and B; J and U. */
#define RRR(op, d, a, b) put(w, PG_OP_##op, d, a, b, 0)
#define RRI(op, d, a, imm) put(w, PG_OP_##op, d, a, 0, imm)
#define JUMP(op, d, imm) put(w, PG_OP_##op, d, 0, 0, imm)

static void set_psw(struct pg_machine *m, uint32_t at, struct pg_psw psw) {
    pg_ram_write32(&m->ram, at, psw.status);
    pg_ram_write32(&m->ram, at + 4, psw.pc);
    pg_ram_write32(&m->ram, at + 8, psw.base);
    pg_ram_write32(&m->ram, at + 12, psw.bound);
}

/* The sieve of Eratosthenes over 8190 bytes, again and again. */
static void sieve(struct pg_machine *m) {
    struct writer writer = {m, CODE}, *w = &writer;
    JUMP(lui, S0, ARRAY >> 12);
    RRI(addi, S1, ZERO, 8190);
    RRI(addi, T0, ZERO, 0); /* again: clear */
    RRR(add, T1, S0, T0);   /* loop */
    RRI(sb, ZERO, T1, 0);
    RRI(addi, T0, T0, 1);
    RRI(bltu, T0, S1, -3);
    RRI(addi, T0, ZERO, 2);
    RRR(add, T1, S0, T0); /* outer */
    RRI(lbu, T2, T1, 0);
    RRI(bne, T2, ZERO, 7); /* to next */
    RRR(add, A0, T0, T0);
    RRI(bgeu, A0, S1, 5);
    RRR(add, A1, S0, A0); /* inner */
    RRI(sb, S1, A1, 0);
    RRR(add, A0, A0, T0);
    RRI(bltu, A0, S1, -3);
    RRI(addi, T0, T0, 1);
    RRI(bltu, T0, S1, -10);
    JUMP(jal, ZERO, -17);
}

/* Recursive Fibonacci of 20, again and again. */
static void fibonacci(struct pg_machine *m) {
    struct writer writer = {m, CODE}, *w = &writer;
    RRI(addi, SP, ZERO, 0x7ff0);
    RRI(addi, A0, ZERO, 20); /* again */
    JUMP(jal, RA, 2);
    JUMP(jal, ZERO, -2);
    RRI(addi, T0, ZERO, 2); /* fib */
    RRI(bltu, A0, T0, 14);
    RRI(addi, SP, SP, -12);
    RRI(sw, RA, SP, 0);
    RRI(sw, A0, SP, 4);
    RRI(addi, A0, A0, -1);
    JUMP(jal, RA, -6);
    RRI(lw, T1, SP, 4);
    RRI(sw, A0, SP, 8);
    RRI(addi, A0, T1, -2);
    JUMP(jal, RA, -10);
    RRI(lw, T1, SP, 8);
    RRR(add, A0, A0, T1);
    RRI(lw, RA, SP, 0);
    RRI(addi, SP, SP, 12);
    RRI(jalr, ZERO, RA, 0);
}

/* Put the machine into ring 3 under a table that maps all its memory onto itself. */
static void page(struct pg_machine *m) {
    pg_ram_write32(&m->ram, ROOT, TABLE | PG_PTE_V);
    for (uint32_t k = 0; k < MEMORY / PG_PAGE; k++)
        pg_ram_write32(&m->ram, TABLE + 4 * k, k << PG_PAGE_BITS | 0x30f);
    m->cpu.psw.status = PG_MODE_PAGED | 3;
    m->cpu.psw.base = ROOT;
    m->cpu.psw.bound = MEMORY;
}

static void paged_sieve(struct pg_machine *m) {
    sieve(m);
    page(m);
}

static void paged_fibonacci(struct pg_machine *m) {
    fibonacci(m);
    page(m);
}

/* A user loop of svc, and a handler that returns past it. */
static void calls(struct pg_machine *m) {
    struct writer writer = {m, CODE}, *w = &writer;
    RRI(addi, T0, T0, 1);
    put(w, PG_OP_svc, 0, 0, 0, 1);
    JUMP(jal, ZERO, -2);
    w->at = CODE + 0x100;
    RRI(lw, T1, ZERO, 4);
    RRI(addi, T1, T1, 4);
    RRI(sw, T1, ZERO, 4);
    put(w, PG_OP_lpsw, 0, 0, 0, 0);
    set_psw(m, PG_NEW_PSW, (struct pg_psw){.pc = CODE + 0x100});
    m->cpu.psw = (struct pg_psw){PG_MODE_BOUNDS | 3, CODE, 0, MEMORY};
}

static void paged_calls(struct pg_machine *m) {
    calls(m);
    page(m);
}

/* What translated code looks like: monitor mode, ticks, a jump through monitor memory. */
static void translated(struct pg_machine *m) {
    struct writer writer = {m, CODE}, *w = &writer;
    RRI(addi, T0, T0, 1);
    put(w, PG_OP_mput, 7, T0, 0, 0);
    put(w, PG_OP_tick, 0, 0, 0, 1);
    put(w, PG_OP_mswm, 2, 0, 0, 0x800);
    RRI(lw, T1, ZERO, 0x400);
    put(w, PG_OP_mlwm, 3, 0, 0, 0x800);
    put(w, PG_OP_mbne, 3, 2, 0, 2);
    put(w, PG_OP_mjmp, 0, 0, 0, 0x804);
    JUMP(jal, ZERO, -8);
    m->cpu.mon_base = CODE;
    m->cpu.mon_bound = 0x2000;
    m->cpu.psw = (struct pg_psw){PG_MON | PG_MODE_BOUNDS | 3, 0, 0x8000, 0x8000};
}

/* The worst case: a loop that rewrites an instruction of its own each time round. */
static void self_modifying(struct pg_machine *m) {
    struct writer writer = {m, CODE}, *w = &writer;
    RRI(lw, T0, ZERO, CODE + 12);
    RRI(addi, T1, T1, 1);
    RRI(sw, T0, ZERO, CODE + 12);
    RRI(addi, T2, T2, 1);
    JUMP(jal, ZERO, -4);
}

static const struct program {
    const char *name;
    void (*load)(struct pg_machine *m);
    uint64_t steps;
} programs[] = {
    {"sieve", sieve, 20000000},
    {"fibonacci", fibonacci, 20000000},
    {"sieve, paged", paged_sieve, 20000000},
    {"fibonacci, paged", paged_fibonacci, 20000000},
    {"svc and lpsw", calls, 5000000},
    {"svc and lpsw, paged", paged_calls, 5000000},
    {"translated code", translated, 10000000},
    {"self-modifying", self_modifying, 2000000},
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds for the program's steps; *end receives the pc reached, which both engines must share. */
static double measure(const struct program *p, const struct pg_engine *engine, uint32_t *end) {
    struct pg_error err;
    struct pg_machine *m = pg_machine_new(MEMORY, &err);
    void *state = m ? engine->open(m) : NULL;
    if (!state) {
        fprintf(stderr, "bench_engine: out of memory\n");
        exit(1);
    }
    pg_machine_reset(m, CODE);
    p->load(m);
    double begin = now();
    engine->run(state, p->steps);
    double seconds = now() - begin;
    if (m->cpu.T != p->steps) {
        fprintf(stderr, "bench_engine: %s stopped at T = %" PRIu64 ": %s\n", p->name, m->cpu.T,
                m->why ? m->why : pg_causes[m->trap.cause].name);
        exit(1);
    }
    *end = m->cpu.psw.pc ^ m->cpu.r[T0] ^ m->cpu.r[A0];
    engine->close(state);
    pg_machine_free(m);
    return seconds;
}

static int ascending(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

int main(int argc, char **argv) {
    enum { MOST = 99, ENGINES = 8 };
    int rounds = argc > 1 ? atoi(argv[1]) : 7;
    if (rounds < 1 || rounds > MOST) {
        fprintf(stderr, "usage: bench_engine [ROUNDS], 1..%d\n", MOST);
        return 68;
    }
    printf("%-22s", "million steps/s");
    for (int e = 0; pg_engines[e]; e++)
        printf(" %12s%s", pg_engines[e]->name, e ? "    ratio" : "");
    printf("\n");
    for (size_t k = 0; k < sizeof programs / sizeof *programs; k++) {
        double seconds[ENGINES][MOST];
        uint32_t end[ENGINES];
        for (int round = 0; round < rounds; round++)
            for (int e = 0; pg_engines[e]; e++)
                seconds[e][round] = measure(&programs[k], pg_engines[e], &end[e]);
        printf("%-22s", programs[k].name);
        for (int e = 0; pg_engines[e]; e++) {
            if (end[e] != end[0]) {
                fprintf(stderr, "bench_engine: %s: the engines differ\n", programs[k].name);
                return 1;
            }
            qsort(seconds[e], (size_t)rounds, sizeof(double), ascending);
            printf(" %12.1f", (double)programs[k].steps / seconds[e][rounds / 2] / 1e6);
            if (e)
                printf(" %7.1fx", seconds[0][rounds / 2] / seconds[e][rounds / 2]);
        }
        printf("\n");
    }
    return 0;
}
