/* bt_translate.c - from guest supervisor code to code that is safe above ring 0.
 *
 * Innocuous instructions are copied. Those that use the pc are rewritten to yield the guest's pc.
 * Common sensitive ones become a few instructions on the virtual CPU block; the rest call the VMM
 * out. A unit begins with a tick that counts all of its instructions in advance, and goes on behind
 * a branch that leads forward. Whoever leaves it in the middle takes back what was not executed: a
 * branch that is taken by a word behind the unit's body, a trap in bt.c.
 */
#include "vmm/bt.h"

/* A unit in the making. */
struct making {
    struct pg_vm *vm;
    struct bt_unit *unit;
    uint32_t code[BT_UNIT_WORDS];
    struct side { /* a branch, and where it leads */
        uint16_t word;
        uint8_t k; /* instruction */
        uint32_t target;
    } sides[BT_UNIT_EXITS];
    unsigned nsides;
    uint16_t clocks[BT_UNIT_INSNS]; /* words whose immediate needs the length: see finish() */
    unsigned nclocks;
};

uint32_t bt_word(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    struct pg_insn in = {
        .op = (uint8_t)op, .d = (uint8_t)d, .a = (uint8_t)a, .b = (uint8_t)b, .imm = imm};
    uint32_t word = 0;
    pg_encode(&in, &word); /* a field out of range yields 0, which is illegal and would trap */
    return word;
}

static void put(struct making *t, uint32_t word) {
    t->code[t->unit->words++] = word;
}

static void emit(struct making *t, enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    put(t, bt_word(op, d, a, b, imm));
}

/* d = value, by guest instructions; nothing if d is r0. */
static void emit_constant(struct making *t, unsigned d, uint32_t value) {
    int32_t low = (int32_t)((value & 0xfff) ^ 0x800) - 0x800;
    if (d == 0)
        return;
    if ((int32_t)value >= -0x8000 && (int32_t)value <= 0x7fff) {
        emit(t, PG_OP_addi, d, 0, 0, (int32_t)value);
        return;
    }
    emit(t, PG_OP_lui, d, 0, 0, (int32_t)((value - (uint32_t)low) >> 12));
    if (low)
        emit(t, PG_OP_addi, d, d, 0, low);
}

static void emit_callout(struct making *t, enum bt_callout call) {
    emit(t, PG_OP_hvc, 0, 0, 0, (int32_t)call);
}

/* Jump to the translation of the guest pc in m1, if the look-up table has it. */
static void emit_lookup(struct making *t) {
    emit(t, PG_OP_mandi, 2, 1, 0, PG_WORD * (BT_TABLE_SLOTS - 1));
    emit(t, PG_OP_madd, 2, 2, BT_M_TABLE, 0);
    emit(t, PG_OP_mlwm, 3, 2, 0, 0);
    emit(t, PG_OP_mbne, 3, 1, 0, 2);
    emit(t, PG_OP_mjmp, 0, 2, 0, BT_TABLE_SIZE / 2);
    emit_callout(t, BT_CALL_LOOKUP);
}

/* Leave the unit for a pc known now. Under paging another page may be mapped elsewhere by then, so
 * that only the look-up table, which follows the TLB, may lead there. */
static void emit_exit(struct making *t, uint32_t target) {
    struct bt_unit *unit = t->unit;
    bool paged = (t->vm->m->cpu.psw.status & PG_MODE) == PG_MODE_PAGED;
    if (paged && target >> PG_PAGE_BITS != unit->pc >> PG_PAGE_BITS) {
        const unsigned borrowed = 5; /* any guest register but r0 */
        emit(t, PG_OP_mput, BT_M_SAVE, borrowed, 0, 0);
        emit_constant(t, borrowed, target);
        emit(t, PG_OP_mput, 1, borrowed, 0, 0);
        emit(t, PG_OP_mget, borrowed, BT_M_SAVE, 0, 0);
        emit_lookup(t);
        return;
    }
    unit->exits[unit->nexits++] = (struct bt_exit){.word = unit->words, .target = target};
    emit_callout(t, BT_CALL_EXIT);
}

