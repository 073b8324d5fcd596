#include "vmm/torture.h"

#include "isa/asm.h"
#include "vmm/random_guest.h"
#include "vmm/torture_parts.h"

#include <stdlib.h>

const uint32_t torture_aliases[NALIASES] = {0, 0x100000, 0x200000, 0x300000, 0xfffbf000};

_Static_assert((int)MEMORY_END == (int)PG_RANDOM_MEMORY, "the guest fills its memory");

enum {
    DRIVERS = 4,
    PLACES = ROUTINES + DRIVERS,
    PLACE = (CODE_END - CODE) / PLACES & ~(PG_WORD - 1), /* bytes */
    JITTER = 200,                                        /* words */
    POCKET = 64,                                         /* bytes */
    ROUTES = 0x2200,                                     /* the routines, relative to CODE */
    NEVER_NESTED = 0x7fff,
};

/* What the handler's svc does: the order of `services` in torture.s. */
enum service {
    SERVICE_NONE,
    SERVICE_PATCH,
    SERVICE_MOVE,
    SERVICE_STORE,
    SERVICE_FORGET_PAGE,
    SERVICE_FORGET,
    SERVICE_JUMP,
    SERVICE_ARM,
    SERVICE_MODE,
    SERVICE_YIELD,
    SERVICE_NEST,
};

/* ---- the handler */

