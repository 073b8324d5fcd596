/* The fast engines where they are most easily wrong: code that changes under it, time that runs
 * out in the middle of a block, translations that go stale. Each case runs in lockstep with the
 * reference, and says besides what must have come out. */
#include "lockstep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMORY = 0x10000, CODE = 0x1000, HANDLER = 0x200, ROOT = 0x8000, TABLE = 0x9000 };

static uint32_t word(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    struct pg_insn in = {
        .op = (uint8_t)op, .d = (uint8_t)d, .a = (uint8_t)a, .b = (uint8_t)b, .imm = imm};
    uint32_t w;
    assert_true(pg_encode(&in, &w));
    return w;
}

#define I(op, d, a, imm) word(PG_OP_##op, d, a, 0, imm)

static void put(struct lockstep *l, uint32_t at, const uint32_t *words, size_t n) {
    for (size_t k = 0; k < n; k++)
        lockstep_poke(l, at + 4 * (uint32_t)k, words[k]);
}

#define PUT(l, at, ...)                                                                            \
    do {                                                                                           \
        const uint32_t words_[] = {__VA_ARGS__};                                                   \
        put(l, at, words_, sizeof words_ / sizeof *words_);                                        \
    } while (0)

static void psw(struct lockstep *l, struct pg_psw value) {
    for (int k = 0; k < 2; k++) {
        l->m[k]->cpu.psw = value;
        pg_refresh(l->m[k]);
    }
}

static void start(struct lockstep *l, const struct pg_engine *engine) {
    lockstep_open(l, engine, MEMORY);
    PUT(l, PG_NEW_PSW, 0, HANDLER, 0, 0);
    PUT(l, HANDLER, I(jal, 0, 0, 0));
    psw(l, (struct pg_psw){.pc = CODE});
}

/* Run to T and insist on equality; gives the stop. */
static enum pg_stop go(struct lockstep *l, uint64_t until) {
    enum pg_stop stop;
    if (!lockstep_run(l, until, &stop))
        fail_msg("%s", l->difference);
    return stop;
}

static const struct pg_cpu *cpu(const struct lockstep *l) {
    return &l->m[1]->cpu;
}

/* The very next instruction of the same block is replaced. */
static void test_next_instruction(void **state) {
    struct lockstep l;
    start(&l, *state);
    PUT(&l, CODE, I(lw, 5, 0, CODE + 0x40), I(addi, 6, 0, 1), I(sw, 5, 0, CODE + 12),
        I(addi, 7, 0, 1), I(addi, 8, 0, 1), I(jal, 0, 0, 0));
    PUT(&l, CODE + 0x40, I(addi, 7, 0, 2));
    go(&l, 20);
    assert_int_equal(cpu(&l)->r[7], 2);
    assert_int_equal(cpu(&l)->r[8], 1);
    lockstep_close(&l);
}

/* The end of a block that ran before becomes an ordinary instruction: time must follow. */
static void test_block_grows(void **state) {
    struct lockstep l;
    start(&l, *state);
    PUT(&l, CODE, I(addi, 5, 5, 1), I(addi, 6, 6, 1), I(jal, 0, 0, -2), I(addi, 7, 7, 1),
        I(addi, 8, 8, 1), I(jal, 0, 0, -5));
    go(&l, 30);
    assert_int_equal(cpu(&l)->r[7], 0);
    lockstep_poke(&l, CODE + 8, I(addi, 9, 9, 1));
    for (uint64_t T = 31; T < 80; T++)
        go(&l, T);
    assert_true(cpu(&l)->r[7] > 0);
    go(&l, 1000);
    lockstep_close(&l);
}

