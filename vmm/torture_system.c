/* torture_system.c - gadgets about the address space, the rings and the devices. */
#include "vmm/torture_parts.h"

/* ---- page tables */

/* A page as seen through an alias: its virtual address, and where its leaf entry is in the leaf of
 * each space. */
struct page {
    uint32_t va, entry; /* entry: of space 0, or of the first high leaf */
    uint32_t frame;     /* physical, its own */
    bool high;
};

static struct page some_page(struct torture *t, bool code) {
    struct page p;
    uint32_t alias = torture_aliases[one_in(t, 2) ? 0 : below(t, NALIASES)];
    if (code)
        p.frame = between(t, CODE / PG_PAGE, CODE_END / PG_PAGE) << PG_PAGE_BITS;
    else
        p.frame = between(t, DATA / PG_PAGE, DATA_END / PG_PAGE) << PG_PAGE_BITS;
    p.va = alias + p.frame;
    p.high = alias >> 31;
    p.entry = (p.high ? HIGH_LEAVES : LEAVES) + 4 * (p.va >> PG_PAGE_BITS & 0x3ff);
    return p;
}

/* BASE2 = where the entry is; through an alias of the tables now and then. */
static void point_entry(struct torture *t, const struct page *p) {
    uint32_t alias = one_in(t, 4) ? torture_aliases[below(t, NALIASES)] : 0;
    torture_li(t, BASE2, p->entry + alias);
}

/* Store TEMP into the entry, in some spaces or all. */
static void put_entries(struct torture *t, const struct page *p) {
    bool all = one_in(t, 2);
    for (int32_t s = 0; s < (p->high ? SPACES / 2 : SPACES); s++)
        if (all || one_in(t, 2))
            put(t, PG_OP_sw, TEMP, BASE2, 0, s * PG_PAGE);
}

/* tlbi of the page, by an instruction or by the handler; or of all; or nothing. */
static void put_forget(struct torture *t, uint32_t va) {
    switch (below(t, 6)) {
    case 0:
    case 1:
        torture_li(t, BASE, va);
        put(t, PG_OP_tlbi, 0, BASE, 0, 0);
        break;
    case 2:
        torture_li(t, 4, va);
        put(t, PG_OP_svc, 0, 0, 0, FORGET_PAGES);
        break;
    case 3:
        if (one_in(t, 2))
            put(t, PG_OP_tlbia, 0, 0, 0, 0);
        else
            put(t, PG_OP_svc, 0, 0, 0, FORGETS);
        break;
    default: break;
    }
}

static void put_use(struct torture *t, uint32_t va) {
    torture_li(t, BASE, va + 4 * below(t, 1024));
    for (uint32_t n = between(t, 1, 4); n > 0; n--)
        torture_access(t, BASE, 0, one_in(t, 2));
}

static uint32_t all_rights(struct torture *t) {
    uint32_t marks = below(t, 4) << 4;
    return PG_PTE_V | PG_PTE_R | PG_PTE_W | PG_PTE_X | PG_PTE_RING | marks;
}

void gadget_remap(struct torture *t) {
    struct page p = some_page(t, false);
    uint32_t frame = one_in(t, 4) ? p.frame : some_page(t, one_in(t, 6)).frame;
    if (one_in(t, 2))
        put_use(t, p.va);
    torture_li(t, TEMP, frame | all_rights(t));
    point_entry(t, &p);
    put_entries(t, &p);
    put_use(t, p.va);
    put_forget(t, p.va);
    put_use(t, p.va);
}

/* A routine somewhere on the page or before it; its page may then be another one. */
static uint32_t routine_near(struct torture *t, uint32_t frame) {
    for (uint32_t k = t->routine + 1; k < ROUTINES; k++)
        if ((t->entry[k] & ~(PG_PAGE - 1U)) == frame)
            return t->entry[k];
    return t->entry[ROUTINES - 1];
}

