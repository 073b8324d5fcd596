/* bt.c - binary translation: entering and leaving translated code.
 *
 * The guest's supervisor code runs as units in monitor space, in real ring 1 under MON; its user
 * code runs directly, unless the profile leaves it an instruction that is user-sensitive and not
 * privileged: then user code is translated, too (policy.c). Both use shadow page tables, also where
 * the guest is unpaged, because only a page table can take the right to store away from pages whose
 * code has been translated.
 *
 * T of the guest in translated code is DEADLINE - m7: each unit's tick takes its length from m7 in
 * advance, and traps instead if an event is due before the unit's end. That unit's instructions are
 * then interpreted one by one, so that the event comes at its exact T.
 */
#include "vmm/bt.h"
#include "vmm/shadow.h"

enum { TRANSLATED_RING = 1 };

static bool bt_open(struct pg_vm *vm, struct pg_error *err) {
    return pg_shadow_open(vm, err) && bt_cache_open(vm, err);
}

static void bt_close(struct pg_vm *vm) {
    bt_cache_close(vm);
    pg_shadow_close(vm);
}

/* ---- entering */

/* Is the guest in code that is to be translated? */
static bool in_translated(const struct pg_vm *vm) {
    return vm->bt->translates_user || pg_psw_ring(&vm->m->cpu.psw) == 0;
}

/* Interpret up to n instructions of such code. */
static void interpret(struct pg_vm *vm, uint64_t n) {
    pg_vm_interpret_while(vm, in_translated, n);
}

/* Put the guest's PSW and the budget where translated code finds them, and go to `offset`. */
static void enter_code(struct pg_vm *vm, uint32_t offset, uint32_t budget) {
    struct pg_bt *bt = vm->bt;
    struct pg_machine *m = vm->m;
    struct pg_real *real = vm->vmm->real;
    const struct pg_psw *guest = &m->cpu.psw;
#define BLOCK(field) ((BT_##field - BT_BLOCK) / PG_WORD)
    uint32_t block[BT_BLOCK_WORDS] = {
        [BLOCK(STATUS)] = guest->status,
        [BLOCK(BASE)] = guest->base,
        [BLOCK(BOUND)] = guest->bound,
        [BLOCK(LINES)] = m->bus.lines,
        [BLOCK(DEADLINE)] = (uint32_t)bt->deadline,
        [BLOCK(CLOCK)] = (uint32_t)(m->cpu.T >> 32),
    };
    bt_read_ahead(vm);
    memcpy(block + BLOCK(INPUTS), bt->values, sizeof bt->values);
#undef BLOCK
    pg_real_write(real, bt->base + BT_BLOCK, block, BT_BLOCK_WORDS);

    uint32_t registers[PG_NMREGS] = {[BT_M_TABLE] = bt_table(vm), [BT_M_BUDGET] = budget};
    struct pg_psw psw = pg_shadow_space(vm);
    psw.status |= TRANSLATED_RING | PG_IE | PG_MON;
    psw.pc = offset;
    pg_real_restore(real, m->cpu.r, registers);
    pg_real_smon(real, bt->base, BT_SIZE);
    pg_vm_arm(vm, pg_vm_slice(vm));
    pg_real_lpsw(real, &psw);
}

/* The unit for the present pc, made if need be. NULL: the guest took a trap instead. */
static struct bt_unit *unit_here(struct pg_vm *vm) {
    uint32_t pc = vm->m->cpu.psw.pc, pa;
    if (pc % 4) {
        pg_vm_interpret(vm); /* raises the trap */
        return NULL;
    }
    if (!pg_translate(vm->m, pc, PG_FETCH, &pa)) {
        pg_reflect(vm, &(struct pg_trap){vm->m->trap.cause, vm->m->trap.value, 0});
        return NULL;
    }
    struct bt_unit *unit = bt_find(vm, pc, pa, bt_kind(vm));
    return unit ? unit : bt_translate(vm, pc, pa);
}

static bool can_resume(struct pg_vm *vm) {
    const struct pg_bt *bt = vm->bt;
    bt_catch_up(vm);
    return bt->resume && bt->resume->valid && bt->resume_T == vm->m->cpu.T &&
           bt->resume->kind == bt_kind(vm) &&
           bt->resume->pc + 4 * bt->resume_k == vm->m->cpu.psw.pc;
}

