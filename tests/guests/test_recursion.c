/* test_recursion.c - theorem 2, run: the VMM that is a guest (guests/vmm). */
#include "harness.h"

#include "isa/asm.h"
#include "isa/nest.h"
#include "tests/engine_under_test.h"
#include "vmm/random_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Where vmm.s keeps the virtual machine. */
enum { SAVE = 0x80, V_PSW = 0x100, V_T = 0x110, V_U = 0x118, PAGE_ZERO = 0x200 };

/* How it ends, and what it says then. */
enum { NO_MEMORY = 59, UNSUPPORTED = 60, CHECK_STOP = 61 };
#define REFUSES "vmm: the guest asks for what this VMM does not do"
#define CHECK_STOPS "vmm: the guest's machine check-stops\n"

static struct pg_image *assemble(const char *path, const struct pg_asm_options *options) {
    struct pg_diagnostics diags = {0};
    struct pg_image *image = pg_assemble(&path, 1, options, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    assert_non_null(image);
    assert_int_equal(diags.count, 0);
    pg_diagnostics_free(&diags);
    return image;
}

static struct pg_image *assemble_vmm(void) {
    return assemble(GUESTS_SOURCE "/vmm/vmm.s", NULL);
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

static uint32_t word(const struct pg_machine *m, uint32_t at) {
    return pg_ram_read32(&m->ram, at);
}

static uint64_t double_word(const struct pg_machine *m, uint32_t at) {
    return word(m, at) | (uint64_t)word(m, at + 4) << 32;
}

/* Run to the end, and keep the machine as it is then: the session's guest 0. */
static struct pg_session *run_to_the_end(const struct loaded *l) {
    struct pg_error err = {""};
    struct pg_session *s = pg_system_bare.open(engine_under_test(), &l->setup, 1, &err);
    if (!s)
        fail_msg("%s", err.text);
    while (s->run(s, 1000000) == PG_PROGRESS_MORE) {
    }
    return s;
}

/* The guest's end in the memory of the VMM that is at `at`, against its end on the bare machine:
 * output, exit code, registers, T, memory. The VMM does not get as far as counting the `out` that
 * ends the run. */
static void compare_ends(const struct pg_machine *bare, const struct pg_machine *outer, uint32_t at,
                         uint32_t base) {
    const struct pg_bytes *output = &outer->bus.plugs.output, *expected = &bare->bus.plugs.output;
    assert_int_equal(output->size, expected->size);
    if (expected->size)
        assert_memory_equal(output->data, expected->data, expected->size);
    assert_int_equal(bare->run, PG_HALTED);
    assert_int_equal(outer->run, PG_HALTED);
    assert_int_equal(outer->exit_code, bare->exit_code);
    for (uint32_t r = 1; r < PG_NREGS; r++)
        assert_int_equal(word(outer, at + SAVE + 4 * r), bare->cpu.r[r]);
    assert_true(double_word(outer, at + V_T) + 1 == bare->cpu.T);
    assert_memory_equal(outer->ram.bytes + at + base, bare->ram.bytes, bare->ram.size);
}

static void the_end_is_the_same_at_every_depth(void **state) {
    static const char *const names[] = {"hello", "rings", "timer", "echo", "kernel", "sieve",
                                        "fib",   "smc",   "smsw",  "popf", "sgdt",   "jrst"};
    struct pg_image *vmm = assemble_vmm();
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        struct loaded l = guest_load(guest_by_name(names[k]), true);
        struct pg_session *bare = run_to_the_end(&l);
        for (uint32_t depth = 1; depth <= 3; depth++) {
            uint32_t before = l.setup.memory;
            nest(&l, vmm, 1);
            uint32_t base = l.setup.memory - before;
            struct pg_session *s = run_to_the_end(&l);
            compare_ends(bare->guest(bare, 0), s->guest(s, 0), (depth - 1) * base, base);
            s->close(s);
        }
        bare->close(bare);
        guest_unload(&l);
    }
    pg_image_free(vmm);
}

static void bad_guests_end_as_is_written(void **state) {
    static const struct {
        const char *name;
        unsigned status; /* at depth 1 and more */
    } bad[] = {{"storm", CHECK_STOP},
               {"nowhere", CHECK_STOP},
               {"badport", CHECK_STOP},
               {"spin", 66},
               {"idle", 67}};
    struct pg_image *vmm = assemble_vmm();
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct loaded l = guest_load(guest_by_name(bad[k].name), true);
        for (int depth = 1; depth <= 2; depth++) {
            struct outcome seen;
            nest(&l, vmm, 1);
            guests_run(&pg_system_bare, engine_under_test(), &l, 1, &seen);
            assert_int_equal(seen.status, bad[k].status);
            if (bad[k].status == CHECK_STOP)
                assert_non_null(strstr(seen.output, CHECK_STOPS));
            outcome_free(&seen);
        }
        guest_unload(&l);
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
        guests_run(pg_systems[s], engine_under_test(), &l, 1, &seen);
        assert_same_outcome(&bare, &seen);
        outcome_free(&seen);
    }
    outcome_free(&bare);
    guest_unload(&l);
    pg_image_free(vmm);
}