static void test_dma_into_code(void **state) {
    struct lockstep l;
    uint8_t disk[512] = {0};
    uint32_t w = I(addi, 7, 7, 1);
    start(&l, *state);
    for (int k = 0; k < 512; k++)
        disk[k] = (uint8_t)(w >> 8 * (k % 4));
    for (int k = 0; k < 4; k++) /* the last word jumps back to the first */
        disk[508 + k] = (uint8_t)(I(jal, 0, 0, -127) >> 8 * k);
    lockstep_disk(&l, disk, 1);
    for (uint32_t at = CODE; at < CODE + 508; at += 4)
        lockstep_poke(&l, at, I(addi, 5, 5, 1));
    lockstep_poke(&l, CODE + 508, I(jal, 0, 0, -127));
    lockstep_out(&l, 0x31, CODE);
    lockstep_out(&l, 0x32, 1);
    lockstep_out(&l, 0x33, 1);
    go(&l, 1000);
    assert_int_equal(cpu(&l)->r[7], 0);
    go(&l, 1200); /* complete at T = 1100, in the middle of a block */
    assert_true(cpu(&l)->r[7] > 90);
    assert_int_equal(cpu(&l)->r[5] + cpu(&l)->r[7], 1200 - 1200 / 128);
    lockstep_close(&l);
}

/* Wherever in a block the timer fires, the frame holds the exact T and pc. */
static void test_timer_in_block(void **state) {
    for (uint32_t due = 1; due < 40; due++) {
        struct lockstep l;
        start(&l, *state);
        for (uint32_t at = CODE; at < CODE + 36; at += 4)
            lockstep_poke(&l, at, I(addi, 5, 5, 1));
        lockstep_poke(&l, CODE + 36, I(jal, 0, 0, -9));
        psw(&l, (struct pg_psw){.status = PG_IE, .pc = CODE});
        lockstep_out(&l, 0x23, due);
        go(&l, 100);
        assert_int_equal(pg_ram_read32(&l.m[1]->ram, PG_FRAME_T), due);
        assert_int_equal(pg_ram_read32(&l.m[1]->ram, PG_FRAME_PSW + 4), CODE + due % 10 * 4);
        lockstep_close(&l);
    }
}

static void test_until(void **state) {
    for (uint64_t until = 0; until < 40; until++) {
        struct lockstep l;
        start(&l, *state);
        for (uint32_t at = CODE; at < CODE + 64; at += 4)
            lockstep_poke(&l, at, I(addi, 5, 5, 1));
        assert_int_equal(go(&l, until), PG_STOP_TIME);
        assert_int_equal(cpu(&l)->T, until);
        lockstep_close(&l);
    }
}

static void test_idle(void **state) {
    struct lockstep l;
    start(&l, *state);
    PUT(&l, CODE, I(addi, 5, 0, 50), I(out, 5, 0, 0x23), word(PG_OP_idle, 0, 0, 0, 0),
        I(addi, 6, 6, 1), I(out, 0, 0, 0x22), word(PG_OP_idle, 0, 0, 0, 0));
    go(&l, 10); /* idle carries T beyond */
    assert_int_equal(cpu(&l)->T, 51);
    assert_int_equal(go(&l, 100), PG_STOP_RUN);
    assert_int_equal(l.m[1]->run, PG_IDLE_FOREVER);
    assert_int_equal(cpu(&l)->r[6], 1);
    lockstep_close(&l);
}

/* Identity map with these leaf bits; then run paged in ring 0 at CODE. */
static void start_paged(struct lockstep *l, const struct pg_engine *engine, uint32_t bits) {
    start(l, engine);
    lockstep_poke(l, ROOT, TABLE | PG_PTE_V);
    for (uint32_t k = 0; k < MEMORY / PG_PAGE; k++)
        lockstep_poke(l, TABLE + 4 * k, k << PG_PAGE_BITS | bits);
    psw(l, (struct pg_psw){PG_MODE_PAGED, CODE, ROOT, MEMORY});
}

static uint32_t pte(const struct lockstep *l, uint32_t page) {
    return pg_ram_read32(&l->m[1]->ram, TABLE + 4 * page);
}

static void test_accessed_and_dirty(void **state) {
    struct lockstep l;
    start_paged(&l, *state, 0x30f);
    PUT(&l, CODE, I(lui, 8, 0, 3), I(lw, 5, 8, 0), I(lw, 5, 8, 4), I(sw, 0, 8, 8), I(sw, 0, 8, 12),
        I(jal, 0, 0, -4));
    go(&l, 2);
    assert_int_equal(pte(&l, 1) & 0x30, PG_PTE_A);
    assert_int_equal(pte(&l, 3) & 0x30, PG_PTE_A);
    assert_int_equal(pte(&l, 2) & 0x30, 0);
    go(&l, 3);
    assert_int_equal(pte(&l, 3) & 0x30, PG_PTE_A);
    go(&l, 4);
    assert_int_equal(pte(&l, 3) & 0x30, PG_PTE_A | PG_PTE_D);
    go(&l, 50);
    lockstep_close(&l);
}

