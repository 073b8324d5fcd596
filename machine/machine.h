/* machine.h - a PG32 machine: S = (E, M, P, R), its traps, its devices.
 *
 * E is `ram`; M, P and R are `cpu.psw`. There are no globals: any number of machines live in
 * one process. A machine is stepped by pg_step, which is the definition of what a step is;
 * engines (interp/, native/) do the same faster. Manual: all of it.
 *
 * Source: Popek & Goldberg, "Formal Requirements for Virtualizable Third Generation
 * Architectures", CACM 17(7), 1974, section 2.
 */
#ifndef PG_MACHINE_H
#define PG_MACHINE_H

#include "isa/error.h"
#include "isa/isa.h"
#include "machine/bus.h"
#include "machine/profile.h"
#include "machine/psw.h"
#include "machine/ram.h"
#include "machine/tlb.h"

enum pg_cause {
#define X(name, value, meaning) PG_CAUSE_##name,
#include "machine/cause.def"
#undef X
    PG_NCAUSES
};

struct pg_cause_row {
    const char *name, *value, *meaning;
};
extern const struct pg_cause_row pg_causes[PG_NCAUSES];

enum {
#define X(name, words) PG_CHECK_##name,
#include "machine/check.def"
#undef X
    PG_NCHECKS
};
extern const char *const pg_checks[PG_NCHECKS];

/* Low memory: where the hardware stores the trap frame and finds the new PSW. */
enum {
    PG_FRAME_PSW = 0x00,   /* old STATUS, PC, BASE, BOUND */
    PG_FRAME_CAUSE = 0x10, /* enum pg_cause */
    PG_FRAME_VALUE = 0x14, /* see cause.def */
    PG_FRAME_INSN = 0x18,  /* the instruction word, 0 if none was fetched */
    PG_FRAME_T = 0x20,     /* T before the delivery, low word then high */
    PG_NEW_PSW = 0x40,     /* STATUS, PC, BASE, BOUND */
    PG_STORM = 64,         /* deliveries without an instruction retired: check-stop */
    PG_MIN_MEMORY = 2 * PG_PAGE,
};

/* Page-table entries, both levels: a frame number in the upper five digits, then in a leaf a
 * digit each for the ring, the accessed and dirty bits, and the rights. */
enum {
    PG_PTE_V = 0x001,
    PG_PTE_R = 0x002,
    PG_PTE_W = 0x004,
    PG_PTE_X = 0x008,
    PG_PTE_A = 0x010,
    PG_PTE_D = 0x020,
    PG_PTE_RING = 0x300, /* accessible iff ring <= this */
};
#define PG_PTE_FRAME 0xfffff000U

enum pg_run {
    PG_RUNNING,
    PG_HALTED,       /* the guest wrote its exit code to the power port */
    PG_CHECK_STOP,   /* an invalid new PSW, or a trap storm */
    PG_WAITING,      /* idle, and only live input can wake it: add some (pg_feed) and go on */
    PG_IDLE_FOREVER, /* idle, and no event can come */
    PG_NO_MEMORY,    /* the host has no memory left for the TLB or the output */
};

struct pg_cpu {
    uint32_t r[PG_NREGS]; /* r[0] is always 0 */
    struct pg_psw psw;
    uint32_t m[PG_NMREGS];        /* monitor registers; m[0] is always 0 */
    uint32_t mon_base, mon_bound; /* monitor pair: where monitor space lies */
    uint64_t T;                   /* time */
    uint64_t U;                   /* instructions retired in rings >= 1 */
    uint32_t deliveries;          /* traps since an instruction last retired */
};

/* The trap that an instruction raised, before its delivery; and afterwards the last one. */
struct pg_trap {
    enum pg_cause cause;
    uint32_t value;
    uint32_t insn; /* word, 0 if none was fetched */
};

struct pg_machine;

/* Somebody who looks on at a machine's flow of control from outside, and changes nothing. Told
 * after each delivery (m->trap is what was delivered, the frame in low memory has its T and pc) and
 * after each retired instruction that changed the ring; `status` is STATUS as it was before. */
typedef void pg_onlooker_fn(void *context, const struct pg_machine *m, uint32_t status,
                            bool delivered);

struct pg_machine {
    struct pg_cpu cpu;
    struct pg_ram ram;
    struct pg_tlb tlb;
    struct pg_bus bus;
    const struct pg_profile *profile;
    enum pg_run run;
    uint32_t exit_code; /* when halted */
    bool firmware;      /* ring-0 firmware (a VMM) takes every trap: see vmm/firmware.h */
    bool entered;       /* a trap was delivered to it: engines stop and return */
    uint32_t next_pc;   /* where the instruction in execution will go */
    bool idle;          /* the instruction in execution waits for an event */
    struct pg_trap trap;
    uint64_t retired;         /* instructions since reset: a counter, not state */
    uint64_t traps;           /* deliveries since reset: another */
    const char *why;          /* when check-stopped: one of pg_checks; else NULL */
    pg_onlooker_fn *onlooker; /* NULL: nobody */
    void *onlooker_context;
};

/* What an instruction did. */
enum pg_outcome {
    PG_RETIRED,
    PG_TRAPPED, /* m->trap says why; nothing has changed but A/D bits */
};

/* ---- making one */

