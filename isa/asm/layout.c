/* Sections and what fills them: items in pass 1, addresses between the passes, bytes in
 * pass 2. */
#include "isa/asm/parts.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };

/* ------------------------------------------------------------------ sections */

/* The order here is d_standard's parameter in directive.def, and the order in memory. */
static const struct standard {
    const char *name;
    unsigned flags;
    bool nobits;
} standards[] = {{".text", PG_SEG_R | PG_SEG_X, false},
                 {".data", PG_SEG_R | PG_SEG_W, false},
                 {".rodata", PG_SEG_R, false},
                 {".bss", PG_SEG_R | PG_SEG_W, true}};

/* What a section of this name is for if its flags are not given: .text.start is code, as
 * .text is; an unknown name is data. */
unsigned pg_as_default_flags(const char *name, bool *nobits) {
    for (size_t k = 0; k < sizeof standards / sizeof *standards; k++) {
        size_t n = strlen(standards[k].name);
        if (strncmp(name, standards[k].name, n) == 0 && (name[n] == '.' || name[n] == '\0')) {
            *nobits = standards[k].nobits;
            return standards[k].flags;
        }
    }
    *nobits = false;
    return PG_SEG_R | PG_SEG_W;
}

bool pg_as_init_sections(struct pg_as *as) {
    for (size_t k = 0; k < sizeof standards / sizeof *standards; k++)
        if (!pg_as_section_new(as, standards[k].name, standards[k].flags, standards[k].nobits))
            return false;
    as->section = &as->sections[0];
    as->section->fixed = true;
    as->section->addr = as->options.text_base;
    return true;
}

struct pg_as_section *pg_as_section_find(struct pg_as *as, const char *name) {
    for (size_t k = 0; k < as->nsections; k++)
        if (strcmp(as->sections[k].name, name) == 0)
            return &as->sections[k];
    return NULL;
}

/* A new section, or NULL if there are too many (the caller reports it). */
struct pg_as_section *pg_as_section_new(struct pg_as *as, const char *name, unsigned flags,
                                        bool nobits) {
    if (as->nsections == PG_AS_MAX_SECTIONS)
        return NULL;
    struct pg_as_section *s = &as->sections[as->nsections++];
    *s = (struct pg_as_section){.name = name, .flags = flags, .nobits = nobits};
    return s;
}

/* ------------------------------------------------------------------ pass 1: items */

/* Append an item of `size` bytes at the end of the current section; the caller fills in the
 * rest. Returns NULL if that is not possible, which has been reported. */
struct pg_as_item *pg_as_item(struct pg_as *as, enum pg_as_item_kind kind,
                              const struct pg_as_token *self, uint64_t size) {
    struct pg_as_section *s = as->section;
    if (s->nobits && kind != PG_AS_FILL) {
        pg_as_error(as, self->loc,
                    "`%.*s` cannot stand in %s, which has no bytes in the file; use .space, or "
                    "another section",
                    (int)(self->size < 60 ? self->size : 60), self->text, s->name);
        return NULL;
    }
    if (size + as->total > as->options.max_image) {
        pg_as_fatal(as, self->loc, "the program is larger than %u bytes",
                    (unsigned)as->options.max_image);
        return NULL;
    }
    if (kind == PG_AS_INSN && (s->addr + s->size) % PG_WORD != 0 && !s->misaligned_reported) {
        pg_as_error(as, self->loc,
                    "an instruction must stand at a multiple of 4; this is offset %u of %s (put "
                    ".align 2 before it)",
                    (unsigned)s->size, s->name);
        s->misaligned_reported = true; /* what follows would only say the same */
    }
    if (!pg_as_grow(as, &as->items, &as->items_capacity, as->nitems + 1, sizeof *as->items))
        return NULL;
    struct pg_as_item *item = &as->items[as->nitems++];
    *item = (struct pg_as_item){.kind = kind,
                                .statement = as->current,
                                .section = s,
                                .offset = s->size,
                                .size = (uint32_t)size};
    s->size += (uint32_t)size;
    as->total += size;
    as->statements[as->current].nitems++;
    return item;
}

