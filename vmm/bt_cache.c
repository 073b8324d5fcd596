/* bt_cache.c - the translation cache: finding, chaining, invalidating and flushing units. */
#include "vmm/bt.h"
#include "vmm/policy.h"
#include "vmm/shadow.h"

#include <stdlib.h>

uint32_t bt_peek(const struct pg_vm *vm, uint32_t offset) {
    return pg_real_peek(vm->vmm->real, vm->bt->base + offset);
}

void bt_poke(struct pg_vm *vm, uint32_t offset, uint32_t value) {
    pg_real_poke(vm->vmm->real, vm->bt->base + offset, value);
}

/* ---- finding */

uint32_t bt_kind(const struct pg_vm *vm) {
    const struct pg_psw *guest = &vm->m->cpu.psw;
    const uint32_t user = pg_psw_ring(guest) ? 2 : 0;
    if ((guest->status & PG_MODE) == PG_MODE_PAGED)
        return user | 1;
    return user | pg_compose(vm).bound; /* a multiple of 4096; BASE follows from pc and pa */
}

static struct bt_unit **bucket(struct pg_bt *bt, uint32_t pc, uint32_t pa) {
    return &bt->hash[(pc >> 2 ^ pa >> 12) % BT_HASH];
}

struct bt_unit *bt_find(struct pg_vm *vm, uint32_t pc, uint32_t pa, uint32_t kind) {
    struct bt_unit *u = *bucket(vm->bt, pc, pa);
    while (u && !(u->pc == pc && u->pa == pa && u->kind == kind))
        u = u->next_hash;
    return u;
}

struct bt_unit *bt_unit_at(const struct pg_vm *vm, uint32_t offset) {
    struct pg_bt *bt = vm->bt;
    if (offset < BT_CODE || offset - BT_CODE >= bt->code_size)
        return NULL;
    uint16_t n = bt->owner[(offset - BT_CODE) / 4];
    return n ? &bt->units[n - 1] : NULL;
}

/* ---- look-up tables */

static void clear_table(struct pg_vm *vm, unsigned k) {
    pg_real_clear(vm->vmm->real, vm->bt->base + BT_TABLES + k * BT_TABLE_SIZE, BT_TABLE_SIZE);
}

static bool same_relocation(const struct pg_psw *a, const struct pg_psw *b) {
    return ((a->status ^ b->status) & (PG_MODE | PG_RING)) == 0 && a->base == b->base &&
           a->bound == b->bound;
}

/* The guest's TLB lost an entry: what the tables say of that address space may be wrong. */
static void forget_tables(struct pg_vm *vm, uint32_t root, bool all) {
    for (unsigned k = 0; k < BT_NTABLES; k++) {
        struct bt_table *t = &vm->bt->tables[k];
        if (t->used && (t->relocation.status & PG_MODE) == PG_MODE_PAGED &&
            (all || t->relocation.base == root))
            t->used = false;
    }
}

void bt_catch_up(struct pg_vm *vm) {
    struct pg_bt *bt = vm->bt;
    struct pg_tlb_departure left;
    while (pg_tlb_departed(&vm->m->tlb, &bt->tlb_changes, &left)) {
        forget_tables(vm, left.root, left.page == PG_TLB_ALL);
        if (bt->resume && (left.page == PG_TLB_ALL || left.page == bt->resume->pc >> PG_PAGE_BITS))
            bt->resume = NULL;
    }
}

uint32_t bt_table(struct pg_vm *vm) {
    struct pg_bt *bt = vm->bt;
    unsigned victim = 0;
    bt_catch_up(vm);
    for (unsigned k = 0; k < BT_NTABLES; k++) {
        struct bt_table *t = &bt->tables[k];
        if (t->used && same_relocation(&t->relocation, &vm->m->cpu.psw)) {
            t->stamp = ++bt->stamp;
            return BT_TABLES + k * BT_TABLE_SIZE;
        }
        if (t->stamp < bt->tables[victim].stamp)
            victim = k;
    }
    bt->tables[victim] = (struct bt_table){true, vm->m->cpu.psw, ++bt->stamp};
    clear_table(vm, victim);
    return BT_TABLES + victim * BT_TABLE_SIZE;
}

static uint32_t table_slot(uint32_t table, uint32_t pc) {
    return table + (pc & PG_WORD * (BT_TABLE_SLOTS - 1));
}

void bt_table_put(struct pg_vm *vm, const struct bt_unit *unit) {
    uint32_t slot = table_slot(bt_table(vm), unit->pc);
    bt_poke(vm, slot, unit->pc);
    bt_poke(vm, slot + BT_TABLE_SIZE / 2, unit->code);
}