static bool enter_translated(struct pg_vm *vm) {
    struct pg_bt *bt = vm->bt;
    uint64_t due = pg_vm_due(vm);
    uint32_t budget = due < INT32_MAX ? (uint32_t)due : INT32_MAX;
    uint32_t carry = -(uint32_t)vm->m->cpu.T; /* steps to a new high word of T; 0: very many */
    budget = carry && carry < budget ? carry : budget;
    bt->deadline = vm->m->cpu.T + budget;
    if (can_resume(vm)) {
        const struct bt_unit *unit = bt->resume;
        unsigned k = bt->resume_k;
        bt->resume = NULL;
        if (budget < unit->n - k) {
            interpret(vm, budget);
            return false;
        }
        enter_code(vm, unit->code + 4U * unit->first[k], budget - (unit->n - k));
        return true;
    }
    bt->resume = NULL;
    struct bt_unit *unit = unit_here(vm);
    if (!unit)
        return false;
    if (bt->chain)
        bt_chain(vm, bt->chain, bt->chain_slot, unit);
    if (bt->missed)
        bt_table_put(vm, unit);
    bt->chain = NULL;
    bt->missed = false;
    enter_code(vm, unit->code, budget);
    return true;
}

static bool bt_enter(struct pg_vm *vm) {
    if (!in_translated(vm)) {
        struct pg_psw relocation = pg_shadow_space(vm);
        vm->bt->resume = vm->bt->chain = NULL;
        pg_enter_direct(vm, &relocation);
        return true;
    }
    if (vm->m->cpu.psw.status & PG_TRACE) {
        pg_vm_interpret(vm);
        return false;
    }
    return enter_translated(vm);
}

/* ---- leaving */

/* The instruction whose translation word w belongs to. */
static unsigned insn_at(const struct bt_unit *unit, uint32_t w) {
    unsigned k = unit->n - 1U;
    while (k > 0 && unit->first[k] > w)
        k--;
    return k;
}

/* At this point the guest is between two instructions. */
static bool is_boundary(const struct bt_unit *unit, uint32_t w) {
    return w == 0 || unit->first[insn_at(unit, w)] == w;
}

/* Pass the port writes that translated code has collected to their devices. */
static void empty_buffer(struct pg_vm *vm) {
    uint32_t used = bt_peek(vm, BT_POSTED);
    struct pg_env env = pg_env_begin(vm->m);
    for (uint32_t k = 0; k < used; k += 8)
        pg_bus_out(&vm->m->bus, &env, bt_peek(vm, BT_BUFFER + k + 4), bt_peek(vm, BT_BUFFER + k));
    pg_env_done(vm->m, &env);
}

/* Bring vm->m up to date: the guest is at pc, and of the instructions counted `left` have not been
 * executed. */
static void update(struct pg_vm *vm, uint32_t pc, uint32_t left) {
    struct pg_machine *m = vm->m;
    uint64_t T = vm->bt->deadline - vm->bt->m[BT_M_BUDGET] - left;
    uint64_t done = T - m->cpu.T;
    pg_count(m, m->cpu.psw.status, done); /* no translated code changes the ring */
    vm->counts.n[PG_COUNT_translated] += done;
    m->cpu.psw.pc = pc;
    m->cpu.psw.status = bt_peek(vm, BT_STATUS);
    pg_vm_left(vm);
    if (bt_peek(vm, BT_POSTED))
        empty_buffer(vm);
}

/* The same, for a stop at word w of a unit. */
static unsigned update_at(struct pg_vm *vm, const struct bt_unit *unit, uint32_t w) {
    unsigned k = insn_at(unit, w);
    if (w == 0)
        update(vm, unit->pc, 0); /* the tick has not counted yet */
    else
        update(vm, unit->pc + 4 * k, unit->n - k);
    return k;
}

static void resume_at(struct pg_vm *vm, struct bt_unit *unit, unsigned k) {
    vm->bt->resume = unit;
    vm->bt->resume_k = k;
    vm->bt->resume_T = vm->m->cpu.T;
}

/* The instruction at pa keeps trapping: translate it anew when it is next reached. */
static void retranslate(struct pg_vm *vm, uint32_t pa) {
    pg_vm_note(vm, PG_EVENT_retranslate, 0, 0);
    bt_discard(vm, pa);
}

/* The instruction at pa calls out. If it accesses a port that a register names, remember which. */
static void learn_port(struct pg_vm *vm, uint32_t pa, uint32_t word) {
    struct pg_insn in;
    pg_decode(word, &in);
    if ((in.op != PG_OP_in && in.op != PG_OP_out) || in.a == 0)
        return;
    uint32_t port = vm->m->cpu.r[in.a] + (uint32_t)in.imm;
    if (bt_in_line(vm, &in, port) && bt_site_trapped(vm, pa, port))
        retranslate(vm, pa);
}

static bool callout(struct pg_vm *vm, struct bt_unit *unit, uint32_t w, uint32_t call) {
    struct pg_bt *bt = vm->bt;
    vm->counts.n[PG_COUNT_callouts]++;
    if (call == BT_CALL_LOOKUP) {
        update(vm, bt->m[1] & ~1U, 0);
        pg_vm_note(vm, PG_EVENT_miss, 0, 0);
        bt->missed = !(bt->m[1] & 1);
        return true;
    }
    if (!unit)
        return false;
    if (call == BT_CALL_EXIT) {
        unsigned slot = 0;
        while (slot < unit->nexits && unit->exits[slot].word != w)
            slot++;
        if (slot == unit->nexits)
            return false;
        update(vm, unit->exits[slot].target, 0);
        bt->chain = unit;
        bt->chain_slot = slot;
        return true;
    }
    unsigned k = update_at(vm, unit, w);
    uint32_t word = pg_ram_read32(&vm->m->ram, unit->pa + 4 * k);
    learn_port(vm, unit->pa + 4 * k, word);
    enum pg_op op = pg_vm_emulate(vm, word);
    if (op != PG_NOPS && bt_continues(op) && k + 1U < unit->n && vm->m->cpu.deliveries == 0)
        resume_at(vm, unit, k + 1);
    return true;
}

