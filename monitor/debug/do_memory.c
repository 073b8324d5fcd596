/* do_memory.c - the commands that show memory, page tables, TLB and devices. */
#include "monitor/debug/debug.h"

#include "isa/disasm.h"
#include "vmm/inspect.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- x/NFU ADDR, as in gdb */

struct format {
    uint64_t n;
    char form; /* x d u c s i */
    unsigned size;
};

static bool parse_format(struct debugger *d, const char **rest, struct format *f) {
    const char *at = *rest;
    *f = (struct format){1, 'x', 4};
    if (*at == '/') {
        char *end;
        at++;
        if (isdigit((unsigned char)*at)) {
            f->n = strtoull(at, &end, 10);
            at = end;
        }
        for (; *at && !isspace((unsigned char)*at); at++)
            if (strchr("xduCcsi", *at))
                f->form = *at;
            else if (strchr("bhw", *at))
                f->size = *at == 'b' ? 1 : *at == 'h' ? 2 : 4;
            else
                return debug_fail(d, "x/: %c is no format: N, one of x d u c s i, one of b h w",
                                  *at);
    }
    if (f->form == 'c')
        f->size = 1;
    while (isspace((unsigned char)*at))
        at++;
    *rest = at;
    return f->n <= 65536 || debug_fail(d, "x/: at most 65536");
}

static bool byte_at(const struct debugger *d, uint32_t at, uint8_t *byte) {
    uint32_t pa;
    if (!pg_locate(debug_machine(d), at, &pa))
        return false;
    *byte = debug_machine(d)->ram.bytes[pa];
    return true;
}

static bool show_string(struct debugger *d, uint32_t *at) {
    uint8_t byte = 0;
    fprintf(d->out, "%08x  \"", *at);
    for (int k = 0; k < 1000 && byte_at(d, *at, &byte) && byte; k++, ++*at)
        if (isprint(byte) && byte != '"' && byte != '\\')
            fputc(byte, d->out);
        else
            fprintf(d->out, "\\%03o", byte);
    ++*at;
    fprintf(d->out, "\"\n");
    return true;
}

static bool show_insns(struct debugger *d, uint32_t at, uint64_t n) {
    char place[32];
    snprintf(place, sizeof place, "0x%x %llu", at, (unsigned long long)n);
    do_disassemble(d, place);
    return true;
}

/* One piece; false if nothing is mapped there. */
static bool show_piece(struct debugger *d, const struct format *f, uint32_t at) {
    uint32_t value = 0;
    for (unsigned k = 0; k < f->size; k++) {
        uint8_t byte;
        if (!byte_at(d, at + k, &byte))
            return false;
        value |= (uint32_t)byte << 8 * k;
    }
    int32_t number = f->size == 1 ? (int8_t)value : f->size == 2 ? (int16_t)value : (int32_t)value;
    switch (f->form) {
    case 'd': fprintf(d->out, " %11d", number); break;
    case 'u': fprintf(d->out, " %10u", value); break;
    case 'c': fprintf(d->out, isprint((int)value) ? " '%c'" : " %3u", value); break;
    default: fprintf(d->out, " %0*x", (int)(2 * f->size), value); break;
    }
    return true;
}

void do_x(struct debugger *d, const char *rest) {
    struct format f;
    uint64_t value;
    if (!parse_format(d, &rest, &f))
        return;
    if (!*rest) {
        debug_fail(d, "x: which address?");
        return;
    }
    if (!debug_evaluate(d, rest, &value))
        return;
    uint32_t at = (uint32_t)value;
    if (f.form == 'i') {
        show_insns(d, at, f.n);
        return;
    }
    for (uint64_t k = 0; f.form == 's' && k < f.n; k++)
        show_string(d, &at);
    unsigned per_line = f.size == 4 ? 4 : 8;
    for (uint64_t k = 0; f.form != 's' && k < f.n; k++, at += f.size) {
        if (k % per_line == 0)
            fprintf(d->out, "%s%08x ", k ? "\n" : "", at);
        if (!show_piece(d, &f, at)) {
            fprintf(d->out, " nothing is mapped there");
            break;
        }
    }
    if (f.form != 's')
        fputc('\n', d->out);
}

/* ---- address translation */

