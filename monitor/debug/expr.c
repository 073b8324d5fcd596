/* expr.c - expressions: C's operators on 64-bit values, over registers, names and memory.
 *
 *     r3  a0  sp  pc  m1  T  U  status  ring  mode  base  bound  ie  trace  mon  cause  value
 *     real.pc  real.status  real.ring  real.base  real.bound      under a VMM: at its last exit
 *     [ADDR] or *ADDR a word, h[ADDR] a half-word, b[ADDR] a byte; p[PHYSICAL] a word
 *     names of programs, FILE:LINE is for places only; numbers: 10, 0x10, 0b10, 'c', 1K, 1M
 */
#include "monitor/debug/debug.h"
#include "vmm/inspect.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const struct debugger *d;
    const char *text, *at;
    const char *why; /* NULL: no error so far */
    const char *wrong;
};

static uint64_t fail(struct parser *p, const char *at, const char *why) {
    if (!p->why) {
        p->why = why;
        p->wrong = at;
    }
    return 0;
}

static void skip(struct parser *p) {
    while (isspace((unsigned char)*p->at))
        p->at++;
}

/* ---- names */

/* The words that are no registers and no symbols; `v` is the PSW in question. */
static bool psw_field(const struct pg_psw *v, const char *name, uint64_t *value) {
    const struct {
        const char *name;
        uint32_t value;
    } fields[] = {{"pc", v->pc},
                  {"status", v->status},
                  {"base", v->base},
                  {"bound", v->bound},
                  {"ring", v->status & PG_RING},
                  {"mode", (v->status & PG_MODE) / PG_MODE_BOUNDS},
                  {"ie", (v->status & PG_IE) != 0},
                  {"trace", (v->status & PG_TRACE) != 0},
                  {"mon", (v->status & PG_MON) != 0}};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        if (strcmp(name, fields[k].name) == 0) {
            *value = fields[k].value;
            return true;
        }
    return false;
}

static const char *const other_names[] = {"T",      "U",     "cause", "value", "pc",
                                          "status", "base",  "bound", "ring",  "mode",
                                          "ie",     "trace", "mon"};

static bool machine_value(const struct pg_machine *m, const char *name, uint64_t *value) {
    char number[8];
    for (int k = 0; k < PG_NREGS; k++) {
        snprintf(number, sizeof number, "r%d", k);
        if (strcmp(name, number) == 0 || strcmp(name, pg_reg_names[k]) == 0) {
            *value = m->cpu.r[k];
            return true;
        }
    }
    for (int k = 0; k < PG_NMREGS; k++) {
        snprintf(number, sizeof number, "m%d", k);
        if (strcmp(name, number) == 0) {
            *value = m->cpu.m[k];
            return true;
        }
    }
    if (strcmp(name, "T") == 0)
        *value = m->cpu.T;
    else if (strcmp(name, "U") == 0)
        *value = m->cpu.U;
    else if (strcmp(name, "cause") == 0)
        *value = m->trap.cause;
    else if (strcmp(name, "value") == 0)
        *value = m->trap.value;
    else
        return psw_field(&m->cpu.psw, name, value);
    return true;
}

static bool device_value(const struct pg_machine *m, const char *name, uint64_t *value) {
    for (int k = 0; k < PG_NDEVICES; k++)
        for (size_t n = 0; n < pg_devices[k]->nregs; n++) {
            char full[64];
            snprintf(full, sizeof full, "%s.%s", pg_devices[k]->name, pg_devices[k]->regs[n].name);
            if (strcmp(name, full) == 0) {
                *value = pg_reg_get(&pg_devices[k]->regs[n], m->bus.state[k]);
                return true;
            }
        }
    return false;
}

static bool real_value(const struct debugger *d, const char *name, uint64_t *value) {
    struct pg_psw psw;
    return strncmp(name, "real.", 5) == 0 && pg_inspect_real_psw(timeline_session(d->t), &psw) &&
           psw_field(&psw, name + 5, value);
}

