#include "machine/bus.h"

#include <stdlib.h>

const struct pg_device *const pg_devices[PG_NDEVICES] = {
#define X(name) &pg_device_##name,
#include "machine/device.def"
#undef X
};

bool pg_bytes_add(struct pg_bytes *bytes, const void *data, size_t size) {
    if (size > bytes->capacity - bytes->size) {
        if (size > SIZE_MAX / 4 - bytes->capacity)
            return false;
        size_t capacity = 2 * bytes->capacity + size + 64;
        uint8_t *grown = realloc(bytes->data, capacity);
        if (!grown)
            return false;
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return true;
}

bool pg_input_add(struct pg_input *input, uint64_t T, const void *data, size_t size) {
    size_t n = input->narrivals;
    if (size > UINT32_MAX - input->bytes.size) /* the console counts in 32 bits */
        return false;
    if ((n & (n - 1)) == 0) { /* full at each power of two */
        struct pg_arrival *grown = realloc(input->arrivals, (n ? 2 * n : 1) * sizeof *grown);
        if (!grown)
            return false;
        input->arrivals = grown;
    }
    if (!pg_bytes_add(&input->bytes, data, size))
        return false;
    input->arrivals[input->narrivals++] = (struct pg_arrival){T, input->bytes.size};
    return true;
}

void pg_input_end(struct pg_input *input, uint64_t T) {
    input->open = false;
    input->end_T = T;
}

bool pg_plugs_disk(struct pg_plugs *plugs, const uint8_t *bytes, uint32_t sectors) {
    size_t size = (size_t)sectors * PG_SECTOR;
    uint8_t *disk = calloc(1, size + 1); /* + 1: a disk without sectors is a disk, too */
    uint8_t *written = calloc(1, (size_t)sectors + 1);
    if (!disk || !written) {
        free(disk);
        free(written);
        return false;
    }
    if (bytes && size)
        memcpy(disk, bytes, size);
    free(plugs->disk);
    free(plugs->disk_written);
    plugs->disk = disk;
    plugs->disk_written = written;
    plugs->disk_sectors = sectors;
    return true;
}

void pg_plugs_free(struct pg_plugs *plugs) {
    free(plugs->input.bytes.data);
    free(plugs->input.arrivals);
    free(plugs->output.data);
    free(plugs->disk);
    free(plugs->disk_written);
    *plugs = (struct pg_plugs){0};
}

uint64_t pg_reg_get(const struct pg_reg *reg, const void *state) {
    const uint8_t *field = (const uint8_t *)state + reg->offset;
    uint32_t word;
    uint64_t value;
    if (reg->size == sizeof value) {
        memcpy(&value, field, sizeof value);
        return value;
    }
    memcpy(&word, field, sizeof word);
    return word;
}

void pg_reg_set(const struct pg_reg *reg, void *state, uint64_t value) {
    uint8_t *field = (uint8_t *)state + reg->offset;
    uint32_t word = (uint32_t)value;
    if (reg->size == sizeof value)
        memcpy(field, &value, sizeof value);
    else
        memcpy(field, &word, sizeof word);
}

bool pg_bus_init(struct pg_bus *bus) {
    for (int k = 0; k < PG_NDEVICES; k++)
        if (!(bus->state[k] = calloc(1, pg_devices[k]->state_size)))
            return false;
    return true;
}

void pg_bus_free(struct pg_bus *bus) {
    for (int k = 0; k < PG_NDEVICES; k++)
        free(bus->state[k]);
    pg_plugs_free(&bus->plugs);
    *bus = (struct pg_bus){0};
}

void pg_bus_reset(struct pg_bus *bus) {
    for (int k = 0; k < PG_NDEVICES; k++) {
        memset(bus->state[k], 0, pg_devices[k]->state_size);
        if (pg_devices[k]->reset)
            pg_devices[k]->reset(bus->state[k]);
    }
}

/* The device that has the port in that direction, or -1. */
static int owner(uint32_t port, enum pg_access access) {
    for (int k = 0; k < PG_NDEVICES; k++) {
        uint32_t row = port - pg_devices[k]->ports[0].number;
        if (row < pg_devices[k]->nports)
            return pg_devices[k]->ports[row].access & access ? k : -1;
    }
    return -1;
}

bool pg_bus_claims(uint32_t port, enum pg_access access) {
    return owner(port, access) >= 0;
}

int pg_port_by_name(const char *name) {
    for (int k = 0; k < PG_NDEVICES; k++)
        for (size_t p = 0; p < pg_devices[k]->nports; p++)
            if (strcmp(pg_devices[k]->ports[p].name, name) == 0)
                return pg_devices[k]->ports[p].number;
    return -1;
}

/* The T of a device's next event if the machine were in a user ring, or not. */
static uint64_t next_of(const struct pg_bus *bus, const struct pg_env *env, int k, bool user) {
    if (!pg_devices[k]->next)
        return PG_NEVER;
    struct pg_env as_if = *env;
    as_if.clock.user = user;
    return pg_devices[k]->next(bus->state[k], &as_if);
}

/* Ask a device for its line and its next event. */
static void ask(struct pg_bus *bus, const struct pg_env *env, int k) {
    bool pending = pg_devices[k]->pending && pg_devices[k]->pending(bus->state[k]);
    if (pg_devices[k]->line >= 0)
        bus->lines = (bus->lines & ~(1U << pg_devices[k]->line)) | (uint32_t)pending
                                                                       << pg_devices[k]->line;
    bus->next[k] = (struct pg_bus_next){next_of(bus, env, k, false), next_of(bus, env, k, true)};
}

static void sum_up(struct pg_bus *bus, const struct pg_env *env) {
    bus->changes++;
    struct pg_bus_next first = bus->next[0];
    for (int k = 1; k < PG_NDEVICES; k++) {
        first.in_zero = bus->next[k].in_zero < first.in_zero ? bus->next[k].in_zero : first.in_zero;
        first.in_user = bus->next[k].in_user < first.in_user ? bus->next[k].in_user : first.in_user;
    }
    bus->user_matters = first.in_user != first.in_zero;
    bus->next_event = env->clock.user ? first.in_user : first.in_zero;
}

void pg_bus_refresh(struct pg_bus *bus, struct pg_env *env) {
    for (int k = 0; k < PG_NDEVICES; k++)
        ask(bus, env, k);
    sum_up(bus, env);
}

/* The guest has used a device. The others are as they were, but what a timer that counts user steps
 * says of its next event holds for the present T alone. */
static void accessed(struct pg_bus *bus, struct pg_env *env, int k) {
    if (bus->user_matters) {
        pg_bus_refresh(bus, env);
    } else {
        ask(bus, env, k);
        sum_up(bus, env);
    }
}

uint32_t pg_bus_in(struct pg_bus *bus, struct pg_env *env, uint32_t port) {
    int k = owner(port, PG_IN);
    uint32_t value = pg_devices[k]->in(bus->state[k], env, port);
    accessed(bus, env, k);
    return value;
}

uint32_t pg_bus_look(const struct pg_bus *bus, struct pg_env *env, uint32_t port) {
    int k = owner(port, PG_STEADY);
    return pg_devices[k]->in(bus->state[k], env, port);
}

void pg_bus_out(struct pg_bus *bus, struct pg_env *env, uint32_t port, uint32_t value) {
    int k = owner(port, PG_OUT);
    pg_devices[k]->out(bus->state[k], env, port, value);
    accessed(bus, env, k);
}

void pg_bus_advance(struct pg_bus *bus, struct pg_env *env) {
    for (int k = 0; k < PG_NDEVICES; k++)
        if (pg_devices[k]->next && pg_devices[k]->next(bus->state[k], env) <= env->clock.T)
            pg_devices[k]->advance(bus->state[k], env);
    pg_bus_refresh(bus, env);
}

uint64_t pg_bus_next(const struct pg_bus *bus, const struct pg_env *env, bool user) {
    uint64_t first = PG_NEVER;
    for (int k = 0; k < PG_NDEVICES; k++) {
        uint64_t T = next_of(bus, env, k, user);
        first = T < first ? T : first;
    }
    return first;
}
