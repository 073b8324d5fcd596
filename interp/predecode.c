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
static const uint8_t far_of[PG_NOPS + 1] = {
#define BRANCH(op, condition) [PG_OP_##op] = PG_FORM_##op##_far,
#define MBRANCH(op, condition) [PG_OP_##op] = PG_FORM_##op##_far,
#include "interp/fast.def"
    [PG_OP_jal] = PG_FORM_jal_far,
};

/* What to do with an instruction whose destination is register 0, which stays zero. */
static const uint8_t sink_of[PG_NOPS] = {
#define ALU(op, value) [PG_OP_##op] = PG_FORM_nop,
#define LOAD(op, size, sign) [PG_OP_##op] = PG_FORM_slow,
#define MONITOR(op, registers, value) [PG_OP_##op] = PG_FORM_slow,
#include "interp/fast.def"
    [PG_OP_mlw] = PG_FORM_slow,
    [PG_OP_mlwm] = PG_FORM_slow,
};

/* The forms that end a block: what follows may not be the next word. */
static const bool ends_block[PG_NSINGLES] = {
    [PG_FORM_generic] = true,
#define BRANCH(op, condition) [PG_FORM_##op] = true, [PG_FORM_##op##_far] = true,
#define MBRANCH(op, condition) [PG_FORM_##op] = true, [PG_FORM_##op##_far] = true,
#include "interp/fast.def"
    [PG_FORM_jal] = true,     [PG_FORM_jal_far] = true,
    [PG_FORM_jalr] = true,    [PG_FORM_mjmp] = true,
};

/* The form for two neighbours at once, whatever their registers; 0 if there is none. */
static const uint8_t pair_of[PG_NSINGLES][PG_NSINGLES] = {
#define PAIR(kind1, op1, kind2, op2) [PG_FORM_##op1][PG_FORM_##op2] = PG_FORM_##op1##_##op2,
#include "interp/fast.def"
};

/* The same where the first's D is the second's A. */
static const uint8_t link_of[PG_NSINGLES][PG_NSINGLES] = {
#define LINK(kind1, op1, kind2, op2) [PG_FORM_##op1][PG_FORM_##op2] = PG_FORM_##op1##_to_##op2,
#include "interp/fast.def"
};

/* The forms whose A and B may change places. */
static const bool commutes[PG_NSINGLES] = {
    [PG_FORM_add] = true, [PG_FORM_xor] = true, [PG_FORM_or] = true,
    [PG_FORM_and] = true, [PG_FORM_mul] = true,
};

static void forget_slot(struct pg_code *code, struct pg_code_page *page, uint32_t index) {
    struct pg_slot *slot = &page->slots[index];
    if (!pg_code_decoded(code, slot))
        return;
    /* run stays: a block that is running settles its account by it */
    slot->go = code->go[PG_FORM_undecoded];
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
    if (pg_code_decoded(code, &page->slots[first]))
        for (uint32_t k = first; k > 0; k--) {
            const struct pg_slot *before = &page->slots[k - 1];
            if (!pg_code_decoded(code, before) || before->run == 1) /* a block's last */
                break;
            forget_slot(code, page, k - 1);
        }
    for (uint32_t k = first; k <= last; k++)
        forget_slot(code, page, k);
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

struct pg_code_page *pg_code_page(struct pg_code *code, uint32_t pa) {
    struct pg_code_page **place = &code->pages[pa >> PG_PAGE_BITS];
    if (*place || code->npages == code->limit || !code->watch)
        return *place;
    struct pg_code_page *page = malloc(sizeof *page);
    if (!page)
        return NULL;
    *page = (struct pg_code_page){.next = code->all};
    for (uint32_t k = 0; k < PG_PAGE_WORDS; k++)
        page->slots[k].go = code->go[PG_FORM_undecoded];
    page->slots[PG_PAGE_WORDS].go = code->go[PG_FORM_page_end];
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

/* The form of a slot of form `first`, with regard to the next one. May turn that one's operands. */
static uint8_t fuse(struct pg_slot *slot, uint8_t first, uint8_t second) {
    uint8_t pair = pair_of[first][second], link = link_of[first][second];
    struct pg_slot *next = slot + 1;
    if (link && commutes[second] && next->imm == slot->d) {
        next->imm = next->a;
        next->a = slot->d;
    }
    return link && next->a == slot->d ? link : pair ? pair : first;
}

void pg_code_decode(struct pg_code *code, uint32_t pa, uint32_t index) {
    struct pg_slot *slots = code->pages[pa >> PG_PAGE_BITS]->slots;
    uint8_t forms[PG_PAGE_WORDS + 1];
    uint32_t end = index;
    for (bool last = false; !last; end++) {
        struct pg_insn in;
        pg_decode(pg_ram_read32(code->ram, (pa & ~(uint32_t)(PG_PAGE - 1)) + end * PG_WORD), &in);
        forms[end] = (uint8_t)choose(&in, end);
        if (pg_code_decoded(code, &slots[end])) /* the rest is known; but see what it begins with */
            break;
        slots[end] =
            (struct pg_slot){.imm = (uint32_t)in.imm | in.b, .run = 1, .d = in.d, .a = in.a};
        if (far_of[in.op] && forms[end] != far_of[in.op])
            slots[end].imm *= sizeof *slots;
        last = ends_block[forms[end]] || end == PG_PAGE_WORDS - 1;
        if (last)
            forms[end + 1] = PG_FORM_undecoded;
    }
    code->pages[pa >> PG_PAGE_BITS]->decoded += end - index;
    for (uint32_t k = end; k-- > index;) {
        slots[k].go = code->go[fuse(&slots[k], forms[k], forms[k + 1])];
        if (!ends_block[forms[k]])
            slots[k].run = (uint16_t)(slots[k + 1].run + 1);
    }
    pg_ram_watch(code->ram, pa, code->watch);
}
