/* dev_power.c - the end of a run, and what the machine is made of. */
#include "machine/device.h"

enum { EXIT = 0x00, MEMORY = 0x01 };

struct power {
    uint32_t exit_code;
};

static const struct pg_reg regs[] = {
    PG_REG(struct power, exit_code, "last code written to power.exit"),
};

static const struct pg_port ports[] = {
    {EXIT, PG_OUT, "power.exit", "ends the run with this exit code"},
    {MEMORY, PG_IN | PG_STEADY, "power.memory", "size of physical memory in bytes"},
};

static uint32_t power_in(void *state, struct pg_env *env, unsigned port) {
    return env->ram->size;
}

static void power_out(void *state, struct pg_env *env, unsigned port, uint32_t value) {
    struct power *p = state;
    p->exit_code = value;
    env->halted = true;
    env->exit_code = value;
}

const struct pg_device pg_device_power = {
    .name = "power",
    .line = -1,
    .state_size = sizeof(struct power),
    .regs = regs,
    .nregs = sizeof regs / sizeof *regs,
    .ports = ports,
    .nports = sizeof ports / sizeof *ports,
    .in = power_in,
    .out = power_out,
};