static void put_entry(struct debugger *d, const char *what, uint32_t where, uint32_t entry) {
    fprintf(d->out, "%-8s %08x: %08x  frame %05x  rings 0..%u  %c%c%c%s%s%s\n", what, where, entry,
            entry >> PG_PAGE_BITS, (entry & PG_PTE_RING) >> 8, entry & PG_PTE_R ? 'R' : '-',
            entry & PG_PTE_W ? 'W' : '-', entry & PG_PTE_X ? 'X' : '-',
            entry & PG_PTE_A ? " accessed" : "", entry & PG_PTE_D ? " dirty" : "",
            entry & PG_PTE_V ? "" : "  not valid");
}

/* The guest's own table, as it stands in its memory. */
static void walk_guest(struct debugger *d, uint32_t va) {
    const struct pg_machine *m = debug_machine(d);
    uint32_t up_at = m->cpu.psw.base + (va >> 22) * 4;
    if (!pg_ram_has(&m->ram, up_at, 4)) {
        fprintf(d->out, "guest    the table is outside memory\n");
        return;
    }
    uint32_t up = pg_ram_read32(&m->ram, up_at), table = up & PG_PTE_FRAME;
    if (!(up & PG_PTE_V) || !pg_ram_has(&m->ram, table, PG_PAGE)) {
        fprintf(d->out, "guest    %08x: %08x  no second-level table\n", up_at, up);
        return;
    }
    uint32_t at = table + (va >> PG_PAGE_BITS) % 1024 * 4;
    put_entry(d, "guest", at, pg_ram_read32(&m->ram, at));
}

void do_walk(struct debugger *d, const char *rest) {
    const struct pg_machine *m = debug_machine(d);
    struct pg_session *session = timeline_session(d->t);
    uint64_t value;
    uint32_t pa, where, entry, base;
    struct pg_psw real;
    if (!*rest || !debug_evaluate(d, *rest ? rest : "0", &value)) {
        if (!*rest)
            debug_fail(d, "walk: which address?");
        return;
    }
    uint32_t va = (uint32_t)value;
    if ((m->cpu.psw.status & PG_MODE) == PG_MODE_PAGED) {
        walk_guest(d, va);
        const struct pg_tlb_entry *e = pg_tlb_find(&m->tlb, m->cpu.psw.base, va >> PG_PAGE_BITS);
        if (e)
            put_entry(d, "tlb", va & PG_PTE_FRAME, e->pte);
        else
            fprintf(d->out, "tlb      no entry: the table will be asked\n");
    }
    if (pg_inspect_real_psw(session, &real) &&
        pg_inspect_real_entry(session, &real, va, &where, &entry))
        put_entry(d, "shadow", where, entry);
    if (!pg_locate(m, va, &pa))
        fprintf(d->out, "virtual %08x leads nowhere\n", va);
    else if (pg_inspect_allocation(session, &base))
        fprintf(d->out, "virtual %08x is physical %08x, on the real machine %08x\n", va, pa,
                base + pa);
    else
        fprintf(d->out, "virtual %08x is physical %08x\n", va, pa);
}

void do_tlb(struct debugger *d, const char *rest) {
    size_t n;
    struct pg_tlb_entry *all = pg_tlb_sorted(&debug_machine(d)->tlb, &n);
    for (size_t k = 0; k < n; k++) {
        fprintf(d->out, "root %08x  ", all[k].root);
        put_entry(d, "page", all[k].page << PG_PAGE_BITS, all[k].pte);
    }
    fprintf(d->out, "%zu entries\n", n);
    free(all);
}

/* ---- devices */

void do_devices(struct debugger *d, const char *rest) {
    const struct pg_machine *m = debug_machine(d);
    bool any = false;
    for (int k = 0; k < PG_NDEVICES; k++) {
        const struct pg_device *device = pg_devices[k];
        if (*rest && strcmp(rest, device->name) != 0)
            continue;
        any = true;
        for (size_t n = 0; n < device->nregs; n++) {
            char name[64];
            uint64_t value = pg_reg_get(&device->regs[n], m->bus.state[k]);
            snprintf(name, sizeof name, "%s.%s", device->name, device->regs[n].name);
            fprintf(d->out, "%-20s %16llx  %s\n", name, (unsigned long long)value,
                    device->regs[n].meaning);
        }
    }
    if (!any)
        debug_fail(d, "there is no device %s", rest);
    else if (m->bus.lines)
        fprintf(d->out, "pending lines: %x\n", m->bus.lines);
}