/* A store in the page of the running block walks, for want of the dirty bit, and finds that the
 * tables now map that page elsewhere: the next instruction comes from there. */
static void test_walk_moves_code(void **state) {
    struct lockstep l;
    start_paged(&l, *state, 0x30f);
    PUT(&l, CODE, I(lui, 8, 0, TABLE >> 12), I(lw, 5, 8, 8), I(sw, 5, 8, 4),
        I(sw, 0, 0, CODE + 0x100), I(addi, 7, 0, 1), I(jal, 0, 0, 0));
    PUT(&l, CODE + PG_PAGE + 16, I(addi, 7, 0, 2), I(jal, 0, 0, 0));
    go(&l, 20);
    assert_int_equal(cpu(&l)->r[7], 2);
    lockstep_close(&l);
}

/* A table that is executed, entries being illegal words: the accessed bit that a walk sets shows in
 * the word that the next trap reports. */
static void test_walk_writes_code(void **state) {
    struct lockstep l;
    start_paged(&l, *state, 0x30f);
    const struct pg_psw at_leaf = {PG_MODE_PAGED, TABLE + 4 * 3, ROOT, MEMORY};
    PUT(&l, CODE, I(lui, 8, 0, 3), I(lw, 5, 8, 0), I(jal, 0, 0, 0));
    psw(&l, at_leaf);
    go(&l, 10);
    assert_int_equal(pg_ram_read32(&l.m[1]->ram, PG_FRAME_VALUE), 3 << PG_PAGE_BITS | 0x30f);
    psw(&l, (struct pg_psw){PG_MODE_PAGED, CODE, ROOT, MEMORY});
    go(&l, 20);
    psw(&l, at_leaf);
    go(&l, 30);
    assert_int_equal(pg_ram_read32(&l.m[1]->ram, PG_FRAME_VALUE), 3 << PG_PAGE_BITS | 0x31f);
    lockstep_close(&l);
}

/* A stale entry serves until tlbi; so must whatever stands behind it. */
static void test_stale_entries(void **state) {
    struct lockstep l;
    start_paged(&l, *state, 0x30f);
    lockstep_poke(&l, 0x3000, 3);
    lockstep_poke(&l, 0x4000, 4);
    PUT(&l, CODE, I(lui, 8, 0, 3), I(lw, 5, 8, 0), I(lui, 9, 0, TABLE >> 12), I(lw, 10, 9, 16),
        I(sw, 10, 9, 12), I(lw, 6, 8, 0), word(PG_OP_tlbi, 0, 8, 0, 0), I(lw, 7, 8, 0),
        I(jal, 0, 0, 0));
    go(&l, 30);
    assert_int_equal(cpu(&l)->r[6], 3);
    assert_int_equal(cpu(&l)->r[7], 4);
    /* The same from outside, as firmware does it. */
    lockstep_poke(&l, TABLE + 12, 3 << PG_PAGE_BITS | 0x30f);
    PUT(&l, CODE + 8 * 4, I(lw, 7, 8, 0), I(jal, 0, 0, -1));
    go(&l, 60);
    assert_int_equal(cpu(&l)->r[7], 4);
    for (int k = 0; k < 2; k++)
        pg_tlb_drop(&l.m[k]->tlb, 3);
    go(&l, 90);
    assert_int_equal(cpu(&l)->r[7], 3);
    lockstep_close(&l);
}

static void test_firmware(void **state) {
    struct lockstep l;
    start(&l, *state);
    for (int k = 0; k < 2; k++)
        l.m[k]->firmware = true;
    PUT(&l, CODE, I(addi, 5, 5, 1), word(PG_OP_svc, 0, 0, 0, 7), I(jal, 0, 0, -2));
    assert_int_equal(go(&l, 1000), PG_STOP_FIRMWARE);
    assert_int_equal(cpu(&l)->T, 2);
    assert_int_equal(l.m[1]->trap.value, 7);
    psw(&l, (struct pg_psw){.pc = CODE + 8});
    assert_int_equal(go(&l, 1000), PG_STOP_FIRMWARE);
    assert_int_equal(cpu(&l)->r[5], 2);
    lockstep_close(&l);
}

