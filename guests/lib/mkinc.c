/* mkinc.c - writes what guests need of the machine's tables, so that nothing is typed a second
 * time: pg32.inc, names for assembly, and pg32_ports.h, the ports for C.
 *
 *     mkinc FOLDER           write them there
 *     mkinc --check FOLDER   are they up to date? exits 1, with a message, if not
 */
#include "machine/machine.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
    const char *name;
    uint32_t value;
    const char *meaning;
};

static const struct name status[] = {
    {"RING", PG_RING, "the ring, 0 to 3"},
    {"IE", PG_IE, "interrupts enabled"},
    {"TRACE", PG_TRACE, "trap after every instruction"},
    {"MODE", PG_MODE, "the memory mode"},
    {"MODE_REAL", PG_MODE_REAL, "addresses are physical"},
    {"MODE_BOUNDS", PG_MODE_BOUNDS, "relocation-bounds"},
    {"MODE_PAGED", PG_MODE_PAGED, "page tables"},
    {"MON", PG_MON, "monitor mode"},
};

static const struct name low[] = {
    {"FRAME_PSW", PG_FRAME_PSW, "the old PSW: lpsw from here returns"},
    {"FRAME_STATUS", PG_FRAME_PSW, ""},
    {"FRAME_PC", PG_FRAME_PSW + 4, ""},
    {"FRAME_BASE", PG_FRAME_PSW + 8, ""},
    {"FRAME_BOUND", PG_FRAME_PSW + 12, ""},
    {"FRAME_CAUSE", PG_FRAME_CAUSE, "why: one of CAUSE_..."},
    {"FRAME_VALUE", PG_FRAME_VALUE, "depends on the cause"},
    {"FRAME_INSN", PG_FRAME_INSN, "the instruction word, 0 if none was fetched"},
    {"FRAME_TLO", PG_FRAME_T, "T before the trap"},
    {"FRAME_THI", PG_FRAME_T + 4, ""},
    {"NEW_PSW", PG_NEW_PSW, "the PSW that a trap loads"},
    {"NEW_STATUS", PG_NEW_PSW, ""},
    {"NEW_PC", PG_NEW_PSW + 4, ""},
    {"NEW_BASE", PG_NEW_PSW + 8, ""},
    {"NEW_BOUND", PG_NEW_PSW + 12, ""},
};

static const struct name pte[] = {
    {"PAGE", PG_PAGE, "bytes in a page"},
    {"PTE_V", PG_PTE_V, "valid"},
    {"PTE_R", PG_PTE_R, "may be read"},
    {"PTE_W", PG_PTE_W, "may be written"},
    {"PTE_X", PG_PTE_X, "may be executed"},
    {"PTE_A", PG_PTE_A, "accessed; set by the hardware"},
    {"PTE_D", PG_PTE_D, "dirty; set by the hardware"},
    {"PTE_RING", PG_PTE_RING, "for rings up to this one"},
    {"PTE_RING1", PG_PTE_RING & 0x100, ""},
    {"PTE_RING2", PG_PTE_RING & 0x200, ""},
    {"PTE_RING3", PG_PTE_RING, ""},
    {"PTE_FRAME", PG_PTE_FRAME, "where the page lies"},
};

/* The name in capitals, a dot in it as an underscore. */
static void spell(char text[64], const char *prefix, const char *name) {
    snprintf(text, 64, "%s%s", prefix, name);
    for (char *p = text; *p; p++)
        *p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
}

/* One .equ line. */
static void equ(FILE *f, const char *prefix, const char *name, uint32_t value,
                const char *meaning) {
    char text[64];
    spell(text, prefix, name);
    if (*meaning)
        fprintf(f, ".equ %-18s 0x%04x    # %s\n", strcat(text, ","), (unsigned)value, meaning);
    else
        fprintf(f, ".equ %-18s 0x%04x\n", strcat(text, ","), (unsigned)value);
}