/* Returns whether the unit goes on. It ends with a branch back, which is mostly taken, and with the
 * one whose exit is the last but for that of the unit's end. */
static bool translate_branch(struct making *t, const struct pg_insn *in, uint32_t pc) {
    t->sides[t->nsides++] = (struct side){
        .word = t->unit->words, .k = (uint8_t)t->unit->n, .target = pc + 4 * (uint32_t)in->imm};
    put(t, in->word);
    if (in->imm > 0 && t->nsides < BT_UNIT_EXITS - 1)
        return true;
    emit_exit(t, pc + 4);
    return false;
}

/* Where the branches lead: the words behind the unit's body. */
static void finish_branches(struct making *t) {
    struct bt_unit *unit = t->unit;
    for (unsigned j = 0; j < t->nsides; j++) {
        const struct side *side = &t->sides[j];
        struct pg_insn in;
        pg_decode(t->code[side->word], &in);
        t->code[side->word] = bt_word(in.op, in.d, in.a, 0, unit->words - side->word);
        unsigned rest = unit->n - (side->k + 1U), nexits = unit->nexits;
        if (rest) /* the tick has counted more than was executed */
            emit(t, PG_OP_maddi, BT_M_BUDGET, BT_M_BUDGET, 0, (int32_t)rest);
        emit_exit(t, side->target);
        if (!rest && unit->nexits > nexits)
            unit->exits[nexits].branch = side->word;
    }
}

/* The target is taken before the link is written, for `jalr ra, (ra)`. A target with bit 0 set
 * misses in the table, and the VMM clears the bit. */
static void translate_jalr(struct making *t, const struct pg_insn *in, uint32_t pc) {
    emit(t, PG_OP_mput, 1, in->a, 0, 0);
    if (in->imm)
        emit(t, PG_OP_maddi, 1, 1, 0, in->imm);
    emit_constant(t, in->d, pc + 4);
    emit_lookup(t);
}

/* IE as in register a, if that delivers no interrupt and does not begin tracing. */
static void translate_ppsw(struct making *t, const struct pg_insn *in) {
    emit(t, PG_OP_mlwm, 2, 0, 0, BT_LINES);
    emit(t, PG_OP_mput, 1, in->a, 0, 0);
    emit(t, PG_OP_mandi, 3, 1, 0, PG_TRACE);
    emit(t, PG_OP_mor, 2, 2, 3, 0);
    emit(t, PG_OP_mbeq, 2, 0, 0, 2);
    emit_callout(t, BT_CALL_EMULATE);
    emit(t, PG_OP_mlwm, 2, 0, 0, BT_STATUS);
    emit(t, PG_OP_mandi, 2, 2, 0, PG_STATUS_BITS & ~(PG_IE | PG_TRACE));
    emit(t, PG_OP_mandi, 1, 1, 0, PG_IE);
    emit(t, PG_OP_mor, 2, 2, 1, 0);
    emit(t, PG_OP_mswm, 2, 0, 0, BT_STATUS);
}

/* m3 = 0 if the port that a register names is the expected one. */
static void emit_expect(struct making *t, const struct pg_insn *in, uint32_t port) {
    emit(t, PG_OP_mput, 3, in->a, 0, 0);
    emit(t, PG_OP_maddi, 3, 3, 0, in->imm - (int32_t)port);
}

/* A port whose writes may wait (PG_POSTED): into the buffer, which every exit empties. */
static void translate_posted(struct making *t, const struct pg_insn *in, uint32_t port) {
    if (in->a) {
        emit_expect(t, in, port);
        emit(t, PG_OP_mbne, 3, 0, 0, 4);
    }
    emit(t, PG_OP_mlwm, 1, 0, 0, BT_POSTED);
    emit(t, PG_OP_maddi, 2, 1, 0, -BT_BUFFER_SIZE);
    emit(t, PG_OP_mbne, 2, 0, 0, 2);
    emit_callout(t, BT_CALL_EMULATE);
    emit(t, PG_OP_mput, 2, in->d, 0, 0);
    emit(t, PG_OP_mswm, 2, 1, 0, BT_BUFFER);
    emit(t, PG_OP_maddi, 2, 0, 0, (int32_t)port);
    emit(t, PG_OP_mswm, 2, 1, 0, BT_BUFFER + 4);
    emit(t, PG_OP_maddi, 1, 1, 0, 8);
    emit(t, PG_OP_mswm, 1, 0, 0, BT_POSTED);
}