static void make_handler(struct torture *t) {
    static const uint16_t nested[] = {15, 63, 255, NEVER_NESTED};
    struct pg_asm_define names[] = {
        {"HANDLER", HANDLER},         {"INTERVALS", INTERVALS},
        {"ACTIONS", ACTIONS},         {"MODES", MODES},
        {"CONTEXTS", CONTEXTS},       {"NCONTEXTS", NCONTEXTS},
        {"SERVICES", SERVICES},       {"LIST", LIST},
        {"BEGINNINGS", BEGINNINGS},   {"ROOTS", ROOTS},
        {"SPACES", SPACES},           {"LEAVES", LEAVES},
        {"HIGH_LEAVES", HIGH_LEAVES}, {"MASTER_LOW", MASTER_LOW},
        {"MASTER_HIGH", MASTER_HIGH}, {"NESTED_MASK", nested[below(t, 4)]},
    };
    struct pg_asm_options options = pg_asm_options_default();
    struct pg_diagnostics diags = {0};
    options.defines = names;
    options.ndefines = sizeof names / sizeof *names;
    struct pg_image *image =
        pg_assemble_text("torture.s", torture_text, strlen(torture_text), &options, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    pg_diagnostics_free(&diags);
    if (!image || image->nsegments != 1 || image->segments[0].addr != HANDLER ||
        image->segments[0].size > SCRATCH)
        abort();
    memcpy(t->g.bytes + HANDLER, image->segments[0].bytes, image->segments[0].file_size);
    pg_image_free(image);
}

static void poke(struct torture *t, uint32_t at, uint32_t value) {
    pg_maker_poke(&t->g, at, value);
}

static void poke_psw(struct torture *t, uint32_t at, const struct pg_psw *psw) {
    poke(t, at, psw->status);
    poke(t, at + 4, psw->pc);
    poke(t, at + 8, psw->base);
    poke(t, at + 12, psw->bound);
}

/* The handler's own PSW, in each mode; and which of them it is at first. */
static void make_modes(struct torture *t) {
    const struct pg_psw modes[] = {
        {PG_MODE_REAL, HANDLER, 0, 0},
        {PG_MODE_BOUNDS, HANDLER, 0, MEMORY_END},
        {PG_MODE_PAGED, HANDLER, KERNEL_ROOT, MEMORY_END},
    };
    for (uint32_t k = 0; k < 3; k++)
        poke_psw(t, MODES + 16 * k, &modes[k]);
    poke_psw(t, PG_NEW_PSW, &modes[below(t, 3)]);
    poke(t, KERNEL_ROOT, KERNEL_LEAF | PG_PTE_V);
    for (uint32_t page = 0; page < MEMORY_END / PG_PAGE; page++)
        poke(t, KERNEL_LEAF + 4 * page,
             page << PG_PAGE_BITS | PG_PTE_V | PG_PTE_R | PG_PTE_W | PG_PTE_X);
}

/* When interrupts come and what they do. Each guest has a pace. */
static void make_interrupts(struct torture *t) {
    unsigned pace = 6 + below(t, 11);
    for (uint32_t k = 0; k < 64; k++)
        poke(t, INTERVALS + 4 * k, 20 + below(t, 1U << between(t, 4, pace)));
    bool astray = one_in(t, 3); /* registers of one context, PSW of the other */
    for (uint32_t k = 0; k < 32; k++) {
        uint32_t action = below(t, 16);
        t->g.bytes[ACTIONS + k] = action < 7    ? 0
                                  : action == 7 ? 1
                                  : action < 12 ? (astray ? 2 : 3)
                                                : 3;
    }
}

/* ---- address spaces */

static uint32_t some_pte(struct torture *t, uint32_t page) {
    uint32_t pte = PG_PTE_V | PG_PTE_R | PG_PTE_W | PG_PTE_X | PG_PTE_RING;
    bool code = page >= CODE / PG_PAGE && page < CODE_END / PG_PAGE;
    bool data = page >= DATA / PG_PAGE && page < DATA_END / PG_PAGE;
    if (code && one_in(t, 12))
        page = between(t, CODE / PG_PAGE, CODE_END / PG_PAGE);
    else if (data && one_in(t, 3))
        page = between(t, DATA / PG_PAGE, DATA_END / PG_PAGE);
    if ((code || data) && one_in(t, 10))
        pte &= ~(1U << below(t, 4));
    if ((code || data) && one_in(t, 16))
        pte &= ~(below(t, 4) << 8);
    if (one_in(t, 2))
        pte |= PG_PTE_A | (one_in(t, 2) ? PG_PTE_D : 0);
    return page << PG_PAGE_BITS | pte;
}

/* All aliases in one leaf: those below 4 MiB, or those at the top. */
static void make_leaf(struct torture *t, uint32_t leaf, bool high, bool master) {
    for (unsigned k = 0; k < NALIASES; k++) {
        if (torture_aliases[k] >> 31 != high)
            continue;
        for (uint32_t page = 0; page < MEMORY_END / PG_PAGE; page++) {
            uint32_t entry = (torture_aliases[k] >> PG_PAGE_BITS & 0x3ff) + page;
            uint32_t pte = some_pte(t, page);
            if (master)
                pte = page << PG_PAGE_BITS | PG_PTE_V | PG_PTE_R | PG_PTE_W | PG_PTE_X |
                      PG_PTE_RING | (pte & PG_PTE_A);
            poke(t, leaf + 4 * entry, pte);
        }
    }
}

static void make_spaces(struct torture *t) {
    for (uint32_t s = 0; s < SPACES; s++) {
        uint32_t root = ROOTS + s * PG_PAGE, leaf = LEAVES + s * PG_PAGE;
        make_leaf(t, leaf, false, false);
        if (s > 0 && one_in(t, 5)) /* two roots, one leaf */
            leaf -= PG_PAGE;
        poke(t, root, leaf | PG_PTE_V);
        poke(t, root + 4 * 1023, (HIGH_LEAVES + s / 2 * PG_PAGE) | PG_PTE_V);
    }
    make_leaf(t, HIGH_LEAVES, true, false);
    make_leaf(t, HIGH_LEAVES + PG_PAGE, true, false);
    make_leaf(t, MASTER_LOW, false, true);
    make_leaf(t, MASTER_HIGH, true, true);
}

static struct pg_psw some_psw(struct torture *t, uint32_t pc) {
    static const uint32_t bounds[] = {MEMORY_END, DATA_END, DATA_END - PG_PAGE, 0x140000};
    struct pg_psw psw = {.status = one_in(t, 2) ? 0 : below(t, 4), .pc = pc};
    if (!one_in(t, 10))
        psw.status |= PG_IE;
    if (one_in(t, 24))
        psw.status |= PG_TRACE;
    uint32_t mode = below(t, 10);
    if (mode == 0)
        return psw;
    if (mode < 3) {
        psw.status |= PG_MODE_BOUNDS;
        psw.base = one_in(t, 2) ? 0 : below(t, 4) << PG_PAGE_BITS;
        psw.pc -= psw.base;
        psw.bound = one_in(t, 3) ? bounds[below(t, 3)] : MEMORY_END - psw.base;
        if (one_in(t, 8))
            psw.status |= PG_MON, psw.pc += psw.base;
        return psw;
    }
    psw.status |= PG_MODE_PAGED;
    psw.base = ROOTS + (below(t, SPACES) << PG_PAGE_BITS);
    psw.bound = one_in(t, 5) ? bounds[below(t, 4)] : 0xfffff000;
    if (one_in(t, 16))
        psw.status |= PG_MON;
    else if (psw.bound == 0xfffff000 && one_in(t, 2))
        psw.pc += torture_aliases[below(t, NALIASES)];
    return psw;
}

/* ---- the handler's tables */

static uint32_t some_address(struct torture *t) {
    uint32_t at = torture_some_slot(t);
    return one_in(t, 3) ? at + torture_aliases[below(t, NALIASES)] : at;
}

static void make_service(struct torture *t, uint32_t number) {
    static const uint32_t bounds[] = {MEMORY_END, DATA_END, 0xfffff000, 0xfffff000};
    static const struct {
        uint8_t from, what;
    } kinds[] = {{MOVES, SERVICE_MOVE},     {PATCHES, SERVICE_PATCH},
                 {STORES, SERVICE_STORE},   {FORGET_PAGES, SERVICE_FORGET_PAGE},
                 {FORGETS, SERVICE_FORGET}, {JUMPS, SERVICE_JUMP},
                 {ARMS, SERVICE_ARM},       {NEW_MODES, SERVICE_MODE},
                 {YIELDS, SERVICE_YIELD},   {NESTS, SERVICE_NEST},
                 {NOTHINGS, SERVICE_NONE},  {NSERVICES, SERVICE_NONE}};
    unsigned k = 0;
    while (number >= kinds[k + 1].from)
        k++;
    uint32_t a = 0, b = 0, c = 0, page;
    switch (kinds[k].what) {
    case SERVICE_MOVE: a = 16 * below(t, NPSWS); break;
    case SERVICE_PATCH:
        b = ~0U;
        if (one_in(t, 6)) {
            a = 12, b = 0, c = bounds[below(t, 4)];
        } else if (one_in(t, 6)) {
            b = ~(uint32_t)PG_IE, c = one_in(t, 2) ? PG_IE : 0;
        } else if (one_in(t, 6)) {
            c = PG_TRACE;
        } else {
            b = ~(uint32_t)PG_RING, c = below(t, 4);
        }
        break;
    case SERVICE_STORE:
        page = between(t, CODE / PG_PAGE, DATA_END / PG_PAGE);
        a = LEAVES + (below(t, SPACES) << PG_PAGE_BITS) + 4 * page;
        b = some_pte(t, page);
        c = one_in(t, 2) ? page << PG_PAGE_BITS : 0;
        if (one_in(t, 4)) {
            a = torture_some_slot(t);
            b = torture_patch(t);
        }
        break;
    case SERVICE_JUMP: a = some_address(t); break;
    case SERVICE_ARM: a = between(t, 20, 120); break;
    case SERVICE_MODE: a = 16 * below(t, 3); break;
    default: break;
    }
    uint32_t at = SERVICES + 16 * number;
    poke(t, at, kinds[k].what);
    poke(t, at + 4, a);
    poke(t, at + 8, b);
    poke(t, at + 12, c);
}

/* ---- code */

static uint32_t place(uint32_t k) {
    return CODE + k * PLACE;
}

/* Instructions everywhere, so that nothing ends where control goes astray. */
static void fill(struct torture *t) {
    uint32_t words[64];
    for (uint32_t k = 0; k < 64; k++)
        words[k] = torture_alu(t);
    for (uint32_t at = CODE; at < STACKS; at += PG_WORD)
        poke(t, at, words[(at / PG_WORD + at / PG_PAGE) % 64]);
}

/* Where routines begin is known before any is made. Many run across a page's end. */
static void find_places(struct torture *t) {
    for (uint32_t k = 0; k < ROUTINES; k++) {
        uint32_t begin = place(k), page_end = (begin + PG_PAGE - 1) & ~(PG_PAGE - 1U);
        t->entry[k] = begin + PG_WORD * below(t, JITTER);
        if (page_end >= begin + 100 && page_end < begin + PG_WORD * JITTER && !one_in(t, 4))
            t->entry[k] = page_end - PG_WORD * below(t, 24);
        poke(t, ROUTES + 4 * k, t->entry[k] - CODE);
    }
}

static void make_routine(struct torture *t, uint32_t k) {
    t->routine = k;
    t->g.at = t->entry[k];
    t->pocket = place(k + 1) - POCKET;
    t->limit = t->pocket;
    t->loops = 0;
    put_word(t, torture_alu(t)); /* a slot */
    put(t, PG_OP_addi, SP, SP, 0, -8);
    put(t, PG_OP_sw, RA, SP, 0, 0);
    for (uint32_t n = between(t, 1, 8); n > 0; n--)
        torture_gadget(t);
    put(t, PG_OP_lw, RA, SP, 0, 0);
    put(t, PG_OP_addi, SP, SP, 0, 8);
    put(t, PG_OP_jalr, 0, RA, 0, 0);
}

/* Call routines for ever: all of them, or a few, which become hot. */
static void make_driver(struct torture *t, uint32_t k) {
    uint32_t begin = t->g.at, choice = k == 0 ? ROUTINES : 1U << below(t, 6);
    torture_point(t, SP, k % 2 ? STACKS_END : (STACKS + STACKS_END) / 2);
    torture_lot(t, TEMP, choice);
    put(t, PG_OP_addi, TEMP, TEMP, 0, (int32_t)below(t, ROUTINES - choice + 1));
    put(t, PG_OP_slli, TEMP, TEMP, 0, 2);
    torture_point(t, BASE, ROUTES);
    put(t, PG_OP_add, BASE, BASE, TEMP, 0);
    put(t, PG_OP_lw, TEMP, BASE, 0, 0);
    torture_point(t, BASE, CODE);
    put(t, PG_OP_add, BASE, BASE, TEMP, 0);
    put(t, PG_OP_jalr, RA, BASE, 0, 0);
    torture_back(t, PG_OP_jal, 0, 0, begin);
}

static uint32_t make_boot(struct torture *t) {
    uint32_t begin = t->g.at;
    torture_li(t, TEMP, MEMORY_END);
    put(t, PG_OP_smon, 0, TEMP, 0, 0);
    torture_li(t, TEMP, between(t, 20, 2000));
    put(t, PG_OP_out, TEMP, 0, 0, DELTA);
    put(t, PG_OP_lpsw, 0, 0, 0, LIST);
    return begin;
}

struct pg_image *pg_torture_guest(uint64_t seed) {
    struct torture t = {.g = {.state = seed, .bytes = calloc(1, MEMORY_END)}};
    uint32_t drivers[DRIVERS];
    if (!t.g.bytes)
        abort();
    torture_weigh(&t);
    make_handler(&t);
    make_modes(&t);
    make_interrupts(&t);
    make_spaces(&t);
    fill(&t);
    find_places(&t);
    for (uint32_t k = 0; k < ROUTINES; k++)
        make_routine(&t, k);
    for (uint32_t k = 0; k < DRIVERS; k++) {
        drivers[k] = t.g.at = place(ROUTINES + k) + PG_WORD * below(&t, JITTER);
        make_driver(&t, k);
    }
    uint32_t entry = make_boot(&t);
    for (uint32_t k = 0; k < NPSWS; k++) {
        uint32_t pc = k < BEGINNINGS ? drivers[k % DRIVERS] : torture_some_slot(&t);
        struct pg_psw psw = some_psw(&t, pc);
        poke_psw(&t, LIST + 16 * k, &psw);
        if (k < NCONTEXTS)
            poke_psw(&t, CONTEXTS + 128 * k + 64, &psw);
    }
    for (uint32_t k = 0; k < NSERVICES; k++)
        make_service(&t, k);
    return pg_maker_image(&t.g, MEMORY_END, entry);
}

void pg_torture_disk(uint64_t seed, uint8_t *disk) {
    struct torture t = {.g = {.state = ~seed}};
    t.g.bytes = disk;
    while (t.g.at < PG_RANDOM_SECTORS * 512)
        put_word(&t, torture_alu(&t));
}
