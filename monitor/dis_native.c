/* dis_native.c - `trapeze dis --native`: the x86-64 code that the native engine makes of a guest.
 */
#include "monitor/monitor.h"

#if defined TRAPEZE_NATIVE && defined HAVE_ZYDIS

#include "isa/disasm.h"
#include "native/listing.h"

#include <Zycore/Format.h>
#include <Zydis/Zydis.h>
#include <inttypes.h>
#include <stdlib.h>

/* What is in the listing, and how it is written. */
struct native_listing {
    const struct pg_image *image;
    struct pg_machine *machine;
    void *engine;
    struct pg_native_piece *pieces;
    size_t npieces;
    ZydisDecoder decoder;
    ZydisFormatter formatter;
    ZydisFormatterFunc print_address, print_disp; /* Zydis's own */
};

/* ---- operands: by their names, where they have some */

static ZyanStatus append(ZydisFormatterBuffer *buffer, const char *text) {
    ZyanString *string;
    ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL));
    ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &string));
    return ZyanStringAppendFormat(string, "%s", text);
}

/* Addresses of 32 bits are the guest's own, in the window. */
static bool is_below(const ZydisFormatterContext *context, char *text, size_t size) {
    const ZydisDecodedOperand *o = context->operand;
    return o->type == ZYDIS_OPERAND_TYPE_MEMORY && o->mem.segment == ZYDIS_REGISTER_GS &&
           context->instruction->address_width == 64 &&
           pg_native_below(o->mem.disp.value, text, size);
}

static ZyanStatus print_address(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
                                ZydisFormatterContext *context) {
    struct native_listing *l = context->user_data;
    ZyanU64 address;
    char text[64];
    if (is_below(context, text, sizeof text))
        return append(buffer, text);
    ZYAN_CHECK(ZydisCalcAbsoluteAddress(context->instruction, context->operand,
                                        context->runtime_address, &address));
    return pg_native_place(l->engine, address, text, sizeof text)
               ? append(buffer, text)
               : l->print_address(formatter, buffer, context);
}

static ZyanStatus print_disp(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
                             ZydisFormatterContext *context) {
    struct native_listing *l = context->user_data;
    char text[64] = "+";
    return is_below(context, text + 1, sizeof text - 1) ? append(buffer, text)
                                                        : l->print_disp(formatter, buffer, context);
}

static void set_up_zydis(struct native_listing *l) {
    static const ZydisFormatterProperty paddings[] = {ZYDIS_FORMATTER_PROP_IMM_PADDING,
                                                      ZYDIS_FORMATTER_PROP_DISP_PADDING,
                                                      ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE};
    const void *address = (const void *)&print_address, *disp = (const void *)&print_disp;
    ZydisDecoderInit(&l->decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisFormatterInit(&l->formatter, ZYDIS_FORMATTER_STYLE_INTEL);
    for (size_t k = 0; k < sizeof paddings / sizeof *paddings; k++)
        ZydisFormatterSetProperty(&l->formatter, paddings[k], ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&l->formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    ZydisFormatterSetHook(&l->formatter, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS, &address);
    ZydisFormatterSetHook(&l->formatter, ZYDIS_FORMATTER_FUNC_PRINT_DISP, &disp);
    l->print_address = (ZydisFormatterFunc)address; /* that it has replaced */
    l->print_disp = (ZydisFormatterFunc)disp;
}

/* The host's instruction at *at of a piece, as text; *at moves on. */
static void host_insn(struct native_listing *l, const struct pg_native_piece *p, size_t *at,
                      char *text, size_t size) {
    ZydisDecodedInstruction in;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    const uint8_t *code = p->code + *at;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&l->decoder, code, p->size - *at, &in, operands)) ||
        !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&l->formatter, &in, operands,
                                                      in.operand_count_visible, text, size,
                                                      (uintptr_t)code, l))) {
        snprintf(text, size, "(byte 0x%02x)", *code);
        in.length = 1;
    }
    *at += in.length;
}

/* ---- the listing */

static const char *register_name(int host) {
    return ZydisRegisterGetString(ZydisRegisterEncode(ZYDIS_REGCLASS_GPR32, (ZyanU8)host));
}

static void print_registers(void) {
    printf("registers:");
    for (unsigned g = 0; g < PG_NREGS; g++)
        if (pg_native_register(g) >= 0)
            printf(" %s=%s", pg_reg_names[g], register_name(pg_native_register(g)));
    printf("; in monitor space m7=%s; steps left: %s; window: gs\n", register_name(pg_native_m7()),
           register_name(pg_native_budget()));
}

static void print_block(const struct native_listing *l, const struct pg_native_block *b) {
    printf("\nblock_%08" PRIx32, b->pc);
    mon_print_place(l->image, b->pc, stdout);
    printf(": %u instruction%s", b->words, b->words == 1 ? "" : "s");
    if (b->insns > b->words)
        printf(" %u times", b->insns / b->words);
    printf(" for ring%s, memory by %s\n", b->supervisor ? " 0" : "s 1 to 3",
           b->windowed ? "the window" : "tables");
}

