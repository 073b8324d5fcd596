/* Paging: the permission matrix (every PTE bit x access x ring x TLB), walks that lead nowhere, the
 * TLB's rules, tlbi. */
#include "support.h"

enum {
    VA = 0x12345000, /* the page under test */
    PAGE = 0xb000,   /* where it lies */
    OTHER = 0xc000,  /* another frame */
    LEAF = TABLE + 4 * (VA >> 12 & 0x3ff),
    NODE = ROOT + 4 * (VA >> 22),
    OFFSET = 0x120,
};

/* Data accesses are made by code in monitor space, so that only the data goes through the page. */
static struct pg_machine *paged_machine(uint32_t ring) {
    struct pg_machine *m = machine_new();
    put_word(m, NODE, TABLE | PG_PTE_V);
    put_word(m, LEAF, PAGE | 0x30f);
    m->cpu.mon_base = CODE;
    m->cpu.mon_bound = 0x1000;
    m->cpu.r[5] = VA + OFFSET;
    m->cpu.r[6] = 0xabcd;
    set_psw(m, PG_MODE_PAGED | PG_MON | ring, 0, ROOT, 0xfffff000);
    return m;
}

/* Make one access to the page. True if it was granted; else a frame has been checked. */
static bool access_page(struct pg_machine *m, enum pg_use use) {
    uint32_t status = m->cpu.psw.status;
    put_word(m, PG_FRAME_CAUSE, 0);
    put_word(m, PG_FRAME_VALUE, 0);
    uint32_t word = encode(use == PG_WRITE ? PG_OP_sw : PG_OP_lw, 6, 5, 0, 0);
    uint32_t value = VA + OFFSET, cause = PG_CAUSE_page;
    put_word(m, CODE, word);
    if (use == PG_FETCH) {
        set_psw(m, status & ~(uint32_t)PG_MON, VA + OFFSET, m->cpu.psw.base, m->cpu.psw.bound);
        cause = PG_CAUSE_fetch_page;
        word = 0;
    } else {
        set_psw(m, status | PG_MON, 0, m->cpu.psw.base, m->cpu.psw.bound);
    }
    struct pg_psw psw = m->cpu.psw;
    uint64_t T = m->cpu.T;
    pg_step(m);
    bool granted = word_at(m, PG_FRAME_CAUSE) == 0;
    if (!granted)
        assert_frame(m, psw, T, cause, value, word);
    m->cpu.psw = psw;
    return granted;
}

static uint32_t tlb_pte(const struct pg_machine *m) {
    const struct pg_tlb_entry *e = pg_tlb_find(&m->tlb, ROOT, VA >> 12);
    return e ? e->pte : 0;
}

/* By the manual's words: does this entry let the ring do that? */
static bool grants(uint32_t pte, enum pg_use use, uint32_t ring) {
    static const uint32_t rights[] = {[PG_READ] = 2, [PG_WRITE] = 4, [PG_FETCH] = 8};
    return pte & 1 && (pte & rights[use]) != 0 && ring <= (pte >> 8 & 3);
}

/* A leaf from its number: V R W X, A D, ring. */
enum { NLEAVES = 256 };
static uint32_t leaf(uint32_t n, uint32_t frame) {
    return frame | (n & 0xf) | (n >> 4 & 3) << 4 | (n >> 6) << 8;
}

static const enum pg_use uses[] = {PG_READ, PG_WRITE, PG_FETCH};

