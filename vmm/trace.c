/* trace.c - the events' table, and what a machine does by itself. */
#include "vmm/trace.h"

const struct pg_event_row pg_event_rows[PG_NEVENTS] = {
#define X(name, track, counter, value, meaning)                                                    \
    {#name, PG_TRACK_##track, (enum pg_counter)PG_COUNT_##counter, value, meaning},
#include "vmm/event.def"
#undef X
};

const char *const pg_track_names[PG_NTRACKS] = {
    [PG_TRACK_ring] = "ring",
    [PG_TRACK_traps] = "traps and interrupts",
    [PG_TRACK_exits] = "VMM: exits",
    [PG_TRACK_shadow] = "VMM: shadow page tables",
    [PG_TRACK_translation] = "VMM: translation",
};

struct pg_trace_event pg_trace_delivery(const struct pg_machine *m, enum pg_event event) {
    return (struct pg_trace_event){
        .T = (uint64_t)pg_ram_read32(&m->ram, PG_FRAME_T + 4) << 32 |
             pg_ram_read32(&m->ram, PG_FRAME_T),
        .pc = pg_ram_read32(&m->ram, PG_FRAME_PSW + 4),
        .value = m->trap.value,
        .insn = m->trap.insn,
        .event = (uint8_t)event,
        .cause = (uint8_t)m->trap.cause,
        .ring = (uint8_t)(pg_ram_read32(&m->ram, PG_FRAME_PSW) & PG_RING),
    };
}

static void look_on(void *context, const struct pg_machine *m, uint32_t status, bool delivered) {
    struct pg_tracer *tracer = context;
    struct pg_trace_event event;
    if (delivered) {
        event = pg_trace_delivery(m, m->trap.cause == PG_CAUSE_interrupt ? PG_EVENT_interrupt
                                                                         : PG_EVENT_trap);
        tracer->tell(tracer, &event);
    }
    if ((status ^ m->cpu.psw.status) & PG_RING) {
        event = (struct pg_trace_event){.T = m->cpu.T,
                                        .pc = m->cpu.psw.pc,
                                        .value = pg_psw_ring(&m->cpu.psw),
                                        .event = PG_EVENT_ring,
                                        .ring = (uint8_t)(status & PG_RING)};
        tracer->tell(tracer, &event);
    }
}

void pg_trace_machine(struct pg_tracer *tracer, struct pg_machine *m) {
    m->onlooker = look_on;
    m->onlooker_context = tracer;
}