/* The real timer has interrupted in the middle of an instruction's translation: finish it, step by
 * step, up to the next boundary or the next trap of another kind. */
static bool finish(struct pg_vm *vm, struct pg_exit *exit) {
    struct pg_real *real = vm->vmm->real;
    do {
        const struct bt_unit *unit = bt_unit_at(vm, exit->psw.pc);
        if (unit && is_boundary(unit, (exit->psw.pc - unit->code) / 4))
            return true;
        exit->psw.status = (exit->psw.status & ~(uint32_t)PG_IE) | PG_TRACE;
        pg_real_lpsw(real, &exit->psw);
        if (!pg_vmm_execute(vm->vmm, exit))
            return false;
    } while (exit->trap.cause == PG_CAUSE_trace);
    return true;
}

static bool leave_translated(struct pg_vm *vm, struct pg_exit *exit) {
    struct pg_bt *bt = vm->bt;
    if (exit->trap.cause == PG_CAUSE_interrupt && !finish(vm, exit))
        return false;
    pg_real_save(vm->vmm->real, vm->m->cpu.r, bt->m);
    struct bt_unit *unit = bt_unit_at(vm, exit->psw.pc);
    uint32_t w = unit ? (exit->psw.pc - unit->code) / 4 : 0;
    if (exit->trap.cause == PG_CAUSE_hvc)
        return callout(vm, unit, w, exit->trap.value);
    if (!unit)
        return false;
    switch (exit->trap.cause) {
    case PG_CAUSE_interrupt:
    case PG_CAUSE_trace: {
        unsigned k = update_at(vm, unit, w);
        if (k > 0)
            resume_at(vm, unit, k);
        return true;
    }
    case PG_CAUSE_tick:
        update(vm, unit->pc, 0);
        interpret(vm, bt->m[BT_M_BUDGET]);
        return true;
    case PG_CAUSE_page:
    case PG_CAUSE_bound:
    case PG_CAUSE_align: {
        unsigned k = update_at(vm, unit, w);
        uint64_t T = vm->m->cpu.T, writes = vm->counts.n[PG_COUNT_code_writes];
        uint32_t pa = unit->pa + 4 * k;
        resume_at(vm, unit, k);
        pg_dispatch(vm, &exit->trap);
        if (vm->counts.n[PG_COUNT_code_writes] != writes && bt_site_trapped(vm, pa, 0))
            retranslate(vm, pa);
        /* A store to translated code has been emulated, and may have been to this unit. */
        if (vm->m->cpu.T == T + 1 && vm->m->cpu.deliveries == 0 && bt->resume && k + 1U < unit->n)
            resume_at(vm, unit, k + 1);
        return true;
    }
    default: return false;
    }
}

static bool bt_is_copy(const struct pg_vm *vm, uint32_t pc) {
    const struct bt_unit *unit = bt_unit_at(vm, pc);
    uint32_t w = unit ? (pc - unit->code) / 4 : 0;
    if (w == 0)
        return false;
    unsigned k = insn_at(unit, w);
    return unit->first[k] == w && (k + 1U == unit->n || unit->first[k + 1] == w + 1U) &&
           bt_peek(vm, pc) == pg_ram_read32(&vm->m->ram, unit->pa + 4 * k);
}

static bool bt_exit_reached(struct pg_vm *vm, const struct pg_exit *exit) {
    if (exit->psw.status & PG_MON) {
        struct pg_exit inside = *exit;
        return leave_translated(vm, &inside);
    }
    pg_leave_direct(vm, exit);
    pg_dispatch(vm, &exit->trap);
    return true;
}

static const struct pg_technique technique = {
    .open = bt_open,
    .close = bt_close,
    .enter = bt_enter,
    .exit = bt_exit_reached,
    .check = pg_shadow_check,
    .is_copy = bt_is_copy,
    .overhead = PG_SHADOW_BYTES + BT_SIZE,
};

static struct pg_session *open_session(const struct pg_engine *engine,
                                       const struct pg_setup *guests, size_t n,
                                       struct pg_error *err) {
    return pg_vmm_open(&pg_system_bt, &technique, engine, guests, n, err);
}

const struct pg_system pg_system_bt = {
    .name = "bt",
    .meaning = "binary translation of supervisor code; user code directly",
    .open = open_session,
};