/* Go on at the next multiple of `alignment`, a power of two. Code is padded with nops,
 * everything else with zeros, unless `fill` says otherwise. */
bool pg_as_align(struct pg_as *as, const struct pg_as_token *self, uint32_t alignment,
                 struct pg_as_expr *fill) {
    struct pg_as_section *s = as->section;
    uint32_t padding = -(s->addr + s->size) & (alignment - 1);
    if (padding == 0)
        return true;
    bool nops = !fill && (s->flags & PG_SEG_X) && padding % PG_WORD == 0;
    struct pg_as_item *item = pg_as_item(as, nops ? PG_AS_NOPS : PG_AS_FILL, self, padding);
    if (item) {
        item->unit = 1;
        item->expr = fill;
    }
    s->misaligned_reported = s->misaligned_warned = false;
    return item != NULL;
}

/* Let a source file begin on word boundaries, whatever the file before it ended with. */
void pg_as_align_sections(struct pg_as *as) {
    for (size_t k = 0; k < as->nsections; k++) {
        uint32_t padding = -as->sections[k].size % PG_WORD;
        as->sections[k].size += padding;
        as->total += padding;
    }
}

/* ------------------------------------------------------------------ between the passes */

static bool overlap(const struct pg_as_section *a, const struct pg_as_section *b) {
    return a->size && b->size && a->addr < (uint64_t)b->addr + b->size &&
           b->addr < (uint64_t)a->addr + a->size;
}

static bool place(struct pg_as *as, struct pg_as_section *s, uint64_t *next) {
    if (!s->fixed) {
        s->addr = (uint32_t)*next;
        if (*next > UINT32_MAX)
            s->addr = 0;
    }
    uint64_t start = s->fixed ? s->addr : *next, end = start + s->size;
    if (end > (uint64_t)UINT32_MAX + 1)
        return pg_as_fatal(as, s->defined,
                           "section %s (0x%llx, %u bytes) goes past the end of the address space",
                           s->name, (unsigned long long)start, (unsigned)s->size);
    if (s->size)
        *next = (end + PAGE - 1) / PAGE * PAGE;
    return true;
}

/* Give every section its address: .text where the options say, each following one on the
 * next page, .bss last, so that what the file does not hold is at the end. Sections with an
 * address of their own stay there and do not move the others. */
bool pg_as_place(struct pg_as *as) {
    uint64_t next = as->options.text_base, ignored;
    struct pg_as_section *bss = pg_as_section_find(as, ".bss");
    for (size_t k = 0; k < as->nsections; k++) {
        struct pg_as_section *s = &as->sections[k];
        if (s != bss && !place(as, s, s->fixed && k > 0 ? &ignored : &next))
            return false;
        if (k == 0) /* even an empty .text begins a page of its own */
            next = (next + PAGE - 1) / PAGE * PAGE;
    }
    if (!place(as, bss, &next))
        return false;
    for (size_t k = 0; k < as->nsections; k++)
        for (size_t j = 0; j < k; j++)
            if (overlap(&as->sections[j], &as->sections[k]))
                return pg_as_fatal(as, as->sections[k].defined,
                                   "sections %s (0x%x, %u bytes) and %s (0x%x, %u bytes) overlap",
                                   as->sections[j].name, (unsigned)as->sections[j].addr,
                                   (unsigned)as->sections[j].size, as->sections[k].name,
                                   (unsigned)as->sections[k].addr, (unsigned)as->sections[k].size);
    for (size_t k = 0; k < as->nsections; k++) {
        struct pg_as_section *s = &as->sections[k];
        s->bytes = s->size && !s->nobits ? calloc(1, s->size) : NULL;
        if (s->size && !s->nobits && !s->bytes) {
            pg_as_out_of_memory(as);
            return false;
        }
    }
    as->laid_out = true;
    return true;
}

/* ------------------------------------------------------------------ pass 2: bytes */

static void store(uint8_t *to, uint32_t value, unsigned n) {
    for (unsigned k = 0; k < n; k++)
        to[k] = (uint8_t)(value >> 8 * k);
}

