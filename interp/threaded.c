/* threaded.c - the threaded engine: predecoded blocks, direct threading.
 *
 * Each slot of a code page (predecode.h) holds the place of its handler, and each handler ends by
 * jumping to the next slot's (J. R. Bell, "Threaded code", CACM 16(6), 1973). A block's time is
 * taken from a budget, the steps left before `until` or the next device event, when control enters
 * it; whoever leaves it early gives back the rest. A block that does not fit is stepped through
 * instruction by instruction, and so is all that is traced. The last step before `until` is always
 * a plain one, so that also m->trap is what pg_step leaves behind.
 *
 * Only innocuous instructions and those of monitor space have handlers of their own (fast.def), and
 * these only for the case that nothing happens which could change what the next fetch depends on;
 * in every other case the semantic function runs and control returns to the dispatcher, which
 * looks at the whole machine anew. A page's watcher may run in the middle of a block; it must leave
 * this machine's registers and TLB alone until the engine returns.
 *
 * What tests/bench/bench_engine taught, as ratios to the reference: 14 to 17 for loops, 19 to 27
 * for paged ones (the reference pays for each walk through the TLB, the look-aside makes no
 * difference between the modes), 1.5 to 2.2 for svc and lpsw, where storing the frame dominates. A
 * loop that rewrites an instruction of its own is decoded anew each time round, 0.7 to 0.9.
 *
 * What the workloads of tests/bench/c taught: at about 600 million instructions a second on a host
 * of 2.5 GHz the engine takes three quarters of the time that it took when a slot held an offset in
 * place of the handler's address, when real and paged addresses were looked up separately and
 * alignment apart from either, and when there were no pairs. The first two gave a sixth. Pairs were
 * expected to give as much, for they save every third jump; they gave 8 %, as the host predicts the
 * jumps well, and what remains is the wait for registers that were just stored. Hence the links,
 * which gave 12 % more where every instruction depends on the one before (crc32). The 418 pairs of
 * 19 first and 22 second instructions would be met no more than a third more often than those that
 * have rows. 256 pages in the look-aside in place of 64 gave 25 % on sieve, 1 to 3 % elsewhere.
 */
#include "interp/engine.h"
#include "interp/predecode.h"
#include "interp/space.h"

#include <stdlib.h>

enum { CODE_PAGES = 512 }; /* 8 MiB of slots at most */

struct threaded {
    struct pg_machine *m;
    struct pg_code code;
    struct pg_spaces spaces;
};

static void *threaded_open(struct pg_machine *m) {
    struct threaded *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->m = m;
    t->spaces.m = m;
    if (!pg_code_init(&t->code, &m->ram, CODE_PAGES)) {
        free(t);
        return NULL;
    }
    return t;
}

static void threaded_close(void *engine) {
    struct threaded *t = engine;
    pg_code_free(&t->code);
    free(t);
}

static void threaded_forget(void *engine) {
    struct threaded *t = engine;
    pg_code_flush(&t->code);
    pg_spaces_flush(&t->spaces);
}

static uint32_t shift_sign(uint32_t value, unsigned n) {
    return value >> n | (value >> 31 && n ? ~(0xffffffffU >> n) : 0);
}

static bool overflows(uint32_t a, uint32_t b) {
    return a == 0x80000000U && b == 0xffffffffU;
}

