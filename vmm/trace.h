/* trace.h - events (event.def), told one by one to whoever wants to know: a tracer.
 *
 * A guest is traced if its setup names a tracer. What a machine does by itself - deliver traps and
 * interrupts, change rings - comes from its onlooker (machine.h), on the bare machine as on a
 * virtual one; what a VMM does comes from pg_vm_note (vmm.h).
 *
 * Events are told in the order in which they are complete, which is not always that of T: an
 * emulated instruction is told, with the T at which it began, after the change of rings that it
 * makes.
 */
#ifndef PG_TRACE_H
#define PG_TRACE_H

#include "vmm/system.h"

enum pg_event {
#define X(name, track, counter, value, meaning) PG_EVENT_##name,
#include "vmm/event.def"
#undef X
    PG_NEVENTS
};

enum pg_track {
    PG_TRACK_ring,
    PG_TRACK_traps,
    PG_TRACK_exits,
    PG_TRACK_shadow,
    PG_TRACK_translation,
    PG_NTRACKS
};

enum { PG_COUNT_none = PG_NCOUNTERS }; /* of events that no counter counts */

struct pg_event_row {
    const char *name;
    enum pg_track track;
    enum pg_counter counter;
    const char *value, *meaning;
};
extern const struct pg_event_row pg_event_rows[PG_NEVENTS];

/* A track's name; and is it one of the guest's own, the same in every system? */
extern const char *const pg_track_names[PG_NTRACKS];
static inline bool pg_track_is_guests(enum pg_track track) {
    return track <= PG_TRACK_traps;
}

struct pg_trace_event {
    uint64_t T;           /* the guest's, before it */
    uint32_t pc;          /* the guest's; of units: where their guest code begins */
    uint32_t value, insn; /* insn 0: there is none */
    uint8_t event;        /* enum pg_event */
    uint8_t cause;        /* enum pg_cause, of trap, interrupt, exit and reflect; else 0 */
    uint8_t ring;         /* the guest's, before it */
};

/* Extended by whoever makes one. */
struct pg_tracer {
    void (*tell)(struct pg_tracer *tracer, const struct pg_trace_event *event);
};

/* Tell the tracer what this machine does by itself, from now on. */
void pg_trace_machine(struct pg_tracer *tracer, struct pg_machine *m);

/* The event of the machine's last delivery, as its frame in low memory says. */
struct pg_trace_event pg_trace_delivery(const struct pg_machine *m, enum pg_event event);

#endif