/* The word of an instruction whose immediate or target is `value`; 0 if that is not possible,
 * which has been reported. */
static uint32_t instruction(struct pg_as *as, const struct pg_as_item *item, int64_t value) {
    enum pg_format format = pg_rows[item->op].format;
    const struct pg_layout *l = &pg_layouts[format];
    uint32_t pc = item->section->addr + item->offset, word = 0;
    struct pg_as_loc loc = item->expr ? item->expr->loc : as->statements[item->statement].loc;
    char takes[120];

    if (pg_format_has(format, 't')) {
        /* The distance on the circle of 32-bit addresses, as the machine will add it. */
        int32_t distance = (int32_t)((uint32_t)value - pc);
        if (distance % PG_WORD != 0) {
            pg_as_error(as, loc,
                        "the target 0x%08x of `%s` is not a multiple of 4 away from 0x%08x",
                        (unsigned)(uint32_t)value, item->name, (unsigned)pc);
            return 0;
        }
        value = distance / PG_WORD;
        if (value < pg_imm_min(format) || value > pg_imm_max(format)) {
            pg_as_error(as, loc, "the target 0x%08x is %d bytes away; `%s` reaches %d..%d",
                        (unsigned)((uint32_t)distance + pc), (int)distance, item->name,
                        (int)(pg_imm_min(format) * PG_WORD), (int)(pg_imm_max(format) * PG_WORD));
            return 0;
        }
    } else if (l->bits && (value < pg_imm_min(format) || value > pg_imm_max(format))) {
        pg_as_error(as, loc, "%s; the immediate %lld does not fit in %d bit%s, %d..%d",
                    pg_as_takes(item->name, l->operands, takes, sizeof takes), (long long)value,
                    l->bits, l->bits == 1 ? "" : "s", (int)pg_imm_min(format),
                    (int)pg_imm_max(format));
        return 0;
    }
    struct pg_insn insn = {
        .op = item->op, .d = item->d, .a = item->a, .b = item->b, .imm = (int32_t)value};
    pg_encode(&insn, &word);
    return word;
}

static void fill(struct pg_as *as, const struct pg_as_item *item, uint8_t *to, int64_t value) {
    const uint32_t nop = (uint32_t)pg_rows[PG_OP_addi].opcode << 24; /* addi zero, zero, 0 */
    switch (item->kind) {
    case PG_AS_INSN: store(to, instruction(as, item, value), PG_WORD); break;
    case PG_AS_BYTES: memcpy(to, item->bytes, item->size); break;
    case PG_AS_NOPS:
        for (uint32_t k = 0; k < item->size; k += PG_WORD)
            store(to + k, nop, PG_WORD);
        break;
    case PG_AS_DATA:
    case PG_AS_FILL: {
        int64_t max = ((int64_t)1 << 8 * item->unit) - 1, min = -(max / 2) - 1;
        if (value < min || value > max)
            pg_as_error(as, item->expr->loc, "%s takes %lld..%lld; %lld does not fit",
                        item->kind == PG_AS_DATA ? item->name : "a byte to fill with",
                        (long long)min, (long long)max, (long long)value);
        else if (item->kind == PG_AS_DATA)
            store(to, (uint32_t)value, item->unit);
        else if (to)
            memset(to, (int)(value & 0xff), item->size);
        else if (value != 0)
            pg_as_error(as, item->expr->loc, "%s can hold only zeros", item->section->name);
    }
    }
}

void pg_as_fill(struct pg_as *as) {
    for (size_t k = 0; k < as->nitems && !as->fatal; k++) {
        const struct pg_as_item *item = &as->items[k];
        struct pg_as_value v = {.kind = PG_AS_V_NUMBER};
        struct pg_as_complaint why = {.text = ""};
        as->current = item->statement;
        if (item->expr)
            v = pg_as_eval(as, item->expr, &why);
        if (v.kind == PG_AS_V_ERROR)
            pg_as_complain(as, &why);
        else
            fill(as, item, item->section->bytes ? item->section->bytes + item->offset : NULL,
                 v.number);
    }
}