void gadget_remap_code(struct torture *t) {
    struct page p = some_page(t, true);
    uint32_t frame = some_page(t, true).frame, alias = p.va - p.frame;
    uint32_t to = routine_near(t, p.frame) + alias;
    if (one_in(t, 2)) {
        torture_li(t, BASE, to);
        put(t, PG_OP_jalr, RA, BASE, 0, 0);
    }
    torture_li(t, TEMP, frame | all_rights(t));
    point_entry(t, &p);
    put_entries(t, &p);
    put_forget(t, p.va);
    torture_li(t, BASE, to);
    put(t, PG_OP_jalr, RA, BASE, 0, 0);
    if (one_in(t, 4))
        return;
    torture_li(t, TEMP, p.frame | all_rights(t));
    point_entry(t, &p);
    put_entries(t, &p);
    put_forget(t, p.va);
}

/* Any rights, write-only and execute-only ones among them, for any rings. */
void gadget_rights(struct torture *t) {
    bool code = one_in(t, 3);
    struct page p = some_page(t, code);
    uint32_t rights = below(t, 8) << 1, ring = below(t, 4) << 8, marks = below(t, 4) << 4;
    if (one_in(t, 2))
        put_use(t, p.va);
    torture_li(t, TEMP, p.frame | PG_PTE_V | rights | ring | marks);
    point_entry(t, &p);
    put_entries(t, &p);
    put_forget(t, p.va);
    if (code) {
        torture_li(t, BASE, routine_near(t, p.frame) + p.va - p.frame);
        put(t, PG_OP_jalr, RA, BASE, 0, 0);
    } else {
        put_use(t, p.va);
    }
    torture_li(t, BASE, p.va);
    put(t, PG_OP_probe, any(t), BASE, 0, 0);
}

/* Repaired by the handler when it is missed. */
void gadget_root(struct torture *t) {
    bool high = one_in(t, 2);
    uint32_t leaf = (high ? HIGH_LEAVES : LEAVES) + (below(t, high ? 2 : SPACES) << PG_PAGE_BITS);
    torture_li(t, TEMP, one_in(t, 3) ? 0 : leaf | PG_PTE_V);
    torture_li(t, BASE2, ROOTS + (below(t, SPACES) << PG_PAGE_BITS));
    put(t, PG_OP_sw, TEMP, BASE2, 0, high ? 4 * 1023 : 0);
    struct page p = some_page(t, false);
    put_forget(t, p.va);
    put_use(t, p.va);
}

/* Take A and D away, use the page, and let what they become decide something. */
void gadget_marks(struct torture *t) {
    struct page p = some_page(t, one_in(t, 4));
    point_entry(t, &p);
    int32_t s = (int32_t)below(t, p.high ? 2 : SPACES) * PG_PAGE;
    put(t, PG_OP_lw, TEMP, BASE2, 0, s);
    put(t, PG_OP_andi, TEMP, TEMP, 0, one_in(t, 2) ? ~PG_PTE_D : ~(PG_PTE_A | PG_PTE_D));
    put(t, PG_OP_sw, TEMP, BASE2, 0, s);
    put_forget(t, p.va);
    torture_li(t, BASE, p.va + 4 * below(t, 1024));
    torture_access(t, BASE, 0, p.frame >= DATA && one_in(t, 2));
    put(t, PG_OP_lw, TEMP, BASE2, 0, s);
    put(t, PG_OP_andi, TEMP, TEMP, 0, PG_PTE_D);
    put(t, PG_OP_beq, TEMP, 0, 0, 2);
    put_word(t, torture_alu(t));
}

/* ---- rings and modes */

void gadget_move(struct torture *t) {
    put(t, PG_OP_svc, 0, 0, 0, (int32_t)below(t, STORES)); /* moves and patches */
}

void gadget_gate(struct torture *t) {
    switch (below(t, 8)) {
    case 0: put(t, PG_OP_brk, 0, 0, 0, (int32_t)below(t, 9)); break;
    case 1: put(t, PG_OP_hvc, 0, 0, 0, (int32_t)below(t, 9)); break;
    default: put(t, PG_OP_svc, 0, 0, 0, (int32_t)below(t, NSERVICES)); break;
    }
}

/* In one of four turns, for what follows is left. */
void gadget_load_psw(struct torture *t) {
    torture_lot(t, TEMP, 4);
    uint32_t skip = torture_forward(t, PG_OP_bne, TEMP, 0);
    put(t, PG_OP_lpsw, 0, 0, 0, (int32_t)(LIST + 16 * below(t, NPSWS)));
    torture_land(t, skip);
}

