#include "vmm/audit.h"

#include "vmm/vmm.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEVICE_BYTES = 512 };

/* What a guest must not change. */
struct authority {
    struct pg_psw psw; /* the pc aside */
    uint32_t mon_base, mon_bound;
    uint8_t devices[DEVICE_BYTES];
};

struct watch {
    struct pg_vm *vm;
    struct pg_audit *audit;
    bool begun;
    struct authority allowed;
    uint32_t pc;       /* before the step */
    uint64_t retired;  /* then */
    uint64_t begin_T;  /* real, at the entry */
    uint32_t tlb_live; /* entries */
    uint64_t tlb_changes;
};

static bool lost(struct watch *w, const struct pg_machine *real, const char *what) {
    w->audit->lost = true;
    w->audit->T = w->vm->m->cpu.T + (real->cpu.T - w->begin_T);
    w->audit->insn = real->trap.insn;
    snprintf(w->audit->what, sizeof w->audit->what, "%s", what);
    return false;
}

static struct authority authority_of(const struct pg_machine *real, bool timer) {
    struct authority a = {
        .psw = real->cpu.psw, .mon_base = real->cpu.mon_base, .mon_bound = real->cpu.mon_bound};
    size_t at = 0;
    for (int k = 0; k < PG_NDEVICES; k++) {
        size_t size = pg_devices[k]->state_size;
        if (at + size > sizeof a.devices)
            break;
        if (timer || k != PG_DEV_timer)
            memcpy(a.devices + at, real->bus.state[k], size);
        at += size;
    }
    a.psw.pc = 0;
    return a;
}

/* Is [base, base + size) part of what the guest was given? */
static bool allocated(const struct pg_vm *vm, uint32_t base, uint32_t size) {
    return base >= vm->base && size <= vm->m->ram.size && base - vm->base <= vm->m->ram.size - size;
}

static bool check_relocation(struct watch *w, const struct pg_machine *real) {
    const struct pg_psw *psw = &real->cpu.psw;
    if (pg_psw_ring(psw) == 0)
        return lost(w, real, "guest code was entered in real ring 0");
    if (!(psw->status & PG_IE) && !(psw->status & PG_TRACE))
        return lost(w, real, "guest code was entered with interrupts off");
    if ((psw->status & PG_MODE) == PG_MODE_REAL ||
        ((psw->status & PG_MODE) == PG_MODE_BOUNDS && psw->bound &&
         !allocated(w->vm, psw->base, psw->bound)))
        return lost(w, real, "the real R leads outside the guest's allocation");
    return true;
}

/* Only entries that were filled since matter, but which those are does not show. */
static bool check_tlb(struct watch *w, const struct pg_machine *real) {
    if (real->tlb.live == w->tlb_live && real->tlb.changes == w->tlb_changes)
        return true;
    if (real->tlb.live < w->tlb_live)
        return lost(w, real, "an entry left the real TLB");
    w->tlb_live = real->tlb.live;
    w->tlb_changes = real->tlb.changes;
    size_t n;
    struct pg_tlb_entry *entries = pg_tlb_sorted(&real->tlb, &n);
    bool ok = true;
    for (size_t k = 0; ok && k < n; k++)
        ok = entries[k].root != real->cpu.psw.base ||
             allocated(w->vm, entries[k].pte & PG_PTE_FRAME, PG_PAGE);
    free(entries);
    return ok || lost(w, real, "an access went outside the guest's allocation");
}

static bool check_authority(struct watch *w, const struct pg_machine *real) {
    struct authority now = authority_of(real, true);
    const struct authority *was = &w->allowed;
    if (memcmp(&now, was, sizeof now) == 0)
        return true;
    if (now.psw.status != was->psw.status) {
        char what[96];
        snprintf(what, sizeof what, "the real STATUS changed from 0x%04x to 0x%04x",
                 was->psw.status, now.psw.status);
        return lost(w, real, what);
    }
    if (now.psw.base != was->psw.base || now.psw.bound != was->psw.bound)
        return lost(w, real, "the real R changed");
    if (now.mon_base != was->mon_base || now.mon_bound != was->mon_bound)
        return lost(w, real, "the real monitor pair changed");
    return lost(w, real, "a real device register changed");
}

/* The trap that ended the run: the old PSW that the hardware stored is still the one allowed, and
 * so are the devices; but the timer may have fired. */
static bool check_end(struct watch *w, const struct pg_machine *real) {
    bool timer = real->trap.cause != PG_CAUSE_interrupt;
    struct authority now = authority_of(real, timer), was = w->allowed;
    const uint32_t at = PG_FRAME_PSW;
    if (pg_ram_read32(&real->ram, at) != was.psw.status ||
        pg_ram_read32(&real->ram, at + 8) != was.psw.base ||
        pg_ram_read32(&real->ram, at + 12) != was.psw.bound)
        return lost(w, real, "the old PSW of the real trap is not the one that was loaded");
    now.psw = was.psw;
    if (!timer) {
        size_t begin = 0;
        for (int k = 0; k < PG_DEV_timer; k++)
            begin += pg_devices[k]->state_size;
        memset(was.devices + begin, 0, pg_devices[PG_DEV_timer]->state_size);
    }
    if (memcmp(&now, &was, sizeof now) != 0)
        return lost(w, real, "the real monitor pair or a real device register changed");
    return true;
}

static bool seen(void *context, const struct pg_machine *real) {
    struct watch *w = context;
    const struct pg_technique *technique = w->vm->vmm->technique;
    bool ok;
    if (!w->begun) {
        w->begun = true;
        w->allowed = authority_of(real, true);
        w->begin_T = real->cpu.T;
        w->tlb_live = UINT32_MAX; /* not looked at yet */
        w->audit->entries++;
        w->tlb_live = 0;
        ok = check_relocation(w, real) && check_tlb(w, real);
    } else {
        w->audit->steps++;
        if (real->retired != w->retired && w->allowed.psw.status & PG_MON && technique->is_copy &&
            technique->is_copy(w->vm, w->pc))
            w->audit->copies++;
        ok = check_tlb(w, real) && (real->entered ? check_end(w, real) : check_authority(w, real));
    }
    w->pc = real->cpu.psw.pc;
    w->retired = real->retired;
    return ok;
}

bool pg_audit_run(struct pg_vmm *vmm) {
    struct watch w = {.vm = &vmm->vms[vmm->current], .audit = vmm->audit};
    return pg_real_run_watched(vmm->real, seen, &w);
}

bool pg_audit_attach(struct pg_session *session, struct pg_audit *audit) {
    size_t bytes = 0;
    for (int k = 0; k < PG_NDEVICES; k++)
        bytes += pg_devices[k]->state_size;
    if (session->system == &pg_system_bare || session->nguests != 1 || bytes > DEVICE_BYTES)
        return false;
    struct pg_vmm *vmm = (struct pg_vmm *)session;
    if (!vmm->technique->exit)
        return false;
    vmm->audit = audit;
    return true;
}
