/* gdb_memory.c - processes, memory as each of them sees it, and breakpoints and watchpoints.
 * Nothing is ever planted in memory: a guest could read it. */
#include "monitor/debug/gdb.h"

#include <string.h>

enum { WATCH_MOST = 65536 };

unsigned gdb_present(const struct gdb *g) {
    bool user = (debug_machine(g->d)->cpu.psw.status & PG_RING) != 0;
    return g->spaces && user ? GDB_USER : GDB_KERNEL;
}

unsigned gdb_meant(const struct gdb *g) {
    return g->spaces && g->process ? g->process : gdb_present(g);
}

bool gdb_psw(const struct gdb *g, unsigned process, struct pg_psw *psw) {
    const struct pg_machine *m = debug_machine(g->d);
    uint32_t at = process == GDB_USER ? PG_FRAME_PSW : PG_NEW_PSW;
    *psw = m->cpu.psw;
    if (process == gdb_present(g))
        return true;
    *psw = (struct pg_psw){.status = pg_ram_read32(&m->ram, at),
                           .pc = pg_ram_read32(&m->ram, at + 4),
                           .base = pg_ram_read32(&m->ram, at + 8),
                           .bound = pg_ram_read32(&m->ram, at + 12)};
    return pg_psw_valid(psw, NULL) && ((psw->status & PG_RING) != 0) == (process == GDB_USER);
}

/* As pg_locate, for the process that gdb means. */
static bool locate(struct gdb *g, uint32_t va, uint32_t *pa) {
    struct pg_machine *m = debug_machine(g->d);
    struct pg_psw present = m->cpu.psw, psw;
    if (!gdb_psw(g, gdb_meant(g), &psw))
        return false;
    m->cpu.psw = psw; /* only to look: pg_locate goes by the machine's */
    bool there = pg_locate(m, va, pa);
    m->cpu.psw = present;
    return there;
}

/* A watchpoint is for the memory that the process has there now. Returns its number. */
static int watch(struct gdb *g, const struct gdb_stop *stop) {
    static const char *const kinds[] = {[2] = "w", [3] = "r", [4] = "rw"};
    struct pg_machine *m = debug_machine(g->d);
    struct pg_psw present = m->cpu.psw, psw;
    if (gdb_psw(g, stop->process, &psw))
        m->cpu.psw = psw; /* as above */
    int number = stops_add_range(g->d, stop->address, stop->size, kinds[stop->type]);
    m->cpu.psw = present;
    return number;
}

static bool parse_range(const char **at, uint32_t *from, uint32_t *size) {
    uint64_t a, n;
    if (!gdb_hex(at, UINT32_MAX, &a) || !gdb_skip(at, ',') || !gdb_hex(at, UINT32_MAX, &n))
        return false;
    *from = (uint32_t)a;
    *size = (uint32_t)n;
    return true;
}

/* As much as is there: gdb asks for more than it needs. */
void gdb_read_memory(struct gdb *g, const char *arguments) {
    uint32_t from, size, pa;
    if (!parse_range(&arguments, &from, &size) || *arguments) {
        gdb_add(&g->reply, "E01");
        return;
    }
    if (size > GDB_PACKET / 2)
        size = GDB_PACKET / 2;
    for (uint32_t k = 0; k < size && locate(g, from + k, &pa); k++)
        gdb_add_hex(&g->reply, &debug_machine(g->d)->ram.bytes[pa], 1);
    if (size && g->reply.n == 0)
        gdb_add(&g->reply, "E0e"); /* EFAULT */
}

/* All of it, or nothing. */
static void write_bytes(struct gdb *g, uint32_t from, const uint8_t *bytes, size_t size) {
    struct pg_ram *ram = &debug_machine(g->d)->ram;
    uint32_t pa;
    for (size_t k = 0; k < size; k++)
        if (!locate(g, from + (uint32_t)k, &pa)) {
            gdb_add(&g->reply, "E0e");
            return;
        }
    for (size_t k = 0; k < size; k++)
        if (locate(g, from + (uint32_t)k, &pa)) /* the one before may have been of a page table */
            pg_ram_write(ram, pa, bytes[k], 1);
    gdb_add(&g->reply, size == 0 || timeline_changed(g->d->t) ? "OK" : "E0c");
}