/* A virtual machine's memory is a view: writes by either side reach the other's engine. */
static void test_view(void **state) {
    const struct pg_engine *tested = *state;
    struct pg_machine *whole = pg_machine_new(2 * MEMORY, NULL);
    assert_non_null(whole);
    struct pg_ram ram;
    pg_ram_view(&ram, &whole->ram, MEMORY, MEMORY);
    struct pg_machine *part = pg_machine_view(&ram, NULL);
    assert_non_null(part);
    void *engine = tested->open(part);
    assert_non_null(engine);
    pg_machine_reset(part, CODE);
    pg_ram_write32(&whole->ram, MEMORY + CODE, I(addi, 5, 5, 1));
    pg_ram_write32(&whole->ram, MEMORY + CODE + 4, I(jal, 0, 0, -1));
    tested->run(engine, 100);
    assert_int_equal(part->cpu.r[5], 50);
    pg_ram_write32(&whole->ram, MEMORY + CODE, I(addi, 6, 6, 1));
    tested->run(engine, 200);
    assert_int_equal(part->cpu.r[5], 50);
    assert_int_equal(part->cpu.r[6], 50);
    tested->close(engine);
    pg_machine_free(part);
    pg_machine_free(whole);
}

/* Two engines on two machines, in turns; and when every watcher is taken, plain steps. */
static void test_many(void **state) {
    const struct pg_engine *tested = *state;
    struct lockstep a, b;
    start(&a, *state);
    start(&b, *state);
    PUT(&a, CODE, I(addi, 5, 5, 1), I(jal, 0, 0, -1));
    PUT(&b, CODE, I(addi, 5, 5, 3), I(jal, 0, 0, -1));
    for (uint64_t T = 0; T < 300; T += 30) {
        go(&a, T);
        go(&b, T);
    }
    assert_int_equal(3 * cpu(&a)->r[5], cpu(&b)->r[5]);
    void *more[PG_MAX_WATCHERS];
    for (int k = 0; k < PG_MAX_WATCHERS; k++)
        assert_non_null(more[k] = tested->open(a.m[1]));
    for (int k = 0; k < 2; k++)
        a.engine[0]->run(a.state[0], 400 + 100 * (uint64_t)k);
    tested->run(more[PG_MAX_WATCHERS - 1], 400);
    tested->run(more[0], 500);
    go(&a, 600);
    for (int k = 0; k < PG_MAX_WATCHERS; k++)
        tested->close(more[k]);
    go(&a, 700);
    lockstep_close(&a);
    lockstep_close(&b);
}

/* More code pages than the engine keeps: it forgets them all and goes on. */
static void test_full(void **state) {
    enum { PAGES = 600 };
    struct lockstep l;
    lockstep_open(&l, *state, (PAGES + 1) * PG_PAGE);
    for (uint32_t k = 0; k < PAGES; k++) /* on to the same place in the next page */
        PUT(&l, k * PG_PAGE + 0x800, I(addi, 5, 5, 1),
            k + 1 < PAGES ? I(jal, 0, 0, PG_PAGE / 4 - 1) : I(jalr, 0, 0, 0x800));
    psw(&l, (struct pg_psw){.pc = 0x800});
    go(&l, 5000);
    assert_int_equal(cpu(&l)->r[5], 2500);
    lockstep_close(&l);
}

/* More blocks than an engine of generated code keeps, twice over. */
static void test_many_blocks(void **state) {
    enum { WORDS = 80000 };
    struct lockstep l;
    lockstep_open(&l, *state, (WORDS / 1024 + 2) * PG_PAGE);
    for (uint32_t k = 0; k + 1 < WORDS; k++)
        lockstep_poke(&l, CODE + 4 * k, I(jal, 0, 0, 1));
    lockstep_poke(&l, CODE + 4 * (WORDS - 1), I(jalr, 0, 0, CODE));
    psw(&l, (struct pg_psw){.pc = CODE});
    go(&l, 2 * WORDS + 100);
    lockstep_close(&l);
}

