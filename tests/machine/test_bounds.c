/* Real mode and relocation-bounds: the edges, in 33 bits. */
#include "support.h"

/* What the paper's R says, in wide numbers: the physical address, or -1. */
static int64_t where(uint32_t mode, uint32_t base, uint32_t bound, uint32_t va) {
    int64_t pa = mode == PG_MODE_REAL ? (int64_t)va : (int64_t)base + va;
    if (mode == PG_MODE_BOUNDS && va >= bound)
        return -1;
    return pa < MEMORY ? pa : -1;
}

static const uint32_t bases[] = {0,      0x1000,     0x4000,     MEMORY - 0x1000,
                                 MEMORY, 0x7ffff000, 0x80000000, 0xfffff000};
static const uint32_t bounds[] = {0, 0x1000, 0x2000, MEMORY, 0x80000000, 0xfffff000};
static const uint32_t vas[] = {
    0,      4,          0xffc,      0x1000,     0x1ffc,     0x2000,     0xfffc,     MEMORY - 4,
    MEMORY, 0x7ffffffc, 0x80000000, 0xffffeffc, 0xfffff000, 0xfffffffc, 0x80001000, MEMORY - 0x1000,
};
enum { NBASES = 8, NBOUNDS = 6, NVAS = 16 };

/* Every edge, every ring, for loads and stores: code from monitor space, so that R counts for the
 * data alone. */
static void data(void **state) {
    struct pg_machine *m = machine_new();
    m->cpu.mon_base = CODE;
    m->cpu.mon_bound = 0x1000;
    for (uint32_t mode = PG_MODE_REAL; mode <= PG_MODE_BOUNDS; mode += PG_MODE_BOUNDS)
        for (int b = 0; b < NBASES; b++)
            for (int q = 0; q < NBOUNDS; q++)
                for (int v = 0; v < NVAS; v++)
                    for (uint32_t ring = 0; ring < 4; ring++)
                        for (int store = 0; store < 2; store++) {
                            int64_t pa = where(mode, bases[b], bounds[q], vas[v]);
                            if (pa >= 0 && pa < 0x3000)
                                continue; /* the frame, the code, the handler */
                            if (pa >= 0)
                                put_word(m, (uint32_t)pa, 0x1234);
                            put_word(m, PG_FRAME_CAUSE, 0);
                            m->cpu.r[5] = vas[v];
                            m->cpu.r[6] = 0x5678;
                            set_psw(m, PG_MON | mode | ring, 0, bases[b], bounds[q]);
                            struct pg_psw psw = m->cpu.psw;
                            uint64_t T = m->cpu.T;
                            put_insn(m, CODE, store ? PG_OP_sw : PG_OP_lw, 6, 5, 0, 0);
                            pg_step(m);
                            if (pa < 0) {
                                assert_frame(m, psw, T, PG_CAUSE_bound, vas[v], word_at(m, CODE));
                                assert_int_equal(m->cpu.r[6], 0x5678);
                            } else {
                                assert_int_equal(word_at(m, PG_FRAME_CAUSE), 0);
                                assert_int_equal(word_at(m, (uint32_t)pa), store ? 0x5678 : 0x1234);
                                assert_int_equal(m->cpu.r[6], store ? 0x5678 : 0x1234);
                            }
                        }
    pg_machine_free(m);
}

static void fetches(void **state) {
    struct pg_machine *m = machine_new();
    for (uint32_t mode = PG_MODE_REAL; mode <= PG_MODE_BOUNDS; mode += PG_MODE_BOUNDS)
        for (int b = 0; b < NBASES; b++)
            for (int q = 0; q < NBOUNDS; q++)
                for (int v = 0; v < NVAS; v++)
                    for (uint32_t ring = 0; ring < 4; ring++) {
                        int64_t pa = where(mode, bases[b], bounds[q], vas[v]);
                        if (pa >= 0 && pa < 0x3000)
                            continue;
                        if (pa >= 0)
                            put_insn(m, (uint32_t)pa, PG_OP_addi, 6, 0, 0, 0x99);
                        put_word(m, PG_FRAME_CAUSE, 0);
                        m->cpu.r[6] = 0;
                        set_psw(m, mode | ring, vas[v], bases[b], bounds[q]);
                        struct pg_psw psw = m->cpu.psw;
                        uint64_t T = m->cpu.T;
                        pg_step(m);
                        if (pa < 0)
                            assert_frame(m, psw, T, PG_CAUSE_fetch_bound, vas[v], 0);
                        assert_int_equal(m->cpu.r[6], pa < 0 ? 0 : 0x99);
                    }
    pg_machine_free(m);
}

/* probe agrees with what an access would find. */
static void probe(void **state) {
    struct pg_machine *m = machine_new();
    m->cpu.mon_base = CODE;
    m->cpu.mon_bound = 0x1000;
    put_insn(m, CODE, PG_OP_probe, 7, 5, 0, 0);
    for (uint32_t mode = PG_MODE_REAL; mode <= PG_MODE_BOUNDS; mode += PG_MODE_BOUNDS)
        for (int b = 0; b < NBASES; b++)
            for (int q = 0; q < NBOUNDS; q++)
                for (int v = 0; v < NVAS; v++) {
                    set_psw(m, PG_MON | mode | 3, 0, bases[b], bounds[q]);
                    m->cpu.r[5] = vas[v];
                    pg_step(m);
                    int64_t pa = where(mode, bases[b], bounds[q], vas[v]);
                    assert_int_equal(m->cpu.r[7], pa < 0 ? 0 : 0xe);
                }
    pg_machine_free(m);
}

/* Bytes and half-words at the very end. */
static void last_bytes(void **state) {
    struct pg_machine *m = machine_new();
    m->cpu.r[5] = 0x1000 - 4;
    m->cpu.mon_base = CODE;
    m->cpu.mon_bound = 0x1000;
    static const struct {
        enum pg_op op;
        int32_t imm;
        bool granted;
    } cases[] = {
        {PG_OP_sb, 3, true},  {PG_OP_sb, 4, false},  {PG_OP_sh, 2, true},  {PG_OP_sh, 4, false},
        {PG_OP_lbu, 3, true}, {PG_OP_lbu, 4, false}, {PG_OP_lhu, 2, true}, {PG_OP_lw, 4, false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        set_psw(m, PG_MON | PG_MODE_BOUNDS | 1, 0, DATA, 0x1000);
        put_insn(m, CODE, cases[k].op, 6, 5, 0, cases[k].imm);
        put_word(m, PG_FRAME_CAUSE, 0);
        pg_step(m);
        assert_int_equal(word_at(m, PG_FRAME_CAUSE), cases[k].granted ? 0 : PG_CAUSE_bound);
    }
    pg_machine_free(m);
}

/* The trap itself is physical: R does not move the frame. */
static void frame_is_physical(void **state) {
    struct pg_machine *m = machine_new();
    put_insn(m, DATA, PG_OP_svc, 0, 0, 0, 4);
    set_psw(m, PG_MODE_BOUNDS | 3, 0, DATA, 0x1000);
    struct pg_psw psw = m->cpu.psw;
    pg_step(m);
    assert_frame(m, psw, 0, PG_CAUSE_svc, 4, encode(PG_OP_svc, 0, 0, 0, 4));
    assert_int_equal(word_at(m, DATA), encode(PG_OP_svc, 0, 0, 0, 4));
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data),       cmocka_unit_test(fetches),           cmocka_unit_test(probe),
        cmocka_unit_test(last_bytes), cmocka_unit_test(frame_is_physical),
    };
    return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
