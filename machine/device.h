/* device.h - what a device is: a file, and a row of device.def.
 *
 * A device sees its own state, the clock, physical memory for DMA, and what is plugged into
 * it (disk image, input, console). It never sees the CPU. Its registers describe themselves,
 * so that reset, snapshot, state hash and the monitor need no code per device.
 */
#ifndef PG_DEVICE_H
#define PG_DEVICE_H

#include "machine/ram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_NEVER UINT64_MAX

/* Deadlines from here on never come, so that no guest can set the clock forward (idle passes the
 * time up to a deadline) to where a sum of times overflows. */
#define PG_HORIZON (UINT64_MAX / 2 + 1)

/* No file may hold a time beyond: T passes the horizon only step by step, and much further on sums
 * of times could overflow. */
#define PG_LAST_T (PG_HORIZON + PG_HORIZON / 2)

/* The only clock. */
struct pg_clock {
    uint64_t T; /* instructions retired + traps delivered (+ idle time) */
    uint64_t U; /* instructions retired in rings >= 1 */
    bool user;  /* is the machine in a ring >= 1 now, so that U grows? */
};

/* A byte queue that only grows: console input and output. */
struct pg_bytes {
    uint8_t *data;
    size_t size, capacity;
};

/* Append. False if the host is out of memory. */
bool pg_bytes_add(struct pg_bytes *bytes, const void *data, size_t size);

/* A disk's unit, and its greatest size: 2 GiB. */
enum { PG_SECTOR = 512, PG_MAX_SECTORS = 1 << 22 };

/* External input: bytes that arrive at a recorded T. */
struct pg_arrival {
    uint64_t T;
    size_t upto; /* input.bytes[0 .. upto) has arrived by T */
};

struct pg_input {
    struct pg_bytes bytes;
    struct pg_arrival *arrivals; /* T ascending; room for the next power of two */
    size_t narrivals;
    bool open;      /* live: more may come */
    uint64_t end_T; /* when the end became known, if not open */
};

/* What is plugged into a machine from outside. Owned by the bus. */
struct pg_plugs {
    struct pg_input input;
    struct pg_bytes output; /* all that the console has written */
    uint8_t *disk;          /* the disk's contents, or NULL */
    uint32_t disk_sectors;
    uint8_t *disk_written; /* per sector: written since it was plugged in */
};

/* Plug in a disk of that many sectors (at most PG_MAX_SECTORS) in place of what was there, a copy
 * of `bytes` or zero if NULL. False, with the old one in place, if the host is out of memory. */
bool pg_plugs_disk(struct pg_plugs *plugs, const uint8_t *bytes, uint32_t sectors);
void pg_plugs_free(struct pg_plugs *plugs);

/* What a device may reach while it acts. */
struct pg_env {
    struct pg_clock clock;
    struct pg_ram *ram;
    struct pg_plugs *plugs;
    bool failed;        /* out: the host is out of memory */
    bool halted;        /* out: the power device ended the run */
    uint32_t exit_code; /* with this code */
};

/* A device register: a field of the device's state. */
struct pg_reg {
    const char *name;
    uint16_t offset; /* in the state struct */
    uint16_t size;   /* 4 or 8 bytes */
    const char *meaning;
};

uint64_t pg_reg_get(const struct pg_reg *reg, const void *state);
void pg_reg_set(const struct pg_reg *reg, void *state, uint64_t value);

enum pg_access {
    PG_IN = 1,
    PG_OUT = 2,
    PG_INOUT = 3,
    PG_POSTED = 4, /* beside PG_OUT: no state the guest can see depends on when the write happens,
                      only on the order, so that a VMM may collect such writes */
    PG_STEADY = 8, /* beside PG_IN: a read changes nothing, and reads the same until the device is
                      accessed by another port or has an event, so that a VMM may read ahead */
};

struct pg_port {
    uint16_t number;
    uint8_t access; /* enum pg_access; the other direction traps */
    const char *name;
    const char *meaning;
};

struct pg_device {
    const char *name;
    int line; /* interrupt line, or -1 */
    size_t state_size;
    const struct pg_reg *regs;
    size_t nregs;
    const struct pg_port *ports; /* whose numbers follow one another */
    size_t nports;
    /* Set the state (zeroed before) to what it is at power-on. NULL: all zero. */
    void (*reset)(void *state);
    /* Read or write a port that the port table has, in that direction. */
    uint32_t (*in)(void *state, struct pg_env *env, unsigned port);
    void (*out)(void *state, struct pg_env *env, unsigned port, uint32_t value);
    /* The T of the device's next event, PG_NEVER if none; may lie in the past, and is then
     * due at once. NULL: never. */
    uint64_t (*next)(const void *state, const struct pg_env *env);
    /* Apply the events with time <= env->clock.T. */
    void (*advance)(void *state, struct pg_env *env);
    /* Does the device hold its interrupt line? NULL: no line. */
    bool (*pending)(const void *state);
    /* Could the device be in this state? Asked of a snapshot. NULL: any state is possible. */
    bool (*valid)(const void *state, const struct pg_env *env);
};

/* The devices, in event order: the extern of each row of device.def. */
#define X(name) extern const struct pg_device pg_device_##name;
#include "machine/device.def"
#undef X

#define PG_REG(type, field, meaning)                                                               \
    { #field, offsetof(type, field), sizeof(((type *)0)->field), meaning }

#endif
