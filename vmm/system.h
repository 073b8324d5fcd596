/* system.h - systems (system.def): one interface, so that `run`, `compare`, `verify` and the tests
 * treat them alike.
 *
 * A session is one system at work on one or more guests. For `bare` a guest's machine is the
 * real machine; otherwise it is a virtual machine, whose state is held in the same struct.
 */
#ifndef PG_SYSTEM_H
#define PG_SYSTEM_H

#include "interp/engine.h"
#include "isa/image.h"
#include "machine/checkpoint.h"

struct pg_tracer;

enum pg_counter {
#define X(name, meaning) PG_COUNT_##name,
#include "vmm/counter.def"
#undef X
    PG_NCOUNTERS
};

struct pg_counter_row {
    const char *name, *meaning;
};
extern const struct pg_counter_row pg_counter_rows[PG_NCOUNTERS];

/* All counts of one guest. */
struct pg_counts {
    uint64_t n[PG_NCOUNTERS];
    uint64_t exits[PG_NCAUSES];       /* entries of the VMM by cause */
    uint64_t reflections[PG_NCAUSES]; /* traps delivered to the guest by the VMM */
    uint64_t emulations[PG_NOPS];     /* interpretive routines run after a trap, by instruction */
};

/* What a guest is given. The session copies what it needs; the image must outlive it. */
struct pg_setup {
    const struct pg_image *image;
    uint32_t memory;                  /* bytes, a multiple of 4096 */
    const struct pg_profile *profile; /* NULL: strict */
    const uint8_t *disk;              /* NULL: no disk */
    uint32_t disk_sectors;
    const uint8_t *input; /* console input that has arrived at T = 0 */
    size_t input_size;
    bool live;                /* more input may come, by pg_feed */
    uint64_t limit;           /* the guest stops when its T reaches this; PG_NEVER: no limit */
    struct pg_tracer *tracer; /* is told of every event, see trace.h; must outlive the session.
                                 NULL: nobody is */
    /* Begin as a machine that this was taken of, in whichever system, and not at power-on. Then
     * `disk` may be NULL, and `log` is all input with its times, before and after, in place of
     * `input`, `input_size` and `live`. NULL: power-on. */
    const struct pg_checkpoint *from;
    const struct pg_input *log;
};

enum pg_progress {
    PG_PROGRESS_MORE,    /* call again */
    PG_PROGRESS_WAITING, /* every guest that has not ended waits for live input */
    PG_PROGRESS_DONE,    /* every guest has ended or reached its limit */
    PG_PROGRESS_BROKEN,  /* the VMM itself failed: see pg_session_error */
};

struct pg_session;

struct pg_system {
    const char *name;
    const char *meaning; /* one line for --help */
    /* Efficiency: what it promises, in words, and do these counts keep it? NULL: nothing, it only
     * reports. */
    const char *promise;
    bool (*keeps)(const struct pg_counts *counts);
    struct pg_session *(*open)(const struct pg_engine *engine, const struct pg_setup *guests,
                               size_t n, struct pg_error *err);
};

/* Every session begins with this; a system's own struct extends it. */
struct pg_session {
    const struct pg_system *system;
    /* Run about `steps` steps and return between two steps of every guest. */
    enum pg_progress (*run)(struct pg_session *s, uint64_t steps);
    /* Guest k's machine, with all its state as it stands: bare's own, or the virtual one. */
    struct pg_machine *(*guest)(struct pg_session *s, size_t k);
    const struct pg_counts *(*counts)(struct pg_session *s, size_t k);
    /* Move guest k's limit: it stops when its T reaches this. One that stopped there goes on. */
    void (*limit)(struct pg_session *s, size_t k, uint64_t T);
    /* Is what the system keeps beside guest k's state (shadow page tables, the real TLB) true to
     * it? False with a message that names what is not. NULL: it keeps nothing. */
    bool (*check)(struct pg_session *s, size_t k, struct pg_error *err);
    void (*close)(struct pg_session *s);
    size_t nguests;
    struct pg_error error; /* for PG_PROGRESS_BROKEN */
};

extern const struct pg_system *const pg_systems[]; /* NULL-terminated */
const struct pg_system *pg_system_by_name(const char *name);

/* Give a machine what the setup says: profile, program, disk, input. Used by every system.
 * False with a message that names what does not fit. */
bool pg_set_up(struct pg_machine *m, const struct pg_setup *setup, struct pg_error *err);

#define X(name) extern const struct pg_system pg_system_##name;
#include "vmm/system.def"
#undef X

#endif
