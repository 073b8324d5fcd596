/* bus.h - the ports, the devices behind them, and the interrupt lines.
 *
 * The bus knows devices only as rows of device.def. It keeps derived figures for the CPU's sake:
 * the pending lines and the T of the next event.
 */
#ifndef PG_BUS_H
#define PG_BUS_H

#include "machine/device.h"

enum {
#define X(name) PG_DEV_##name,
#include "machine/device.def"
#undef X
    PG_NDEVICES
};

struct pg_bus {
    void *state[PG_NDEVICES];
    struct pg_plugs plugs;
    uint32_t lines;      /* pending interrupt lines, a bit each */
    uint64_t next_event; /* T at which pg_bus_advance has something to do, or PG_NEVER */
    bool user_matters;   /* next_event depends on whether the machine is in a user ring */
    uint64_t changes; /* how often a device may have changed: between two, PG_STEADY ports keep */
    struct pg_bus_next {           /* of each device: its next event ... */
        uint64_t in_zero, in_user; /* ... if the machine stays in ring 0, and if in user rings */
    } next[PG_NDEVICES];
};

extern const struct pg_device *const pg_devices[PG_NDEVICES];

bool pg_bus_init(struct pg_bus *bus);
void pg_bus_free(struct pg_bus *bus);
void pg_bus_reset(struct pg_bus *bus);

/* Does a device answer this port in this direction? */
bool pg_bus_claims(uint32_t port, enum pg_access access);

/* The number of the port with this name (`timer.delta`), or -1. */
int pg_port_by_name(const char *name);

/* Port access; the port must be claimed. */
uint32_t pg_bus_in(struct pg_bus *bus, struct pg_env *env, uint32_t port);
void pg_bus_out(struct pg_bus *bus, struct pg_env *env, uint32_t port, uint32_t value);

/* What a port that is PG_STEADY reads. */
uint32_t pg_bus_look(const struct pg_bus *bus, struct pg_env *env, uint32_t port);

/* Apply every device event with time <= env->clock.T, in device order. */
void pg_bus_advance(struct pg_bus *bus, struct pg_env *env);

/* The T of the next event if the machine stays in a user ring, or never is in one. */
uint64_t pg_bus_next(const struct pg_bus *bus, const struct pg_env *env, bool user);

/* Work out lines and next_event anew: after any access, and whenever the machine enters or
 * leaves ring 0 (a timer may count user steps). */
void pg_bus_refresh(struct pg_bus *bus, struct pg_env *env);

/* Live input: `size` bytes arrive at T (not before the last arrival). False if the host is out
 * of memory, or after 4 GiB. pg_input_end: no more will come. */
bool pg_input_add(struct pg_input *input, uint64_t T, const void *data, size_t size);
void pg_input_end(struct pg_input *input, uint64_t T);

#endif
