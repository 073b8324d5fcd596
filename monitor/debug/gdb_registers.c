/* gdb_registers.c - the registers that gdb is shown: RV32E's, and PG32's own. */
#include "monitor/debug/gdb.h"
#include "vmm/inspect.h"

#include <string.h>

/* Where a register's value is; `index` says which. */
enum source {
    GENERAL,  /* r[index] */
    MONITOR,  /* m[index] */
    PSW,      /* word `index` */
    REAL_PSW, /* the same of the real machine */
    OTHER,
};

enum { STATUS, PC, BASE, BOUND };                                  /* the PSW's words */
enum { RING, TIME, COUNT_U, CAUSE, VALUE, PAIR_BASE, PAIR_BOUND }; /* the others */

struct reg {
    const char *name, *type;
    enum source source;
    unsigned index;
};

/* Those of the general registers that are pointers: ra; sp, gp, tp and s0. The others are "int". */
static const char *const pointers[PG_NREGS] = {
    [1] = "code_ptr", [2] = "data_ptr", [3] = "data_ptr", [4] = "data_ptr", [8] = "data_ptr"};

/* What comes behind them: first the pc, as org.gnu.gdb.riscv.cpu asks for it. */
static const struct reg special[] = {
    {"pc", "code_ptr", PSW, PC},
    {"status", "uint32", PSW, STATUS},
    {"base", "uint32", PSW, BASE},
    {"bound", "uint32", PSW, BOUND},
    {"ring", "uint32", OTHER, RING},
    {"T", "uint64", OTHER, TIME},
    {"U", "uint64", OTHER, COUNT_U},
    {"cause", "uint32", OTHER, CAUSE},
    {"value", "uint32", OTHER, VALUE},
    {"m1", "uint32", MONITOR, 1},
    {"m2", "uint32", MONITOR, 2},
    {"m3", "uint32", MONITOR, 3},
    {"m4", "uint32", MONITOR, 4},
    {"m5", "uint32", MONITOR, 5},
    {"m6", "uint32", MONITOR, 6},
    {"m7", "uint32", MONITOR, 7},
    {"mon_base", "uint32", OTHER, PAIR_BASE},
    {"mon_bound", "uint32", OTHER, PAIR_BOUND},
    {"real_status", "uint32", REAL_PSW, STATUS},
    {"real_pc", "uint32", REAL_PSW, PC},
    {"real_base", "uint32", REAL_PSW, BASE},
    {"real_bound", "uint32", REAL_PSW, BOUND},
};

enum { NREGS = PG_NREGS + sizeof special / sizeof *special, NCPU = PG_NREGS + 1 };

/* By gdb's number. */
static struct reg reg_at(size_t k) {
    if (k >= PG_NREGS)
        return special[k - PG_NREGS];
    return (struct reg){pg_reg_names[k], pointers[k] ? pointers[k] : "int", GENERAL, (unsigned)k};
}

static unsigned size_of(const struct reg *r) {
    return strcmp(r->type, "uint64") == 0 ? 8 : 4;
}

void gdb_describe(struct gdb_text *xml) {
    gdb_clear(xml);
    gdb_add(xml, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                 "<target version=\"1.0\"><architecture>riscv:rv32</architecture>"
                 "<osabi>none</osabi>" /* else gdb steps as under Linux, by planting breakpoints */
                 "<feature name=\"org.gnu.gdb.riscv.cpu\">");
    for (size_t k = 0; k < NREGS; k++) {
        if (k == NCPU)
            gdb_add(xml, "</feature><feature name=\"org.trapeze.pg32\">");
        struct reg r = reg_at(k);
        gdb_add(xml, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%zu\"", r.name,
                8 * size_of(&r), r.type, k);
        /* after a call of the guest's functions gdb restores only what a call changes */
        gdb_add(xml, k < NCPU ? "/>" : " group=\"pg32\" save-restore=\"no\"/>");
    }
    gdb_add(xml, "</feature></target>");
}

/* ---- their values */

static uint32_t *psw_word(struct pg_psw *psw, unsigned index) {
    return index == STATUS ? &psw->status
           : index == PC   ? &psw->pc
           : index == BASE ? &psw->base
                           : &psw->bound;
}

static uint64_t other(const struct pg_machine *m, unsigned index) {
    switch (index) {
    case TIME: return m->cpu.T;
    case COUNT_U: return m->cpu.U;
    case CAUSE: return m->trap.cause;
    case VALUE: return m->trap.value;
    case PAIR_BASE: return m->cpu.mon_base;
    default: return m->cpu.mon_bound;
    }
}