/* Accesses near one another, which an engine may look up together: across the end of a page, in
 * pages with fewer rights, misaligned, and into the very code. */
static void test_near(void **state) {
    static const uint32_t bits[] = {0x307, 0x337, 0x303, 0, 0x335, 0x317};
    static const uint32_t offsets[] = {0, 1, 2, 8, 0xfe4, 0xfe8, 0xff0, 0xffc};
    const uint32_t code[] = {I(lw, 6, 5, 0),  I(sw, 6, 5, 4),    I(lb, 7, 5, 8),   I(sh, 7, 5, 12),
                             I(lw, 8, 5, 16), I(addi, 8, 8, 1),  I(sw, 8, 5, 20),  I(lw, 9, 5, -8),
                             I(sw, 9, 5, 24), I(lbu, 10, 5, 27), I(addi, 5, 5, 4), I(jal, 0, 0, 0)};
    for (int paged = 0; paged < 2; paged++) {
        struct lockstep l;
        start_paged(&l, *state, 0x30f);
        for (uint32_t k = 0; k < sizeof bits / sizeof *bits; k++)
            lockstep_poke(&l, TABLE + 4 * (2 + k), (2 + k) << PG_PAGE_BITS | bits[k]);
        uint64_t T = 0;
        for (uint32_t page = 1; page < 8; page++)
            for (uint32_t k = 0; k < 3 * sizeof offsets / sizeof *offsets; k++) {
                put(&l, CODE, code, sizeof code / sizeof *code);
                for (int e = 0; e < 2; e++)
                    l.m[e]->cpu.r[5] = page * PG_PAGE + offsets[k / 3];
                psw(&l, (struct pg_psw){paged ? PG_MODE_PAGED : 0, CODE, ROOT, MEMORY});
                go(&l, T += 12 + k);
            }
        lockstep_close(&l);
    }
}

/* Instructions of every kind that an engine may do two at a time. */
static const uint8_t ops[] = {
#define ALU(op, value) PG_OP_##op,
#define LOAD(op, size, sign) PG_OP_##op,
#define STORE(op, size) PG_OP_##op,
#define BRANCH(op, condition) PG_OP_##op,
#include "interp/fast.def"
    PG_OP_jal,
    PG_OP_jalr,
    PG_OP_svc,
};
enum { NOPS = sizeof ops, DATA = 0x4000 };

/* The instruction with those of these operands that it has. */
static uint32_t with(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    enum pg_format f = pg_rows[op].format;
    return word(op, pg_format_has(f, 'd') ? d : 0, pg_format_has(f, 'a') ? a : 0,
                pg_format_has(f, 'b') ? b : 0,
                pg_format_has(f, 'i') || pg_format_has(f, 't') ? imm : 0);
}

/* These two words at CODE, something to go on with, and register k holding base + k * step. */
static void put_pair(struct lockstep *l, uint32_t first, uint32_t second, uint32_t base,
                     uint32_t step) {
    PUT(l, PG_NEW_PSW, 0, HANDLER, 0, 0); /* the pair before may have written there */
    PUT(l, CODE, first, second);
    for (uint32_t at = CODE + 8; at < CODE + 32; at += 4)
        lockstep_poke(l, at, I(addi, 11, 11, 1));
    lockstep_poke(l, CODE + 32, I(jal, 0, 0, 0));
    for (int e = 0; e < 2; e++)
        for (unsigned k = 1; k < PG_NREGS; k++)
            l->m[e]->cpu.r[k] = base + k * step;
    psw(l, (struct pg_psw){.pc = CODE});
}

/* Any two instructions, in all relations of their registers, with addresses that are good,
 * misaligned and outside memory: in one go, with the time up between them, and entered at the
 * second. */
