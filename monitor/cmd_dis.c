/* cmd_dis.c - `trapeze dis`: a program's instructions, or its translation side by side. */
#include "isa/disasm.h"
#include "monitor/monitor.h"
#include "vmm/listing.h"

#include <inttypes.h>
#include <string.h>

/* ---- the program */

static void print_label(const struct pg_image *image, uint32_t pc) {
    for (size_t k = 0; k < image->nsymbols; k++)
        if (image->symbols[k].addr == pc)
            printf("\n%08" PRIx32 " <%s>:\n", pc, image->symbols[k].name);
}

static void print_insn(const struct pg_image *image, uint32_t pc, uint32_t word, bool source) {
    char text[128];
    const struct pg_line *line = source ? pg_image_line_at(image, pc) : NULL;
    pg_disasm(word, pc, image, text, sizeof text);
    printf("  %08" PRIx32 "  %08" PRIx32 "  %s", pc, word, text);
    if (line && line->addr == pc)
        printf("%*s# %s:%" PRIu32, strlen(text) < 40 ? (int)(40 - strlen(text)) : 1, "",
               image->files[line->file], line->line);
    putchar('\n');
}

/* The end of what a symbol names: its size, or the next symbol. */
static uint32_t symbol_end(const struct pg_image *image, const struct pg_symbol *symbol) {
    if (symbol->size)
        return symbol->addr + symbol->size;
    uint32_t end = UINT32_MAX;
    for (size_t k = 0; k < image->nsymbols; k++)
        if (image->symbols[k].addr > symbol->addr && image->symbols[k].addr < end)
            end = image->symbols[k].addr;
    return end;
}

static int disassemble(const struct pg_image *image, const struct mon_args *args) {
    const char *name = mon_option(args, OPT_symbol);
    uint32_t from = 0, to = UINT32_MAX;
    if (name) {
        const struct pg_symbol *symbol = pg_image_symbol(image, name);
        if (!symbol)
            return mon_fail(MON_USAGE, "%s: there is no symbol `%s`", args->operands[0], name);
        from = symbol->addr;
        to = symbol_end(image, symbol);
    }
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        for (uint32_t at = 0; s->flags & PG_SEG_X && at + 4 <= s->file_size; at += 4) {
            const uint8_t *p = s->bytes + at;
            uint32_t pc = s->addr + at;
            if (pc < from || pc >= to)
                continue;
            print_label(image, pc);
            print_insn(image, pc,
                       (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                           (uint32_t)p[3] << 24,
                       mon_option(args, OPT_source));
        }
    }
    return 0;
}

/* ---- its translation */

/* The exit of the unit that stands at word w, or -1. */
static int exit_at(const struct pg_unit_view *u, unsigned w) {
    for (int slot = 0; slot < 2; slot++)
        if (u->exits[slot].word && u->exits[slot].word == w)
            return slot;
    return -1;
}

static void print_translated_word(const struct pg_unit_view *u, unsigned w) {
    char text[128], note[96] = "";
    struct pg_insn in;
    uint32_t at = u->offset + 4 * w;
    pg_disasm(u->code[w], at, NULL, text, sizeof text);
    int slot = exit_at(u, w);
    const char *callout = pg_listing_callout(u->code[w]);
    pg_decode(u->code[w], &in);
    if (slot >= 0)
        snprintf(note, sizeof note, "%s 0x%08" PRIx32,
                 u->exits[slot].chained ? "chained: on to" : callout, u->exits[slot].target);
    else if (callout)
        snprintf(note, sizeof note, "%s", callout);
    else if (in.op < PG_NOPS && in.a == 0 &&
             (pg_rows[in.op].format == PG_FMT_ML || pg_rows[in.op].format == PG_FMT_MM) &&
             pg_listing_place((uint32_t)in.imm))
        snprintf(note, sizeof note, "%s", pg_listing_place((uint32_t)in.imm));
    printf("| %05" PRIx32 "  %08" PRIx32 "  %-24s%s%s\n", at, u->code[w], text, *note ? "# " : "",
           note);
}

static void print_unit(const struct pg_image *image, const struct pg_unit_view *u) {
    const struct pg_symbol *symbol = pg_image_symbol_at(image, u->pc);
    printf("\nunit at 0x%08" PRIx32, u->pc);
    if (symbol)
        printf(" <%s+0x%" PRIx32 ">", symbol->name, u->pc - symbol->addr);
    printf(": %u instructions, %u words%s\n", u->n, u->words,
           u->valid ? "" : " (discarded: the code was overwritten)");
    unsigned k = 0;
    for (unsigned w = 0; w < u->words || k < u->n; w++) {
        char left[128] = "", text[100];
        if (k < u->n && u->first[k] <= w) {
            pg_disasm(u->guest[k], u->pc + 4 * k, NULL, text, sizeof text);
            snprintf(left, sizeof left, "%08" PRIx32 "  %08" PRIx32 "  %s", u->pc + 4 * k,
                     u->guest[k], text);
            k++;
        }
        printf("  %-46s ", left);
        if (w < u->words)
            print_translated_word(u, w);
        else
            putchar('\n');
    }
}

static int show_translation(struct mon_plan *plan, const char *path) {
    struct pg_error err;
    struct pg_session *s = pg_system_bt.open(plan->engine, plan->setups, 1, &err);
    if (!s)
        return mon_fail(MON_BAD_IMAGE, "%s: %s", path, err.text);
    enum pg_progress progress;
    do
        progress = s->run(s, 1000000);
    while (progress == PG_PROGRESS_MORE && !mon_interrupted());
    for (size_t k = 0; k < pg_listing_size(s, 0); k++) {
        struct pg_unit_view view;
        pg_listing_unit(s, 0, k, &view);
        print_unit(plan->images[0], &view);
    }
    int status = progress == PG_PROGRESS_BROKEN ? mon_fail(MON_INTERNAL, "%s", s->error.text) : 0;
    s->close(s);
    return status;
}

int cmd_dis(const struct mon_args *args) {
    struct mon_plan plan;
    int status = mon_plan(&plan, args);
    if (status == 0 && plan.nguests != 1)
        status = mon_fail(MON_USAGE, "dis takes one program");
    mon_catch_interrupts();
    if (status == 0)
        status = mon_option(args, OPT_translated) ? show_translation(&plan, args->operands[0])
                                                  : disassemble(plan.images[0], args);
    mon_unplan(&plan);
    return status;
}