/* ---- chaining */

/* An event of a unit's, whose pc is the unit's. */
static void note_unit(struct pg_vm *vm, enum pg_event event, const struct bt_unit *unit,
                      uint32_t value) {
    pg_vm_note_event(vm, &(struct pg_trace_event){.T = vm->m->cpu.T,
                                                  .pc = unit->pc,
                                                  .value = value,
                                                  .event = (uint8_t)event,
                                                  .ring = (uint8_t)pg_psw_ring(&vm->m->cpu.psw)});
}

/* Have the branch of an exit lead to this offset of monitor space, if it reaches that far. */
static void aim(struct pg_vm *vm, const struct bt_unit *from, const struct bt_exit *exit,
                uint32_t offset) {
    struct pg_insn in;
    uint32_t at = from->code + 4U * exit->branch;
    if (!exit->branch)
        return;
    pg_decode(bt_peek(vm, at), &in);
    uint32_t word = bt_word(in.op, in.d, in.a, 0, (int32_t)(offset - at) / PG_WORD);
    if (word)
        bt_poke(vm, at, word);
}

void bt_chain(struct pg_vm *vm, struct bt_unit *from, unsigned slot, struct bt_unit *to) {
    struct bt_exit *exit = &from->exits[slot];
    if (exit->to || from->kind != to->kind || exit->target != to->pc)
        return;
    uint32_t at = from->code + 4U * exit->word;
    bt_poke(vm, at, bt_word(PG_OP_jal, 0, 0, 0, (int32_t)(to->code - at) / 4));
    aim(vm, from, exit, to->code);
    exit->to = to;
    exit->next_from = to->from;
    exit->next_slot = to->from_slot;
    to->from = from;
    to->from_slot = (uint8_t)slot;
    note_unit(vm, PG_EVENT_chain, from, to->pc);
}

/* Take an exit out of its target's list and make it a callout again. */
static void unchain(struct pg_vm *vm, struct bt_unit *from, unsigned slot) {
    struct bt_exit *exit = &from->exits[slot];
    if (!exit->to)
        return;
    struct bt_unit **unit = &exit->to->from;
    uint8_t *unit_slot = &exit->to->from_slot;
    while (*unit != from || *unit_slot != slot) {
        struct bt_exit *other = &(*unit)->exits[*unit_slot];
        unit = &other->next_from;
        unit_slot = &other->next_slot;
    }
    *unit = exit->next_from;
    *unit_slot = exit->next_slot;
    exit->to = NULL;
    bt_poke(vm, from->code + 4U * exit->word, bt_word(PG_OP_hvc, 0, 0, 0, BT_CALL_EXIT));
    aim(vm, from, exit, from->code + 4U * exit->word);
}

/* ---- invalidating: a write to code that was translated */

static void invalidate(struct pg_vm *vm, struct bt_unit *unit) {
    struct pg_bt *bt = vm->bt;
    while (unit->from)
        unchain(vm, unit->from, unit->from_slot);
    for (unsigned slot = 0; slot < unit->nexits; slot++)
        unchain(vm, unit, slot);
    for (unsigned k = 0; k < BT_NTABLES; k++) {
        uint32_t slot = table_slot(BT_TABLES + k * BT_TABLE_SIZE, unit->pc);
        if (bt_peek(vm, slot + BT_TABLE_SIZE / 2) == unit->code) {
            bt_poke(vm, slot, 0);
            bt_poke(vm, slot + BT_TABLE_SIZE / 2, BT_MISS);
        }
    }
    struct bt_unit **link = bucket(bt, unit->pc, unit->pa);
    while (*link != unit)
        link = &(*link)->next_hash;
    *link = unit->next_hash;
    unit->valid = false;
    note_unit(vm, PG_EVENT_discard, unit, unit->n);
    if (bt->resume == unit)
        bt->resume = NULL;
    if (bt->chain == unit)
        bt->chain = NULL;
}

/* Discard the page's units that hold a byte of [pa, pa + size). */
static void discard(struct pg_vm *vm, uint32_t pa, uint32_t size) {
    struct bt_unit **link = &vm->bt->pages[pa >> PG_PAGE_BITS];
    while (*link) {
        struct bt_unit *unit = *link;
        if (unit->pa < pa + size && pa < unit->pa + 4U * unit->n) {
            *link = unit->next_page;
            invalidate(vm, unit);
        } else {
            link = &unit->next_page;
        }
    }
    if (!vm->bt->pages[pa >> PG_PAGE_BITS])
        pg_ram_unwatch(&vm->m->ram, pa, vm->code_bit);
}