/* The left column: the k-th instruction that a piece is for, or what else it is. */
static void guest_insn(const struct native_listing *l, const struct pg_native_piece *p, unsigned k,
                       char *text, size_t size) {
    const struct pg_native_block *b = &p->block;
    uint32_t at = PG_WORD * ((p->index + k) % b->words), word;
    char insn[100];
    *text = '\0';
    if (k < p->count) {
        word = pg_ram_read32(&l->machine->ram, b->pa + at);
        pg_disasm(word, b->pc + at, NULL, insn, sizeof insn);
        snprintf(text, size, "%c %08" PRIx32 "  %08" PRIx32 "  %s", k ? '+' : ' ', b->pc + at, word,
                 insn);
    } else if (k == 0 && p->index < b->insns) {
        snprintf(text, size, "  %08" PRIx32 "  out of line", b->pc + at);
    }
}

static void print_piece(struct native_listing *l, const struct pg_native_piece *p) {
    size_t at = 0;
    for (unsigned k = 0; k < p->count || at < p->size; k++) {
        char left[128], right[160] = "";
        size_t from = at;
        guest_insn(l, p, k, left, sizeof left);
        if (at < p->size) {
            host_insn(l, p, &at, right, sizeof right);
            printf("%-48s | %05zx  %s\n", left, p->at + from, right);
        } else {
            printf("%-48s |\n", left);
        }
    }
}

/* By pc; then as they were translated. An instruction may need no code: it begins where the next
 * one does. */
static int compare(const void *one, const void *other) {
    const struct pg_native_piece *a = one, *b = other;
    if (a->block.pc != b->block.pc)
        return a->block.pc < b->block.pc ? -1 : 1;
    if (a->block.number != b->block.number)
        return a->block.number < b->block.number ? -1 : 1;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Is any of the block's code in these addresses, and as it was when it was translated? */
static bool wanted(const struct pg_native_block *b, uint64_t from, uint64_t to) {
    return !b->overwritten && b->pc < to && b->pc + (uint64_t)PG_WORD * b->words > from;
}

static bool print_all(struct native_listing *l, uint64_t from, uint64_t to) {
    l->npieces = pg_native_listing_size(l->engine);
    l->pieces = calloc(l->npieces + 1, sizeof *l->pieces);
    if (!l->pieces)
        return false;
    for (size_t k = 0; k < l->npieces; k++)
        pg_native_listing_piece(l->engine, k, &l->pieces[k]);
    qsort(l->pieces, l->npieces, sizeof *l->pieces, compare);
    set_up_zydis(l);
    print_registers();
    uint32_t last = 0; /* no block has this number */
    for (size_t k = 0; k < l->npieces; k++) {
        const struct pg_native_piece *p = &l->pieces[k];
        if (!wanted(&p->block, from, to))
            continue;
        if (p->block.number != last)
            print_block(l, &p->block);
        last = p->block.number;
        print_piece(l, p);
    }
    free(l->pieces);
    return true;
}

enum { SOME_STEPS = 10000000, SLICE = 1000000 };

int mon_dis_native(const struct mon_plan *plan, const char *path, uint64_t from, uint64_t to) {
    struct native_listing l = {.image = plan->images[0]};
    struct pg_setup setup = plan->setups[0];
    struct pg_error err;
    int status = 0;
    if (plan->engine != &pg_engine_native && plan->engine != &pg_engine_eager)
        return mon_fail(MON_USAGE, "--native: the engine %s generates no code", plan->engine->name);
    if (setup.limit == PG_NEVER)
        setup.limit = SOME_STEPS;
    l.machine = pg_machine_new(setup.memory, &err);
    if (!l.machine || !pg_set_up(l.machine, &setup, &err)) {
        pg_machine_free(l.machine);
        return mon_fail(MON_BAD_IMAGE, "%s: %s", path, err.text);
    }
    l.engine = plan->engine->open(l.machine);
    bool room = l.engine && pg_native_listing_begin(l.engine);
    uint64_t *T = &l.machine->cpu.T;
    while (room && l.machine->run == PG_RUNNING && *T < setup.limit && !mon_interrupted())
        plan->engine->run(l.engine, setup.limit - *T < SLICE ? setup.limit : *T + SLICE);
    if (!room || !print_all(&l, from, to))
        status = mon_fail(MON_INTERNAL, "the host is out of memory");
    else if (mon_interrupted())
        status = MON_INTERRUPTED;
    if (l.engine)
        plan->engine->close(l.engine);
    pg_machine_free(l.machine);
    return status;
}

#else

int mon_dis_native(const struct mon_plan *plan, const char *path, uint64_t from, uint64_t to) {
#ifdef TRAPEZE_NATIVE
    return mon_fail(MON_USAGE, "--native: this trapeze was built without Zydis 4; install it "
                               "(Debian: libzydis-dev) and build again");
#else
    return mon_fail(MON_USAGE, "--native: this trapeze was built without the native engine, which "
                               "needs Linux on x86-64");
#endif
}

#endif
