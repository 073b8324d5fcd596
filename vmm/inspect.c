#include "vmm/inspect.h"

#include "vmm/vmm.h"

/* The VMM, if its guests run on a real machine. */
static struct pg_vmm *below(struct pg_session *session) {
    if (session->system == &pg_system_bare || session->system == &pg_system_interp)
        return NULL;
    return (struct pg_vmm *)session;
}

bool pg_inspect_real_psw(struct pg_session *session, struct pg_psw *psw) {
    const struct pg_vmm *vmm = below(session);
    if (!vmm || vmm->vms[0].counts.n[PG_COUNT_exits] == 0)
        return false;
    const uint32_t at = PG_FRAME_PSW;
    *psw = (struct pg_psw){pg_real_peek(vmm->real, at), pg_real_peek(vmm->real, at + 4),
                           pg_real_peek(vmm->real, at + 8), pg_real_peek(vmm->real, at + 12)};
    return true;
}

bool pg_inspect_real_entry(struct pg_session *session, const struct pg_psw *psw, uint32_t va,
                           uint32_t *where, uint32_t *entry) {
    const struct pg_vmm *vmm = below(session);
    if (!vmm || (psw->status & PG_MODE) != PG_MODE_PAGED)
        return false;
    uint32_t up = pg_real_peek(vmm->real, psw->base + (va >> 22) * 4), table = up & PG_PTE_FRAME;
    if (!(up & PG_PTE_V) || table >= vmm->memory)
        return false;
    *where = table + (va >> PG_PAGE_BITS) % 1024 * 4;
    *entry = pg_real_peek(vmm->real, *where);
    return *entry & PG_PTE_V;
}

bool pg_inspect_allocation(struct pg_session *session, uint32_t *base) {
    const struct pg_vmm *vmm = below(session);
    if (vmm)
        *base = vmm->vms[0].base;
    return vmm;
}
