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
 * What tests/bench/bench_engine taught, as ratios to the reference. Predicted: 15 for loops, 12 for
 * paged ones, 1.5 for svc and lpsw. Measured: 13 to 17 for loops, paged ones no worse (the
 * reference pays for each walk through the TLB, the look-aside for one comparison more), 14 for
 * translated code, 1.8 to 2.4 for svc and lpsw, where storing the frame dominates, and less when
 * the handler shares page 0 with the frame: each word of it is then a watched write. A loop that
 * rewrites an instruction of its own is decoded anew each time round and about breaks even, 0.9.
 * Keeping the handlers' tails apart (-fno-gcse, -fno-crossjumping) gained nothing that could be
 * measured.
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

/* Store where nobody watches. */
static inline void poke(uint8_t *p, uint32_t value, unsigned size) {
    for (unsigned k = 0; k < size; k++)
        p[k] = (uint8_t)(value >> 8 * k);
}

/* Store in a watched page. Data beside code need not be announced to ourselves. */
static void __attribute__((noinline))
store_watched(struct threaded *t, uint32_t pa, uint32_t value, unsigned size) {
    struct pg_ram *ram = &t->m->ram;
    if (ram->watch[pa >> PG_PAGE_BITS] == t->code.watch && !pg_code_at(&t->code, pa))
        poke(ram->bytes + pa, value, size);
    else
        pg_ram_write(ram, pa, value, size);
}

/* Where the pc leads in the present space, as the machine fetches it; NULL if the plain step must
 * find out: it traps, or no code page can be had. May walk the tables, as the fetch does. */
