/* te.c - trap-and-emulate: the guest runs directly, above ring 0; what traps is emulated.
 *
 * Source: Popek & Goldberg (1974), theorem 1. It is right exactly where every sensitive instruction
 * is privileged.
 */
#include "vmm/shadow.h"
#include "vmm/vmm.h"

static bool te_open(struct pg_vm *vm, struct pg_error *err) {
    return pg_shadow_open(vm, err);
}

static void te_close(struct pg_vm *vm) {
    pg_shadow_close(vm);
}

static bool te_enter(struct pg_vm *vm) {
    struct pg_psw relocation;
    if ((vm->m->cpu.psw.status & PG_MODE) == PG_MODE_PAGED)
        relocation = pg_shadow_space(vm);
    else
        relocation = pg_compose(vm);
    pg_enter_direct(vm, &relocation);
    return true;
}

static bool te_exit(struct pg_vm *vm, const struct pg_exit *exit) {
    pg_leave_direct(vm, exit);
    pg_dispatch(vm, &exit->trap);
    return true;
}

static const struct pg_technique technique = {
    .open = te_open,
    .close = te_close,
    .enter = te_enter,
    .exit = te_exit,
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
    .open = open_session,
};