/* Load and store in the host's memory, where nobody watches. */
static inline uint32_t peek(uintptr_t host, unsigned size) {
    const uint8_t *p = (const uint8_t *)host;
    uint32_t value = p[0];
    if (size > 1)
        value |= (uint32_t)p[1] << 8;
    if (size > 2)
        value |= (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return value;
}

static inline void poke(uintptr_t host, uint32_t value, unsigned size) {
    uint8_t *p = (uint8_t *)host;
    for (unsigned k = 0; k < size; k++)
        p[k] = (uint8_t)(value >> 8 * k);
}

/* Store where somebody may watch. Data beside code need not be announced to ourselves. */
static void __attribute__((noinline))
store(struct threaded *t, uint32_t pa, uint32_t value, unsigned size) {
    struct pg_ram *ram = &t->m->ram;
    if (ram->watch[pa >> PG_PAGE_BITS] == t->code.watch && !pg_code_at(&t->code, pa))
        pg_ram_put(ram, pa, value, size);
    else
        pg_ram_write(ram, pa, value, size);
}

/* Where the pc leads in the present space, as the machine fetches it; NULL if the plain step must
 * find out: it traps, or no code page can be had. May walk the tables, as the fetch does. */
static struct pg_space_code *find_code(struct threaded *t) {
    struct pg_machine *m = t->m;
    uint32_t pc = m->cpu.psw.pc, page = pc >> PG_PAGE_BITS, pa;
    struct pg_space *space = pg_space_now(&t->spaces);
    struct pg_space_code *found = &space->code[page % PG_SPACE_CODE];
    if (found->page == page)
        return found;
    if (m->cpu.psw.status & PG_MON ? !pg_monitor_address(m, pc, &pa)
                                   : !pg_translate(m, pc, PG_FETCH, &pa))
        return NULL;
    if (m->run != PG_RUNNING)
        return NULL;
    pa &= ~(uint32_t)(PG_PAGE - 1);
    struct pg_code_page *code = pg_code_page(&t->code, pa);
    if (!code && t->code.npages) {
        threaded_forget(t);
        code = pg_code_page(&t->code, pa);
    }
    if (!code)
        return NULL;
    /* The walk may have changed the TLB, the flush have taken the space. */
    space = pg_space_now(&t->spaces);
    found = &space->code[page % PG_SPACE_CODE];
    *found = (struct pg_space_code){page, pa, code};
    return found;
}

/* Translation by pages is exact only for what the guest itself can set: multiples of the page. */
static bool aligned(const struct pg_cpu *cpu) {
    return ((cpu->psw.base | cpu->psw.bound | cpu->mon_base | cpu->mon_bound) & (PG_PAGE - 1)) ==
               0 &&
           cpu->psw.pc % PG_WORD == 0;
}

#define UNLIKELY(condition) __builtin_expect(condition, 0)

#define B r[s->imm]
#define MD m->cpu.m[s->d]
#define MA m->cpu.m[s->a]
#define MB m->cpu.m[s->imm]
#define IMM s->imm

/* What the rows say, by the instruction's name. */
#define ALU(op, value)                                                                             \
    static inline uint32_t value_##op(const uint32_t *r, const struct pg_slot *s, uint32_t A,      \
                                      uint32_t PC) {                                               \
        return (uint32_t)(value);                                                                  \
    }
#define LOAD(op, size, sign) enum { SIZE_##op = (size), SIGN_##op = (sign) };
#define STORE(op, size) enum { SIZE_##op = (size) };
#define BRANCH(op, condition)                                                                      \
    static inline bool holds_##op(uint32_t D, uint32_t A) {                                        \
        return condition;                                                                          \
    }
#include "interp/fast.def"

#define D r[s->d]
#define A r[s->a]

/* Of the instruction in its page. */
#define OFFSET ((uint32_t)((uintptr_t)s - (uintptr_t)slots) / (sizeof *s / PG_WORD))
#define PC (page_pc + OFFSET)
#define WORD pg_ram_read32(&m->ram, page_pa + OFFSET)

/* To a target in the page. */
#define GO_NEAR s = (struct pg_slot *)((char *)s + (int32_t)IMM)
#define NEXT                                                                                       \
    do {                                                                                           \
        s++;                                                                                       \
        goto * s->go;                                                                              \
    } while (0)
/* Begin the block at s. */
#define ENTER                                                                                      \
    do {                                                                                           \
        if (UNLIKELY((budget -= s->run) < 0))                                                      \
            goto too_long;                                                                         \
        goto * s->go;                                                                              \
    } while (0)