void gadget_sensitive(struct torture *t) {
    static const uint16_t flags[] = {PG_IE, PG_IE, PG_IE, PG_IE | PG_TRACE, 0, PG_IE};
    unsigned d = any(t);
    switch (below(t, 9)) {
    case 0: put(t, PG_OP_gpsw, d, 0, 0, 0); break;
    case 1:
        torture_li(t, TEMP, flags[below(t, 6)]);
        put(t, PG_OP_ppsw, 0, TEMP, 0, 0);
        break;
    case 2: put(t, PG_OP_grel, d, 0, 0, (int32_t)below(t, 2)); break;
    case 3: put(t, PG_OP_probe, d, SP, 0, 0); break;
    case 4: put(t, PG_OP_rdt, d, 0, 0, (int32_t)below(t, 2)); break;
    case 5: /* on in ring 3 */
        torture_point(t, BASE, t->g.at + 3 * PG_WORD);
        put(t, PG_OP_jrst, 0, BASE, 0, 0);
        break;
    case 6: put(t, PG_OP_tlbi, 0, SP, 0, 0); break;
    case 7: put(t, PG_OP_tlbia, 0, 0, 0, 0); break;
    default: put(t, PG_OP_gmon, d, 0, 0, (int32_t)below(t, 2)); break;
    }
}

/* The five instructions of an indirect jump of binary translation, with any registers; if they are
 * different ones, and none is m0, it mostly finds the next word. */
static void look_up(struct torture *t) {
    enum { KEYS = 16 };
    unsigned key = below(t, 8), at = below(t, 8), table = below(t, 8), found = below(t, 8);
    int32_t value = PG_WORD * (int32_t)below(t, KEYS / PG_WORD);
    torture_li(t, BASE, t->pocket);
    put(t, PG_OP_mput, table, BASE, 0, 0);
    put(t, PG_OP_addi, TEMP, 0, 0, value);
    put(t, PG_OP_msw, TEMP, table, 0, value);
    torture_point(t, TEMP, t->g.at + 10 * PG_WORD);
    put(t, PG_OP_msw, TEMP, table, 0, value + KEYS);
    put(t, PG_OP_addi, TEMP, 0, 0, one_in(t, 4) ? (int32_t)below(t, 2 * KEYS) : value);
    put(t, PG_OP_mput, key, TEMP, 0, 0);
    put(t, PG_OP_mandi, at, key, 0, KEYS - PG_WORD);
    put(t, PG_OP_madd, at, at, table, 0);
    put(t, PG_OP_mlwm, found, at, 0, 0);
    put(t, PG_OP_mbne, found, key, 0, 2);
    put(t, PG_OP_mjmp, 0, at, 0, KEYS);
}