static void matrix_cold(void **state) {
    struct pg_machine *m = paged_machine(0);
    for (uint32_t n = 0; n < NLEAVES; n++)
        for (uint32_t ring = 0; ring < 4; ring++)
            for (int k = 0; k < 3; k++) {
                enum pg_use use = uses[k];
                uint32_t pte = leaf(n, PAGE);
                bool want = grants(pte, use, ring);
                uint32_t marked = pte | (want ? 0x10 : 0) | (want && use == PG_WRITE ? 0x20 : 0);
                pg_tlb_clear(&m->tlb);
                put_word(m, LEAF, pte);
                put_insn(m, PAGE + OFFSET, PG_OP_addi, 7, 0, 0, 1);
                m->cpu.r[7] = 0;
                set_psw(m, PG_MODE_PAGED | ring, 0, ROOT, 0xfffff000);
                bool got = access_page(m, use);
                if (got != want || word_at(m, LEAF) != marked ||
                    tlb_pte(m) != (want ? marked : 0) || m->tlb.live != want)
                    fail_msg("pte 0x%x, use %d, ring %u: granted %d, expected %d; then 0x%x", pte,
                             use, ring, got, want, word_at(m, LEAF));
                /* and the access itself: to the right place, or not at all */
                uint32_t insn = encode(PG_OP_addi, 7, 0, 0, 1);
                assert_int_equal(word_at(m, PAGE + OFFSET),
                                 want && use == PG_WRITE ? 0xabcd : insn);
                assert_int_equal(m->cpu.r[7], want && use == PG_FETCH);
                if (use == PG_READ) {
                    assert_int_equal(m->cpu.r[6], want ? insn : 0xabcd);
                    m->cpu.r[6] = 0xabcd;
                }
            }
    pg_machine_free(m);
}

/* Every old leaf that got into the TLB by a read, a write or a fetch, then every new one in memory
 * without tlbi. The TLB's grant counts; if it does not grant, the table does; if that denies
 * too, all stays. */
static void matrix_stale(void **state) {
    static const uint32_t changed[] = {0,
                                       PAGE | 0x30f,
                                       OTHER | 0x33f,
                                       OTHER | 0x30e,
                                       OTHER | 0x303,
                                       OTHER | 0x105,
                                       OTHER | 0x00f,
                                       OTHER | 0x309,
                                       OTHER | 0x21f};
    struct pg_machine *m = paged_machine(0);
    for (uint32_t n = 0; n < NLEAVES; n++)
        for (int first = 0; first < 3; first++)
            for (size_t c = 0; c < sizeof changed / sizeof *changed; c++)
                for (uint32_t ring = 0; ring < 4; ring++)
                    for (int k = 0; k < 3; k++) {
                        uint32_t old = leaf(n, PAGE), now = changed[c];
                        enum pg_use use = uses[k];
                        if (!grants(old, uses[first], 0))
                            continue; /* nothing becomes stale: see matrix_cold */
                        pg_tlb_clear(&m->tlb);
                        put_word(m, LEAF, old);
                        put_insn(m, PAGE + OFFSET, PG_OP_addi, 7, 0, 0, 1);
                        set_psw(m, PG_MODE_PAGED, 0, ROOT, 0xfffff000);
                        assert_true(access_page(m, uses[first]));
                        uint32_t stale = old | 0x10 | (uses[first] == PG_WRITE ? 0x20 : 0);
                        assert_int_equal(tlb_pte(m), stale);

                        put_word(m, LEAF, now);
                        put_word(m, PAGE + OFFSET, encode(PG_OP_addi, 7, 0, 0, 1));
                        put_word(m, OTHER + OFFSET, encode(PG_OP_addi, 7, 0, 0, 2));
                        m->cpu.r[7] = 0;
                        m->cpu.r[6] = 0xabcd;
                        bool hit = grants(stale, use, ring) && (use != PG_WRITE || stale & 0x20);
                        bool walk = !hit && grants(now, use, ring);
                        uint32_t marked =
                            now | (walk ? 0x10 : 0) | (walk && use == PG_WRITE ? 0x20 : 0);
                        set_psw(m, PG_MODE_PAGED | ring, 0, ROOT, 0xfffff000);
                        bool got = access_page(m, use);
                        if (got != (hit || walk) || word_at(m, LEAF) != marked ||
                            tlb_pte(m) != (walk ? marked : stale) || m->tlb.live != 1)
                            fail_msg("stale 0x%x, table 0x%x, use %d, ring %u: granted %d, "
                                     "hit %d, walk %d; TLB 0x%x, table 0x%x",
                                     stale, now, use, ring, got, hit, walk, tlb_pte(m),
                                     word_at(m, LEAF));
                        uint32_t frame = hit ? PAGE : now & 0xfffff000;
                        if (got && use == PG_FETCH)
                            assert_int_equal(m->cpu.r[7], frame == PAGE ? 1 : 2);
                        if (got && use == PG_WRITE)
                            assert_int_equal(word_at(m, frame + OFFSET), 0xabcd);
                    }
    pg_machine_free(m);
}

