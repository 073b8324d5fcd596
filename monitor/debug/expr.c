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
#include <errno.h>
#include <stddef.h>
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

/* The fields of a PSW: bits of one of its words. */
static const struct field {
    const char *name;
    size_t word;
    uint32_t bits;
    bool fixed; /* not to be set by itself */
} psw_fields[] = {
    {"pc", offsetof(struct pg_psw, pc), UINT32_MAX, false},
    {"status", offsetof(struct pg_psw, status), UINT32_MAX, false},
    {"base", offsetof(struct pg_psw, base), UINT32_MAX, false},
    {"bound", offsetof(struct pg_psw, bound), UINT32_MAX, false},
    {"ring", offsetof(struct pg_psw, status), PG_RING, false},
    {"mode", offsetof(struct pg_psw, status), PG_MODE, true},
    {"ie", offsetof(struct pg_psw, status), PG_IE, false},
    {"trace", offsetof(struct pg_psw, status), PG_TRACE, false},
    {"mon", offsetof(struct pg_psw, status), PG_MON, true},
};
enum { NFIELDS = sizeof psw_fields / sizeof *psw_fields };

static const struct field *field_named(const char *name) {
    for (size_t k = 0; k < NFIELDS; k++)
        if (strcmp(name, psw_fields[k].name) == 0)
            return &psw_fields[k];
    return NULL;
}

static uint32_t lowest_bit(uint32_t bits) {
    return bits & (0 - bits);
}

static bool psw_field(const struct pg_psw *psw, const char *name, uint64_t *value) {
    const struct field *f = field_named(name);
    if (!f)
        return false;
    *value = (*(const uint32_t *)((const char *)psw + f->word) & f->bits) / lowest_bit(f->bits);
    return true;
}

bool debug_set_psw_field(struct pg_psw *psw, const char *name, uint32_t value) {
    const struct field *f = field_named(name);
    if (!f || f->fixed)
        return false;
    uint32_t *word = (uint32_t *)((char *)psw + f->word), one = lowest_bit(f->bits);
    if (f->bits == one) /* a flag: any value but 0 sets it */
        value = value != 0;
    *word = (*word & ~f->bits) | (value * one & f->bits);
    return true;
}

/* What else has a name and a value: the k-th of them. NULL behind the last. */
static const char *other(const struct pg_machine *m, size_t k, uint64_t *value) {
    const struct {
        const char *name;
        uint64_t value;
    } others[] = {
        {"T", m->cpu.T}, {"U", m->cpu.U}, {"cause", m->trap.cause}, {"value", m->trap.value}};
    if (k == sizeof others / sizeof *others)
        return NULL;
    *value = others[k].value;
    return others[k].name;
}

/* The number behind a letter, if it is one below `n`; else -1. */
static int numbered(const char *name, char letter, int n) {
    if (name[0] != letter || !isdigit((unsigned char)name[1]))
        return -1;
    int k = name[1] - '0';
    if (name[2])
        k = isdigit((unsigned char)name[2]) && !name[3] && k ? 10 * k + name[2] - '0' : n;
    return k < n ? k : -1;
}

int debug_register(const char *name) {
    int k = numbered(name, 'r', PG_NREGS);
    for (int n = 0; k < 0 && n < PG_NREGS; n++)
        if (strcmp(name, pg_reg_names[n]) == 0)
            k = n;
    return k;
}

int debug_monitor_register(const char *name) {
    return numbered(name, 'm', PG_NMREGS);
}

static bool machine_value(const struct pg_machine *m, const char *name, uint64_t *value) {
    int k;
    if ((k = debug_register(name)) >= 0) {
        *value = m->cpu.r[k];
        return true;
    }
    if ((k = debug_monitor_register(name)) >= 0) {
        *value = m->cpu.m[k];
        return true;
    }
    const char *found;
    for (size_t n = 0; (found = other(m, n, value)); n++)
        if (strcmp(name, found) == 0)
            return true;
    return psw_field(&m->cpu.psw, name, value);
}

const struct pg_reg *debug_device_register(const char *name, int *device) {
    const char *dot = strchr(name, '.');
    for (int k = 0; dot && k < PG_NDEVICES; k++) {
        size_t n = strlen(pg_devices[k]->name);
        if (n != (size_t)(dot - name) || memcmp(name, pg_devices[k]->name, n) != 0)
            continue;
        for (size_t r = 0; r < pg_devices[k]->nregs; r++)
            if (strcmp(dot + 1, pg_devices[k]->regs[r].name) == 0) {
                *device = k;
                return &pg_devices[k]->regs[r];
            }
    }
    return NULL;
}

static bool device_value(const struct pg_machine *m, const char *name, uint64_t *value) {
    int device;
    const struct pg_reg *reg = debug_device_register(name, &device);
    if (reg)
        *value = pg_reg_get(reg, m->bus.state[device]);
    return reg;
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
    uint64_t value;
    const char *name;
    for (size_t k = 0; (name = other(debug_machine(d), k, &value)); k++)
        offer(with, name);
    for (size_t k = 0; k < NFIELDS; k++)
        offer(with, psw_fields[k].name);
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
    errno = 0;
    uint64_t value = binary ? strtoull(p->at + 2, &end, 2) : strtoull(p->at, &end, 0);
    bool fits = errno == 0;
    static const char units[] = "KMG";
    const char *unit = *end && !binary ? strchr(units, *end) : NULL;
    for (const char *u = units; unit && u <= unit; u++)
        fits &= !__builtin_mul_overflow(value, 1000, &value);
    if (!fits)
        return fail(p, p->at, "a number of more than 64 bits");
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
    if (address > UINT32_MAX)
        return fail(p, at, "an address has 32 bits");
    if (address % size != 0)
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

/* Binary operators and how strongly they bind, as in C; the longer of two comes first. */
static const struct {
    const char *text;
    int level;
} operators[] = {{"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<=", 7}, {">=", 7},
                 {"<<", 8}, {">>", 8}, {"|", 3},  {"^", 4},  {"&", 5},  {"<", 7},
                 {">", 7},  {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10}};

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

/* The index of the operator that comes next, or -1. */
static int next_operator(struct parser *p) {
    skip(p);
    if (!*p->at || !strchr("|&^=!<>+-*/%", *p->at))
        return -1;
    for (int k = 0; k < (int)(sizeof operators / sizeof *operators); k++)
        if (strncmp(p->at, operators[k].text, strlen(operators[k].text)) == 0)
            return k;
    return -1;
}

/* By precedence climbing: what binds at least as strongly as `level`. */
static uint64_t binary(struct parser *p, int level) {
    uint64_t value = primary(p);
    int k;
    while (!p->why && (k = next_operator(p)) >= 0 && operators[k].level >= level) {
        const char *at = p->at;
        p->at += strlen(operators[k].text);
        value = apply(p, operators[k].text, at, value, binary(p, operators[k].level + 1));
    }
    return value;
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
