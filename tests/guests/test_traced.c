/* test_traced.c - the same guest has the same traps, interrupts and changes of rings, at the same
 * T, in every system; and what a VMM tells is what it counts.
 */
#include "harness.h"

#include "tests/engine_under_test.h"
#include "vmm/random_guest.h"
#include "vmm/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 60, RANDOM_STEPS = 20000 };

/* Keeps the guest's own events, counts all. */
struct notes {
    struct pg_tracer tracer;
    struct pg_bytes own; /* of struct pg_trace_event */
    uint64_t counts[PG_NEVENTS];
};

static void take_note(struct pg_tracer *tracer, const struct pg_trace_event *event) {
    struct notes *notes = (struct notes *)tracer;
    assert_true(event->event < PG_NEVENTS);
    assert_true(event->cause < PG_NCAUSES);
    notes->counts[event->event]++;
    if (pg_track_is_guests(pg_event_rows[event->event].track))
        assert_true(pg_bytes_add(&notes->own, event, sizeof *event));
}

static size_t length(const struct notes *notes) {
    return notes->own.size / sizeof(struct pg_trace_event);
}

static const struct pg_trace_event *event_at(const struct notes *notes, size_t k) {
    return (const struct pg_trace_event *)(const void *)notes->own.data + k;
}

/* Every event that has a counter came as often as the counter says. */
static void assert_counted(const struct notes *notes, const struct pg_counts *counts,
                           const char *system) {
    for (int k = 0; k < PG_NEVENTS; k++) {
        enum pg_counter counter = pg_event_rows[k].counter;
        if (counter != (enum pg_counter)PG_COUNT_none && notes->counts[k] != counts->n[counter])
            fail_msg("%s: %llu events %s, but %llu counted", system,
                     (unsigned long long)notes->counts[k], pg_event_rows[k].name,
                     (unsigned long long)counts->n[counter]);
    }
}

/* The guest's events follow from each other: a ring is left from where it was entered, T grows. */
static void assert_coherent(const struct notes *notes, const struct pg_machine *m) {
    unsigned ring = 0;
    uint64_t T = 0, deliveries = 0;
    for (size_t k = 0; k < length(notes); k++) {
        const struct pg_trace_event *e = event_at(notes, k);
        assert_true(e->T >= T);
        assert_int_equal(e->ring, ring);
        T = e->T;
        if (e->event == PG_EVENT_ring) {
            assert_true(e->value < 4 && e->value != ring);
            ring = e->value;
        } else {
            assert_int_equal(e->cause == PG_CAUSE_interrupt, e->event == PG_EVENT_interrupt);
            deliveries++;
        }
    }
    assert_true(deliveries == m->traps);
    assert_int_equal(ring, pg_psw_ring(&m->cpu.psw));
}

static bool same(const struct pg_trace_event *a, const struct pg_trace_event *b) {
    return a->T == b->T && a->pc == b->pc && a->value == b->value && a->insn == b->insn &&
           a->event == b->event && a->cause == b->cause && a->ring == b->ring;
}

static void assert_same(const struct notes *a, const struct notes *b, const char *system) {
    for (size_t k = 0; k < length(a) && k < length(b); k++) {
        const struct pg_trace_event *x = event_at(a, k), *y = event_at(b, k);
        if (!same(x, y))
            fail_msg("%s, event %zu: %s at T=%llu pc %08x value %x, not %s at T=%llu pc %08x "
                     "value %x",
                     system, k, pg_event_rows[y->event].name, (unsigned long long)y->T, y->pc,
                     y->value, pg_event_rows[x->event].name, (unsigned long long)x->T, x->pc,
                     x->value);
    }
    assert_int_equal(length(a), length(b));
}

static void run(const struct pg_system *system, const struct pg_engine *engine,
                const struct pg_setup *setup, struct notes *notes) {
    struct pg_setup traced = *setup;
    struct pg_error err = {""};
    enum pg_progress progress = PG_PROGRESS_MORE;
    *notes = (struct notes){.tracer = {take_note}};
    traced.tracer = &notes->tracer;
    struct pg_session *s = system->open(engine, &traced, 1, &err);
    if (!s)
        fail_msg("%s: %s", system->name, err.text);
    while (progress == PG_PROGRESS_MORE)
        progress = s->run(s, 100000);
    assert_int_equal(progress, PG_PROGRESS_DONE);
    assert_coherent(notes, s->guest(s, 0));
    assert_counted(notes, s->counts(s, 0), system->name);
    s->close(s);
}

/* Bare on the reference engine against every system; returns how many events there were. */
static size_t same_in_every_system(const struct pg_setup *setup) {
    struct notes first, other;
    run(&pg_system_bare, pg_engines[0], setup, &first);
    for (int k = 0; pg_systems[k]; k++) {
        run(pg_systems[k], engine_under_test(), setup, &other);
        assert_same(&first, &other, pg_systems[k]->name);
        free(other.own.data);
    }
    size_t n = length(&first);
    free(first.own.data);
    return n;
}

