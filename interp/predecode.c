#include "interp/predecode.h"

#include <stdlib.h>

/* The form of each instruction that has one; 0 for the others. */
static const uint8_t form_of[PG_NOPS] = {
#define ALU(op, value) [PG_OP_##op] = PG_FORM_##op,
#define LOAD(op, size, sign) [PG_OP_##op] = PG_FORM_##op,
#define STORE(op, size) [PG_OP_##op] = PG_FORM_##op,
#define BRANCH(op, condition) [PG_OP_##op] = PG_FORM_##op,
#define MONITOR(op, registers, value) [PG_OP_##op] = PG_FORM_##op,
#define MBRANCH(op, condition) [PG_OP_##op] = PG_FORM_##op,
#define OWN(op) [PG_OP_##op] = PG_FORM_##op,
#include "interp/fast.def"
};

/* The form for a target outside the page; 0 if the instruction has no target of its own. */
static const uint8_t far_of[PG_NOPS] = {
#define ALU(op, value)
#define LOAD(op, size, sign)
#define STORE(op, size)
#define BRANCH(op, condition) [PG_OP_##op] = PG_FORM_##op##_far,
#define MONITOR(op, registers, value)
#define MBRANCH(op, condition) [PG_OP_##op] = PG_FORM_##op##_far,
#define OWN(op)
#include "interp/fast.def"
    [PG_OP_jal] = PG_FORM_jal_far,
};

/* What to do with an instruction whose destination is register 0, which stays zero. */
static const uint8_t sink_of[PG_NOPS] = {
#define ALU(op, value) [PG_OP_##op] = PG_FORM_nop,
#define LOAD(op, size, sign) [PG_OP_##op] = PG_FORM_slow,
#define STORE(op, size)
#define BRANCH(op, condition)
#define MONITOR(op, registers, value) [PG_OP_##op] = PG_FORM_slow,
#define MBRANCH(op, condition)
#define OWN(op)
#include "interp/fast.def"
    [PG_OP_mlw] = PG_FORM_slow,
    [PG_OP_mlwm] = PG_FORM_slow,
};

static bool ends_block(const struct pg_slot *slot) {
    return slot->form == PG_FORM_generic || slot->op == PG_OP_jalr || slot->op == PG_OP_mjmp ||
           far_of[slot->op];
}

static void forget_slot(struct pg_code_page *page, uint32_t index) {
    struct pg_slot *slot = &page->slots[index];
    if (slot->form == PG_FORM_undecoded)
        return;
    slot->go = 0; /* run stays: a block that is running settles its account by it */
    slot->form = PG_FORM_undecoded;
    page->decoded--;
}

static void written(void *context, uint32_t absolute, uint32_t size) {
    struct pg_code *code = context;
    uint32_t pa = absolute - code->ram->base; /* wraps, and is then outside */
    if (pa >= code->ram->size)
        return;
    struct pg_code_page *page = code->pages[pa >> PG_PAGE_BITS];
    if (!page)
        return;
    uint32_t first = (pa & (PG_PAGE - 1)) / PG_WORD;
    uint32_t last = ((pa & (PG_PAGE - 1)) + size - 1) / PG_WORD;
    /* The blocks that run into the first word; those of the others are found on the way. */
    if (page->slots[first].form != PG_FORM_undecoded)
        for (uint32_t k = first; k > 0; k--) {
            const struct pg_slot *before = &page->slots[k - 1];
            if (before->form == PG_FORM_undecoded || ends_block(before))
                break;
            forget_slot(page, k - 1);
        }
    for (uint32_t k = first; k <= last; k++)
        forget_slot(page, k);
    if (page->decoded == 0)
        pg_ram_unwatch(code->ram, pa, code->watch);
}

bool pg_code_init(struct pg_code *code, struct pg_ram *ram, uint32_t limit) {
    *code = (struct pg_code){.ram = ram, .limit = limit};
    code->pages = calloc(ram->size >> PG_PAGE_BITS, sizeof *code->pages);
    if (!code->pages)
        return false;
    code->watch = pg_ram_add_watcher(ram, written, code);
    return true;
}

void pg_code_flush(struct pg_code *code) {
    while (code->all) {
        struct pg_code_page *page = code->all;
        code->all = page->next;
        free(page);
    }
    for (uint32_t k = 0; k < code->ram->size >> PG_PAGE_BITS; k++)
        if (code->pages[k]) {
            code->pages[k] = NULL;
            pg_ram_unwatch(code->ram, k << PG_PAGE_BITS, code->watch);
        }
    code->npages = 0;
}

void pg_code_free(struct pg_code *code) {
    if (code->pages)
        pg_code_flush(code);
    if (code->watch)
        pg_ram_remove_watcher(code->ram, code->watch);
    free(code->pages);
    *code = (struct pg_code){0};
}

struct pg_code_page *pg_code_page(struct pg_code *code, uint32_t pa, const int32_t *go) {
    struct pg_code_page **place = &code->pages[pa >> PG_PAGE_BITS];
    if (*place || code->npages == code->limit || !code->watch)
        return *place;
    struct pg_code_page *page = calloc(1, sizeof *page);
    if (!page)
        return NULL;
    page->slots[PG_PAGE_WORDS] =
        (struct pg_slot){.form = PG_FORM_page_end, .go = go[PG_FORM_page_end]};
    page->next = code->all;
    code->all = page;
    code->npages++;
    *place = page;
    return page;
}

/* The form of a decoded instruction at word `index`. */
static enum pg_form choose(const struct pg_insn *in, uint32_t index) {
    if (in->op == PG_NOPS || !form_of[in->op])
        return PG_FORM_generic;
    if (in->d == 0 && sink_of[in->op])
        return sink_of[in->op];
    uint32_t target = index + (uint32_t)in->imm;
    if (far_of[in->op] && target >= PG_PAGE_WORDS)
        return far_of[in->op];
    return form_of[in->op];
}

void pg_code_decode(struct pg_code *code, uint32_t pa, uint32_t index, const int32_t *go) {
    struct pg_code_page *page = code->pages[pa >> PG_PAGE_BITS];
    uint32_t end = index;
    for (; end < PG_PAGE_WORDS && page->slots[end].form == PG_FORM_undecoded; end++) {
        struct pg_insn in;
        pg_decode(pg_ram_read32(code->ram, (pa & ~(uint32_t)(PG_PAGE - 1)) + end * PG_WORD), &in);
        enum pg_form form = choose(&in, end);
        page->slots[end] = (struct pg_slot){.go = go[form],
                                            .imm = in.imm,
                                            .run = 1,
                                            .form = (uint8_t)form,
                                            .op = in.op,
                                            .d = in.d,
                                            .a = in.a,
                                            .b = in.b};
        page->decoded++;
        if (ends_block(&page->slots[end])) {
            end++;
            break;
        }
    }
    for (uint32_t k = end; k-- > index;)
        if (!ends_block(&page->slots[k]))
            page->slots[k].run = (uint16_t)(page->slots[k + 1].run + 1);
    pg_ram_watch(code->ram, pa, code->watch);
}