void gdb_write_memory(struct gdb *g, const char *arguments) {
    uint8_t bytes[GDB_PACKET / 2];
    uint32_t from, size;
    size_t n;
    if (!parse_range(&arguments, &from, &size) || !gdb_skip(&arguments, ':') ||
        !gdb_bytes(arguments, bytes, sizeof bytes, &n) || n != size)
        gdb_add(&g->reply, "E01");
    else
        write_bytes(g, from, bytes, n);
}

void gdb_write_binary(struct gdb *g, const char *arguments, size_t size) {
    uint8_t bytes[GDB_PACKET];
    const char *end = arguments + size;
    uint32_t from, wanted;
    size_t n = 0;
    if (!parse_range(&arguments, &from, &wanted) || !gdb_skip(&arguments, ':')) {
        gdb_add(&g->reply, "E01");
        return;
    }
    for (; arguments < end; arguments++)
        if (*arguments != '}')
            bytes[n++] = (uint8_t)*arguments;
        else if (++arguments < end)
            bytes[n++] = (uint8_t)(*arguments ^ 0x20);
    if (n != wanted)
        gdb_add(&g->reply, "E01");
    else
        write_bytes(g, from, bytes, n);
}

/* ---- stops */

/* TYPE,ADDRESS,SIZE: 0 and 1 are breakpoints, 2 watches writes, 3 reads, 4 both. */
static bool parse_stop(const struct gdb *g, const char *at, struct gdb_stop *stop) {
    uint64_t type;
    *stop = (struct gdb_stop){.process = gdb_meant(g)};
    if (!gdb_hex(&at, 4, &type) || !gdb_skip(&at, ',') ||
        !parse_range(&at, &stop->address, &stop->size))
        return false;
    stop->type = (unsigned)type;
    return *at == '\0' && (type < 2 || (stop->size > 0 && stop->size <= WATCH_MOST &&
                                        stop->address <= UINT32_MAX - stop->size));
}

static struct gdb_stop *find(struct gdb *g, const struct gdb_stop *like) {
    for (size_t k = 0; k < GDB_STOPS; k++) {
        struct gdb_stop *s = &g->stops[k];
        if (s->number && s->type == like->type && s->process == like->process &&
            s->address == like->address && (s->type < 2 || s->size == like->size))
            return s;
    }
    return NULL;
}

void gdb_add_stop(struct gdb *g, const char *arguments) {
    struct gdb_stop stop, *place = NULL;
    if (!parse_stop(g, arguments, &stop)) {
        gdb_add(&g->reply, "E01");
        return;
    }
    if (find(g, &stop)) { /* gdb may say it again */
        gdb_add(&g->reply, "OK");
        return;
    }
    for (size_t k = 0; !place && k < GDB_STOPS; k++)
        if (!g->stops[k].number)
            place = &g->stops[k];
    int user = g->spaces ? stop.process == GDB_USER : -1;
    const struct pg_image *program = user == 1 ? g->d->programs[1].image : NULL;
    if (place && stop.type < 2)
        stop.number = stops_add_address(g->d, stop.address, user, program);
    else if (place)
        stop.number = watch(g, &stop);
    if (stop.number)
        *place = stop;
    gdb_add(&g->reply, stop.number ? "OK" : "E0c");
}

static void remove_stop(struct gdb *g, struct gdb_stop *stop) {
    stops_delete(g->d->stops, stop->number); /* `monitor delete` may have been there before */
    stop->number = 0;
}

void gdb_remove_stop(struct gdb *g, const char *arguments) {
    struct gdb_stop stop, *found;
    if (!parse_stop(g, arguments, &stop)) {
        gdb_add(&g->reply, "E01");
        return;
    }
    if ((found = find(g, &stop)))
        remove_stop(g, found);
    gdb_add(&g->reply, "OK");
}

void gdb_remove_all_stops(struct gdb *g) {
    for (size_t k = 0; k < GDB_STOPS; k++)
        if (g->stops[k].number)
            remove_stop(g, &g->stops[k]);
}
