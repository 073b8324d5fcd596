/* do_look.c - the commands that show the processor, the code and the VMM. */
#include "monitor/debug/debug.h"

#include "isa/disasm.h"
#include "vmm/inspect.h"
#include "vmm/listing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What has changed since the last stop is bright, and marked for those without colours. */
static void put_word(struct debugger *d, const char *name, uint32_t now, uint32_t before) {
    bool changed = now != before, bright = changed && d->colour;
    fprintf(d->out, "%s%4s %08x%c%s", bright ? "\033[1;33m" : "", name, now, changed ? '*' : ' ',
            bright ? "\033[0m" : "");
}

void do_registers(struct debugger *d, const char *rest) {
    const struct pg_cpu *cpu = &debug_machine(d)->cpu;
    for (int k = 0; k < PG_NREGS; k++) {
        put_word(d, pg_reg_names[k], cpu->r[k], d->r[k]);
        fprintf(d->out, "%s", k % 4 == 3 ? "\n" : "   ");
    }
    put_word(d, "pc", cpu->psw.pc, d->psw.pc);
    fputc(' ', d->out);
    put_word(d, "status", cpu->psw.status, d->psw.status);
    fputc(' ', d->out);
    put_word(d, "base", cpu->psw.base, d->psw.base);
    fputc(' ', d->out);
    put_word(d, "bound", cpu->psw.bound, d->psw.bound);
    fputc('\n', d->out);
    for (int k = 1; k < PG_NMREGS && cpu->psw.status & PG_MON; k++)
        fprintf(d->out, "  m%d %08x%s", k, cpu->m[k], k == 7 ? "\n" : "  ");
}

static void put_psw(struct debugger *d, const char *whose, const struct pg_psw *psw) {
    fprintf(d->out, "%-8s ring %u  %-6s  pc %08x  base %08x  bound %08x %s%s%s\n", whose,
            psw->status & PG_RING, pg_mode_name(psw->status), psw->pc, psw->base, psw->bound,
            psw->status & PG_IE ? " IE" : "", psw->status & PG_TRACE ? " TRACE" : "",
            psw->status & PG_MON ? " MON" : "");
}

void do_psw(struct debugger *d, const char *rest) {
    struct pg_session *session = timeline_session(d->t);
    struct pg_psw real;
    uint32_t base;
    put_psw(d, "virtual", &debug_machine(d)->cpu.psw);
    if (pg_inspect_real_psw(session, &real))
        put_psw(d, "real", &real);
    else
        fprintf(d->out, "real     under %s the guest has no other\n", timeline_system(d->t)->name);
    if (pg_inspect_allocation(session, &base))
        fprintf(d->out,
                "the guest's memory begins at real address %08x; the real PSW is that of the "
                "last exit\n",
                base);
}

/* ---- values */

void do_print(struct debugger *d, const char *rest) {
    uint64_t value;
    char format = ' ';
    if (*rest == '/' && rest[1]) {
        format = rest[1];
        rest += 2;
    }
    while (isspace((unsigned char)*rest))
        rest++;
    if (!*rest) {
        debug_fail(d, "print: which expression?");
        return;
    }
    if (!debug_evaluate(d, rest, &value))
        return;
    int32_t word = (int32_t)value;
    switch (format) {
    case ' ':
        fprintf(d->out, "%llu  0x%llx", (unsigned long long)value, (unsigned long long)value);
        if (word < 0 && value <= UINT32_MAX)
            fprintf(d->out, "  %d", word);
        else if (value > INT64_MAX)
            fprintf(d->out, "  %lld", (long long)value);
        if (value >= 0x1000 && value <= UINT32_MAX)
            debug_print_place(d, (uint32_t)value);
        fputc('\n', d->out);
        break;
    case 'x': fprintf(d->out, "0x%llx\n", (unsigned long long)value); break;
    case 'd': fprintf(d->out, "%d\n", word); break;
    case 'u': fprintf(d->out, "%llu\n", (unsigned long long)value); break;
    case 'c':
        fprintf(d->out, "'%c'\n", isprint((int)(value & 0xff)) ? (int)(value & 0xff) : '?');
        break;
    case 'b':
        for (int bit = 31; bit >= 0; bit--)
            fprintf(d->out, "%d%s", (int)(value >> bit & 1), bit && bit % 4 == 0 ? " " : "");
        fputc('\n', d->out);
        break;
    default: debug_fail(d, "print/%c: the formats are x d u c b", format);
    }
}