/* A machine with `memory` bytes (a multiple of 4096, at least PG_MIN_MEMORY), reset.
 * Free with pg_machine_free. */
struct pg_machine *pg_machine_new(uint32_t memory, struct pg_error *err);

/* The same over a view of another machine's memory, which must outlive it: a virtual machine. */
struct pg_machine *pg_machine_view(const struct pg_ram *ram, struct pg_error *err);

void pg_machine_free(struct pg_machine *m);

/* Power on: registers, PSW and T zero, TLB empty, devices reset; memory and plugs stay. The
 * machine then begins in ring 0, real mode, at pc. */
void pg_machine_reset(struct pg_machine *m, uint32_t pc);

/* ---- stepping: step.c */

/* One step, the definition of the machine: apply due device events; deliver a pending interrupt,
 * or fetch, decode and execute one instruction and deliver its trap if it has one. Does nothing
 * unless m->run is PG_RUNNING. */
void pg_step(struct pg_machine *m);

/* The first part of a step. Returns true if an interrupt was delivered (which is a step). */
bool pg_sample(struct pg_machine *m);

/* The second part: fetch and execute one instruction at the pc and deliver what comes of it. */
void pg_execute(struct pg_machine *m);

/* The same with this one as the instruction at the pc, fetched before. */
void pg_execute_insn(struct pg_machine *m, const struct pg_insn *in);

/* Store the frame, load the new PSW, count the delivery; `pc` is the old pc to store. */
void pg_deliver(struct pg_machine *m, struct pg_trap trap, uint32_t pc);

/* Run the semantic function of a decoded instruction, privilege check included. On PG_RETIRED the
 * caller moves the pc to m->next_pc, which pg_perform has set. */
enum pg_outcome pg_perform(struct pg_machine *m, const struct pg_insn *in);

/* The end of a retired instruction that began with `status`: pc, T, U, idle time, trace trap. */
void pg_retire(struct pg_machine *m, uint32_t status);

/* Count n retired instructions that began with `status` (all in one ring). */
static inline void pg_count(struct pg_machine *m, uint32_t status, uint64_t n) {
    m->cpu.T += n;
    m->retired += n;
    if (status & PG_RING)
        m->cpu.U += n;
    if (n)
        m->cpu.deliveries = 0;
}

/* Live input: `size` bytes arrive now. Wakes a waiting machine. size 0: the input has ended.
 * False if the host is out of memory. */
bool pg_feed(struct pg_machine *m, const void *data, size_t size);

/* Plug in a disk with a copy of `size` bytes, a multiple of PG_SECTOR, in place of what was there.
 * Not for a machine in the middle of a disk command: what no longer fits completes with an error.
 */
bool pg_plug_disk(struct pg_machine *m, const void *bytes, size_t size, struct pg_error *err);

/* The environment the devices see now. Call pg_env_done afterwards to take over what they did. */
struct pg_env pg_env_begin(struct pg_machine *m);
void pg_env_done(struct pg_machine *m, const struct pg_env *env);

/* Work out pending lines and the next event anew, as after plugging something in. */
void pg_refresh(struct pg_machine *m);

/* Raise a trap from an instruction: fills m->trap and returns PG_TRAPPED. */
enum pg_outcome pg_raise(struct pg_machine *m, enum pg_cause cause, uint32_t value);

/* ---- memory: mmu.c */

enum pg_use { PG_READ, PG_WRITE, PG_FETCH };

/* Does va pass the bound of the present R: BOUND where it applies, and outside paging the end of
 * memory? */
bool pg_inside(const struct pg_machine *m, uint32_t va);

/* Where virtual address va lies, for one access by the present ring and R; sets A and D bits and
 * fills the TLB as the hardware does. On false m->trap holds bound, page, or the fetch forms. */
bool pg_translate(struct pg_machine *m, uint32_t va, enum pg_use use, uint32_t *pa);

/* The rights (PG_PTE_R, W, X) of the present ring at va by the tables as they stand; changes
 * nothing. 0 outside. */
uint32_t pg_rights(const struct pg_machine *m, uint32_t va);

/* Where the present R maps va to, whatever the rights; for those who look on. Changes nothing.
 * False if it maps it to nothing. */
bool pg_locate(const struct pg_machine *m, uint32_t va, uint32_t *pa);

/* The word there; va must be a multiple of 4. */
bool pg_peek(const struct pg_machine *m, uint32_t va, uint32_t *value);

/* The address of a word of monitor space; false if it is outside the monitor pair or memory. */
bool pg_monitor_address(const struct pg_machine *m, uint32_t offset, uint32_t *pa);

/* Load or store 1, 2 or 4 bytes at va; alignment and translation included. */
enum pg_outcome pg_load(struct pg_machine *m, uint32_t va, unsigned size, uint32_t *value);
enum pg_outcome pg_store(struct pg_machine *m, uint32_t va, unsigned size, uint32_t value);

/* ---- the semantic functions: exec_*.c, one per row of insn.def */

typedef enum pg_outcome pg_exec_fn(struct pg_machine *m, const struct pg_insn *in);

#define X(mnemonic, opcode, format, cls, meaning) pg_exec_fn exec_##mnemonic;
#include "isa/insn.def"
#undef X

extern pg_exec_fn *const pg_exec[PG_NOPS];

#endif