/* Bring the machine's counts up to date with the budget, at this pc. */
#define SETTLE(at)                                                                                 \
    do {                                                                                           \
        m->cpu.psw.pc = (at);                                                                      \
        if (begun != budget) {                                                                     \
            pg_count(m, status, (uint64_t)(begun - budget));                                       \
            m->next_pc = m->cpu.psw.pc;                                                            \
            m->idle = false;                                                                       \
            begun = budget;                                                                        \
        }                                                                                          \
    } while (0)

/* What an instruction of a kind does, without going on to the next, where `a` is the value of its
 * A. A load or store that does not find its page at once goes away, to be done by itself: it may
 * yet change what comes next, even the second of a pair that it begins. A branch goes its way. */
#define DO_ALU(op, a) D = result = value_##op(r, s, a, PC);
#define DO_LOAD(op, a)                                                                             \
    {                                                                                              \
        const uint32_t va = a + IMM;                                                               \
        const struct pg_space_data *known = pg_space_known(space->read, va);                       \
        if (UNLIKELY(known->tag != PG_TAG(va, SIZE_##op)))                                         \
            goto miss_##op;                                                                        \
        D = result = (peek(known->host + va, SIZE_##op) ^ SIGN_##op) - SIGN_##op;                  \
    }
#define DO_STORE(op, a)                                                                            \
    {                                                                                              \
        const uint32_t va = a + IMM;                                                               \
        const struct pg_space_data *known = pg_space_known(space->write, va);                      \
        if (UNLIKELY(known->tag != PG_TAG(va, SIZE_##op)))                                         \
            goto miss_##op;                                                                        \
        poke(known->host + va, D, SIZE_##op);                                                      \
    }
#define DO_BRANCH(op, a)                                                                           \
    if (holds_##op(D, a)) {                                                                        \
        GO_NEAR;                                                                                   \
        ENTER;                                                                                     \
    }                                                                                              \
    s++;                                                                                           \
    ENTER;

#define DO_OWN(op, a) goto do_##op;

/* The physical address of M[A + IMM], or away. */
#define LOCATE(use, size)                                                                          \
    word = WORD; /* a walk may write even where this instruction stands */                         \
    if ((A + IMM) % (size) || !pg_space_fill(&t->spaces, A + IMM, use, &pa))                       \
        goto perform;

/* The physical address of MS[MA + IMM], or away. */
#define LOCATE_MONITOR                                                                             \
    {                                                                                              \
        const uint32_t place = MA + IMM;                                                           \
        if (place % PG_WORD || place >= space->mon_limit)                                          \
            goto do_slow;                                                                          \
        pa = place + space->mon_base;                                                              \
    }

static enum pg_stop __attribute__((noinline)) threaded_run(void *engine, uint64_t until) {
    static const void *const go[PG_NFORMS] = {[PG_FORM_undecoded] = &&do_undecoded,
                                              [PG_FORM_page_end] = &&do_page_end,
                                              [PG_FORM_generic] = &&do_generic,
                                              [PG_FORM_slow] = &&do_slow,
                                              [PG_FORM_nop] = &&do_nop,
#define FORM(op) [PG_FORM_##op] = &&do_##op,
#define ALU(op, value) FORM(op)
#define LOAD(op, size, sign) FORM(op)
#define STORE(op, size) FORM(op)
#define BRANCH(op, condition) FORM(op) FORM(op##_far)
#define MONITOR(op, registers, value) FORM(op)
#define MBRANCH(op, condition) FORM(op) FORM(op##_far)
#define OWN(op) FORM(op)
#define PAIR(kind1, op1, kind2, op2) FORM(op1##_##op2)
#define LINK(kind1, op1, kind2, op2) FORM(op1##_to_##op2)
#include "interp/fast.def"
                                              FORM(jal_far)
#undef FORM
    };
    struct threaded *t = engine;
    struct pg_machine *const m = t->m;
    uint32_t *const r = m->cpu.r;
    struct pg_space *space;  /* the current one */
    struct pg_slot *slots;   /* of the code page in execution */
    struct pg_slot *s;       /* in execution */
    uint32_t page_pc;        /* virtual address of slots[0] */
    uint32_t page_pa;        /* physical address */
    uint32_t status;         /* of the instructions in execution */
    uint32_t pc, word;       /* of a jump on its way; of an instruction that takes the slow path */
    uint32_t result;         /* of the first of a pair */
    uint32_t pa;             /* of a load or store that takes the slow path */
    int64_t budget, begun;   /* steps left, and when the counts were last brought up to date */
    struct pg_space_code *x; /* where a jump leads */
    t->code.go = go;

dispatch: /* between two steps, everything in *m */
    if (m->run != PG_RUNNING || m->entered || m->cpu.T >= until)
        goto stop;
    if (m->cpu.T >= m->bus.next_event || (m->bus.lines && m->cpu.psw.status & PG_IE))
        if (pg_sample(m) || m->run != PG_RUNNING)
            goto dispatch;
    status = m->cpu.psw.status;
    if (status & PG_TRACE || !aligned(&m->cpu) || !(x = find_code(t)))
        goto plain;
    slots = x->code->slots;
    page_pc = x->page << PG_PAGE_BITS;
    page_pa = x->pa;
    s = slots + (m->cpu.psw.pc & (PG_PAGE - 1)) / PG_WORD;
    if (!pg_code_decoded(&t->code, s)) {
        pg_code_decode(&t->code, page_pa, (uint32_t)(s - slots));
        pg_space_now(&t->spaces); /* the page may be watched only now */
    }
    space = t->spaces.current;
    {
        uint64_t limit = until - 1 < m->bus.next_event ? until - 1 : m->bus.next_event;
        uint64_t left = limit > m->cpu.T ? limit - m->cpu.T : 0;
        budget = left < INT64_MAX ? (int64_t)left : INT64_MAX;
    }
    if (s->run > budget)
        goto plain;
    begun = budget;
    ENTER;

plain: /* sampled already */
    pg_execute(m);
    goto dispatch;

stop:
    if (m->entered) {
        m->entered = false;
        return PG_STOP_FIRMWARE;
    }
    return m->run == PG_RUNNING ? PG_STOP_TIME : PG_STOP_RUN;

too_long: /* the block at s does not fit the budget */
    budget += s->run;
    SETTLE(PC);
    goto dispatch;

jump: /* to pc; the block has ended */
    if ((pc ^ page_pc) < PG_PAGE && pc % PG_WORD == 0) {
        s = slots + (pc & (PG_PAGE - 1)) / PG_WORD;
        ENTER;
    }
    x = &space->code[(pc >> PG_PAGE_BITS) % PG_SPACE_CODE];
    if (x->page == pc >> PG_PAGE_BITS && pc % PG_WORD == 0) {
        slots = x->code->slots;
        page_pc = x->page << PG_PAGE_BITS;
        page_pa = x->pa;
        s = slots + (pc & (PG_PAGE - 1)) / PG_WORD;
        ENTER;
    }
    SETTLE(pc);
    goto dispatch;

do_undecoded: /* where a block begins, or changed while the block ran */
    budget += s->run;
    SETTLE(PC);
    goto dispatch;

do_page_end:
    pc = page_pc + PG_PAGE;
    goto jump;

do_generic:
do_slow:
    word = WORD;
perform : { /* by the semantic function; the word is what was fetched, whatever it is now */
    struct pg_insn in;
    pg_decode(word, &in);
    budget += s->run; /* this instruction and what follows it have not happened yet */
    SETTLE(PC);
    m->trap = (struct pg_trap){0};
    if (pg_perform(m, &in) == PG_RETIRED)
        pg_retire(m, status);
    else
        pg_deliver(m, m->trap, m->cpu.psw.pc);
    goto dispatch;
}

do_nop:
    NEXT;

#define ALU(op, value) do_##op : DO_ALU(op, A) NEXT;
#define LOAD(op, size, sign)                                                                       \
    do_##op : DO_LOAD(op, A) NEXT;                                                                 \
    miss_##op : LOCATE(PG_READ, size) D = (pg_ram_read(&m->ram, pa, size) ^ (sign)) - (sign);      \
    NEXT;
#define STORE(op, size)                                                                            \
    do_##op : DO_STORE(op, A) NEXT;                                                                \
    miss_##op : LOCATE(PG_WRITE, size) store(t, pa, D, size);                                      \
    NEXT;
#define BRANCH(op, condition)                                                                      \
    do_##op : DO_BRANCH(op, A) do_##op##_far : if (condition) {                                    \
        pc = PC + PG_WORD * IMM;                                                                   \
        goto jump;                                                                                 \
    }                                                                                              \
    s++;                                                                                           \
    ENTER;
#define PAIR(kind1, op1, kind2, op2)                                                               \
    do_##op1##_##op2 : DO_##kind1(op1, A) s++;                                                     \
    DO_##kind2(op2, A) NEXT;
#define LINK(kind1, op1, kind2, op2)                                                               \
    do_##op1##_to_##op2 : DO_##kind1(op1, A) s++;                                                  \
    DO_##kind2(op2, result) NEXT;
#define MONITOR(op, registers, value)                                                              \
    do_##op : {                                                                                    \
        if (!space->supervisor)                                                                    \
            goto do_slow;                                                                          \
        m->cpu.registers[s->d] = value;                                                            \
        NEXT;                                                                                      \
    }
#define MBRANCH(op, condition)                                                                     \
    do_##op : {                                                                                    \
        if (!space->supervisor)                                                                    \
            goto do_slow;                                                                          \
        if (condition)                                                                             \
            GO_NEAR;                                                                               \
        else                                                                                       \
            s++;                                                                                   \
        ENTER;                                                                                     \
    }                                                                                              \
    do_##op##_far : {                                                                              \
        if (!space->supervisor)                                                                    \
            goto do_slow;                                                                          \
        if (condition) {                                                                           \
            pc = PC + PG_WORD * IMM;                                                               \
            goto jump;                                                                             \
        }                                                                                          \
        s++;                                                                                       \
        ENTER;                                                                                     \
    }
#include "interp/fast.def"

do_jal:
    if (s->d)
        D = PC + PG_WORD;
    GO_NEAR;
    ENTER;
do_jal_far:
    pc = PC + PG_WORD * IMM;
    if (s->d)
        D = PC + PG_WORD;
    goto jump;
do_jalr:
    pc = (A + IMM) & ~1U;
    if (s->d)
        D = PC + PG_WORD;
    goto jump;

do_mlw : {
    LOCATE_MONITOR
    D = pg_ram_read32(&m->ram, pa);
    NEXT;
}
do_mlwm : {
    LOCATE_MONITOR
    MD = pg_ram_read32(&m->ram, pa);
    NEXT;
}
do_msw : {
    LOCATE_MONITOR
    store(t, pa, D, 4);
    NEXT;
}
do_mswm : {
    LOCATE_MONITOR
    store(t, pa, MD, 4);
    NEXT;
}
do_mjmp : {
    LOCATE_MONITOR
    pc = pg_ram_read32(&m->ram, pa);
    goto jump;
}
do_tick:
    if (!space->supervisor || m->cpu.m[7] < IMM)
        goto do_slow;
    m->cpu.m[7] -= IMM;
    NEXT;
}

const struct pg_engine pg_engine_threaded = {
    .name = "threaded",
    .meaning = "predecoded blocks, each instruction jumps to the next one's handler",
    .open = threaded_open,
    .close = threaded_close,
    .run = threaded_run,
    .forget = threaded_forget,
};