static uint64_t name_value(struct parser *p, const char *name, const char *at) {
    uint64_t value = 0;
    uint32_t address;
    if (machine_value(debug_machine(p->d), name, &value) ||
        device_value(debug_machine(p->d), name, &value) || real_value(p->d, name, &value))
        return value;
    if (debug_find(p->d, name, &address, NULL))
        return address;
    for (int k = 1; k < PG_NCAUSES; k++) /* `cause == svc` */
        if (strcmp(name, pg_causes[k].name) == 0)
            return (uint64_t)k;
    return fail(p, at, "no register, name or number");
}

void debug_each_name(const struct debugger *d, void (*offer)(void *with, const char *name),
                     void *with) {
    for (int k = 0; k < PG_NREGS; k++)
        offer(with, pg_reg_names[k]);
    for (size_t k = 0; k < sizeof other_names / sizeof *other_names; k++)
        offer(with, other_names[k]);
    for (int k = 0; k < PG_NDEVICES; k++)
        for (size_t n = 0; n < pg_devices[k]->nregs; n++) {
            char full[64];
            snprintf(full, sizeof full, "%s.%s", pg_devices[k]->name, pg_devices[k]->regs[n].name);
            offer(with, full);
        }
    for (size_t k = 0; k < d->nprograms; k++)
        for (size_t n = 0; n < d->programs[k].image->nsymbols; n++)
            offer(with, d->programs[k].image->symbols[n].name);
}

/* ---- from the bottom up */

static uint64_t whole(struct parser *p);

static bool take(struct parser *p, const char *operator) {
    skip(p);
    size_t n = strlen(operator);
    if (strncmp(p->at, operator, n) != 0)
        return false;
    p->at += n;
    return true;
}

static uint64_t number(struct parser *p) {
    char *end;
    bool binary = p->at[0] == '0' && (p->at[1] == 'b' || p->at[1] == 'B');
    uint64_t value = binary ? strtoull(p->at + 2, &end, 2) : strtoull(p->at, &end, 0);
    static const char units[] = "KMG";
    const char *unit = *end && !binary ? strchr(units, *end) : NULL;
    for (const char *u = units; unit && u <= unit; u++)
        value *= 1000;
    p->at = end + (unit != NULL);
    if (isalnum((unsigned char)*p->at))
        return fail(p, p->at, "not a digit of this number");
    return value;
}

/* So many bytes of virtual memory, as the guest would load them. */
static uint64_t memory(struct parser *p, uint64_t address, unsigned size, const char *at) {
    const struct pg_machine *m = debug_machine(p->d);
    uint32_t word;
    if (p->why)
        return 0;
    if (address > UINT32_MAX || address % size != 0)
        return fail(p, at, "an address that is no multiple of the size");
    if (!pg_peek(m, (uint32_t)address & ~3u, &word))
        return fail(p, at, "there is no memory at this address");
    word >>= 8 * (address % 4);
    return size == 1 ? word & 0xff : size == 2 ? word & 0xffff : word;
}

static uint64_t physical(struct parser *p, uint64_t address, const char *at) {
    const struct pg_machine *m = debug_machine(p->d);
    if (p->why)
        return 0;
    if (address > UINT32_MAX || address % 4 || !pg_ram_has(&m->ram, (uint32_t)address, 4))
        return fail(p, at, "no physical address of a word");
    return pg_ram_read32(&m->ram, (uint32_t)address);
}

static uint64_t bracket(struct parser *p, char kind, const char *at) {
    uint64_t address = whole(p);
    if (!take(p, "]"))
        return fail(p, p->at, "a ] is missing");
    return kind == 'p' ? physical(p, address, at)
                       : memory(p, address,
                                kind == 'b'   ? 1
                                : kind == 'h' ? 2
                                              : 4,
                                at);
}

static uint64_t word_or_name(struct parser *p) {
    const char *at = p->at;
    char name[128];
    size_t n = 0;
    while (isalnum((unsigned char)*p->at) || strchr("_.$", *p->at) != NULL) {
        if (!*p->at)
            break;
        if (n + 1 < sizeof name && !(n == 0 && *p->at == '$')) /* gdb's $sp */
            name[n++] = *p->at;
        p->at++;
    }
    name[n] = '\0';
    if (n == 1 && *p->at == '[' && strchr("bhwp", *name)) {
        p->at++;
        return bracket(p, *name, at);
    }
    return name_value(p, name, at);
}