/* ---- walks */

static void walks_that_lead_nowhere(void **state) {
    static const struct {
        uint32_t root, node, leaf;
    } cases[] = {
        {ROOT, TABLE, PAGE | 0x30f},                  /* table entry not valid */
        {ROOT, 0, PAGE | 0x30f},                      /* none */
        {ROOT, MEMORY | PG_PTE_V, PAGE | 0x30f},      /* table outside memory */
        {ROOT, 0xfffff000 | PG_PTE_V, PAGE | 0x30f},  /* far outside */
        {ROOT, TABLE | PG_PTE_V, MEMORY | 0x30f},     /* frame outside memory */
        {ROOT, TABLE | PG_PTE_V, 0xfffff000 | 0x30f}, /* far outside */
        {MEMORY, TABLE | PG_PTE_V, PAGE | 0x30f},     /* root outside memory */
        {0xfffff000, TABLE | PG_PTE_V, PAGE | 0x30f}, /* far outside */
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int k = 0; k < 3; k++) {
            struct pg_machine *m = paged_machine(0);
            put_word(m, NODE, cases[c].node);
            put_word(m, LEAF, cases[c].leaf);
            set_psw(m, PG_MODE_PAGED, 0, cases[c].root, 0xfffff000);
            assert_false(access_page(m, uses[k]));
            assert_int_equal(m->tlb.live, 0);
            assert_int_equal(word_at(m, LEAF), cases[c].leaf);
            pg_machine_free(m);
        }
}

/* A table entry uses V and the frame alone; it gets no accessed bit. */
static void table_entries(void **state) {
    for (uint32_t bits = 0; bits < 0x1000; bits += 0x37) {
        struct pg_machine *m = paged_machine(3);
        put_word(m, NODE, TABLE | bits | PG_PTE_V);
        assert_true(access_page(m, PG_WRITE));
        assert_int_equal(word_at(m, NODE), TABLE | bits | PG_PTE_V);
        pg_machine_free(m);
    }
}

/* The reserved bits of a leaf are nobody's: they stay, and change nothing. */
static void other_bits_of_a_leaf(void **state) {
    struct pg_machine *m = paged_machine(3);
    put_word(m, LEAF, PAGE | 0xcc0 | 0x30f);
    assert_true(access_page(m, PG_WRITE));
    assert_int_equal(word_at(m, LEAF), PAGE | 0xcc0 | 0x33f);
    pg_machine_free(m);
}

/* A page that maps its own table: the mark is in memory before the store. */
static void table_maps_itself(void **state) {
    struct pg_machine *m = paged_machine(0);
    put_word(m, LEAF, TABLE | 0x307);
    m->cpu.r[5] = VA + (LEAF & 0xfff); /* its own entry */
    put_insn(m, CODE, PG_OP_lw, 7, 5, 0, 0);
    put_insn(m, CODE + 4, PG_OP_sw, 6, 5, 0, 0);
    steps(m, 2);
    assert_int_equal(m->cpu.r[7], TABLE | 0x317);
    assert_int_equal(word_at(m, LEAF), 0xabcd); /* the store, not the mark, came last */
    assert_int_equal(tlb_pte(m), TABLE | 0x337);
    pg_machine_free(m);
}

