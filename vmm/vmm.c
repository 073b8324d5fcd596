/* vmm.c - the loop around the techniques: settle a guest, give it the processor, deal with the
 * exit; and between guests, the real timer.
 */
#include "vmm/vmm.h"

#include "vmm/audit.h"

#include <stdlib.h>

enum {
    FIRMWARE_PC = 0x100,      /* what the new PSW in real low memory points to */
    SLICE_ALONE = 1000000,    /* steps before the real timer takes the processor back: alone, */
    SLICE_SHARED = 20000,     /* and where others wait */
    INTERPRET_AT_MOST = 1000, /* steps interpreted in one go */
    NO_STEPS_AT_MOST = 1000,  /* exits in a row without progress: the VMM has lost its way */
};

/* ---- one guest */

static bool ended(const struct pg_vm *vm) {
    return (vm->m->run != PG_RUNNING && vm->m->run != PG_WAITING) || vm->m->cpu.T >= vm->limit;
}

uint64_t pg_vm_due(const struct pg_vm *vm) {
    const struct pg_machine *m = vm->m;
    uint64_t due = m->bus.next_event < vm->limit ? m->bus.next_event : vm->limit;
    return due > m->cpu.T ? due - m->cpu.T : 1;
}

static uint64_t whole_slice(const struct pg_vmm *vmm) {
    return vmm->session.nguests > 1 ? SLICE_SHARED : SLICE_ALONE;
}

uint32_t pg_vm_slice(const struct pg_vm *vm) {
    uint64_t whole = whole_slice(vm->vmm), used = vm->vmm->used;
    return used < whole ? (uint32_t)(whole - used) : 1;
}

uint32_t pg_vm_budget(const struct pg_vm *vm) {
    uint64_t due = pg_vm_due(vm);
    return due < pg_vm_slice(vm) ? (uint32_t)due : pg_vm_slice(vm);
}

/* A guest's time and real time mostly pass together, and then the alarm stands right. A guest that
 * falls behind real time, for the VMM's fills or its own translation, finds it early: if by little,
 * an exit more now and then costs less than setting it at each entry. */
void pg_vm_arm(struct pg_vm *vm, uint32_t steps) {
    struct pg_vmm *vmm = vm->vmm;
    uint64_t now = pg_real_rdt(vmm->real), at = now + steps;
    if (vmm->alarm <= at && vmm->alarm > now + steps / 2)
        return;
    pg_real_out(vmm->real, vmm->timer_port, steps);
    vmm->alarm = at;
}

/* ---- what happens */

/* Count an event. True if it is also to be told: without a tracer none need be made up. */
static bool count(struct pg_vm *vm, enum pg_event event) {
    enum pg_counter counter = pg_event_rows[event].counter;
    if (counter < PG_NCOUNTERS)
        vm->counts.n[counter]++;
    return vm->tracer != NULL;
}

void pg_vm_note_event(struct pg_vm *vm, const struct pg_trace_event *event) {
    if (count(vm, (enum pg_event)event->event))
        vm->tracer->tell(vm->tracer, event);
}

/* An event of this moment. */
static struct pg_trace_event now(const struct pg_vm *vm, enum pg_event event) {
    const struct pg_cpu *cpu = &vm->m->cpu;
    return (struct pg_trace_event){.T = cpu->T,
                                   .pc = cpu->psw.pc,
                                   .event = (uint8_t)event,
                                   .ring = (uint8_t)pg_psw_ring(&cpu->psw)};
}

void pg_vm_note(struct pg_vm *vm, enum pg_event event, uint32_t value, uint32_t insn) {
    if (!count(vm, event))
        return;
    struct pg_trace_event e = now(vm, event);
    e.value = value;
    e.insn = insn;
    vm->tracer->tell(vm->tracer, &e);
}

void pg_vm_reflected(struct pg_vm *vm) {
    vm->counts.reflections[vm->m->trap.cause]++;
    if (!count(vm, PG_EVENT_reflect))
        return;
    struct pg_trace_event e = pg_trace_delivery(vm->m, PG_EVENT_reflect);
    vm->tracer->tell(vm->tracer, &e);
}