/* ---- code */

/* A place, and perhaps a count behind it. False after a message. */
static bool place_and_count(struct debugger *d, const char *rest, uint32_t *address, uint64_t *n) {
    char place[DEBUG_TEXT];
    const char *blank = strrchr(rest, ' ');
    uint64_t value;
    int column;
    const char *why;
    snprintf(place, sizeof place, "%s", rest);
    bool all = debug_value(d, rest, &value, &column, &why); /* `pc + 8` has no count */
    if (blank && !all && debug_value(d, blank + 1, &value, &column, &why)) {
        *n = value;
        place[blank - rest] = '\0';
    }
    if (!*place) {
        *address = debug_machine(d)->cpu.psw.pc;
        return true;
    }
    if (debug_find(d, place, address, NULL))
        return true;
    if (!debug_evaluate(d, place, &value))
        return false;
    *address = (uint32_t)value;
    return true;
}

void do_disassemble(struct debugger *d, const char *rest) {
    uint32_t at, word;
    uint64_t n = 10;
    char text[128];
    if (!place_and_count(d, rest, &at, &n))
        return;
    if (n > 65536) {
        debug_fail(d, "disassemble: at most 65536");
        return;
    }
    const struct pg_image *image = debug_image_at(d, at);
    const struct pg_line *last = NULL;
    for (at &= ~3u; n > 0; n--, at += 4) {
        const struct pg_symbol *symbol = image ? pg_image_symbol_at(image, at) : NULL;
        const struct pg_line *line = image ? pg_image_line_at(image, at) : NULL;
        char source[160];
        if (symbol && symbol->addr == at)
            fprintf(d->out, "%s:\n", symbol->name);
        if (line && line != last &&
            debug_source_line(image->files[line->file], line->line, source, sizeof source))
            fprintf(d->out, "%6u  %s\n", line->line, source);
        last = line;
        if (!pg_peek(debug_machine(d), at, &word)) {
            fprintf(d->out, "   %08x  nothing is mapped there\n", at);
            return;
        }
        pg_disasm_as(word, at, image, PG_DISASM_PSEUDO, text, sizeof text);
        fprintf(d->out, "%s %08x  %08x  %s\n", at == debug_machine(d)->cpu.psw.pc ? "=>" : "  ", at,
                word, text);
    }
}

void do_list(struct debugger *d, const char *rest) {
    enum { AROUND = 5 };
    uint32_t at;
    uint64_t n = 0;
    char source[256];
    if (!place_and_count(d, rest, &at, &n))
        return;
    const struct pg_image *image = debug_image_at(d, at);
    const struct pg_line *line = image ? pg_image_line_at(image, at) : NULL;
    if (!line) {
        debug_fail(d, "no source line is known for 0x%08x; `disassemble` shows the instructions",
                   at);
        return;
    }
    const char *path = image->files[line->file];
    unsigned first = line->line > AROUND ? line->line - AROUND : 1;
    fprintf(d->out, "%s\n", path);
    for (unsigned k = first; k <= line->line + AROUND; k++)
        if (debug_source_line(path, k, source, sizeof source))
            fprintf(d->out, "%s%5u  %s\n", k == line->line ? "=>" : "  ", k, source);
}

void do_backtrace(struct debugger *d, const char *rest) {
    const struct pg_machine *m = debug_machine(d);
    struct mon_frame frame = mon_frame_first(m, m->cpu.psw.pc);
    const struct pg_image *image = debug_image_at(d, frame.pc);
    int k = 0;
    do {
        fprintf(d->out, "#%-2d 0x%08x", k++, frame.pc);
        debug_print_place(d, frame.pc);
        fputc('\n', d->out);
    } while (k < 32 && mon_frame_up(m, image, &frame));
}