/* All of the space: first and last entries of both levels, and BOUND. */
static void corners_and_bound(void **state) {
    static const uint32_t vas[] = {0, 0xffc, 0x1000, 0x3ff000, 0x400000, 0xffbff000, 0xffffe000};
    for (size_t k = 0; k < sizeof vas / sizeof *vas; k++)
        for (int over = 0; over < 2; over++) {
            struct pg_machine *m = paged_machine(1);
            uint32_t page = vas[k] & 0xfffff000;
            put_word(m, ROOT + 4 * (page >> 22), TABLE | PG_PTE_V);
            put_word(m, TABLE + 4 * (page >> 12 & 0x3ff), PAGE | 0x10f);
            m->cpu.r[5] = vas[k];
            set_psw(m, PG_MODE_PAGED | PG_MON | 1, 0, ROOT, page + (over ? 0 : 0x1000));
            struct pg_psw psw = m->cpu.psw;
            put_insn(m, CODE, PG_OP_sw, 6, 5, 0, 0);
            pg_step(m);
            if (over)
                assert_frame(m, psw, 0, PG_CAUSE_bound, vas[k], word_at(m, CODE));
            else
                assert_int_equal(word_at(m, PAGE + (vas[k] & 0xfff)), 0xabcd);
            pg_machine_free(m);
        }
}

/* BOUND is looked at on every access: a TLB entry does not get past it. */
static void bound_before_tlb(void **state) {
    struct pg_machine *m = paged_machine(0);
    assert_true(access_page(m, PG_READ));
    set_psw(m, PG_MODE_PAGED | PG_MON, 0, ROOT, VA);
    put_insn(m, CODE, PG_OP_lw, 6, 5, 0, 0);
    pg_step(m);
    assert_int_equal(word_at(m, PG_FRAME_CAUSE), PG_CAUSE_bound);
    pg_machine_free(m);
}

/* ---- the TLB */

static void entries_belong_to_a_root(void **state) {
    enum { ROOT2 = 0xd000, TABLE2 = 0xe000 };
    struct pg_machine *m = paged_machine(0);
    put_word(m, ROOT2 + 4 * (VA >> 22), TABLE2 | PG_PTE_V);
    put_word(m, TABLE2 + 4 * (VA >> 12 & 0x3ff), OTHER | 0x30f);
    put_word(m, PAGE + OFFSET, 1);
    put_word(m, OTHER + OFFSET, 2);
    assert_true(access_page(m, PG_READ));
    assert_int_equal(m->cpu.r[6], 1);
    m->cpu.psw.base = ROOT2;
    assert_true(access_page(m, PG_READ));
    assert_int_equal(m->cpu.r[6], 2);
    assert_int_equal(m->tlb.live, 2);
    /* both tables change; both entries are stale until tlbi, which takes both */
    put_word(m, LEAF, 0);
    put_word(m, TABLE2 + 4 * (VA >> 12 & 0x3ff), 0);
    assert_true(access_page(m, PG_READ));
    m->cpu.psw.base = ROOT;
    assert_true(access_page(m, PG_READ));
    assert_int_equal(m->cpu.r[6], 1);
    struct pg_psw psw = m->cpu.psw;
    set_psw(m, 0, CODE, 0, 0);
    m->cpu.r[7] = VA + 0xfff; /* any byte of the page */
    run_insn(m, PG_OP_tlbi, 0, 7, 0, 0);
    assert_int_equal(m->tlb.live, 0);
    m->cpu.psw = psw;
    assert_false(access_page(m, PG_READ));
    m->cpu.psw.base = ROOT2;
    assert_false(access_page(m, PG_READ));
    pg_machine_free(m);
}