void pg_vm_left(struct pg_vm *vm) {
    const struct pg_exit *exit = vm->left;
    if (!exit)
        return;
    enum pg_cause cause = exit->trap.cause < PG_NCAUSES ? exit->trap.cause : PG_CAUSE_none;
    vm->left = NULL;
    vm->counts.exits[cause]++;
    if (!count(vm, PG_EVENT_exit))
        return;
    struct pg_trace_event e = now(vm, PG_EVENT_exit);
    e.cause = (uint8_t)cause;
    e.value = exit->trap.value;
    e.insn = exit->trap.insn;
    vm->tracer->tell(vm->tracer, &e);
}

/* ---- interpreting */

/* Run a v_i, and count: as `counter` if it retires, as a reflection if it traps or is traced. `in`
 * is the instruction, or NULL: fetch it. Has it retired? */
static bool count_step(struct pg_vm *vm, enum pg_counter counter, const struct pg_insn *in) {
    struct pg_machine *m = vm->m;
    uint64_t retired = m->retired;
    uint32_t deliveries = m->cpu.deliveries;
    struct pg_trace_event event = {.event = PG_EVENT_emulate};
    if (vm->tracer)
        event = now(vm, PG_EVENT_emulate);
    m->trap = (struct pg_trap){0};
    if (in)
        pg_execute_insn(m, in);
    else
        pg_execute(m);
    event.insn = m->trap.insn;
    if (m->retired != retired && counter == PG_COUNT_emulated)
        pg_vm_note_event(vm, &event);
    else if (m->retired != retired)
        vm->counts.n[counter]++;
    if (m->cpu.deliveries != 0 && (m->retired != retired || m->cpu.deliveries != deliveries))
        pg_vm_reflected(vm);
    return m->retired != retired;
}

void pg_vm_interpret(struct pg_vm *vm) {
    count_step(vm, PG_COUNT_interpreted, NULL);
}

enum pg_op pg_vm_emulate(struct pg_vm *vm, uint32_t word) {
    struct pg_insn in;
    pg_decode(word, &in);
    if (!count_step(vm, PG_COUNT_emulated, &in))
        return PG_NOPS;
    vm->counts.emulations[in.op]++;
    return (enum pg_op)in.op;
}

void pg_vm_complete(struct pg_vm *vm, uint32_t word) {
    struct pg_trace_event event = now(vm, PG_EVENT_complete);
    event.insn = word;
    struct pg_insn in;
    pg_decode(word, &in);
    if (count_step(vm, PG_COUNT_emulated, &in))
        pg_vm_note_event(vm, &event);
}

/* Does the next step begin with something else than a fetch: an event, an interrupt, the limit? */
static bool is_due(const struct pg_vm *vm) {
    const struct pg_machine *m = vm->m;
    return m->cpu.T >= m->bus.next_event || m->cpu.T >= vm->limit ||
           (m->bus.lines && m->cpu.psw.status & PG_IE);
}

void pg_vm_interpret_while(struct pg_vm *vm, bool (*here)(const struct pg_vm *vm), uint64_t n) {
    while (n-- > 0 && vm->m->run == PG_RUNNING && !is_due(vm) && here(vm))
        pg_vm_interpret(vm);
}

/* Do all that the virtual machine does without the processor: device events, interrupts, and code
 * that is always interpreted (the guest's own monitor mode). True: it is ready to be entered. */
static bool settle(struct pg_vm *vm) {
    struct pg_machine *m = vm->m;
    for (int k = 0; k < INTERPRET_AT_MOST; k++) {
        if (m->run != PG_RUNNING || m->cpu.T >= vm->limit)
            return false;
        if (pg_sample(m)) {
            pg_vm_reflected(vm);
        } else if (m->run == PG_RUNNING) {
            if (!(m->cpu.psw.status & PG_MON))
                return true;
            pg_vm_interpret(vm);
        }
    }
    return false;
}

/* ---- all guests */

/* The next guest from `current` on that can use the processor, or NULL. */
static struct pg_vm *schedule(struct pg_vmm *vmm) {
    size_t k = vmm->current;
    for (size_t n = 0; n < vmm->session.nguests; n++) {
        struct pg_vm *vm = &vmm->vms[k];
        if (!ended(vm) && vm->m->run == PG_RUNNING) {
            if (n > 0)
                vmm->used = 0;
            vmm->current = k;
            return vm;
        }
        k = k + 1 < vmm->session.nguests ? k + 1 : 0;
    }
    return NULL;
}

