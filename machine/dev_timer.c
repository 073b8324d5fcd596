/* dev_timer.c - one one-shot timer, exact to the step.
 *
 * It counts either T or, so that a VMM written for PG32 can time its guests, U: only the
 * instructions retired in rings >= 1.
 */
#include "machine/device.h"

enum { LO = 0x20, HI = 0x21, CONTROL = 0x22, DELTA = 0x23, UDELTA = 0x24, ULO = 0x25, UHI = 0x26 };
enum { OFF = 0, ON_T = 1, ON_U = 2, PENDING = 0x10 };

struct timer {
    uint64_t deadline;
    uint32_t mode; /* OFF, ON_T or ON_U */
    uint32_t pending;
};

static const struct pg_reg regs[] = {
    PG_REG(struct timer, deadline, "T or U at which it fires"),
    PG_REG(struct timer, mode, "0 off, 1 counts T, 2 counts U"),
    PG_REG(struct timer, pending, "1: it has fired and holds its line"),
};

static const struct pg_port ports[] = {
    {LO, PG_INOUT | PG_STEADY, "timer.lo", "low word of the deadline"},
    {HI, PG_INOUT | PG_STEADY, "timer.hi",
     "high word of the deadline; from 0x80000000 on it never comes"},
    {CONTROL, PG_INOUT | PG_STEADY, "timer.control",
     "out: 0 off, 1 fire when T reaches the deadline, 2 when U does; drops the line. "
     "in: the mode, + 0x10 if pending"},
    {DELTA, PG_OUT, "timer.delta", "deadline = T + value, mode 1; drops the line"},
    {UDELTA, PG_OUT, "timer.udelta", "deadline = U + value, mode 2; drops the line"},
    {ULO, PG_IN, "timer.ulo", "low word of U, the instructions retired in rings >= 1"},
    {UHI, PG_IN, "timer.uhi", "high word of U"},
};

static void arm(struct timer *t, uint32_t mode, uint64_t deadline) {
    t->mode = mode;
    t->deadline = deadline;
    t->pending = 0;
}

static uint32_t timer_in(void *state, struct pg_env *env, unsigned port) {
    const struct timer *t = state;
    switch (port) {
    case LO: return (uint32_t)t->deadline;
    case HI: return (uint32_t)(t->deadline >> 32);
    case CONTROL: return t->mode | (t->pending ? PENDING : 0);
    case ULO: return (uint32_t)env->clock.U;
    default: return (uint32_t)(env->clock.U >> 32);
    }
}

static void timer_out(void *state, struct pg_env *env, unsigned port, uint32_t value) {
    struct timer *t = state;
    switch (port) {
    case LO: t->deadline = (t->deadline & ~0xffffffffULL) | value; break;
    case HI: t->deadline = (t->deadline & 0xffffffffULL) | (uint64_t)value << 32; break;
    case CONTROL: arm(t, value <= ON_U ? value : OFF, t->deadline); break;
    case DELTA: arm(t, ON_T, env->clock.T + value); break;
    default: arm(t, ON_U, env->clock.U + value); break;
    }
}

static uint64_t timer_next(const void *state, const struct pg_env *env) {
    const struct timer *t = state;
    if (t->mode == OFF || t->deadline >= PG_HORIZON)
        return PG_NEVER;
    if (t->mode == ON_T)
        return t->deadline;
    if (t->deadline <= env->clock.U)
        return env->clock.T;
    if (env->clock.user) {
        uint64_t left = t->deadline - env->clock.U;
        return left < PG_NEVER - env->clock.T ? env->clock.T + left : PG_NEVER;
    }
    return PG_NEVER;
}

static void timer_advance(void *state, struct pg_env *env) {
    struct timer *t = state;
    t->mode = OFF;
    t->pending = 1;
}

static bool timer_pending(const void *state) {
    return ((const struct timer *)state)->pending;
}

static bool timer_valid(const void *state, const struct pg_env *env) {
    const struct timer *t = state;
    return t->mode <= ON_U && t->pending <= 1;
}

const struct pg_device pg_device_timer = {
    .name = "timer",
    .line = 0,
    .state_size = sizeof(struct timer),
    .regs = regs,
    .nregs = sizeof regs / sizeof *regs,
    .ports = ports,
    .nports = sizeof ports / sizeof *ports,
    .in = timer_in,
    .out = timer_out,
    .next = timer_next,
    .advance = timer_advance,
    .pending = timer_pending,
    .valid = timer_valid,
};