static void tlbi_of_one_page(void **state) {
    struct pg_machine *m = paged_machine(0);
    assert_true(access_page(m, PG_READ));
    set_psw(m, 0, CODE, 0, 0);
    static const uint32_t others[] = {VA - 1, VA + 0x1000, 0, VA + 0x400000};
    for (int k = 0; k < 4; k++) {
        m->cpu.psw.pc = CODE;
        m->cpu.r[7] = others[k];
        run_insn(m, PG_OP_tlbi, 0, 7, 0, 0);
        assert_int_equal(m->tlb.live, 1);
    }
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_tlbia, 0, 0, 0, 0);
    assert_int_equal(m->tlb.live, 0);
    pg_machine_free(m);
}

/* Nothing else empties it: not lpsw, not a trap, not a change of mode; reset does. */
static void what_keeps_the_tlb(void **state) {
    struct pg_machine *m = paged_machine(0);
    assert_true(access_page(m, PG_READ));
    put_word(m, LEAF, 0);
    put_word(m, DATA, 0);
    put_word(m, DATA + 4, CODE);
    put_word(m, DATA + 8, OTHER);
    set_psw(m, 0, CODE, 0, 0);
    run_insn(m, PG_OP_svc, 0, 0, 0, 0);
    m->cpu.psw.pc = CODE;
    run_insn(m, PG_OP_lpsw, 0, 0, 0, DATA);
    set_psw(m, PG_MODE_PAGED, 0, ROOT, 0xfffff000);
    assert_true(access_page(m, PG_READ));
    pg_machine_reset(m, CODE);
    assert_int_equal(m->tlb.live, 0);
    pg_machine_free(m);
}

/* probe reads the tables as they stand, marks nothing and fills nothing. */
static void probe(void **state) {
    struct pg_machine *m = paged_machine(0);
    for (uint32_t n = 0; n < NLEAVES; n++)
        for (uint32_t ring = 0; ring < 4; ring++) {
            uint32_t pte = leaf(n, PAGE);
            put_word(m, LEAF, pte);
            set_psw(m, PG_MODE_PAGED | PG_MON | ring, 0, ROOT, 0xfffff000);
            put_insn(m, CODE, PG_OP_probe, 7, 5, 0, 0);
            pg_step(m);
            uint32_t want = 0;
            for (int k = 0; k < 3; k++)
                want |= grants(pte, uses[k], ring) ? 2U << (k == 0 ? 0 : k) : 0;
            assert_int_equal(m->cpu.r[7], want);
            assert_int_equal(word_at(m, LEAF), pte);
            assert_int_equal(m->tlb.live, 0);
        }
    put_word(m, LEAF, PAGE | 0x30f); /* the TLB has it, the table no longer */
    assert_true(access_page(m, PG_READ));
    put_word(m, LEAF, 0);
    put_insn(m, CODE, PG_OP_probe, 7, 5, 0, 0);
    pg_step(m);
    assert_int_equal(m->cpu.r[7], 0);
    set_psw(m, PG_MODE_PAGED | PG_MON, 0, ROOT, VA);
    pg_step(m); /* beyond the bound */
    assert_int_equal(m->cpu.r[7], 0);
    pg_machine_free(m);
}

/* ---- the table behind it */

