/* cmd_dis.c - `trapeze dis`: a program's instructions, or its translation side by side. What the
 * native engine makes of it is in dis_native.c. */
#include "isa/disasm.h"
#include "monitor/monitor.h"
#include "vmm/listing.h"

#include <inttypes.h>
#include <string.h>

/* ---- the program */

/* What is printed, and where it has come to. */
struct listing {
    const struct pg_image *image;
    struct mon_source *source; /* NULL: without */
    struct pg_line last;       /* the source line printed last */
};

/* Print the source line that begins at pc, unless it is the last one still. False: its text is not
 * to be had. */
static bool print_source(struct listing *l, const struct pg_line *line) {
    size_t length;
    const char *text = mon_source_line(l->source, line, &length);
    bool again = line->file == l->last.file && line->line == l->last.line;
    l->last = *line;
    if (!text || again)
        return text;
    printf("# %s:%" PRIu32 ":%s", l->image->files[line->file], line->line, length ? "  " : "");
    for (size_t k = 0; k < length; k++) /* nothing that a terminal would obey */
        putchar((unsigned char)text[k] < ' ' && text[k] != '\t' ? '?' : text[k]);
    putchar('\n');
    return true;
}

static void print_insn(struct listing *l, uint32_t pc, uint32_t word) {
    char text[128];
    const struct pg_image *image = l->image;
    const struct pg_line *line = l->source ? pg_image_line_at(image, pc) : NULL;
    bool named = line && line->addr == pc && !print_source(l, line);
    pg_disasm(word, pc, image, text, sizeof text);
    printf("  %08" PRIx32 "  %08" PRIx32 "  %s", pc, word, text);
    if (named)
        printf("%*s# %s:%" PRIu32, strlen(text) < 40 ? (int)(40 - strlen(text)) : 1, "",
               image->files[line->file], line->line);
    putchar('\n');
}

static void print_label(struct listing *l, uint32_t pc) {
    for (size_t k = 0; k < l->image->nsymbols; k++)
        if (l->image->symbols[k].addr == pc) {
            printf("\n%08" PRIx32 " <%s>:\n", pc, l->image->symbols[k].name);
            l->last = (struct pg_line){0};
        }
}

/* The end of what a symbol names: its size, or the next symbol. */
static uint64_t symbol_end(const struct pg_image *image, const struct pg_symbol *symbol) {
    if (symbol->size)
        return (uint64_t)symbol->addr + symbol->size;
    uint64_t end = 1ULL << 32;
    for (size_t k = 0; k < image->nsymbols; k++)
        if (image->symbols[k].addr > symbol->addr && image->symbols[k].addr < end)
            end = image->symbols[k].addr;
    return end;
}

/* Parse `A..B`, addresses from A up to but not including B. */
static bool parse_range(const char *text, uint64_t *from, uint64_t *to) {
    char first[24];
    const char *dots = strstr(text, "..");
    if (!dots || (size_t)(dots - text) >= sizeof first)
        return false;
    snprintf(first, sizeof first, "%.*s", (int)(dots - text), text);
    return mon_number(first, UINT32_MAX, 0, from) && mon_number(dots + 2, 1ULL << 32, 0, to) &&
           *from < *to;
}

static void print_segment(struct listing *l, const struct pg_segment *s, uint64_t from,
                          uint64_t to) {
    for (uint32_t at = 0; s->file_size >= 4 && at <= s->file_size - 4; at += 4) {
        const uint8_t *p = s->bytes + at;
        uint32_t pc = s->addr + at;
        if (pc < from || pc >= to)
            continue;
        print_label(l, pc);
        print_insn(l, pc,
                   (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                       (uint32_t)p[3] << 24);
    }
}

/* The addresses that --symbol or --range says, or all. Returns 0, or an exit status after a
 * message. */
static int choose(const struct pg_image *image, const struct mon_args *args, uint64_t *from,
                  uint64_t *to) {
    const char *name = mon_option(args, OPT_symbol), *range = mon_option(args, OPT_range);
    *from = 0;
    *to = 1ULL << 32;
    if (name && range)
        return mon_fail(MON_USAGE, "--symbol and --range: one of them");
    if (name) {
        const struct pg_symbol *symbol = pg_image_symbol(image, name);
        struct pg_nearest search = pg_nearest_begin(name);
        for (size_t k = 0; k < image->nsymbols; k++)
            pg_nearest_offer(&search, image->symbols[k].name);
        if (!symbol)
            return mon_unknown("symbol", name, &search);
        *from = symbol->addr;
        *to = symbol_end(image, symbol);
    }
    if (range && !parse_range(range, from, to))
        return mon_fail(MON_USAGE, "--range %s: not A..B, such as 0x1000..0x1040", range);
    return 0;
}

static int disassemble(const struct pg_image *image, const struct mon_args *args, uint64_t from,
                       uint64_t to) {
    struct mon_source source;
    struct listing l = {.image = image};
    if (mon_option(args, OPT_source)) {
        if (!mon_source_open(&source, image, args->operands[0]))
            return mon_fail(MON_INTERNAL, "the host is out of memory");
        l.source = &source;
    }
    for (size_t k = 0; k < image->nsegments; k++)
        if (image->segments[k].flags & PG_SEG_X)
            print_segment(&l, &image->segments[k], from, to);
    if (l.source)
        mon_source_close(&source);
    return 0;
}

/* ---- its translation */

/* The exit of the unit that stands at word w, or -1. */
static int exit_at(const struct pg_unit_view *u, unsigned w) {
    for (unsigned slot = 0; slot < u->nexits; slot++)
        if (u->exits[slot].word == w)
            return (int)slot;
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
    printf("| %05" PRIx32 "  %08" PRIx32 "  %-*s%s%s\n", at, u->code[w], *note ? 24 : 0, text,
           *note ? "# " : "", note);
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
    return status == 0 && mon_interrupted() ? MON_INTERRUPTED : status;
}

int cmd_dis(const struct mon_args *args) {
    struct mon_plan plan;
    if (args->noperands > 1)
        return mon_fail(MON_USAGE, "dis takes one program");
    bool translated = mon_option(args, OPT_translated), native = mon_option(args, OPT_native);
    if (translated && native)
        return mon_fail(MON_USAGE, "--translated and --native: one of them");
    if (translated || native)
        mon_catch_interrupts(); /* what is translated so far is of interest */
    uint64_t from, to;
    int status = mon_plan(&plan, args);
    if (status == 0)
        status = choose(plan.images[0], args, &from, &to);
    if (status == 0)
        status = translated ? show_translation(&plan, args->operands[0])
                 : native   ? mon_dis_native(&plan, args->operands[0], from, to)
                            : disassemble(plan.images[0], args, from, to);
    mon_unplan(&plan);
    return status;
}
