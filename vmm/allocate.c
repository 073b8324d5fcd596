/* allocate.c - the allocator A: which part of the real machine a guest may have.
 *
 * Popek & Goldberg, section 3: A decides what resources are to be provided; no guest gets a part of
 * another's or of the VMM's.
 */
#include "vmm/vmm.h"

bool pg_allocate(struct pg_vmm *vmm, uint32_t size, uint32_t *base) {
    uint64_t end = (uint64_t)vmm->next_free + size;
    end = (end + PG_PAGE - 1) / PG_PAGE * PG_PAGE;
    if (end > vmm->memory)
        return false;
    *base = vmm->next_free;
    vmm->next_free = (uint32_t)end;
    return true;
}

struct pg_psw pg_compose(const struct pg_vm *vm) {
    const struct pg_psw *guest = &vm->m->cpu.psw;
    uint32_t q = vm->m->ram.size;
    struct pg_psw real = {.status = PG_MODE_BOUNDS, .base = vm->base, .bound = q};
    if ((guest->status & PG_MODE) == PG_MODE_BOUNDS) {
        /* Addresses past the guest's memory are past the bound, as on a machine of that size. */
        uint32_t room = guest->base < q ? q - guest->base : 0;
        real.base = vm->base + (room ? guest->base : 0);
        real.bound = guest->bound < room ? guest->bound : room;
    }
    return real;
}