/* What the hardware stored. */
static struct pg_exit read_frame(const struct pg_real *real) {
    uint32_t frame[PG_FRAME_T / PG_WORD + 2];
    pg_real_read(real, PG_FRAME_PSW, frame, sizeof frame / sizeof *frame);
#define AT(field) frame[(field) / PG_WORD]
    return (struct pg_exit){
        .psw = {AT(PG_FRAME_PSW), AT(PG_FRAME_PSW + 4), AT(PG_FRAME_PSW + 8),
                AT(PG_FRAME_PSW + 12)},
        .trap = {(enum pg_cause)AT(PG_FRAME_CAUSE), AT(PG_FRAME_VALUE), AT(PG_FRAME_INSN)},
        .T = AT(PG_FRAME_T) | (uint64_t)AT(PG_FRAME_T + 4) << 32,
    };
#undef AT
}

bool pg_vmm_execute(struct pg_vmm *vmm, struct pg_exit *exit) {
    if (!(vmm->audit ? pg_audit_run(vmm) : pg_real_run(vmm->real)))
        return false;
    *exit = read_frame(vmm->real);
    return true;
}

static enum pg_progress broken(struct pg_vmm *vmm, const char *what, const struct pg_exit *exit) {
    if (vmm->audit && vmm->audit->lost) {
        struct pg_insn in;
        pg_decode(vmm->audit->insn, &in);
        pg_fail(&vmm->session.error, "resource control lost at T = %llu by `%s`: %s",
                (unsigned long long)vmm->audit->T, in.op < PG_NOPS ? pg_rows[in.op].mnemonic : "?",
                vmm->audit->what);
        return PG_PROGRESS_BROKEN;
    }
    pg_fail(&vmm->session.error, "the VMM failed: %s (cause %s, real pc 0x%08x, value 0x%08x)",
            what, exit->trap.cause < PG_NCAUSES ? pg_causes[exit->trap.cause].name : "?",
            exit->psw.pc, exit->trap.value);
    return PG_PROGRESS_BROKEN;
}

/* Give the guest the processor once. */
static enum pg_progress take_turn(struct pg_vmm *vmm, struct pg_vm *vm) {
    /* A technique without exits never gives the processor away, and needs nothing settled. */
    if ((vmm->technique->exit && !settle(vm)) || !vmm->technique->enter(vm))
        return PG_PROGRESS_MORE;
    struct pg_exit exit = {0};
    if (!pg_vmm_execute(vmm, &exit))
        return broken(vmm, "the real machine stopped, or no trap came any more", &exit);
    vm->left = &exit;
    bool ok = vmm->technique->exit(vm, &exit);
    pg_vm_left(vm);
    if (!ok)
        return broken(vmm, "an exit that cannot be", &exit);
    return PG_PROGRESS_MORE;
}

/* The guest has had its share for now: the next one, please. */
static void rotate(struct pg_vmm *vmm) {
    pg_vm_note(&vmm->vms[vmm->current], PG_EVENT_preempt, 0, 0);
    vmm->current = (vmm->current + 1) % vmm->session.nguests;
    vmm->used = 0;
}

static enum pg_progress vmm_run(struct pg_session *session, uint64_t steps) {
    struct pg_vmm *vmm = (struct pg_vmm *)session;
    struct pg_vm *vm;
    uint64_t done = 0;
    unsigned stuck = 0;
    while (done < steps && (vm = schedule(vmm))) {
        uint64_t T = vm->m->cpu.T, real_T = pg_real_rdt(vmm->real);
        if (take_turn(vmm, vm) == PG_PROGRESS_BROKEN)
            return PG_PROGRESS_BROKEN;
        stuck = vm->m->cpu.T == T && vm->m->run == PG_RUNNING ? stuck + 1 : 0;
        if (stuck > NO_STEPS_AT_MOST)
            return broken(vmm, "a guest makes no progress", &(struct pg_exit){0});
        uint64_t took = vm->m->cpu.T - T; /* of its own time, or if that was more, of real time */
        real_T = pg_real_rdt(vmm->real) - real_T;
        took = took > real_T ? took : real_T;
        done += took;
        vmm->used += took;
        if (vmm->used >= whole_slice(vmm))
            rotate(vmm);
    }
    bool more = false, waiting = false;
    for (size_t k = 0; k < session->nguests; k++) {
        more |= !ended(&vmm->vms[k]) && vmm->vms[k].m->run == PG_RUNNING;
        waiting |= !ended(&vmm->vms[k]) && vmm->vms[k].m->run == PG_WAITING;
    }
    return more ? PG_PROGRESS_MORE : waiting ? PG_PROGRESS_WAITING : PG_PROGRESS_DONE;
}

