#include "vmm/listing.h"

#include "vmm/bt.h"

_Static_assert((int)PG_LISTING_INSNS == BT_UNIT_INSNS && (int)PG_LISTING_WORDS == BT_UNIT_WORDS &&
                   (int)PG_LISTING_EXITS == BT_UNIT_EXITS,
               "a view has room for a unit");

static struct pg_vm *translating(struct pg_session *session, size_t k) {
    if (session->system != &pg_system_bt)
        return NULL;
    return &((struct pg_vmm *)session)->vms[k];
}

size_t pg_listing_size(struct pg_session *session, size_t k) {
    const struct pg_vm *vm = translating(session, k);
    return vm ? vm->bt->nunits : 0;
}

void pg_listing_unit(struct pg_session *session, size_t k, size_t i, struct pg_unit_view *view) {
    const struct pg_vm *vm = translating(session, k);
    const struct bt_unit *unit = &vm->bt->units[i];
    *view = (struct pg_unit_view){.pc = unit->pc,
                                  .pa = unit->pa,
                                  .offset = unit->code,
                                  .n = unit->n,
                                  .words = unit->words,
                                  .valid = unit->valid,
                                  .nexits = unit->nexits};
    memcpy(view->first, unit->first, sizeof view->first);
    for (unsigned j = 0; j < unit->n; j++)
        view->guest[j] = pg_ram_read32(&vm->m->ram, unit->pa + 4 * j);
    for (unsigned w = 0; w < unit->words; w++)
        view->code[w] = bt_peek(vm, unit->code + 4 * w);
    for (unsigned slot = 0; slot < unit->nexits; slot++) {
        view->exits[slot].word = unit->exits[slot].word;
        view->exits[slot].target = unit->exits[slot].target;
        view->exits[slot].chained = unit->exits[slot].to != NULL;
    }
}

const char *pg_listing_callout(uint32_t word) {
    static const char *const names[] = {
        [BT_CALL_EXIT] = "callout: go on at a pc that is not chained yet",
        [BT_CALL_LOOKUP] = "callout: find the translation of the pc in m1",
        [BT_CALL_EMULATE] = "callout: emulate this instruction",
    };
    struct pg_insn in;
    if (!pg_decode(word, &in) || in.op != PG_OP_hvc ||
        (size_t)in.imm >= sizeof names / sizeof *names)
        return NULL;
    return names[in.imm];
}

const char *pg_listing_place(uint32_t offset) {
    switch (offset) {
    case BT_STATUS: return "virtual STATUS";
    case BT_BASE: return "virtual BASE";
    case BT_BOUND: return "virtual BOUND";
    case BT_LINES: return "pending lines";
    case BT_DEADLINE: return "T of the next event";
    case BT_CLOCK: return "T, high word";
    case BT_POSTED: return "posted port writes";
    default:
        return offset >= BT_INPUTS && offset < BT_INPUTS + PG_WORD * BT_NINPUTS
                   ? "what a port reads"
                   : NULL;
    }
}