static void list(FILE *f, const char *title, const struct name *names, size_t n) {
    fprintf(f, "\n# %s\n", title);
    for (size_t k = 0; k < n; k++)
        equ(f, "", names[k].name, names[k].value, names[k].meaning);
}

static void write_inc(FILE *f) {
    fputs("# pg32.inc - the machine's names for its numbers.\n"
          "# Written by mkinc from the tables in machine/; do not edit.\n",
          f);
    list(f, "STATUS, the first word of a PSW", status, sizeof status / sizeof *status);
    list(f, "Low memory", low, sizeof low / sizeof *low);

    fputs("\n# Trap causes\n", f);
    for (size_t k = 0; k < PG_NCAUSES; k++)
        equ(f, "cause_", pg_causes[k].name, (uint32_t)k, pg_causes[k].meaning);

    list(f, "Pages and page-table entries", pte, sizeof pte / sizeof *pte);

    fputs("\n# Interrupt lines\n", f);
    for (size_t k = 0; k < PG_NDEVICES; k++)
        if (pg_devices[k]->line >= 0)
            equ(f, "line_", pg_devices[k]->name, (uint32_t)pg_devices[k]->line, "");

    fputs("\n# Ports\n", f);
    for (size_t k = 0; k < PG_NDEVICES; k++)
        for (size_t j = 0; j < pg_devices[k]->nports; j++) {
            const struct pg_port *port = &pg_devices[k]->ports[j];
            equ(f, "", port->name, port->number, port->meaning);
        }
}

static void write_ports(FILE *f) {
    char text[64];
    fputs("/* pg32_ports.h - the machine's ports; pg32.inc says what each does.\n"
          " * Written by mkinc from the tables in machine/; do not edit. */\n"
          "#ifndef PG32_PORTS_H\n#define PG32_PORTS_H\n\nenum {\n",
          f);
    for (size_t k = 0; k < PG_NDEVICES; k++)
        for (size_t j = 0; j < pg_devices[k]->nports; j++) {
            spell(text, "pg32_", pg_devices[k]->ports[j].name);
            fprintf(f, "    %s = 0x%02x,\n", text, (unsigned)pg_devices[k]->ports[j].number);
        }
    fputs("};\n\n#endif\n", f);
}

static const struct {
    const char *name;
    void (*write)(FILE *f);
} files[] = {{"pg32.inc", write_inc}, {"pg32_ports.h", write_ports}};

/* The text as it should be, zero-terminated; the caller frees it. NULL: no memory. */
static char *generate(void (*write)(FILE *f)) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    write(f);
    fclose(f);
    return text;
}

static bool check(const char *path, const char *text) {
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "%s: error: cannot be read\n", path);
        return false;
    }
    bool same = true;
    for (const char *p = text; same; p++) {
        int c = getc(f);
        same = c == (*p ? (unsigned char)*p : EOF);
        if (!*p)
            break;
    }
    fclose(f);
    if (!same)
        fprintf(stderr, "%s: error: stale; the target guest_names writes it anew\n", path);
    return same;
}

static bool write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    bool good = f && fputs(text, f) >= 0;
    if (f && fclose(f) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "%s: error: cannot be written\n", path);
    return good;
}

int main(int argc, char **argv) {
    bool checking = argc == 3 && strcmp(argv[1], "--check") == 0, good = true;
    if (argc != (checking ? 3 : 2)) {
        fprintf(stderr, "usage: mkinc [--check] FOLDER\n");
        return 2;
    }
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        char path[1024], *text = generate(files[k].write);
        if (!text) {
            fprintf(stderr, "mkinc: error: the host is out of memory\n");
            return 1;
        }
        snprintf(path, sizeof path, "%s/%s", argv[argc - 1], files[k].name);
        good &= checking ? check(path, text) : write_file(path, text);
        free(text);
    }
    return good ? 0 : 1;
}
