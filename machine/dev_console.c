/* dev_console.c - bytes out, and bytes in that arrive at a recorded T. */
#include "machine/device.h"

enum { DATA = 0x10, STATUS = 0x11, CONTROL = 0x12 };
enum { AVAILABLE = 1, ENDED = 2, RX_INTERRUPT = 1 };

struct console {
    uint32_t read;    /* bytes of the input that the guest has taken */
    uint32_t arrived; /* bytes that have arrived */
    uint32_t ended;   /* no more will arrive */
    uint32_t control; /* RX_INTERRUPT: the line is held while there is something to read */
};

static const struct pg_reg regs[] = {
    PG_REG(struct console, read, "input bytes taken by the guest"),
    PG_REG(struct console, arrived, "input bytes that have arrived"),
    PG_REG(struct console, ended, "1: no more input will come"),
    PG_REG(struct console, control, "1: interrupt while there is input or its end"),
};

static const struct pg_port ports[] = {
    {DATA, PG_INOUT | PG_POSTED, "console.data",
     "out: write the low byte. in: take the next input byte, 0xffffffff if there is none"},
    {STATUS, PG_IN | PG_STEADY, "console.status",
     "bit 0: input is available, bit 1: the input has ended"},
    {CONTROL, PG_INOUT | PG_STEADY, "console.control",
     "bit 0: interrupt while there is input or its end"},
};

static uint32_t console_in(void *state, struct pg_env *env, unsigned port) {
    struct console *c = state;
    switch (port) {
    case DATA: /* a debugger may have set `arrived` to more than there is */
        return c->read < c->arrived && c->read < env->plugs->input.bytes.size
                   ? env->plugs->input.bytes.data[c->read++]
                   : UINT32_MAX;
    case STATUS:
        return (c->read < c->arrived ? AVAILABLE : 0) |
               (c->ended && c->read == c->arrived ? ENDED : 0);
    default: return c->control;
    }
}

static void console_out(void *state, struct pg_env *env, unsigned port, uint32_t value) {
    struct console *c = state;
    uint8_t byte = (uint8_t)value;
    if (port == CONTROL)
        c->control = value & RX_INTERRUPT;
    else if (!pg_bytes_add(&env->plugs->output, &byte, 1))
        env->failed = true;
}

/* The index of the first arrival not yet seen; the number of arrivals if there is none. */
static size_t unseen(const struct console *c, const struct pg_input *in) {
    size_t lo = 0, hi = in->narrivals;
    while (lo < hi) {
        size_t middle = (lo + hi) / 2;
        if (in->arrivals[middle].upto > c->arrived)
            hi = middle;
        else
            lo = middle + 1;
    }
    return lo;
}

/* The next arrival, or the end of the input. */
static uint64_t console_next(const void *state, const struct pg_env *env) {
    const struct console *c = state;
    const struct pg_input *in = &env->plugs->input;
    size_t k = unseen(c, in);
    if (k < in->narrivals)
        return in->arrivals[k].T;
    return in->open || c->ended ? PG_NEVER : in->end_T;
}

static void console_advance(void *state, struct pg_env *env) {
    struct console *c = state;
    const struct pg_input *in = &env->plugs->input;
    for (size_t k = unseen(c, in); k < in->narrivals && in->arrivals[k].T <= env->clock.T; k++)
        c->arrived = (uint32_t)in->arrivals[k].upto;
    if (!in->open && in->end_T <= env->clock.T && c->arrived == in->bytes.size)
        c->ended = 1;
}

static bool console_pending(const void *state) {
    const struct console *c = state;
    return c->control & RX_INTERRUPT && (c->read < c->arrived || c->ended);
}

static bool console_valid(const void *state, const struct pg_env *env) {
    const struct console *c = state;
    return c->read <= c->arrived && c->arrived <= env->plugs->input.bytes.size && c->ended <= 1 &&
           c->control <= RX_INTERRUPT;
}

const struct pg_device pg_device_console = {
    .name = "console",
    .line = 1,
    .state_size = sizeof(struct console),
    .regs = regs,
    .nregs = sizeof regs / sizeof *regs,
    .ports = ports,
    .nports = sizeof ports / sizeof *ports,
    .in = console_in,
    .out = console_out,
    .next = console_next,
    .advance = console_advance,
    .pending = console_pending,
    .valid = console_valid,
};
