/* symbols.c - names of programs: from a name to an address, and back. */
#include "monitor/debug/debug.h"

#include <stdlib.h>
#include <string.h>

bool debug_add_symbols(struct debugger *d, struct pg_image *image, const char *name, bool user) {
    if (d->nprograms == DEBUG_PROGRAMS)
        return debug_fail(d, "the names of %d programs are known: no more", DEBUG_PROGRAMS);
    struct symbols *s = &d->programs[d->nprograms++];
    *s = (struct symbols){.image = image, .user = user};
    snprintf(s->name, sizeof s->name, "%s", name);
    return true;
}

bool debug_load_symbols(struct debugger *d, const char *path, bool user) {
    struct pg_image *image = mon_program(path, d->args);
    const char *slash = strrchr(path, '/');
    if (image && debug_add_symbols(d, image, slash ? slash + 1 : path, user))
        return true;
    pg_image_free(image);
    return false;
}

/* Do its names hold for this address now? Those of the guest itself, which is loaded to where its
 * names say, only if the address leads there: not in a user program that it has loaded elsewhere.
 */
static bool holds(const struct debugger *d, const struct symbols *s, uint32_t address) {
    uint32_t pa;
    if (s->user)
        return (debug_machine(d)->cpu.psw.status & PG_RING) != 0;
    return pg_locate(debug_machine(d), address, &pa) && pa == address;
}

/* In rings 1 to 3 a user program's come before the guest's own, which may be that of ring 0. */
const struct symbols *debug_symbols(const struct debugger *d, size_t k) {
    bool in_user = (debug_machine(d)->cpu.psw.status & PG_RING) != 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t n = 0; n < d->nprograms; n++)
            if (d->programs[n].user == (in_user == (pass == 0)) && k-- == 0)
                return &d->programs[n];
    return NULL;
}

const struct pg_image *debug_image_at(const struct debugger *d, uint32_t pc) {
    const struct symbols *s;
    for (size_t k = 0; (s = debug_symbols(d, k)); k++)
        if (holds(d, s, pc) && pg_image_symbol_at(s->image, pc))
            return s->image;
    return NULL;
}

/* By all of its code that is mapped: two programs have the same library, and may have it at the
 * same address. */
bool debug_runs(const struct debugger *d, const struct pg_image *program) {
    const struct pg_machine *m = debug_machine(d);
    uint32_t pa;
    for (size_t k = 0; k < program->nsegments; k++) {
        const struct pg_segment *s = &program->segments[k];
        for (uint32_t done = 0, n; (s->flags & PG_SEG_X) && done < s->file_size; done += n) {
            uint32_t at = s->addr + done, left = s->file_size - done;
            n = PG_PAGE - at % PG_PAGE < left ? PG_PAGE - at % PG_PAGE : left;
            if (pg_locate(m, at, &pa) && pg_ram_has(&m->ram, pa, n) &&
                memcmp(m->ram.bytes + pa, s->bytes + done, n) != 0)
                return false;
        }
    }
    return true;
}

/* FILE:LINE, where FILE is a path or its end: the first address of the first line from there on. */
static bool find_line(const struct pg_image *image, const char *name, uint32_t *address) {
    const char *colon = strrchr(name, ':');
    char *end;
    unsigned long wanted = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || colon[1] == '\0' || *end || colon == name)
        return false;
    size_t length = (size_t)(colon - name), best = SIZE_MAX;
    for (size_t k = 0; k < image->nlines; k++) {
        const char *file = image->files[image->lines[k].file];
        size_t size = strlen(file);
        if (size < length || memcmp(file + size - length, name, length) != 0 ||
            (size > length && file[size - length - 1] != '/') || image->lines[k].line < wanted)
            continue;
        if (best == SIZE_MAX || image->lines[k].line < image->lines[best].line)
            best = k;
    }
    if (best == SIZE_MAX)
        return false;
    *address = image->lines[best].addr;
    return true;
}

bool debug_find(const struct debugger *d, const char *name, uint32_t *address,
                const struct symbols **where) {
    const struct symbols *s;
    for (size_t k = 0; (s = debug_symbols(d, k)); k++) {
        const struct pg_symbol *symbol = pg_image_symbol(s->image, name);
        if (symbol)
            *address = symbol->addr;
        if (symbol || find_line(s->image, name, address)) {
            if (where)
                *where = s;
            return true;
        }
    }
    return false;
}

void debug_print_place(const struct debugger *d, uint32_t pc) {
    const struct pg_image *image = debug_image_at(d, pc);
    if (image)
        mon_print_place(image, pc, d->out);
}

bool debug_source_line(const char *path, unsigned line, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    bool found = false;
    while (file && line > 0 && (found = fgets(text, (int)size, file)))
        if (strchr(text, '\n') || feof(file))
            line--; /* a longer one comes in several pieces: the last counts */
    if (file)
        fclose(file);
    if (found)
        text[strcspn(text, "\r\n")] = '\0';
    return found;
}