/* ---- opening and closing */

static struct pg_machine *vmm_guest(struct pg_session *session, size_t k) {
    return ((struct pg_vmm *)session)->vms[k].m;
}

static const struct pg_counts *vmm_counts(struct pg_session *session, size_t k) {
    return &((struct pg_vmm *)session)->vms[k].counts;
}

static void vmm_limit(struct pg_session *session, size_t k, uint64_t T) {
    ((struct pg_vmm *)session)->vms[k].limit = T;
}

static bool vmm_check(struct pg_session *session, size_t k, struct pg_error *err) {
    struct pg_vmm *vmm = (struct pg_vmm *)session;
    return !vmm->technique->check || vmm->technique->check(&vmm->vms[k], err);
}

static void vmm_close(struct pg_session *session) {
    struct pg_vmm *vmm = (struct pg_vmm *)session;
    for (size_t k = 0; k < session->nguests; k++) {
        struct pg_vm *vm = &vmm->vms[k];
        if (vm->vmm)
            vmm->technique->close(vm);
        pg_machine_free(vm->m);
    }
    pg_real_close(vmm->real);
    free(vmm);
}

/* Power-on of the firmware: install the new PSW through which every trap will enter. */
static bool power_on(struct pg_vmm *vmm, const struct pg_engine *engine,
                     const struct pg_setup *guests, struct pg_error *err) {
    uint64_t memory = PG_PAGE;
    for (size_t k = 0; k < vmm->session.nguests; k++)
        memory += (uint64_t)guests[k].memory + vmm->technique->overhead;
    if (memory > UINT32_MAX - PG_PAGE)
        return pg_fail(err, "the guests need %llu bytes of real memory: more than 4 GiB",
                       (unsigned long long)memory);
    vmm->memory = (uint32_t)memory;
    vmm->next_free = PG_PAGE; /* page 0 is the hardware's */
    vmm->timer_port = (uint32_t)pg_port_by_name("timer.delta");
    vmm->real = pg_real_open(engine, guests[0].profile, vmm->memory, err);
    if (!vmm->real)
        return false;
    pg_real_poke(vmm->real, PG_NEW_PSW, 0);
    pg_real_poke(vmm->real, PG_NEW_PSW + 4, FIRMWARE_PC);
    return true;
}

static bool set_up(struct pg_vm *vm, const struct pg_setup *setup, struct pg_error *err) {
    struct pg_vmm *vmm = vm->vmm;
    struct pg_ram window;
    if (setup->memory < PG_MIN_MEMORY || setup->memory % PG_PAGE)
        return pg_fail(err, "memory of %u bytes: it must be a multiple of %d and at least %d",
                       setup->memory, PG_PAGE, PG_MIN_MEMORY);
    if (!pg_allocate(vmm, setup->memory, &vm->base))
        return pg_fail(err, "no real memory for the guest's %u bytes", setup->memory);
    pg_real_window(vmm->real, vm->base, setup->memory, &window);
    vm->limit = setup->limit;
    vm->tracer = setup->tracer;
    vm->m = pg_machine_view(&window, err);
    return vm->m && pg_set_up(vm->m, setup, err) && vmm->technique->open(vm, err);
}

struct pg_session *pg_vmm_open(const struct pg_system *system, const struct pg_technique *technique,
                               const struct pg_engine *engine, const struct pg_setup *guests,
                               size_t n, struct pg_error *err) {
    struct pg_vmm *vmm = calloc(1, sizeof *vmm + n * sizeof vmm->vms[0]);
    if (!vmm) {
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    vmm->session = (struct pg_session){.system = system,
                                       .run = vmm_run,
                                       .guest = vmm_guest,
                                       .counts = vmm_counts,
                                       .limit = vmm_limit,
                                       .check = vmm_check,
                                       .close = vmm_close,
                                       .nguests = n};
    vmm->technique = technique;
    vmm->engine = engine;
    bool ok = power_on(vmm, engine, guests, err);
    for (size_t k = 0; ok && k < n; k++) {
        vmm->vms[k].vmm = vmm;
        ok = set_up(&vmm->vms[k], &guests[k], err);
    }
    if (!ok) {
        vmm_close(&vmm->session);
        return NULL;
    }
    return &vmm->session;
}