/* Monitor space begins at 0. Stores through it may hit code, too. */
void gadget_monitor(struct torture *t) {
    unsigned m = between(t, 1, 7), d = any(t);
    uint32_t slot = torture_some_slot(t), over;
    switch (below(t, 10)) {
    case 0:
        torture_li(t, BASE, slot);
        put(t, PG_OP_mput, m, BASE, 0, 0);
        torture_li(t, TEMP, torture_patch(t));
        put(t, PG_OP_msw, TEMP, m, 0, 0);
        break;
    case 1:
        torture_li(t, BASE, t->pocket);
        put(t, PG_OP_mput, m, BASE, 0, 0);
        put(t, PG_OP_mswm, m, m, 0, 4 * (int32_t)below(t, 8));
        put(t, PG_OP_mlw, d, m, 0, 4 * (int32_t)below(t, 8));
        put(t, PG_OP_mlwm, 1 + m, m, 0, 4 * (int32_t)below(t, 9));
        break;
    case 2: /* an edge of the pair, or the very top */
        torture_li(t, BASE, one_in(t, 2) ? MEMORY_END : 0);
        put(t, PG_OP_mput, m, BASE, 0, 0);
        put(t, PG_OP_mlw, d, m, 0, (int32_t)below(t, 13) - 8);
        break;
    case 3:
        put(t, PG_OP_maddi, m, m, 0, (int32_t)below(t, 64) - 32);
        put(t, PG_OP_madd + below(t, 3), m, 1, m, 0);
        put(t, PG_OP_mandi, m, m, 0, (int32_t)below(t, 0x10000));
        put(t, PG_OP_mget, d, m, 0, 0);
        break;
    case 4:
        over = torture_forward(t, one_in(t, 2) ? PG_OP_mbeq : PG_OP_mbne, m, 1);
        put_word(t, torture_alu(t));
        torture_land(t, over);
        break;
    case 5: /* on with the next word */
        torture_li(t, TEMP, t->g.at + 7 * PG_WORD);
        torture_li(t, BASE, t->pocket);
        put(t, PG_OP_mput, m, BASE, 0, 0);
        put(t, PG_OP_msw, TEMP, m, 0, 0);
        put(t, PG_OP_mjmp, 0, m, 0, 0);
        break;
    case 6:
        torture_li(t, TEMP, below(t, 40));
        put(t, PG_OP_mput, 7, TEMP, 0, 0);
        put(t, PG_OP_tick, 0, 0, 0, (int32_t)below(t, 20));
        put(t, PG_OP_tick, 0, 0, 0, (int32_t)below(t, 20));
        break;
    case 7: look_up(t); break;
    case 8: /* the end of the space, as it is */
        put(t, PG_OP_gmon, TEMP, 0, 0, 1);
        put(t, PG_OP_mput, m, TEMP, 0, 0);
        put(t, PG_OP_mlw, d, m, 0, one_in(t, 2) ? -PG_WORD : 0);
        break;
    default: /* a smaller space for a while, in which to go elsewhere */
        torture_li(t, TEMP, between(t, CODE / PG_PAGE, MEMORY_END / PG_PAGE) << PG_PAGE_BITS);
        put(t, PG_OP_smon, 0, TEMP, 0, 0);
        if (one_in(t, 2))
            gadget_load_psw(t);
        put_word(t, torture_alu(t));
        torture_li(t, TEMP, MEMORY_END);
        put(t, PG_OP_smon, 0, TEMP, 0, 0);
        break;
    }
}

/* ---- devices */

void gadget_timer(struct torture *t) {
    torture_li(t, TEMP, below(t, 1U << between(t, 2, 12)));
    put(t, PG_OP_out, TEMP, 0, 0, one_in(t, 4) ? UDELTA : DELTA);
    if (one_in(t, 3))
        put(t, PG_OP_svc, 0, 0, 0, JUMPS + (int32_t)below(t, NEW_MODES - JUMPS));
}

void gadget_port(struct torture *t) {
    static const uint8_t ports[] = {0x01, 0x10, 0x11, 0x20, 0x22, 0x25, 0x26, 0x34, 0x35, 0x77};
    int32_t port = ports[below(t, sizeof ports)];
    unsigned d = any(t);
    if (port == 0x10 && one_in(t, 2))
        put(t, PG_OP_out, d, 0, 0, port);
    else
        put(t, PG_OP_in, d, 0, 0, port);
    if (one_in(t, 4)) {
        put(t, PG_OP_addi, TEMP, 0, 0, 1);
        put(t, PG_OP_out, TEMP, 0, 0, 0x12); /* the console's interrupts */
    }
}

void gadget_disk(struct torture *t) {
    bool code = one_in(t, 2);
    uint32_t at = code ? torture_some_slot(t) : between(t, DATA, DATA_END - 1024);
    torture_li(t, TEMP, below(t, 17));
    put(t, PG_OP_out, TEMP, 0, 0, SECTOR);
    torture_li(t, TEMP, at & ~3U);
    put(t, PG_OP_out, TEMP, 0, 0, ADDRESS);
    put(t, PG_OP_addi, TEMP, 0, 0, 1);
    put(t, PG_OP_out, TEMP, 0, 0, COUNT);
    put(t, PG_OP_addi, TEMP, 0, 0, code && !one_in(t, 6) ? 2 : 1);
    put(t, PG_OP_out, TEMP, 0, 0, COMMAND);
}

void gadget_nothing(struct torture *t) {
    torture_li(t, TEMP, between(t, 1, 500));
    put(t, PG_OP_out, TEMP, 0, 0, DELTA);
    put(t, PG_OP_idle, 0, 0, 0, 0);
}