/* The VMM in itself, until memory runs out: three of them fit. Each says how much it has to give.
 */
static void a_tower_ends_where_memory_does(void **state) {
    struct loaded l = {.image = assemble(GUESTS_SOURCE "/vmm/tower.s", NULL)};
    struct outcome seen;
    l.setup =
        (struct pg_setup){.image = l.image, .memory = 4 * 0x8000 - PG_PAGE, .limit = PG_NEVER};
    guests_run(&pg_system_bare, engine_under_test(), &l, 1, &seen);
    assert_int_equal(seen.status, NO_MEMORY);
    assert_string_equal(seen.output, "vmm: memory for a guest, in bytes: 0x00017000\n"
                                     "vmm: memory for a guest, in bytes: 0x0000f000\n"
                                     "vmm: no memory is left for a guest\n");
    outcome_free(&seen);
    guest_unload(&l);
}

static void what_cannot_be_done_is_said(void **state) {
    struct pg_image *vmm = assemble_vmm();
    struct outcome seen;
    struct loaded l = guest_load(guest_by_name("pkernel"), true);
    nest(&l, vmm, 1);
    guests_run(&pg_system_bare, engine_under_test(), &l, 1, &seen);
    assert_int_equal(seen.status, UNSUPPORTED);
    assert_non_null(strstr(seen.output, REFUSES));
    outcome_free(&seen);
    guest_unload(&l);

    struct pg_error err;
    struct pg_image empty = {.entry = 0};
    assert_null(pg_nest(&empty, vmm, NULL, &err));
    assert_non_null(strstr(err.text, "guest_entry"));
    pg_image_free(vmm);
}

/* Take out of the program what this VMM does not do: disk, monitor space, monitor mode. What comes
 * in place of it makes more of the programs end: to idle without a timer, to break the new PSW. */