/* False if it is not known: a process that the processor has left keeps its general registers where
 * only its kernel knows. */
static bool get(const struct gdb *g, const struct reg *r, uint64_t *value) {
    const struct pg_machine *m = debug_machine(g->d);
    bool present = gdb_meant(g) == gdb_present(g);
    struct pg_psw psw;
    *value = 0;
    switch (r->source) {
    case GENERAL: *value = m->cpu.r[r->index]; return present || r->index == 0;
    case MONITOR: *value = m->cpu.m[r->index]; return true;
    case REAL_PSW:
        if (!pg_inspect_real_psw(timeline_session(g->d->t), &psw))
            return false;
        *value = *psw_word(&psw, r->index);
        return true;
    case PSW: {
        bool known = gdb_psw(g, gdb_meant(g), &psw);
        *value = known ? *psw_word(&psw, r->index) : 0;
        return known || r->index == PC; /* gdb cannot do without a pc */
    }
    case OTHER:
        if (r->index != RING) {
            *value = other(m, r->index);
            return true;
        }
        bool known = gdb_psw(g, gdb_meant(g), &psw);
        *value = known ? psw.status & PG_RING : 0;
        return known;
    }
    return false;
}

/* The state stays as it is if the register is not to be changed so. */
static bool set(struct gdb *g, const struct reg *r, uint32_t value) {
    struct pg_cpu *cpu = &debug_machine(g->d)->cpu;
    struct pg_psw psw = cpu->psw;
    if (gdb_meant(g) != gdb_present(g))
        return false;
    switch (r->source) {
    case GENERAL:
        if (r->index)
            cpu->r[r->index] = value;
        return true;
    case MONITOR: cpu->m[r->index] = value; return true;
    case PSW: *psw_word(&psw, r->index) = value; break;
    case OTHER:
        if (r->index != RING || value > PG_RING)
            return false;
        psw.status = (psw.status & ~(uint32_t)PG_RING) | value;
        break;
    case REAL_PSW: return false; /* it is the VMM's */
    }
    return debug_set_psw(g->d, &psw);
}

/* ---- packets */

static void add_value(struct gdb *g, size_t number) {
    struct reg r = reg_at(number);
    uint64_t value;
    bool known = get(g, &r, &value);
    for (unsigned k = 0; k < size_of(&r); k++)
        if (known)
            gdb_add(&g->reply, "%02x", (unsigned)(value >> 8 * k & 0xff));
        else
            gdb_add(&g->reply, "xx");
}

/* PG32's own are asked for one by one: of a second process gdb does not know them by itself, and
 * refuses what it does not know. */
void gdb_read_all(struct gdb *g) {
    for (size_t k = 0; k < NCPU; k++)
        add_value(g, k);
}

void gdb_read_one(struct gdb *g, const char *arguments) {
    uint64_t number;
    if (gdb_hex(&arguments, NREGS - 1, &number) && !*arguments)
        add_value(g, number);
    else
        gdb_add(&g->reply, "E01");
}

/* A value in the guest's byte order. False if there are not enough digits. */
static bool parse(const char **at, unsigned size, uint64_t *value) {
    uint8_t byte;
    *value = 0;
    for (unsigned k = 0; k < size; k++) {
        if (!gdb_byte(at, &byte))
            return false;
        *value |= (uint64_t)byte << 8 * k;
    }
    return true;
}

static void answer(struct gdb *g, bool ok) {
    gdb_add(&g->reply, ok && timeline_changed(g->d->t) ? "OK" : "E01");
}

void gdb_write_one(struct gdb *g, const char *arguments) {
    uint64_t number, value;
    bool ok = gdb_hex(&arguments, NREGS - 1, &number) && gdb_skip(&arguments, '=');
    struct reg r = reg_at(ok ? number : 0);
    if (!ok || !parse(&arguments, size_of(&r), &value) || *arguments) {
        gdb_add(&g->reply, "E01");
        return;
    }
    answer(g, set(g, &r, (uint32_t)value));
}

/* All that gdb may change as it likes: what it saved before it called a function. */
void gdb_write_all(struct gdb *g, const char *arguments) {
    uint64_t values[NCPU];
    bool ok = true;
    for (size_t k = 0; k < NCPU; k++)
        if (!parse(&arguments, 4, &values[k])) {
            gdb_add(&g->reply, "E01");
            return;
        }
    for (size_t k = 0; ok && k < NCPU; k++) {
        struct reg r = reg_at(k);
        ok = set(g, &r, (uint32_t)values[k]);
    }
    answer(g, ok);
}
