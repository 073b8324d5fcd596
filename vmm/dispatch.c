/* dispatch.c - direct execution, and the dispatcher D for the traps it ends with. */
#include "vmm/shadow.h"
#include "vmm/vmm.h"

void pg_enter_direct(struct pg_vm *vm, const struct pg_psw *relocation) {
    struct pg_vmm *vmm = vm->vmm;
    const struct pg_psw *guest = &vm->m->cpu.psw;
    unsigned ring = pg_psw_ring(guest);
    /* Interrupts are the VMM's, so they are always enabled; tracing is the guest's. */
    struct pg_psw real = {
        .status = (ring ? ring : 1) | PG_IE | (guest->status & PG_TRACE) | relocation->status,
        .pc = guest->pc,
        .base = relocation->base,
        .bound = relocation->bound,
    };
    pg_real_restore(vmm->real, vm->m->cpu.r, vm->m->cpu.m);
    pg_vm_arm(vm, pg_vm_budget(vm));
    vm->entered_T = pg_real_rdt(vmm->real);
    pg_real_lpsw(vmm->real, &real);
}

void pg_leave_direct(struct pg_vm *vm, const struct pg_exit *exit) {
    struct pg_machine *m = vm->m;
    uint64_t retired = exit->T - vm->entered_T;
    pg_real_save(vm->vmm->real, m->cpu.r, m->cpu.m);
    m->cpu.psw.pc = exit->psw.pc;
    pg_count(m, m->cpu.psw.status, retired);
    vm->counts.n[PG_COUNT_direct] += retired;
    pg_vm_left(vm);
}

void pg_enter_relocated(struct pg_vm *vm) {
    bool paged = (vm->m->cpu.psw.status & PG_MODE) == PG_MODE_PAGED;
    struct pg_psw relocation = paged ? pg_shadow_space(vm) : pg_compose(vm);
    pg_enter_direct(vm, &relocation);
}

bool pg_exit_relocated(struct pg_vm *vm, const struct pg_exit *exit) {
    pg_leave_direct(vm, exit);
    pg_dispatch(vm, &exit->trap);
    return true;
}

void pg_reflect(struct pg_vm *vm, const struct pg_trap *trap) {
    pg_deliver(vm->m, *trap, vm->m->cpu.psw.pc);
    pg_vm_reflected(vm);
}

/* Where the guest's TLB has the page of the pc, and may it be executed there? */
static uint32_t code_mapping(const struct pg_vm *vm) {
    const struct pg_psw *guest = &vm->m->cpu.psw;
    if ((guest->status & PG_MODE) != PG_MODE_PAGED)
        return 0;
    const struct pg_tlb_entry *entry =
        pg_tlb_find(&vm->m->tlb, guest->base, guest->pc >> PG_PAGE_BITS);
    return entry ? entry->pte & (PG_PTE_FRAME | PG_PTE_RING | PG_PTE_V | PG_PTE_X) : 0;
}

/* A page fault of the real machine's: the guest's own (true), or one that only the shadow tables
 * made (hidden). */
static void page_fault(struct pg_vm *vm, const struct pg_trap *trap) {
    enum pg_use use = PG_FETCH;
    struct pg_insn in;
    if (trap->cause == PG_CAUSE_page) {
        pg_decode(trap->insn, &in);
        use = pg_rows[in.op].opcode >> 4 == 5 ? PG_WRITE : PG_READ; /* opcodes 5x store */
    }
    uint32_t code = code_mapping(vm);
    switch (pg_shadow_fill(vm, trap->value, use)) {
    case PG_FILL_HIDDEN:
        pg_vm_note(vm, PG_EVENT_fill, trap->value, trap->insn);
        if (use != PG_FETCH && code_mapping(vm) != code)
            pg_vm_complete(vm, trap->insn);
        break;
    case PG_FILL_TRUE:
        pg_vm_note(vm, PG_EVENT_fault, trap->value, trap->insn);
        pg_reflect(vm, &(struct pg_trap){vm->m->trap.cause, vm->m->trap.value, trap->insn});
        break;
    case PG_FILL_PROTECTED:
        pg_vm_note(vm, PG_EVENT_code_write, trap->value, trap->insn);
        pg_vm_complete(vm, trap->insn);
        break;
    }
}

bool pg_emulates_no_innocuous(const struct pg_counts *counts) {
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_rows[op].cls == PG_CLASS_innocuous && counts->emulations[op])
            return false;
    return true;
}

void pg_dispatch(struct pg_vm *vm, const struct pg_trap *trap) {
    switch (trap->cause) {
    case PG_CAUSE_interrupt: break; /* the timer: whatever is due, the loop in vmm.c will see */
    case PG_CAUSE_privilege: pg_vm_emulate(vm, trap->insn); break;
    case PG_CAUSE_page:
    case PG_CAUSE_fetch_page: page_fault(vm, trap); break;
    default: pg_reflect(vm, trap); break;
    }
}