/* ---- what was done */

void do_history(struct debugger *d, const char *rest) {
    uint64_t n = 10, now = timeline_now(d->t);
    struct pg_error err;
    char text[128], T[32];
    if (*rest && !debug_evaluate(d, rest, &n))
        return;
    if (n > 100000) {
        debug_fail(d, "history: at most 100000");
        return;
    }
    /* Time travel is its memory: go there, and come back step by step. */
    uint64_t from = now > n && now - n > timeline_begin(d->t) ? now - n : timeline_begin(d->t);
    if (timeline_goto(d->t, from, NULL, NULL, &err) == MOMENT_BROKEN) {
        debug_fail(d, "%s", err.text);
        return;
    }
    while (timeline_now(d->t) < now) {
        const struct pg_machine *m = debug_machine(d);
        struct pg_insn in;
        uint32_t word = 0, pc = m->cpu.psw.pc;
        uint64_t traps = m->traps, retired = m->retired, before = m->cpu.T;
        bool known = run_next_insn(d, &word, &in);
        unsigned ring = m->cpu.psw.status & PG_RING;
        pg_disasm_as(word, pc, debug_image_at(d, pc), PG_DISASM_PSEUDO, text, sizeof text);
        enum moment moment = timeline_step(d->t, &err);
        m = debug_machine(d);
        bool interrupt =
            m->traps != traps && m->trap.cause == PG_CAUSE_interrupt && m->retired == retired;
        fprintf(d->out, "%14s  ring %u  %08x  %s", mon_grouped(before, T), ring, pc,
                interrupt ? "(interrupt)"
                : known   ? text
                          : "(not mapped)");
        if (m->traps != traps)
            fprintf(d->out, "  -> trap %s, value 0x%x", pg_causes[m->trap.cause].name,
                    m->trap.value);
        fputc('\n', d->out);
        if (moment != MOMENT_REACHED && timeline_now(d->t) < now)
            break;
    }
}

void do_counters(struct debugger *d, const char *rest) {
    struct mon_figure now[MON_FIGURES], before[MON_FIGURES];
    char number[32], change[40] = "";
    mon_figures(timeline_session(d->t)->counts(timeline_session(d->t), 0), now);
    mon_figures(&d->counts, before);
    for (size_t k = 0; k < MON_FIGURES; k++) {
        if (!now[k].value)
            continue;
        if (now[k].value > before[k].value)
            snprintf(change, sizeof change, "  +%s",
                     mon_grouped(now[k].value - before[k].value, number));
        else
            *change = '\0';
        fprintf(d->out, "%-24s %18s%s\n", now[k].name, mon_grouped(now[k].value, number), change);
    }
}

void do_hash(struct debugger *d, const char *rest) {
    char hash[PG_HASH_TEXT];
    pg_state_hash(debug_machine(d), hash);
    fprintf(d->out, "%s\n", hash);
}

void do_console(struct debugger *d, const char *rest) {
    const struct pg_bytes *output = &debug_machine(d)->bus.plugs.output;
    if (!output->size)
        return;
    fwrite(output->data, 1, output->size, d->out);
    if (output->data[output->size - 1] != '\n')
        fputc('\n', d->out);
}

/* ---- translation */

static void put_unit(struct debugger *d, const struct pg_unit_view *v) {
    char text[128];
    fprintf(d->out,
            "unit of %u instructions at %08x (physical %08x), %u words at %05x of monitor "
            "space%s\n",
            v->n, v->pc, v->pa, v->words, v->offset, v->valid ? "" : ", overwritten since");
    for (unsigned k = 0; k < v->n; k++) {
        unsigned end = k + 1 < v->n ? v->first[k + 1] : v->words;
        pg_disasm(v->guest[k], v->pc + 4 * k, debug_image_at(d, v->pc), text, sizeof text);
        fprintf(d->out, "  %08x  %-36s", v->pc + 4 * k, text);
        for (unsigned w = v->first[k]; w < end && w < v->words; w++) {
            const char *callout = pg_listing_callout(v->code[w]);
            pg_disasm(v->code[w], v->offset + 4 * w, NULL, text, sizeof text);
            fprintf(d->out, "%s%05x  %s%s%s\n",
                    w > v->first[k] ? "                                                " : "",
                    v->offset + 4 * w, text, callout ? "   # " : "", callout ? callout : "");
        }
        if (v->first[k] >= end)
            fputc('\n', d->out);
    }
    for (unsigned slot = 0; slot < v->nexits; slot++)
        fprintf(d->out, "  exit to %08x, %s\n", v->exits[slot].target,
                v->exits[slot].chained ? "chained" : "by a callout");
}