static struct pg_space_code *find_code(struct threaded *t, const int32_t *go) {
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
    struct pg_code_page *code = pg_code_page(&t->code, pa, go);
    if (!code && t->code.npages) {
        threaded_forget(t);
        code = pg_code_page(&t->code, pa, go);
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

#define D r[s->d]
#define A r[s->a]
#define B r[s->b]
#define MD m->cpu.m[s->d]
#define MA m->cpu.m[s->a]
#define MB m->cpu.m[s->b]
#define IMM ((uint32_t)s->imm)
#define INDEX ((uint32_t)(((const char *)s - (const char *)slots) / (int)sizeof *s))
#define PC (page_pc + INDEX * PG_WORD)
#define WORD pg_ram_read32(&m->ram, page_pa + INDEX * PG_WORD)

/* Labels are offsets from that of undecoded slots, which is 0. */
#define PLACE(form) (int32_t)((intptr_t) && do_##form - (intptr_t) && do_undecoded)
#define GO goto *(const void *)((const char *)&&do_undecoded + s->go)
#define NEXT                                                                                       \
    do {                                                                                           \
        s++;                                                                                       \
        GO;                                                                                        \
    } while (0)
/* Begin the block at s. */
#define ENTER                                                                                      \
    do {                                                                                           \
        if ((budget -= s->run) < 0)                                                                \
            goto too_long;                                                                         \
        GO;                                                                                        \
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

/* The physical address of M[A + IMM], or away. */
#define LOCATE(table, use, size)                                                                   \
    uint32_t va = A + IMM, pa;                                                                     \
    if (va & ((size)-1))                                                                           \
        goto do_slow;                                                                              \
    if (va < space->limit) {                                                                       \
        pa = va + space->offset;                                                                   \
    } else {                                                                                       \
        const struct pg_space_data *known = &space->table[(va >> PG_PAGE_BITS) % PG_SPACE_DATA];   \
        if (known->page == va >> PG_PAGE_BITS) {                                                   \
            pa = va + known->offset;                                                               \
        } else {                                                                                   \
            word = WORD; /* a walk may write even where this instruction stands */                 \
            if (!pg_space_fill(&t->spaces, va, use, &pa))                                          \
                goto perform;                                                                      \
        }                                                                                          \
    }

/* The physical address of MS[MA + IMM], or away. */
#define LOCATE_MONITOR                                                                             \
    uint32_t place = MA + IMM;                                                                     \
    if (place % PG_WORD || place >= space->mon_limit)                                              \
        goto do_slow;                                                                              \
    uint32_t pa = place + space->mon_base;

#define WRITE(value, size)                                                                         \
    do {                                                                                           \
        if (m->ram.watch[pa >> PG_PAGE_BITS])                                                      \
            store_watched(t, pa, value, size);                                                     \
        else                                                                                       \
            poke(m->ram.bytes + pa, value, size);                                                  \
    } while (0)

static enum pg_stop __attribute__((noinline)) threaded_run(void *engine, uint64_t until) {
    static const int32_t go[PG_NFORMS] = {[PG_FORM_undecoded] = PLACE(undecoded),
                                          [PG_FORM_page_end] = PLACE(page_end),
                                          [PG_FORM_generic] = PLACE(generic),
                                          [PG_FORM_slow] = PLACE(slow),
                                          [PG_FORM_nop] = PLACE(nop),
#define FORM(op) [PG_FORM_##op] = PLACE(op),
#define ALU(op, value) FORM(op)
#define LOAD(op, size, sign) FORM(op)
#define STORE(op, size) FORM(op)
#define BRANCH(op, condition) FORM(op) FORM(op##_far)
#define MONITOR(op, registers, value) FORM(op)
#define MBRANCH(op, condition) FORM(op) FORM(op##_far)
#define OWN(op) FORM(op)
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
    int64_t budget, begun;   /* steps left, and when the counts were last brought up to date */
    struct pg_space_code *x; /* where a jump leads */

dispatch: /* between two steps, everything in *m */
    if (m->run != PG_RUNNING || m->entered || m->cpu.T >= until)
        goto stop;
    if (m->cpu.T >= m->bus.next_event || (m->bus.lines && m->cpu.psw.status & PG_IE))
        if (pg_sample(m) || m->run != PG_RUNNING)
            goto dispatch;
    status = m->cpu.psw.status;
    if (status & PG_TRACE || !aligned(&m->cpu) || !(x = find_code(t, go)))
        goto plain;
    space = t->spaces.current;
    slots = x->code->slots;
    page_pc = x->page << PG_PAGE_BITS;
    page_pa = x->pa;
    s = slots + (m->cpu.psw.pc & (PG_PAGE - 1)) / PG_WORD;
    {
        uint64_t limit = until - 1 < m->bus.next_event ? until - 1 : m->bus.next_event;
        uint64_t left = limit > m->cpu.T ? limit - m->cpu.T : 0;
        budget = left < INT64_MAX ? (int64_t)left : INT64_MAX;
    }
    if (s->form == PG_FORM_undecoded)
        pg_code_decode(&t->code, page_pa, INDEX, go);
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
    struct pg_insn in = {.word = word, .op = s->op, .d = s->d, .a = s->a, .b = s->b, .imm = s->imm};
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

#define ALU(op, value)                                                                             \
    do_##op : {                                                                                    \
        D = (uint32_t)(value);                                                                     \
        NEXT;                                                                                      \
    }
#define LOAD(op, size, sign)                                                                       \
    do_##op : {                                                                                    \
        LOCATE(read, PG_READ, size)                                                                \
        D = (pg_ram_read(&m->ram, pa, size) ^ (sign)) - (sign);                                    \
        NEXT;                                                                                      \
    }
#define STORE(op, size)                                                                            \
    do_##op : {                                                                                    \
        LOCATE(write, PG_WRITE, size)                                                              \
        WRITE(D, size);                                                                            \
        NEXT;                                                                                      \
    }
#define BRANCH(op, condition)                                                                      \
    do_##op : {                                                                                    \
        s += condition ? s->imm : 1;                                                               \
        ENTER;                                                                                     \
    }                                                                                              \
    do_##op##_far : {                                                                              \
        if (condition) {                                                                           \
            pc = PC + PG_WORD * IMM;                                                               \
            goto jump;                                                                             \
        }                                                                                          \
        s++;                                                                                       \
        ENTER;                                                                                     \
    }
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
        s += condition ? s->imm : 1;                                                               \
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
#define OWN(op)
#include "interp/fast.def"

do_jal:
    if (s->d)
        D = PC + PG_WORD;
    s += s->imm;
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
    WRITE(D, 4);
    NEXT;
}
do_mswm : {
    LOCATE_MONITOR
    WRITE(MD, 4);
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