static void many_entries(void **state) {
    struct pg_tlb tlb = {0};
    struct pg_tlb_departure left = {0};
    enum { PAGES = 700, ROOTS = 3 };
    uint64_t known = 0;
    for (uint32_t p = 0; p < PAGES; p++)
        for (uint32_t r = 0; r < ROOTS; r++)
            assert_true(pg_tlb_put(&tlb, r << 12, p * 1021 & 0xfffff, p << 12 | r));
    assert_int_equal(tlb.live, PAGES * ROOTS);
    assert_false(pg_tlb_departed(&tlb, &known, &left));
    assert_true(pg_tlb_put(&tlb, 0x1000, 0, 1)); /* the same again: nothing departs */
    assert_false(pg_tlb_departed(&tlb, &known, &left));
    assert_true(pg_tlb_put(&tlb, 0x1000, 0, 0xf01)); /* another in its place */
    assert_true(pg_tlb_departed(&tlb, &known, &left));
    assert_int_equal(left.root, 0x1000);
    assert_int_equal(left.page, 0);
    assert_false(pg_tlb_departed(&tlb, &known, &left));
    for (uint32_t p = 0; p < PAGES; p += 2)
        pg_tlb_drop(&tlb, p * 1021 & 0xfffff);
    assert_int_equal(tlb.live, PAGES / 2 * ROOTS);
    assert_int_equal(tlb.changes, 1 + PAGES / 2 * ROOTS);
    assert_true(pg_tlb_departed(&tlb, &known, &left)); /* too many to be told each */
    assert_int_equal(left.page, PG_TLB_ALL);
    assert_false(pg_tlb_departed(&tlb, &known, &left));
    for (uint32_t p = 1; p < 2 * PG_TLB_RECENT / ROOTS; p += 2) { /* but these are not */
        pg_tlb_drop(&tlb, p * 1021 & 0xfffff);
        for (uint32_t r = 0; r < ROOTS; r++)
            assert_true(pg_tlb_put(&tlb, r << 12, p * 1021 & 0xfffff, p << 12 | r));
    }
    for (uint32_t p = 1; p < 2 * PG_TLB_RECENT / ROOTS; p += 2)
        for (uint32_t r = 0; r < ROOTS; r++) {
            assert_true(pg_tlb_departed(&tlb, &known, &left));
            assert_int_equal(left.page, p * 1021 & 0xfffff);
        }
    assert_false(pg_tlb_departed(&tlb, &known, &left));
    for (uint32_t p = 0; p < PAGES; p++)
        for (uint32_t r = 0; r < ROOTS; r++) {
            const struct pg_tlb_entry *e = pg_tlb_find(&tlb, r << 12, p * 1021 & 0xfffff);
            assert_true((e != NULL) == (p % 2 == 1));
            assert_true(!e || e->pte == (p << 12 | r));
        }
    size_t n;
    struct pg_tlb_entry *all = pg_tlb_sorted(&tlb, &n);
    assert_int_equal(n, tlb.live);
    for (size_t k = 1; k < n; k++)
        assert_true(all[k - 1].root < all[k].root ||
                    (all[k - 1].root == all[k].root && all[k - 1].page < all[k].page));
    free(all);
    /* fill and empty again and again: removed slots do not pile up */
    for (uint32_t k = 0; k < 100000; k++) {
        assert_true(pg_tlb_put(&tlb, 0x9000, 0xc0000 + k, 1));
        pg_tlb_drop(&tlb, 0xc0000 + k);
        assert_true(2 * tlb.used <= tlb.capacity);
    }
    assert_int_equal(tlb.live, PAGES / 2 * ROOTS);
    assert_true(tlb.capacity <= 16384);
    known = tlb.changes;
    pg_tlb_clear(&tlb);
    assert_true(pg_tlb_departed(&tlb, &known, &left));
    assert_int_equal(left.page, PG_TLB_ALL);
    assert_int_equal(tlb.live, 0);
    assert_null(pg_tlb_find(&tlb, 0, 1021));
    pg_tlb_free(&tlb);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_cold),
        cmocka_unit_test(matrix_stale),
        cmocka_unit_test(walks_that_lead_nowhere),
        cmocka_unit_test(table_entries),
        cmocka_unit_test(other_bits_of_a_leaf),
        cmocka_unit_test(table_maps_itself),
        cmocka_unit_test(corners_and_bound),
        cmocka_unit_test(bound_before_tlb),
        cmocka_unit_test(entries_belong_to_a_root),
        cmocka_unit_test(tlbi_of_one_page),
        cmocka_unit_test(what_keeps_the_tlb),
        cmocka_unit_test(probe),
        cmocka_unit_test(many_entries),
    };
    return cmocka_run_group_tests_name("paging", tests, NULL, NULL);
}
