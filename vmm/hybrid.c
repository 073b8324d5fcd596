/* hybrid.c - the hybrid VMM: interprets virtual-supervisor code, executes virtual-user code
 * directly.
 *
 * Source: Popek & Goldberg (1974), theorem 3. It is right where every user-sensitive
 * instruction is privileged, which asks less of a machine than trap-and-emulate does: the PDP-10,
 * with its JRST 1, is the paper's example.
 */
#include "vmm/shadow.h"
#include "vmm/vmm.h"

static bool hybrid_open(struct pg_vm *vm, struct pg_error *err) {
    vm->interpreter = vm->vmm->engine->open(vm->m);
    if (!vm->interpreter)
        return pg_fail(err, "the host is out of memory");
    return pg_shadow_open(vm, err);
}

static void hybrid_close(struct pg_vm *vm) {
    pg_shadow_close(vm);
    if (vm->interpreter)
        vm->vmm->engine->close(vm->interpreter);
}

/* Who looks on while supervisor code is interpreted, and who else does. */
struct interpreting {
    struct pg_vm *vm;
    pg_onlooker_fn *other;
    void *context;
};

/* Traps that the interpreter delivers are the VMM's. Outside ring 0 it stops, as it does where
 * firmware is entered. */
static void look_on(void *context, const struct pg_machine *m, uint32_t status, bool delivered) {
    const struct interpreting *i = context;
    if (i->other)
        i->other(i->context, m, status, delivered);
    if (delivered)
        pg_vm_reflected(i->vm);
    if (pg_psw_ring(&m->cpu.psw) != 0)
        i->vm->m->entered = true;
}

/* Have the engine interpret until the guest leaves ring 0 or something is due. */
static void interpret(struct pg_vm *vm) {
    struct pg_machine *m = vm->m;
    struct interpreting i = {vm, m->onlooker, m->onlooker_context};
    uint64_t retired = m->retired;
    m->onlooker = look_on;
    m->onlooker_context = &i;
    vm->vmm->engine->run(vm->interpreter, m->cpu.T + pg_vm_budget(vm));
    m->onlooker = i.other;
    m->onlooker_context = i.context;
    vm->counts.n[PG_COUNT_interpreted] += m->retired - retired;
}

static bool hybrid_enter(struct pg_vm *vm) {
    if (pg_psw_ring(&vm->m->cpu.psw) == 0) {
        interpret(vm);
        return false;
    }
    pg_enter_relocated(vm);
    return true;
}

static const struct pg_technique technique = {
    .open = hybrid_open,
    .close = hybrid_close,
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
