/* te.c - trap-and-emulate: the guest runs directly, above ring 0; what traps is emulated.
 *
 * Source: Popek & Goldberg (1974), theorem 1. It is right exactly where every sensitive instruction
 * is privileged.
 */
#include "vmm/shadow.h"
#include "vmm/vmm.h"

static bool te_enter(struct pg_vm *vm) {
    pg_enter_relocated(vm);
    return true;
}

static const struct pg_technique technique = {
    .open = pg_shadow_open,
    .close = pg_shadow_close,
    .enter = te_enter,
    .exit = pg_exit_relocated,
    .check = pg_shadow_check,
    .overhead = PG_SHADOW_BYTES,
};

static struct pg_session *open_session(const struct pg_engine *engine,
                                       const struct pg_setup *guests, size_t n,
                                       struct pg_error *err) {
    return pg_vmm_open(&pg_system_te, &technique, engine, guests, n, err);
}

const struct pg_system pg_system_te = {
    .name = "te",
    .meaning = "trap-and-emulate: direct execution above ring 0",
    .promise = "no innocuous instruction is emulated",
    .keeps = pg_emulates_no_innocuous,
    .open = open_session,
};