/* A port that was read ahead, number k of them: good unless a posted write comes first. */
static void translate_read_ahead(struct making *t, const struct pg_insn *in, uint32_t port, int k) {
    emit(t, PG_OP_mlwm, 1, 0, 0, BT_POSTED);
    if (in->a) {
        emit_expect(t, in, port);
        emit(t, PG_OP_mor, 1, 1, 3, 0);
    }
    emit(t, PG_OP_mbeq, 1, 0, 0, 2);
    emit_callout(t, BT_CALL_EMULATE);
    emit(t, PG_OP_mlw, in->d, 0, 0, BT_INPUTS + PG_WORD * k);
}

bool bt_in_line(struct pg_vm *vm, const struct pg_insn *in, uint32_t port) {
    int64_t offset = in->imm - (int64_t)port; /* what emit_expect adds */
    if (offset < INT16_MIN || offset > INT16_MAX)
        return false;
    return in->op == PG_OP_out ? pg_bus_claims(port, PG_POSTED)
                               : in->op == PG_OP_in && bt_input(vm, port) >= 0;
}

/* A port access, in-line if the port is known, or one that it is expected to be. */
static void translate_port(struct making *t, const struct pg_insn *in) {
    uint32_t port = (uint32_t)in->imm;
    if ((in->a && !bt_site_hot(t->vm, t->unit->pa + PG_WORD * t->unit->n, &port)) ||
        !bt_in_line(t->vm, in, port))
        emit_callout(t, BT_CALL_EMULATE);
    else if (in->op == PG_OP_out)
        translate_posted(t, in, port);
    else
        translate_read_ahead(t, in, port, bt_input(t->vm, port));
}

static bool stores(enum pg_op op) {
    return pg_rows[op].cls == PG_CLASS_innocuous && pg_rows[op].opcode >> 4 == 5;
}

bool bt_continues(enum pg_op op) {
    if (stores(op))
        return true;
    switch (op) {
    case PG_OP_in:
    case PG_OP_out:
    case PG_OP_ppsw:
    case PG_OP_probe:
    case PG_OP_rdt:
    case PG_OP_smon:
    case PG_OP_gmon: return true;
    default: return false;
    }
}

/* T, low word. The tick at the head of the unit has already counted all of the unit, so that
 * DEADLINE - m7 is T at its end; how far that is from here is known only when it is complete. */
static void translate_rdt(struct making *t, const struct pg_insn *in) {
    emit(t, PG_OP_mlwm, 1, 0, 0, BT_DEADLINE);
    emit(t, PG_OP_msub, 1, 1, BT_M_BUDGET, 0);
    t->clocks[t->nclocks++] = t->unit->words;
    emit(t, PG_OP_maddi, 1, 1, 0, t->unit->n); /* less the length, in finish() */
    emit(t, PG_OP_mget, in->d, 1, 0, 0);
}

/* What the guest gets from this instruction in its present ring. */
static enum pg_user_action action(const struct pg_vm *vm, enum pg_op op) {
    if (pg_psw_ring(&vm->m->cpu.psw) == 0)
        return PG_USER_EXECUTE;
    return pg_rows[op].cls == PG_CLASS_sensitive ? (enum pg_user_action)vm->m->profile->user[op]
                                                 : PG_USER_TRAP;
}