/* Of several units that hold the address the longest: where a step of ours ended, another one
 * began. */
void do_unit(struct debugger *d, const char *rest) {
    struct pg_session *session = timeline_session(d->t);
    struct pg_unit_view view;
    uint32_t at;
    uint64_t ignored;
    unsigned found = 0, longest = 0;
    size_t units = pg_listing_size(session, 0), best = 0;
    if (!place_and_count(d, rest, &at, &ignored))
        return;
    for (size_t k = 0; k < units; k++) {
        pg_listing_unit(session, 0, k, &view);
        if (!view.valid || at < view.pc || at >= view.pc + 4 * view.n)
            continue;
        found++;
        if (view.n > longest) {
            longest = view.n;
            best = k;
        }
    }
    if (!found) {
        debug_fail(d,
                   units ? "no unit holds 0x%08x: it has not been translated (user code runs "
                           "directly)"
                         : "0x%08x: nothing is translated so far; only bt translates",
                   at);
        return;
    }
    pg_listing_unit(session, 0, best, &view);
    put_unit(d, &view);
    if (found > 1)
        fprintf(d->out, "  and %u shorter units hold this address\n", found - 1);
}

/* ---- gdb's word for several of these */

static void info_breakpoints(struct debugger *d, const char *rest) {
    stops_list(d);
}

static void info_line(struct debugger *d, const char *rest) {
    fprintf(d->out, "0x%08x", debug_machine(d)->cpu.psw.pc);
    debug_print_place(d, debug_machine(d)->cpu.psw.pc);
    fputc('\n', d->out);
}

static void info_symbols(struct debugger *d, const char *part) {
    for (size_t k = 0; k < d->nprograms; k++)
        for (size_t n = 0; n < d->programs[k].image->nsymbols; n++) {
            const struct pg_symbol *s = &d->programs[k].image->symbols[n];
            if (!*part || strstr(s->name, part))
                fprintf(d->out, "%08x  %s  (%s)\n", s->addr, s->name, d->programs[k].name);
        }
}

static void info_program(struct debugger *d, const char *rest) {
    char T[32];
    fprintf(d->out, "system %s, engine %s, memory %u KiB, profile %s\n",
            timeline_system(d->t)->name, d->engine->name, d->memory / 1024,
            debug_machine(d)->profile->name);
    fprintf(d->out, "T %s", mon_grouped(timeline_now(d->t), T));
    fprintf(d->out, " of %s reached so far\n", mon_grouped(timeline_frontier(d->t), T));
    for (size_t k = 0; k < d->nprograms; k++)
        fprintf(d->out, "names of %s%s\n", d->programs[k].name,
                d->programs[k].user ? ", in rings 1 to 3" : "");
}

static const struct {
    const char *name;
    void (*show)(struct debugger *d, const char *rest);
} topics[] = {
    {"registers", do_registers}, {"breakpoints", info_breakpoints}, {"line", info_line},
    {"symbols", info_symbols},   {"devices", do_devices},           {"tlb", do_tlb},
    {"counters", do_counters},   {"history", do_history},           {"program", info_program}};

void do_info(struct debugger *d, const char *rest) {
    char names[128] = "";
    size_t n = strcspn(rest, " ");
    for (size_t k = 0; k < sizeof topics / sizeof *topics; k++) {
        if (n && strncmp(topics[k].name, rest, n) == 0) {
            topics[k].show(d, rest + n + strspn(rest + n, " "));
            return;
        }
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", k ? ", " : "", topics[k].name);
    }
    debug_fail(d, "info: about what? %s", names);
}
