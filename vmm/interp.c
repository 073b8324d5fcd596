/* interp.c - the purely interpretive VMM: no guest instruction is ever executed by the real
 * machine.
 *
 * Popek & Goldberg (1974), section 3, on a machine where every v_i is in use all the time. The
 * interpreter is an engine applied to the virtual machine.
 */
#include "vmm/vmm.h"

static bool interp_open(struct pg_vm *vm, struct pg_error *err) {
    vm->interpreter = vm->vmm->engine->open(vm->m);
    return vm->interpreter || pg_fail(err, "the host is out of memory");
}

static void interp_close(struct pg_vm *vm) {
    if (vm->interpreter)
        vm->vmm->engine->close(vm->interpreter);
}

/* Interpret for a time slice; the guest never gets the processor. */
static bool interp_enter(struct pg_vm *vm) {
    struct pg_vmm *vmm = vm->vmm;
    uint64_t retired = vm->m->retired;
    vmm->engine->run(vm->interpreter, vm->m->cpu.T + pg_vm_budget(vm));
    vm->counts.n[PG_COUNT_interpreted] += vm->m->retired - retired;
    return false;
}

static const struct pg_technique technique = {
    .open = interp_open,
    .close = interp_close,
    .enter = interp_enter,
};

static struct pg_session *open_session(const struct pg_engine *engine,
                                       const struct pg_setup *guests, size_t n,
                                       struct pg_error *err) {
    return pg_vmm_open(&pg_system_interp, &technique, engine, guests, n, err);
}

const struct pg_system pg_system_interp = {
    .name = "interp",
    .meaning = "the VMM interprets every guest instruction",
    .open = open_session,
};