static void test_pairs(void **state) {
    static const uint8_t registers[][6] = {
        {5, 6, 7, 8, 9, 10}, /* unrelated */
        {5, 6, 7, 8, 5, 9},  /* the second takes the first's result as its A, */
        {5, 6, 7, 8, 9, 5},  /* as its B, */
        {5, 6, 7, 5, 8, 9},  /* as its D, */
        {5, 5, 5, 5, 5, 5},  /* and all at once */
    };
    static const uint32_t values[][2] = {{DATA, 16}, {DATA + 1, 16}, {0x87654321, 0x9e3779b9}};
    struct lockstep l;
    start(&l, *state);
    for (int k = 0; k < NOPS * NOPS; k++)
        for (size_t v = 0; v < sizeof registers / sizeof *registers; v++) {
            const uint8_t *r = registers[v];
            const uint32_t *value = values[((size_t)k + v) % 3];
            uint32_t first = with(ops[k / NOPS], r[0], r[1], r[2], 4);
            uint32_t second = with(ops[k % NOPS], r[3], r[4], r[5], 4);
            put_pair(&l, first, second, value[0], value[1]);
            go(&l, cpu(&l)->T + 12);
            put_pair(&l, first, second, value[0], value[1]);
            go(&l, cpu(&l)->T + 1);
            go(&l, cpu(&l)->T + 11);
            put_pair(&l, first, second, value[0], value[1]);
            psw(&l, (struct pg_psw){.pc = CODE + 4});
            go(&l, cpu(&l)->T + 11);
            assert_int_equal(l.m[1]->run, PG_RUNNING);
        }
    lockstep_close(&l);
}

/* The first of a pair is a store that replaces the second. */
static void test_pair_rewrites_itself(void **state) {
    struct lockstep l;
    start(&l, *state);
    for (int k = 0; k < NOPS; k++) {
        put_pair(&l, I(sw, 5, 6, 4), with(ops[k], 7, 7, 7, 4), DATA, 16);
        for (int e = 0; e < 2; e++) {
            l.m[e]->cpu.r[5] = I(addi, 7, 0, 2);
            l.m[e]->cpu.r[6] = CODE;
        }
        go(&l, cpu(&l)->T + 12);
        assert_int_equal(cpu(&l)->r[7], 2);
    }
    lockstep_close(&l);
}

/* A page that was data becomes code, and is written again by the same instructions as before. */
static void test_data_becomes_code(void **state) {
    for (int paged = 0; paged < 2; paged++) {
        struct lockstep l;
        start_paged(&l, *state, 0x30f);
        PUT(&l, CODE, I(sw, 5, 8, 0), I(sw, 9, 8, 4), I(sw, 0, 8, 64), I(jalr, 1, 8, 0),
            I(sw, 6, 8, 0), I(jalr, 1, 8, 0), I(jal, 0, 0, -6));
        for (int e = 0; e < 2; e++) {
            l.m[e]->cpu.r[5] = I(addi, 7, 7, 1);
            l.m[e]->cpu.r[6] = I(addi, 7, 7, 16);
            l.m[e]->cpu.r[8] = DATA;
            l.m[e]->cpu.r[9] = I(jalr, 0, 1, 0);
        }
        psw(&l, (struct pg_psw){paged ? PG_MODE_PAGED : 0, CODE, ROOT, MEMORY});
        go(&l, 1100);
        assert_int_equal(cpu(&l)->r[7], 1100 / 11 * 17);
        lockstep_close(&l);
    }
}

#define TESTS(X)                                                                                   \
    X(next_instruction)                                                                            \
    X(block_grows)                                                                                 \
    X(dma_into_code)                                                                               \
    X(timer_in_block)                                                                              \
    X(until)                                                                                       \
    X(idle)                                                                                        \
    X(accessed_and_dirty)                                                                          \
    X(walk_moves_code)                                                                             \
    X(walk_writes_code)                                                                            \
    X(stale_entries)                                                                               \
    X(firmware)                                                                                    \
    X(view)                                                                                        \
    X(many)                                                                                        \
    X(full)                                                                                        \
    X(many_blocks)                                                                                 \
    X(near)                                                                                        \
    X(pairs)                                                                                       \
    X(pair_rewrites_itself)                                                                        \
    X(data_becomes_code)

/* All of them with each engine but the reference. */
int main(void) {
    int failed = 0;
    for (int e = 1; pg_engines[e]; e++) {
        void *engine = (void *)(uintptr_t)pg_engines[e];
#define X(name) cmocka_unit_test_prestate(test_##name, engine),
        const struct CMUnitTest tests[] = {TESTS(X)};
#undef X
        failed += cmocka_run_group_tests_name(pg_engines[e]->name, tests, NULL, NULL);
    }
    return failed;
}
