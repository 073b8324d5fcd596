/* bt_site.c - instructions whose translation keeps trapping, to be translated anew.
 *
 * A port access is translated before it is known which port a register will name, and a store
 * before it is known that its page holds translated code. Both learn from what happens: when an
 * instruction has trapped BT_HOT times in the same way its units are discarded, and what is
 * translated in their place expects that case. What does not fit the expectation still traps.
 *
 * Source: Adams & Agesen, ASPLOS 2006, section 3.3, "adaptive binary translation".
 */
#include "vmm/bt.h"

static struct bt_site *place(struct pg_vm *vm, uint32_t pa) {
    return &vm->bt->sites[pa / PG_WORD % BT_SITES];
}

bool bt_site_trapped(struct pg_vm *vm, uint32_t pa, uint32_t port) {
    struct bt_site *site = place(vm, pa);
    if (site->traps == 0 || site->pa != pa || site->port != port)
        *site = (struct bt_site){.pa = pa, .port = port};
    if (site->traps == BT_HOT)
        return false;
    return ++site->traps == BT_HOT;
}

bool bt_site_hot(struct pg_vm *vm, uint32_t pa, uint32_t *port) {
    const struct bt_site *site = place(vm, pa);
    *port = site->port;
    return site->pa == pa && site->traps == BT_HOT;
}

/* ---- ports read ahead */

int bt_input(struct pg_vm *vm, uint32_t port) {
    struct pg_bt *bt = vm->bt;
    for (unsigned k = 0; k < bt->ninputs; k++)
        if (bt->inputs[k] == port)
            return (int)k;
    if (bt->ninputs == BT_NINPUTS || !pg_bus_claims(port, PG_STEADY))
        return -1;
    bt->inputs[bt->ninputs] = port;
    bt->bus_changes = vm->m->bus.changes - 1; /* it has not been read */
    return (int)bt->ninputs++;
}

void bt_read_ahead(struct pg_vm *vm) {
    struct pg_bt *bt = vm->bt;
    if (bt->bus_changes == vm->m->bus.changes)
        return;
    struct pg_env env = pg_env_begin(vm->m);
    for (unsigned k = 0; k < bt->ninputs; k++)
        bt->values[k] = pg_bus_look(&vm->m->bus, &env, bt->inputs[k]);
    bt->bus_changes = vm->m->bus.changes;
}
