/* test_recursion.c - theorem 2, run: the VMM that is a guest (guests/vmm). */
#include "harness.h"

#include "isa/asm.h"
#include "isa/nest.h"
#include "vmm/random_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Where vmm.s keeps the virtual machine. */
enum { SAVE = 0x80, V_PSW = 0x100, V_T = 0x110, V_U = 0x118, NO_MEMORY = 59, UNSUPPORTED = 60 };

static struct pg_image *assemble_vmm(void) {
    const char *path = GUESTS_SOURCE "/vmm/vmm.s";
    struct pg_diagnostics diags = {0};
    struct pg_image *vmm = pg_assemble(&path, 1, NULL, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    assert_non_null(vmm);
    assert_int_equal(diags.count, 0);
    pg_diagnostics_free(&diags);
    return vmm;
}

/* Nest the loaded guest `depth` times; its memory stays what it was. */
static void nest(struct loaded *l, const struct pg_image *vmm, int depth) {
    for (; depth > 0; depth--) {
        struct pg_error err = {""};
        uint32_t base;
        struct pg_image *image = pg_nest(vmm, l->image, &base, &err);
        if (!image)
            fail_msg("%s", err.text);
        pg_image_free(l->image);
        l->setup.image = l->image = image;
        l->setup.memory += base;
    }
}

static void the_result_is_the_same_at_every_depth(void **state) {
    static const char *const names[] = {"hello", "rings", "timer", "echo", "kernel", "sieve",
                                        "fib",   "smc",   "smsw",  "popf", "sgdt",   "jrst"};
    struct pg_image *vmm = assemble_vmm();
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        struct outcome bare = {0};
        for (int depth = 0; depth <= 3; depth++) {
            struct outcome seen;
            struct loaded l = guest_load(guest_by_name(names[k]), true);
            nest(&l, vmm, depth);
            guests_run(&pg_system_bare, pg_engines[1], &l, 1, &seen);
            guest_unload(&l);
            if (depth == 0) {
                bare = seen;
                continue;
            }
            if (seen.status != bare.status || strcmp(seen.output, bare.output) != 0)
                fail_msg("%s at depth %d: status %u, %s", names[k], depth, seen.status,
                         seen.output);
            outcome_free(&seen);
        }
        outcome_free(&bare);
    }
    pg_image_free(vmm);
}

/* A VMM in a VMM in a VMM is a guest that every system must be able to run. */
static void depth_3_runs_under_every_system(void **state) {
    struct pg_image *vmm = assemble_vmm();
    struct loaded l = guest_load(guest_by_name("timer"), true);
    struct outcome bare, seen;
    nest(&l, vmm, 3);
    guests_run(&pg_system_bare, pg_engines[0], &l, 1, &bare);
    assert_int_equal(bare.status, 0);
    for (int s = 1; pg_systems[s]; s++) {
        guests_run(pg_systems[s], pg_engines[1], &l, 1, &seen);
        assert_same_outcome(&bare, &seen);
        outcome_free(&seen);
    }
    outcome_free(&bare);
    guest_unload(&l);
    pg_image_free(vmm);
}

static void what_cannot_be_done_is_said(void **state) {
    struct pg_image *vmm = assemble_vmm();
    struct outcome seen;
    struct loaded l = guest_load(guest_by_name("pkernel"), true);
    nest(&l, vmm, 1);
    guests_run(&pg_system_bare, pg_engines[1], &l, 1, &seen);
    assert_int_equal(seen.status, UNSUPPORTED);
    assert_non_null(strstr(seen.output, "vmm: the guest asks for what this VMM does not do"));
    outcome_free(&seen);
    guest_unload(&l);

    /* Memory for the program, but not for a machine of its own. */
    l = guest_load(guest_by_name("storm"), true);
    nest(&l, vmm, 1);
    l.setup.memory = 0x8000 + PG_PAGE;
    for (size_t k = 0; k < l.image->nsegments; k++) /* the guest's own segments must fit */
        if (l.image->segments[k].addr >= 0x8000)
            l.image->segments[k].addr = 0x8000;
    guests_run(&pg_system_bare, pg_engines[1], &l, 1, &seen);
    assert_int_equal(seen.status, NO_MEMORY);
    assert_string_equal(seen.output, "vmm: no memory is left for a guest\n");
    outcome_free(&seen);
    guest_unload(&l);

    struct pg_error err;
    struct pg_image empty = {.entry = 0};
    assert_null(pg_nest(&empty, vmm, NULL, &err));
    assert_non_null(strstr(err.text, "guest_entry"));
    pg_image_free(vmm);
}

