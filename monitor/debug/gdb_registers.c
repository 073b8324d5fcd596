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

/* gdb's numbers are the places here. First what org.gnu.gdb.riscv.cpu asks for of an RV32E. */
static const struct reg regs[] = {
    {"zero", "int", GENERAL, 0},
    {"ra", "code_ptr", GENERAL, 1},
    {"sp", "data_ptr", GENERAL, 2},
    {"gp", "data_ptr", GENERAL, 3},
    {"tp", "data_ptr", GENERAL, 4},
    {"t0", "int", GENERAL, 5},
    {"t1", "int", GENERAL, 6},
    {"t2", "int", GENERAL, 7},
    {"s0", "data_ptr", GENERAL, 8},
    {"s1", "int", GENERAL, 9},
    {"a0", "int", GENERAL, 10},
    {"a1", "int", GENERAL, 11},
    {"a2", "int", GENERAL, 12},
    {"a3", "int", GENERAL, 13},
    {"a4", "int", GENERAL, 14},
    {"a5", "int", GENERAL, 15},
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

enum { NREGS = sizeof regs / sizeof *regs, NCPU = 17 };

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
        gdb_add(xml, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%zu\"", regs[k].name,
                8 * size_of(&regs[k]), regs[k].type, k);
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
    struct pg_psw psw = cpu->psw, check;
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
    check = psw;
    check.pc |= 1; /* four zero words are what a machine is reset to */
    if (!pg_psw_valid(&check, NULL))
        return false;
    cpu->psw = psw;
    return true;
}

/* ---- packets */

static void add_value(struct gdb *g, const struct reg *r) {
    uint64_t value;
    bool known = get(g, r, &value);
    for (unsigned k = 0; k < size_of(r); k++)
        if (known)
            gdb_add(&g->reply, "%02x", (unsigned)(value >> 8 * k & 0xff));
        else
            gdb_add(&g->reply, "xx");
}

/* PG32's own are asked for one by one: of a second process gdb does not know them by itself, and
 * refuses what it does not know. */
void gdb_read_all(struct gdb *g) {
    for (size_t k = 0; k < NCPU; k++)
        add_value(g, &regs[k]);
}

void gdb_read_one(struct gdb *g, const char *arguments) {
    uint64_t number;
    if (gdb_hex(&arguments, NREGS - 1, &number) && !*arguments)
        add_value(g, &regs[number]);
    else
        gdb_add(&g->reply, "E01");
}

/* A value in the guest's byte order. False if there are not enough digits. */
static bool parse(const char **at, unsigned size, uint64_t *value) {
    *value = 0;
    for (unsigned k = 0; k < size; k++, *at += 2) {
        int high = gdb_digit((*at)[0]), low = high < 0 ? -1 : gdb_digit((*at)[1]);
        if (low < 0)
            return false;
        *value |= (uint64_t)(high << 4 | low) << 8 * k;
    }
    return true;
}

static void answer(struct gdb *g, bool ok) {
    gdb_add(&g->reply, ok && timeline_changed(g->d->t) ? "OK" : "E01");
}

void gdb_write_one(struct gdb *g, const char *arguments) {
    uint64_t number, value;
    if (!gdb_hex(&arguments, NREGS - 1, &number) || !gdb_skip(&arguments, '=') ||
        !parse(&arguments, size_of(&regs[number]), &value) || *arguments) {
        gdb_add(&g->reply, "E01");
        return;
    }
    answer(g, set(g, &regs[number], (uint32_t)value));
}

/* All that gdb may change as it likes: what it saved before it called a function. */
void gdb_write_all(struct gdb *g, const char *arguments) {
    uint64_t values[NREGS];
    bool ok = true;
    for (size_t k = 0; k < NCPU; k++)
        if (!parse(&arguments, 4, &values[k])) {
            gdb_add(&g->reply, "E01");
            return;
        }
    for (size_t k = 0; ok && k < NCPU; k++)
        ok = set(g, &regs[k], (uint32_t)values[k]);
    answer(g, ok);
}