static void tame(struct pg_image *image) {
    static const uint32_t instead[] = {
        0x20000000,                                                 /* nop */
        0x20000000, 0x20000000, 0x20000000, 0x20000000, 0xa3000000, /* idle */
        0x52a00044,                                                 /* sw a0, NEW_PC(zero) */
        0x52b00048,                                                 /* sw a1, NEW_BASE(zero) */
    };
    uint8_t *bytes = image->segments[0].bytes;
    for (uint32_t at = 0; at < 0x8000; at += 4) {
        uint32_t w = (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8 |
                     (uint32_t)bytes[at + 2] << 16 | (uint32_t)bytes[at + 3] << 24;
        struct pg_insn in;
        pg_decode(w, &in);
        bool port = (in.op == PG_OP_in || in.op == PG_OP_out) && in.imm >= 0x30 && in.imm <= 0x34;
        if (at >= 0x1000 && (w >> 28 == 0xb || port))
            for (uint32_t k = 0; k < 4; k++)
                bytes[at + k] = (uint8_t)(instead[at / 4 % 8] >> 8 * k);
        if (at >= 0x400 && at < 0x600 && at % 16 == 0)
            bytes[at + 1] &= 0xef; /* MON of the PSWs */
    }
}

/* How the random guests ended, beside those whose steps were used up. */
struct endings {
    unsigned long check_stop, idle, refused;
};

/* A guest inside VMMs, and the same guest on a bare machine that is as large as what it was given.
 */
struct pair {
    struct pg_machine *outer, *bare;
    uint32_t at, base; /* the innermost VMM, and where in it its guest begins */
};

static bool ends_with(const struct pg_bytes *output, const char *text) {
    size_t size = strlen(text);
    return output->size >= size && memcmp(output->data + output->size - size, text, size) == 0;
}

/* The guest's whole state; all of memory only if `memory` says so, the trap frame always. */
static void compare_states(const struct pair *p, bool memory) {
    const struct pg_cpu *cpu = &p->bare->cpu;
    uint64_t T = double_word(p->outer, p->at + V_T);
    while (cpu->T < T && p->bare->run == PG_RUNNING)
        pg_step(p->bare);
    assert_true(cpu->T == T);
    for (uint32_t r = 1; r < PG_NREGS; r++)
        assert_int_equal(word(p->outer, p->at + SAVE + 4 * r), cpu->r[r]);
    assert_int_equal(word(p->outer, p->at + V_PSW), cpu->psw.status);
    assert_int_equal(word(p->outer, p->at + V_PSW + 4), cpu->psw.pc);
    assert_int_equal(word(p->outer, p->at + V_PSW + 8), cpu->psw.base);
    assert_int_equal(word(p->outer, p->at + V_PSW + 12), cpu->psw.bound);
    assert_true(double_word(p->outer, p->at + V_U) == cpu->U);
    assert_memory_equal(p->outer->ram.bytes + p->at + p->base, p->bare->ram.bytes, PAGE_ZERO);
    if (memory)
        assert_memory_equal(p->outer->ram.bytes + p->at + p->base, p->bare->ram.bytes,
                            PG_RANDOM_MEMORY);
}

/* If it has ended, has the guest's machine ended so, too? */
static void compare_last(const struct pair *p, unsigned long steps, struct endings *endings) {
    const struct pg_bytes *output = &p->outer->bus.plugs.output;
    if (p->outer->run == PG_RUNNING)
        return;
    if (p->outer->run == PG_HALTED && p->outer->exit_code == UNSUPPORTED) {
        endings->refused++;
        return;
    }
    for (unsigned long k = 0; k < steps && p->bare->run == PG_RUNNING; k++)
        pg_step(p->bare);
    if (p->outer->run == PG_HALTED && ends_with(output, CHECK_STOPS)) {
        assert_int_equal(p->bare->run, PG_CHECK_STOP);
        compare_states(p, true);
        endings->check_stop++;
        return;
    }
    assert_int_equal(p->bare->run, p->outer->run);
    assert_int_equal(p->bare->exit_code, p->outer->exit_code);
    assert_int_equal(p->bare->bus.plugs.output.size, output->size);
    if (output->size)
        assert_memory_equal(p->bare->bus.plugs.output.data, output->data, output->size);
    if (p->outer->run == PG_IDLE_FOREVER) {
        compare_states(p, true);
        endings->idle++;
    }
}

/* Compare each time the innermost VMM is about to resume its guest. Returns how often. */
static unsigned long compare_at_every_exit(const struct pg_image *image, const struct pg_image *vmm,
                                           uint32_t depth, unsigned long steps,
                                           struct endings *endings) {
    static const char input[] = PG_RANDOM_INPUT;
    struct pg_image *copy = NULL;
    struct pair p = {0};
    for (uint32_t k = 0; k < depth; k++) {
        struct pg_image *nested = pg_nest(vmm, copy ? copy : image, &p.base, NULL);
        assert_non_null(nested);
        pg_image_free(copy);
        copy = nested;
    }
    p.at = (depth - 1) * p.base;
    p.outer = pg_machine_new(PG_RANDOM_MEMORY + depth * p.base, NULL);
    p.bare = pg_machine_new(PG_RANDOM_MEMORY, NULL);
    assert_true(p.outer && p.bare);
    struct pg_setup setup = {
        .image = copy, .input = (const uint8_t *)input, .input_size = sizeof input - 1};
    assert_true(pg_set_up(p.outer, &setup, NULL));
    setup.image = image;
    assert_true(pg_set_up(p.bare, &setup, NULL));
    uint32_t resume = pg_image_symbol(vmm, "resume")->addr;
    unsigned long compared = 0;
    for (unsigned long k = 0; k < steps && p.outer->run == PG_RUNNING; k++) {
        const struct pg_psw *psw = &p.outer->cpu.psw;
        pg_step(p.outer);
        uint32_t base = (psw->status & PG_MODE) == PG_MODE_REAL ? 0 : psw->base;
        if (psw->pc == resume && base == p.at) /* by its R it is that VMM */
            compare_states(&p, compared++ % 64 == 0);
    }
    compare_last(&p, steps, endings);
    pg_machine_free(p.outer);
    pg_machine_free(p.bare);
    pg_image_free(copy);
    return compared;
}

static void what_is_rare_is_no_different(void **state) {
    struct pg_image *vmm = assemble_vmm();
    struct endings endings = {0};
    for (uint32_t ending = 0; ending < 7; ending++) {
        struct pg_asm_define define = {"ENDING", ending};
        struct pg_asm_options options = pg_asm_options_default();
        options.defines = &define;
        options.ndefines = 1;
        struct pg_image *image = assemble(GUESTS_SOURCE "/../tests/guests/edges.s", &options);
        assert_true(compare_at_every_exit(image, vmm, 1, 1000000, &endings) > 100);
        assert_true(compare_at_every_exit(image, vmm, 2, 1000000, &endings) > 100);
        pg_image_free(image);
    }
    assert_int_equal(endings.check_stop, 2);
    assert_int_equal(endings.idle, 6);
    assert_int_equal(endings.refused, 6);
    pg_image_free(vmm);
}

static unsigned long random_guests(uint32_t depth, uint64_t seeds, unsigned long steps,
                                   struct endings *endings) {
    struct pg_image *vmm = assemble_vmm();
    unsigned long compared = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct pg_image *image = pg_random_guest(
            seed, seed % 2 ? PG_RANDOM_UNPAGED : PG_RANDOM_UNPAGED | PG_RANDOM_WILD);
        tame(image);
        compared += compare_at_every_exit(image, vmm, depth, steps, endings);
        pg_image_free(image);
    }
    pg_image_free(vmm);
    return compared;
}

static void random_guests_see_no_difference(void **state) {
    struct endings endings = {0};
    assert_true(random_guests(1, 150, 30000, &endings) > 10000);
    assert_true(endings.check_stop > 10);
    assert_true(endings.check_stop > 0); /* some came to an end, and to the same one */
}

static void nor_in_a_vmm_in_a_vmm(void **state) {
    struct endings endings = {0};
    assert_true(random_guests(2, 40, 60000, &endings) > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_the_same_at_every_depth),
        cmocka_unit_test(bad_guests_end_as_is_written),
        cmocka_unit_test(depth_3_runs_under_every_system),
        cmocka_unit_test(a_tower_ends_where_memory_does),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(what_is_rare_is_no_different),
        cmocka_unit_test(random_guests_see_no_difference),
        cmocka_unit_test(nor_in_a_vmm_in_a_vmm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