static uint32_t word(const struct pg_machine *m, uint32_t at) {
    return pg_ram_read32(&m->ram, at);
}

/* What this VMM does not do, out of the program: disk, monitor space, monitor mode. */
static void tame(struct pg_image *image) {
    uint8_t *bytes = image->segments[0].bytes;
    for (uint32_t at = 0; at < 0x8000; at += 4) {
        uint32_t w = (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8 |
                     (uint32_t)bytes[at + 2] << 16 | (uint32_t)bytes[at + 3] << 24;
        struct pg_insn in;
        pg_decode(w, &in);
        bool port = (in.op == PG_OP_in || in.op == PG_OP_out) && in.imm >= 0x30 && in.imm <= 0x34;
        if (at >= 0x1000 && (w >> 28 == 0xb || port))
            memcpy(bytes + at, "\0\0\0\x20", 4);
        if (at >= 0x400 && at < 0x600 && at % 16 == 0)
            bytes[at + 1] &= 0xef; /* MON of the PSWs */
    }
}

/* The guest's whole state in the VMM's memory against a bare machine of the guest's size, each time
 * the VMM is about to resume it. Returns how often. */
static unsigned long compare_at_every_exit(const struct pg_image *image, const struct pg_image *vmm,
                                           unsigned long steps) {
    uint32_t base;
    struct pg_image *nested = pg_nest(vmm, image, &base, NULL);
    struct pg_machine *outer = pg_machine_new(PG_RANDOM_MEMORY + base, NULL);
    struct pg_machine *bare = pg_machine_new(PG_RANDOM_MEMORY, NULL);
    assert_true(nested && outer && bare);
    struct pg_setup setup = {.image = nested};
    assert_true(pg_set_up(outer, &setup, NULL));
    setup.image = image;
    assert_true(pg_set_up(bare, &setup, NULL));
    uint32_t resume = pg_image_symbol(vmm, "resume")->addr;
    unsigned long compared = 0;
    for (unsigned long k = 0; k < steps && outer->run == PG_RUNNING; k++) {
        pg_step(outer);
        if (outer->cpu.psw.pc != resume || pg_psw_ring(&outer->cpu.psw) != 0)
            continue;
        uint64_t T = word(outer, V_T) | (uint64_t)word(outer, V_T + 4) << 32;
        while (bare->cpu.T < T && bare->run == PG_RUNNING)
            pg_step(bare);
        assert_true(bare->cpu.T == T);
        for (uint32_t r = 1; r < PG_NREGS; r++)
            assert_int_equal(word(outer, SAVE + 4 * r), bare->cpu.r[r]);
        assert_int_equal(word(outer, V_PSW), bare->cpu.psw.status);
        assert_int_equal(word(outer, V_PSW + 4), bare->cpu.psw.pc);
        assert_int_equal(word(outer, V_PSW + 8), bare->cpu.psw.base);
        assert_int_equal(word(outer, V_PSW + 12), bare->cpu.psw.bound);
        assert_int_equal(word(outer, V_U), (uint32_t)bare->cpu.U);
        if (compared % 64 == 0)
            assert_memory_equal(outer->ram.bytes + base, bare->ram.bytes, PG_RANDOM_MEMORY);
        compared++;
    }
    pg_machine_free(outer);
    pg_machine_free(bare);
    pg_image_free(nested);
    return compared;
}

static void random_guests_see_no_difference(void **state) {
    struct pg_image *vmm = assemble_vmm();
    unsigned long compared = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct pg_image *image = pg_random_guest(seed, PG_RANDOM_UNPAGED);
        tame(image);
        compared += compare_at_every_exit(image, vmm, 30000);
        pg_image_free(image);
    }
    assert_true(compared > 10000);
    pg_image_free(vmm);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_result_is_the_same_at_every_depth),
        cmocka_unit_test(depth_3_runs_under_every_system),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(random_guests_see_no_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