void bt_discard(struct pg_vm *vm, uint32_t pa) {
    discard(vm, pa, PG_WORD);
}

/* Somebody wrote [pa, pa + size) in a page with translated code: an emulated store, DMA, or the
 * setting of an accessed or dirty bit. */
static void code_written(void *context, uint32_t pa, uint32_t size) {
    struct pg_vmm *vmm = context;
    struct pg_vm *vm = vmm->vms, *end = vm + vmm->session.nguests;
    while (vm < end && (!vm->bt || pa < vm->base || pa - vm->base >= vm->m->ram.size))
        vm++;
    if (vm == end)
        return;
    discard(vm, pa - vm->base, size);
}

/* ---- making room */

void bt_flush(struct pg_vm *vm) {
    struct pg_bt *bt = vm->bt;
    for (uint32_t page = 0; page < vm->m->ram.size >> PG_PAGE_BITS; page++)
        if (bt->pages[page]) {
            bt->pages[page] = NULL;
            pg_ram_unwatch(&vm->m->ram, page << PG_PAGE_BITS, vm->code_bit);
        }
    memset(bt->hash, 0, sizeof bt->hash);
    memset(bt->owner, 0, bt->code_size / 4 * sizeof *bt->owner);
    memset(bt->tables, 0, sizeof bt->tables);
    bt->nunits = 0;
    bt->next = BT_CODE;
    bt->resume = bt->chain = NULL;
}

struct bt_unit *bt_new_unit(struct pg_vm *vm) {
    struct pg_bt *bt = vm->bt;
    if (bt->nunits == BT_UNITS || bt->next + 4 * BT_UNIT_WORDS > BT_CODE + bt->code_size) {
        pg_vm_note(vm, PG_EVENT_cache_flush, (uint32_t)bt->nunits, 0);
        bt_flush(vm);
    }
    struct bt_unit *unit = &bt->units[bt->nunits++];
    *unit = (struct bt_unit){.code = bt->next, .valid = true};
    return unit;
}

void bt_add_unit(struct pg_vm *vm, struct bt_unit *unit) {
    struct pg_bt *bt = vm->bt;
    for (uint32_t w = 0; w < unit->words; w++)
        bt->owner[(unit->code - BT_CODE) / 4 + w] = (uint16_t)(unit - bt->units + 1);
    bt->next = unit->code + 4U * unit->words;

    struct bt_unit **head = bucket(bt, unit->pc, unit->pa);
    unit->next_hash = *head;
    *head = unit;

    struct bt_unit **page = &bt->pages[unit->pa >> PG_PAGE_BITS];
    if (!*page) {
        pg_ram_watch(&vm->m->ram, unit->pa, vm->code_bit);
        pg_shadow_protect(vm, unit->pa);
    }
    unit->next_page = *page;
    *page = unit;
}

/* ---- opening and closing */

bool bt_cache_open(struct pg_vm *vm, struct pg_error *err) {
    struct pg_bt *bt = vm->bt = calloc(1, sizeof *vm->bt);
    if (!bt || !pg_allocate(vm->vmm, BT_SIZE, &bt->base))
        return pg_fail(err, "no memory for a translation cache");
    bt->translates_user = pg_has_user_sensitive(vm->m->profile);
    bt->code_size = BT_CODE_SIZE;
    bt->next = BT_CODE;
    bt->pages = calloc(vm->m->ram.size >> PG_PAGE_BITS, sizeof *bt->pages);
    bt->owner = calloc(BT_CODE_SIZE / 4, sizeof *bt->owner);
    /* One watcher serves all guests; they share the real memory. */
    vm->code_bit = vm == vm->vmm->vms ? pg_ram_add_watcher(&vm->m->ram, code_written, vm->vmm)
                                      : vm->vmm->vms[0].code_bit;
    if (!bt->pages || !bt->owner || !vm->code_bit)
        return pg_fail(err, "no memory for a translation cache");
    bt->tlb_changes = vm->m->tlb.changes;
    bt_poke(vm, BT_MISS, bt_word(PG_OP_hvc, 0, 0, 0, BT_CALL_LOOKUP));
    return true;
}

void bt_cache_close(struct pg_vm *vm) {
    if (!vm->bt)
        return;
    if (vm == vm->vmm->vms && vm->code_bit)
        pg_ram_remove_watcher(&vm->m->ram, vm->code_bit);
    free(vm->bt->pages);
    free(vm->bt->owner);
    free(vm->bt);
    vm->bt = NULL;
}