/* A gate, a sensitive or a privileged instruction. Returns whether the unit goes on. */
static bool translate_sensitive(struct making *t, const struct pg_insn *in) {
    switch (action(t->vm, in->op)) {
    case PG_USER_TRAP: emit_callout(t, BT_CALL_EMULATE); return false;
    case PG_USER_IGNORE: emit(t, PG_OP_addi, 0, 0, 0, 0); return true;
    case PG_USER_EXECUTE: break;
    }
    switch (in->op) {
    case PG_OP_gpsw: emit(t, PG_OP_mlw, in->d, 0, 0, BT_STATUS); return true;
    case PG_OP_grel: emit(t, PG_OP_mlw, in->d, 0, 0, in->imm ? BT_BOUND : BT_BASE); return true;
    case PG_OP_ppsw: translate_ppsw(t, in); return true;
    case PG_OP_rdt:
        if (in->imm)
            emit(t, PG_OP_mlw, in->d, 0, 0, BT_CLOCK);
        else
            translate_rdt(t, in);
        return true;
    case PG_OP_in:
    case PG_OP_out: translate_port(t, in); return true;
    default: break;
    }
    emit_callout(t, BT_CALL_EMULATE);
    return bt_continues(in->op);
}

/* Translate one instruction. Returns whether the unit goes on. */
static bool translate(struct making *t, const struct pg_insn *in, uint32_t pc) {
    if (in->op == PG_NOPS || pg_rows[in->op].cls != PG_CLASS_innocuous)
        return in->op == PG_NOPS ? (emit_callout(t, BT_CALL_EMULATE), false)
                                 : translate_sensitive(t, in);
    switch (pg_rows[in->op].opcode >> 4) {
    case 6: return translate_branch(t, in, pc);
    case 7:
        if (in->op == PG_OP_jalr) {
            translate_jalr(t, in, pc);
        } else {
            emit_constant(t, in->d, pc + 4);
            emit_exit(t, pc + 4 * (uint32_t)in->imm);
        }
        return false;
    default: break;
    }
    uint32_t ignore;
    if (stores((enum pg_op)in->op) &&
        bt_site_hot(t->vm, t->unit->pa + PG_WORD * t->unit->n, &ignore))
        emit_callout(t, BT_CALL_EMULATE); /* to pages with translated code */
    else if (in->op == PG_OP_auipc)
        emit_constant(t, in->d, pc + ((uint32_t)in->imm << 12));
    else
        put(t, in->word);
    return true;
}

/* The number of instructions is known now. */
static void finish(struct making *t) {
    struct bt_unit *unit = t->unit;
    t->code[0] = bt_word(PG_OP_tick, 0, 0, 0, unit->n);
    for (unsigned k = 0; k < t->nclocks; k++) {
        struct pg_insn in;
        pg_decode(t->code[t->clocks[k]], &in);
        t->code[t->clocks[k]] = bt_word(PG_OP_maddi, 1, 1, 0, in.imm - unit->n);
    }
}

struct bt_unit *bt_translate(struct pg_vm *vm, uint32_t pc, uint32_t pa) {
    struct making t = {.vm = vm, .unit = bt_new_unit(vm)};
    struct bt_unit *unit = t.unit;
    unit->pc = pc;
    unit->pa = pa;
    unit->kind = bt_kind(vm);
    put(&t, 0); /* the tick, see finish() */
    bool more = true;
    while (more) {
        struct pg_insn in;
        uint32_t at = 4U * unit->n;
        pg_decode(pg_ram_read32(&vm->m->ram, pa + at), &in);
        unit->first[unit->n] = unit->words;
        more = translate(&t, &in, pc + at);
        unit->n++;
        if (more && (unit->n == BT_UNIT_INSNS || (pa + at + 4) % PG_PAGE == 0)) {
            emit_exit(&t, pc + at + 4);
            more = false;
        }
    }
    finish_branches(&t);
    finish(&t);
    for (unsigned w = 0; w < unit->words; w++)
        bt_poke(vm, unit->code + 4 * w, t.code[w]);
    bt_add_unit(vm, unit);
    pg_vm_note(vm, PG_EVENT_unit, unit->n, 0);
    vm->counts.n[PG_COUNT_unit_insns] += unit->n;
    vm->counts.n[PG_COUNT_unit_words] += unit->words;
    return unit;
}