static uint64_t primary(struct parser *p) {
    skip(p);
    const char *at = p->at;
    if (take(p, "(")) {
        uint64_t value = whole(p);
        return take(p, ")") ? value : fail(p, p->at, "a ) is missing");
    }
    if (take(p, "["))
        return bracket(p, 'w', at);
    if (take(p, "-"))
        return (uint32_t)-primary(p);
    if (take(p, "~"))
        return (uint32_t)~primary(p);
    if (*p->at == '!' && p->at[1] != '=' && take(p, "!"))
        return !primary(p);
    if (take(p, "*"))
        return memory(p, primary(p), 4, at);
    if (*p->at == '\'' && p->at[1] && p->at[2] == '\'') {
        p->at += 3;
        return (unsigned char)at[1];
    }
    if (isdigit((unsigned char)*p->at))
        return number(p);
    if (isalpha((unsigned char)*p->at) || *p->at == '_' || *p->at == '$' || *p->at == '.')
        return word_or_name(p);
    return fail(p, at, *at ? "a value was expected here" : "a value is missing");
}

/* Binary operators, weakest first, as in C. */
static const char *const levels[][6] = {
    {"||"},       {"&&"},     {"|"},          {"^"}, {"&"}, {"==", "!="}, {"<=", ">=", "<", ">"},
    {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}};
enum { LEVELS = sizeof levels / sizeof *levels };

static uint64_t apply(struct parser *p, const char *operator, const char * at, uint64_t a,
                      uint64_t b) {
    switch (operator[0] << 8 | operator[1]) {
    case '|' << 8 | '|': return a || b;
    case '&' << 8 | '&': return a && b;
    case '=' << 8 | '=': return a == b;
    case '!' << 8 | '=': return a != b;
    case '<' << 8 | '=': return a <= b;
    case '>' << 8 | '=': return a >= b;
    case '<' << 8 | '<': return a << (b & 63);
    case '>' << 8 | '>': return a >> (b & 63);
    case '|' << 8: return a | b;
    case '^' << 8: return a ^ b;
    case '&' << 8: return a & b;
    case '<' << 8: return a < b;
    case '>' << 8: return a > b;
    case '+' << 8: return a + b;
    case '-' << 8: return a - b;
    case '*' << 8: return a * b;
    default: break;
    }
    if (b == 0)
        return fail(p, at, "division by zero");
    return operator[0] == '/' ? a / b : a % b;
}

/* Is this operator next, and not a longer one that begins with it? */
static bool is_next(const struct parser *p, const char *operator) {
    size_t n = strlen(operator);
    if (strncmp(p->at, operator, n) != 0)
        return false;
    if (n == 1 && strchr("|&<>", *operator) && (p->at[1] == *operator))
        return false;
    return true;
}

static uint64_t binary(struct parser *p, int level) {
    if (level == LEVELS)
        return primary(p);
    uint64_t value = binary(p, level + 1);
    for (;;) {
        const char *operator= NULL;
        skip(p);
        const char *at = p->at;
        for (size_t k = 0; k < 6 && levels[level][k] && !operator; k++)
            if (is_next(p, levels[level][k]))
                operator= levels[level][k];
        if (!operator|| p->why)
            return value;
        p->at += strlen(operator);
        value = apply(p, operator, at, value, binary(p, level + 1));
    }
}

static uint64_t whole(struct parser *p) {
    return binary(p, 0);
}

bool debug_value(const struct debugger *d, const char *text, uint64_t *value, int *column,
                 const char **why) {
    struct parser p = {.d = d, .text = text, .at = text};
    *value = whole(&p);
    skip(&p);
    if (*p.at)
        fail(&p, p.at, "not understood from here on");
    *column = p.why ? (int)(p.wrong - text) + 1 : 0;
    *why = p.why;
    return !p.why;
}

bool debug_evaluate(struct debugger *d, const char *text, uint64_t *value) {
    int column;
    const char *why;
    if (debug_value(d, text, value, &column, &why))
        return true;
    fprintf(d->out, "  %s\n  %*s^\n", text, column - 1, "");
    return debug_fail(d, "%s", why);
}
