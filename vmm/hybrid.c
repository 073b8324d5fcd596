/* hybrid.c - the hybrid VMM: interprets virtual-supervisor code, executes virtual-user code
 * directly.
 *
 * Source: Popek & Goldberg (1974), theorem 3. It is right where every user-sensitive
 * instruction is privileged, which asks less of a machine than trap-and-emulate does: the PDP-10,
 * with its JRST 1, is the paper's example.
 */
#include "vmm/shadow.h"
#include "vmm/vmm.h"

static bool in_supervisor(const struct pg_vm *vm) {
    return pg_psw_supervisor(&vm->m->cpu.psw);
}

static bool hybrid_enter(struct pg_vm *vm) {
    if (in_supervisor(vm)) {
        pg_vm_interpret_while(vm, in_supervisor, pg_vm_budget(vm));
        return false;
    }
    pg_enter_relocated(vm);
    return true;
}

static const struct pg_technique technique = {
    .open = pg_shadow_open,
    .close = pg_shadow_close,
    .enter = hybrid_enter,
    .exit = pg_exit_relocated,
    .check = pg_shadow_check,
    .overhead = PG_SHADOW_BYTES,
};

static struct pg_session *open_session(const struct pg_engine *engine,
                                       const struct pg_setup *guests, size_t n,
                                       struct pg_error *err) {
    return pg_vmm_open(&pg_system_hybrid, &technique, engine, guests, n, err);
}

const struct pg_system pg_system_hybrid = {
    .name = "hybrid",
    .meaning = "supervisor code interpreted, user code directly",
    .promise = "no innocuous instruction of a user ring is emulated",
    .keeps = pg_emulates_no_innocuous,
    .open = open_session,
};