static void guests_have_the_same_events_everywhere(void **state) {
    static const char *const names[] = {"kernel", "pkernel", "ptorture", "gallery", "smc",
                                        "rings",  "timer",   "disk",     "storm",   "nowhere"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const struct guest *guest = guest_by_name(names[k]);
        struct loaded l = guest_load(guest, *guest->small != 0);
        print_message("%s: %zu events\n", names[k], same_in_every_system(&l.setup));
        guest_unload(&l);
    }
}

static void random_guests_have_the_same_events_everywhere(void **state) {
    uint8_t disk[PG_RANDOM_SECTORS * PG_SECTOR];
    size_t n = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct pg_image *image = pg_random_guest(seed, pg_random_style_of(seed));
        pg_random_disk(seed, disk);
        n += same_in_every_system(&(struct pg_setup){.image = image,
                                                     .memory = PG_RANDOM_MEMORY,
                                                     .disk = disk,
                                                     .disk_sectors = PG_RANDOM_SECTORS,
                                                     .input = (const uint8_t *)PG_RANDOM_INPUT,
                                                     .input_size = strlen(PG_RANDOM_INPUT),
                                                     .limit = RANDOM_STEPS});
        pg_image_free(image);
    }
    print_message("%zu events\n", n);
    assert_true(n > 10000);
}

/* Guests in one session are told apart, and each has the events it has alone. */
static void guests_together_are_traced_each(void **state) {
    static const char *const names[2] = {"kernel", "pkernel"};
    for (int s = 0; pg_systems[s]; s++) {
        struct loaded l[2];
        struct notes alone[2], together[2];
        struct pg_setup setups[2];
        struct pg_error err = {""};
        for (size_t k = 0; k < 2; k++) {
            l[k] = guest_load(guest_by_name(names[k]), true);
            run(&pg_system_bare, engine_under_test(), &l[k].setup, &alone[k]);
            together[k] = (struct notes){.tracer = {take_note}};
            setups[k] = l[k].setup;
            setups[k].tracer = &together[k].tracer;
        }
        struct pg_session *session = pg_systems[s]->open(engine_under_test(), setups, 2, &err);
        assert_non_null(session);
        while (session->run(session, 100000) == PG_PROGRESS_MORE) {
        }
        for (size_t k = 0; k < 2; k++) {
            assert_same(&alone[k], &together[k], pg_systems[s]->name);
            assert_counted(&together[k], session->counts(session, k), pg_systems[s]->name);
        }
        session->close(session);
        for (size_t k = 0; k < 2; k++) {
            free(alone[k].own.data);
            free(together[k].own.data);
            guest_unload(&l[k]);
        }
    }
}

/* A session that begins in the middle of a run has the events of the rest of it. */
static void a_session_from_a_checkpoint_is_traced(void **state) {
    struct loaded l = guest_load(guest_by_name("kernel"), true);
    struct pg_setup setup = l.setup;
    struct pg_error err = {""};
    struct notes whole, rest;
    run(&pg_system_bare, engine_under_test(), &l.setup, &whole);
    uint64_t T = event_at(&whole, length(&whole) / 2)->T;
    setup.limit = T;
    struct pg_session *first = pg_system_bare.open(engine_under_test(), &setup, 1, &err);
    assert_non_null(first);
    while (first->run(first, 100000) == PG_PROGRESS_MORE) {
    }
    const struct pg_machine *m = first->guest(first, 0);
    assert_true(m->cpu.T == T);
    setup = l.setup;
    setup.from = pg_checkpoint_take(m, NULL);
    setup.log = &m->bus.plugs.input;
    assert_non_null(setup.from);
    for (int s = 0; pg_systems[s]; s++) {
        rest = (struct notes){.tracer = {take_note}};
        setup.tracer = &rest.tracer;
        struct pg_session *second = pg_systems[s]->open(engine_under_test(), &setup, 1, &err);
        if (!second)
            fail_msg("%s: %s", pg_systems[s]->name, err.text);
        while (second->run(second, 100000) == PG_PROGRESS_MORE) {
        }
        size_t skipped = length(&whole) - length(&rest);
        assert_true(skipped < length(&whole) && event_at(&whole, skipped)->T >= T);
        assert_true(event_at(&whole, skipped - 1)->T <= T);
        for (size_t k = 0; k < length(&rest); k++)
            assert_true(same(event_at(&whole, skipped + k), event_at(&rest, k)));
        second->close(second);
        free(rest.own.data);
    }
    first->close(first);
    pg_checkpoint_free((struct pg_checkpoint *)setup.from);
    free(whole.own.data);
    guest_unload(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guests_have_the_same_events_everywhere),
        cmocka_unit_test(random_guests_have_the_same_events_everywhere),
        cmocka_unit_test(guests_together_are_traced_each),
        cmocka_unit_test(a_session_from_a_checkpoint_is_traced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
