/* vmm.h - inside the VMM: what its parts share.
 *
 * As in Popek & Goldberg (1974), section 3: a dispatcher D (dispatch.c), an allocator A
 * (allocate.c, the only code that decides the real R), and the interpretive routines v_i, which
 * are the machine's own semantic functions applied to the virtual machine's state (pg_execute).
 * A technique (te.c, hybrid.c, bt.c) says how a guest gets the processor; vmm.c is the loop around
 * it.
 */
#ifndef PG_VMM_H
#define PG_VMM_H

#include "vmm/real.h"
#include "vmm/system.h"
#include "vmm/trace.h"

struct pg_audit;
struct pg_exit;
struct pg_shadow;
struct pg_bt;

/* A virtual machine. All of its state is in `m`, whose memory is a window of the real machine's;
 * while it has the real processor, registers and pc are there. */
struct pg_vm {
    struct pg_vmm *vmm;
    struct pg_machine *m;
    uint32_t base;  /* real address of its memory */
    uint64_t limit; /* it stops when its T reaches this */
    struct pg_counts counts;
    struct pg_shadow *shadow;   /* NULL until a technique needs it */
    struct pg_bt *bt;           /* bt's own */
    void *interpreter;          /* interp's and hybrid's own: an engine on m */
    uint64_t entered_T;         /* real T when it last got the processor */
    uint8_t code_bit;           /* watch bit of pages with translated code; 0 without bt */
    struct pg_tracer *tracer;   /* NULL: nobody traces */
    const struct pg_exit *left; /* an exit that has not been noted yet: see pg_vm_left */
};

/* An exit: what the real hardware stored when a trap entered the VMM. */
struct pg_exit {
    struct pg_psw psw;
    struct pg_trap trap;
    uint64_t T; /* real */
};

/* How a guest gets the processor. */
struct pg_technique {
    bool (*open)(struct pg_vm *vm, struct pg_error *err);
    void (*close)(struct pg_vm *vm);
    /* Prepare everything up to and including lpsw. False if the guest's state changed instead, by a
     * trap of its own or because a few steps had to be interpreted: settle and try again. */
    bool (*enter)(struct pg_vm *vm);
    /* The real machine has trapped: bring vm->m up to date and deal with the exit. False if the
     * exit makes no sense: a fault of the VMM's. NULL: this technique never enters a guest. */
    bool (*exit)(struct pg_vm *vm, const struct pg_exit *exit);
    /* Is what it keeps for the guest true to the guest's state? See struct pg_session. */
    bool (*check)(struct pg_vm *vm, struct pg_error *err);
    /* Is the code at this pc of monitor space a guest instruction as it stands in the guest? NULL:
     * nothing runs in monitor space. */
    bool (*is_copy)(const struct pg_vm *vm, uint32_t pc);
    uint32_t overhead; /* bytes of real memory for each guest, beside the guest's own */
};

struct pg_vmm {
    struct pg_session session;
    const struct pg_technique *technique;
    const struct pg_engine *engine;
    struct pg_real *real;
    struct pg_audit *audit; /* who watches each step of the real machine; NULL: nobody */
    uint32_t memory;        /* bytes of the real machine */
    uint32_t next_free;     /* the allocator's mark */
    uint32_t timer_port;    /* timer.delta */
    uint64_t alarm;         /* real T at which the real timer fires, or has fired */
    size_t current;         /* the guest that has, or is next to have, the processor */
    uint64_t used;          /* steps of its time slice that it has used */
    struct pg_vm vms[];     /* session.nguests of them */
};

/* ---- vmm.c */

/* Open a session of a system that runs guests by this technique. */
struct pg_session *pg_vmm_open(const struct pg_system *system, const struct pg_technique *technique,
                               const struct pg_engine *engine, const struct pg_setup *guests,
                               size_t n, struct pg_error *err);

/* How many steps the guest may take before a device event or its limit is due. At least 1. */
uint64_t pg_vm_due(const struct pg_vm *vm);

/* The same, but no more than a time slice. */
uint32_t pg_vm_budget(const struct pg_vm *vm);

/* Have the real timer take the processor back from the guest after this many steps, or somewhat
 * earlier. */
void pg_vm_arm(struct pg_vm *vm, uint32_t steps);

/* What is left of the guest's time slice, in steps; at least 1. */
uint32_t pg_vm_slice(const struct pg_vm *vm);

/* Something has happened that event.def lists: count it as its row says, and tell the tracer if
 * there is one. pg_vm_note fills in the guest's present T, pc and ring. */
void pg_vm_note_event(struct pg_vm *vm, const struct pg_trace_event *event);
void pg_vm_note(struct pg_vm *vm, enum pg_event event, uint32_t value, uint32_t insn);

/* A trap has just been delivered to the guest, by the VMM: note it, with the T before. */
void pg_vm_reflected(struct pg_vm *vm);

/* vm->m is up to date after an exit: note that exit, with the guest's T and pc. To be called by
 * whoever brings it up to date, before anything else is noted. */
void pg_vm_left(struct pg_vm *vm);

/* Execute until the next exit, which is read from real low memory. False if the real machine
 * stopped instead. */
bool pg_vmm_execute(struct pg_vmm *vmm, struct pg_exit *exit);

/* Interpret the guest's next instruction by its v_i; its trap, if it has one, is reflected. */
void pg_vm_interpret(struct pg_vm *vm);

/* The same for an instruction that the real machine has fetched for the guest, and that trapped for
 * the VMM to emulate it. Returns it, or PG_NOPS if it has not retired. */
enum pg_op pg_vm_emulate(struct pg_vm *vm, uint32_t word);

/* Do the rest of an instruction that the real machine has fetched and that faulted, where it cannot
 * be fetched again: its own access has changed the TLB's entry for the page that it stands in, or
 * stores to translated code. No state but the TLB's, and A and D bits, has changed so far. */
void pg_vm_complete(struct pg_vm *vm, uint32_t word);

/* Interpret up to n instructions while `here` holds and no device event and no limit is due. */
void pg_vm_interpret_while(struct pg_vm *vm, bool (*here)(const struct pg_vm *vm), uint64_t n);

/* ---- allocate.c */

/* Take `size` bytes (rounded up to pages) of real memory for good. False if there is no more. */
bool pg_allocate(struct pg_vmm *vmm, uint32_t size, uint32_t *base);

/* The real relocation R' for a guest in mode real or bounds: its own R within its allocation. */
struct pg_psw pg_compose(const struct pg_vm *vm);

/* ---- dispatch.c */

/* Give the guest the real processor at its own pc, with this real relocation. The real ring is the
 * virtual one, but at least 1 (ring compression). */
void pg_enter_direct(struct pg_vm *vm, const struct pg_psw *relocation);

/* Bring vm->m up to date after direct execution. */
void pg_leave_direct(struct pg_vm *vm, const struct pg_exit *exit);

/* What te and hybrid share: give the guest the processor under its own composed relocation, or
 * under shadow page tables if it is paged; and deal with the exit from that. */
void pg_enter_relocated(struct pg_vm *vm);
bool pg_exit_relocated(struct pg_vm *vm, const struct pg_exit *exit);

/* Has no innocuous instruction been emulated? What te and hybrid promise. */
bool pg_emulates_no_innocuous(const struct pg_counts *counts);

/* D: deal with a trap of the guest's, vm->m being up to date and its pc at the instruction. */
void pg_dispatch(struct pg_vm *vm, const struct pg_trap *trap);

/* Deliver a trap to the guest. */
void pg_reflect(struct pg_vm *vm, const struct pg_trap *trap);

#endif
