/* stops.c - where the guest is to stop: one verb for every kind. */
#include "monitor/debug/debug.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    AT_PC,
    AT_RING,
    AT_TRAP,
    AT_EXIT,
    AT_INSN,
    AT_SENSITIVE,
    AT_PORT,
    AT_COUNT,
    AT_VALUE,
    AT_RANGE
};

enum { ANY = -1 };

struct stop {
    int number;
    enum kind kind;
    bool disabled, temporary;
    uint64_t hits, ignore;
    char *what, *condition, *commands; /* as typed; condition and commands may be NULL */
    uint32_t from, end;                /* AT_PC: an address; AT_RANGE: an interval */
    int user;                          /* the same: 1 in rings 1 to 3 only, 0 in ring 0 only, ANY */
    const struct pg_image *program;    /* AT_PC: where its code is; NULL: anywhere */
    int old_ring, new_ring;            /* AT_RING */
    int which;                         /* a cause, an instruction, a port; ANY */
    uint64_t T;                        /* AT_COUNT */
    bool reads, writes;                /* AT_RANGE */
    bool has_value;                    /* AT_RANGE: stop only if it holds */
    uint64_t value;                    /* this; AT_VALUE: what it was */
    bool known;                        /* AT_VALUE: it had a value; AT_RANGE: `bytes` are */
    uint8_t *bytes;                    /* AT_RANGE: what was there */
    char reason[96];
};

struct stops {
    struct stop *all;
    size_t n;
    int last_number;
    /* How things were before the step. */
    uint64_t traps, T;
    uint32_t status;
    uint64_t exits[PG_NCAUSES];
    bool looks;          /* some stop wants to know the next instruction */
    struct pg_insn insn; /* which was this */
    bool has_insn;
    uint32_t r[PG_NREGS];
};

struct stops *stops_new(void) {
    return calloc(1, sizeof(struct stops));
}

static void clear(struct stop *stop) {
    free(stop->what);
    free(stop->condition);
    free(stop->commands);
    free(stop->bytes);
}

void stops_free(struct stops *s) {
    for (size_t k = 0; s && k < s->n; k++)
        clear(&s->all[k]);
    if (s)
        free(s->all);
    free(s);
}

static struct stop *find(const struct stops *s, int number) {
    for (size_t k = 0; k < s->n; k++)
        if (s->all[k].number == number)
            return &s->all[k];
    return NULL;
}

/* ---- parsing */

/* The next word of *text, lower bound of blanks skipped; "" at the end. */
static void next_word(const char **text, char *word, size_t size) {
    size_t n = 0;
    while (isspace((unsigned char)**text))
        ++*text;
    for (; **text && !isspace((unsigned char)**text); ++*text)
        if (n + 1 < size)
            word[n++] = **text;
    word[n] = '\0';
}

/* A cause's number; ANY for "", -2 for none. */
static int cause_named(struct debugger *d, const char *name) {
    struct pg_nearest search = pg_nearest_begin(name);
    if (!*name)
        return ANY;
    for (int k = 1; k < PG_NCAUSES; k++) {
        if (strcmp(pg_causes[k].name, name) == 0)
            return k;
        pg_nearest_offer(&search, pg_causes[k].name);
    }
    debug_fail(d, "%s is no trap cause%s%s%s", name, search.best ? "; did you mean " : "",
               search.best ? search.best : "", search.best ? "?" : "");
    return -2;
}

static int insn_named(struct debugger *d, const char *name) {
    struct pg_nearest search = pg_nearest_begin(name);
    for (int k = 0; k < PG_NOPS; k++) {
        if (strcmp(pg_rows[k].mnemonic, name) == 0)
            return k;
        pg_nearest_offer(&search, pg_rows[k].mnemonic);
    }
    debug_fail(d, "%s is no instruction%s%s%s", name, search.best ? "; did you mean " : "",
               search.best ? search.best : "", search.best ? "?" : "");
    return -2;
}

static bool parse_ring(struct debugger *d, struct stop *stop, const char *rest) {
    char old = '\0', new = '\0', more = '\0';
    stop->kind = AT_RING;
    stop->old_ring = stop->new_ring = ANY;
    while (isspace((unsigned char)*rest))
        rest++;
    if (!*rest)
        return true;
    int n = sscanf(rest, "%c->%c %c", &old, &new, &more);
    if (n != 2 || !strchr("0123*", old) || !strchr("0123*", new))
        return debug_fail(d, "break ring: expected OLD->NEW, such as 3->0 or *->0, not %s", rest);
    stop->old_ring = old == '*' ? ANY : old - '0';
    stop->new_ring = new == '*' ? ANY : new - '0';
    return true;
}

static bool parse_port(struct debugger *d, struct stop *stop, const char *rest) {
    uint64_t value;
    stop->kind = AT_PORT;
    stop->which = ANY;
    while (isspace((unsigned char)*rest))
        rest++;
    if (!*rest)
        return true;
    stop->which = pg_port_by_name(rest);
    if (stop->which >= 0)
        return true;
    if (!debug_evaluate(d, rest, &value))
        return false;
    stop->which = (int)(uint32_t)value;
    return true;
}

/* An address: a name, FILE:LINE, or an expression; gdb's `*` before it may stand. */
static bool parse_place(struct debugger *d, struct stop *stop, const char *text) {
    const struct symbols *where;
    uint64_t value;
    stop->kind = AT_PC;
    stop->user = ANY;
    if (debug_find(d, text, &stop->from, &where)) {
        if (d->nprograms > 1) /* other programs have other code at this address */
            stop->user = where->user;
        return true;
    }
    if (!debug_evaluate(d, *text == '*' ? text + 1 : text, &value))
        return false;
    stop->from = (uint32_t)value;
    return true;
}

static bool parse_break(struct debugger *d, struct stop *stop, const char *text) {
    char word[64], name[64] = "";
    const char *rest = text;
    uint64_t value;
    next_word(&rest, word, sizeof word);
    const char *after = rest;
    next_word(&after, name, sizeof name);
    if (strcmp(word, "ring") == 0)
        return parse_ring(d, stop, rest);
    if (strcmp(word, "trap") == 0 || strcmp(word, "exit") == 0) {
        stop->kind = *word == 't' ? AT_TRAP : AT_EXIT;
        stop->which = cause_named(d, name);
        return stop->which != -2;
    }
    if (strcmp(word, "insn") == 0) {
        stop->kind = AT_INSN;
        stop->which = insn_named(d, name);
        return stop->which != -2;
    }
    if (strcmp(word, "sensitive") == 0) {
        stop->kind = AT_SENSITIVE;
        return true;
    }
    if (strcmp(word, "port") == 0)
        return parse_port(d, stop, rest);
    if (strcmp(word, "count") == 0) {
        stop->kind = AT_COUNT;
        if (!debug_evaluate(d, rest, &value))
            return false;
        stop->T = value;
        return true;
    }
    return parse_place(d, stop, text);
}

/* ADDR..END [r|w|rw] [value V], or an expression. */
static bool parse_watch(struct debugger *d, struct stop *stop, const char *text) {
    const char *dots = strstr(text, ".."), *rest;
    char word[64], first[DEBUG_TEXT];
    uint64_t from, end;
    int column;
    const char *why;
    stop->kind = AT_VALUE;
    if (!dots)
        return debug_evaluate(d, text, &from);
    snprintf(first, sizeof first, "%.*s", (int)(dots - text), text);
    rest = dots + 2;
    next_word(&rest, word, sizeof word);
    if (!debug_evaluate(d, first, &from) || !debug_evaluate(d, word, &end))
        return false;
    if (from >= end || end > UINT32_MAX || end - from > 65536)
        return debug_fail(d, "watch: 0x%llx..0x%llx is no range of 1 to 65536 bytes",
                          (unsigned long long)from, (unsigned long long)end);
    stop->kind = AT_RANGE;
    stop->user = ANY;
    stop->from = (uint32_t)from;
    stop->end = (uint32_t)end;
    stop->writes = true;
    for (next_word(&rest, word, sizeof word); *word; next_word(&rest, word, sizeof word))
        if (strcmp(word, "r") == 0 || strcmp(word, "rw") == 0 || strcmp(word, "w") == 0) {
            stop->reads = *word == 'r';
            stop->writes = strcmp(word, "r") != 0;
        } else if (strcmp(word, "value") == 0) {
            next_word(&rest, word, sizeof word);
            if (!debug_value(d, word, &stop->value, &column, &why))
                return debug_fail(d, "watch: value %s: %s", word, why);
            stop->has_value = true;
        } else {
            return debug_fail(d, "watch: expected r, w, rw, or value V, not %s", word);
        }
    stop->bytes = calloc(1, stop->end - stop->from);
    return stop->bytes || debug_fail(d, "the host is out of memory");
}

static int add(struct debugger *d, struct stop *stop) {
    struct stops *s = d->stops;
    struct stop *grown = realloc(s->all, (s->n + 1) * sizeof *grown);
    if (!grown) {
        clear(stop);
        debug_fail(d, "the host is out of memory");
        return 0;
    }
    s->all = grown;
    stop->number = ++s->last_number;
    s->all[s->n++] = *stop;
    stops_begin(d);
    return stop->number;
}

/* The text up to ` if `, and what follows it. */
static const char *split_condition(const char *text, char *head, size_t size) {
    const char *condition = strncmp(text, "if ", 3) == 0 ? text : strstr(text, " if ");
    size_t n = condition ? (size_t)(condition - text) : strlen(text);
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    snprintf(head, size, "%.*s", (int)n, text);
    return condition ? strstr(condition, "if ") + 3 : NULL;
}

int stops_add(struct debugger *d, const char *verb, const char *text, bool temporary) {
    char head[DEBUG_TEXT], what[DEBUG_TEXT + 16], pc[16];
    struct stop stop = {.temporary = temporary};
    uint64_t value;
    const char *condition = split_condition(text, head, sizeof head);
    snprintf(pc, sizeof pc, "0x%08x", debug_machine(d)->cpu.psw.pc);
    bool watches = strcmp(verb, "watch") == 0;
    if (!*head && !watches)
        snprintf(head, sizeof head, "%s", pc); /* gdb's `break`: here */
    bool ok = watches ? parse_watch(d, &stop, head) : parse_break(d, &stop, head);
    if (ok && condition)
        ok = debug_evaluate(d, condition, &value); /* what is wrong with it shows now */
    if (ok) {
        snprintf(what, sizeof what, "%s %s", verb, head);
        stop.what = strdup(what);
        stop.condition = condition ? strdup(condition) : NULL;
    }
    if (!ok || !stop.what) {
        clear(&stop);
        return 0;
    }
    return add(d, &stop);
}

int stops_add_address(struct debugger *d, uint32_t address, int user,
                      const struct pg_image *program) {
    char what[32];
    snprintf(what, sizeof what, "break 0x%08x", address);
    struct stop stop = {
        .kind = AT_PC, .from = address, .user = user, .program = program, .what = strdup(what)};
    return add(d, &stop);
}

int stops_add_range(struct debugger *d, uint32_t from, uint32_t size, const char *kind, int user) {
    char what[64];
    snprintf(what, sizeof what, "watch 0x%08x..0x%08x %s", from, from + size, kind);
    struct stop stop = {.kind = AT_RANGE,
                        .from = from,
                        .end = from + size,
                        .user = user,
                        .reads = *kind == 'r',
                        .writes = strcmp(kind, "r") != 0,
                        .bytes = calloc(1, size),
                        .what = strdup(what)};
    if (!stop.bytes || !stop.what) {
        clear(&stop);
        return 0;
    }
    return add(d, &stop);
}

/* ---- changing */

static void drop(struct stops *s, struct stop *stop) {
    clear(stop);
    size_t k = (size_t)(stop - s->all);
    memmove(stop, stop + 1, (--s->n - k) * sizeof *stop);
}

bool stops_delete(struct stops *s, int number) {
    struct stop *stop = find(s, number);
    while (!number && s->n)
        drop(s, &s->all[0]);
    if (stop)
        drop(s, stop);
    return stop || !number;
}

bool stops_enable(struct stops *s, int number, bool enabled) {
    struct stop *stop = find(s, number);
    if (stop)
        stop->disabled = !enabled;
    return stop;
}

bool stops_ignore(struct stops *s, int number, uint64_t times) {
    struct stop *stop = find(s, number);
    if (stop)
        stop->ignore = times;
    return stop;
}

static bool set_text(char **place, const char *text) {
    char *copy = text && *text ? strdup(text) : NULL;
    free(*place);
    *place = copy;
    return true;
}

bool stops_condition(struct debugger *d, int number, const char *condition) {
    struct stop *stop = find(d->stops, number);
    uint64_t value;
    if (!stop)
        return debug_fail(d, "there is no stop %d", number);
    if (*condition && !debug_evaluate(d, condition, &value))
        return false;
    return set_text(&stop->condition, condition);
}

bool stops_commands(struct stops *s, int number, const char *text) {
    struct stop *stop = find(s, number);
    return stop && set_text(&stop->commands, text);
}

void stops_list(const struct debugger *d) {
    if (d->stops->n == 0)
        fprintf(d->out, "there are no stops\n");
    for (size_t k = 0; k < d->stops->n; k++) {
        const struct stop *stop = &d->stops->all[k];
        fprintf(d->out, "%-3d %s", stop->number, stop->what);
        if (stop->kind == AT_PC)
            debug_print_place(d, stop->from);
        if (stop->condition)
            fprintf(d->out, " if %s", stop->condition);
        fprintf(d->out, "%s%s, hit %llu times", stop->temporary ? ", once" : "",
                stop->disabled ? ", disabled" : "", (unsigned long long)stop->hits);
        if (stop->ignore)
            fprintf(d->out, ", ignored %llu more", (unsigned long long)stop->ignore);
        fprintf(d->out, "\n");
        if (stop->commands)
            fprintf(d->out, "      %s\n", stop->commands);
    }
}

bool stops_need_steps(const struct stops *s, uint64_t now, uint64_t *T) {
    *T = UINT64_MAX;
    for (size_t k = 0; k < s->n; k++) {
        const struct stop *stop = &s->all[k];
        if (stop->disabled)
            continue;
        if (stop->kind != AT_COUNT || stop->condition || stop->ignore)
            return true;
        if (stop->T > now && stop->T < *T)
            *T = stop->T;
    }
    return false;
}

const char *stops_reason(const struct stops *s, int number) {
    const struct stop *stop = find(s, number);
    return stop ? stop->reason : "";
}

const char *stops_commands_of(const struct stops *s, int number) {
    const struct stop *stop = find(s, number);
    return stop ? stop->commands : NULL;
}

/* ---- checking */

/* Other rings may have other memory at its addresses. */
static bool in_its_ring(const struct pg_machine *m, const struct stop *stop) {
    return stop->user == ANY || stop->user == ((m->cpu.psw.status & PG_RING) != 0);
}

/* The bytes at a range, as far as they are there. */
static void read_range(const struct pg_machine *m, const struct stop *stop, uint8_t *bytes) {
    uint32_t pa;
    for (uint32_t at = stop->from; at < stop->end; at++)
        bytes[at - stop->from] = pg_locate(m, at, &pa) ? m->ram.bytes[pa] : 0;
}

static uint64_t value_in(const struct stop *stop) {
    uint64_t value = 0;
    for (uint32_t k = 0; k < stop->end - stop->from && k < 4; k++)
        value |= (uint64_t)stop->bytes[k] << 8 * k;
    return value;
}

static void note(struct debugger *d) {
    struct stops *s = d->stops;
    const struct pg_machine *m = debug_machine(d);
    uint32_t word;
    s->traps = m->traps;
    s->T = m->cpu.T;
    s->status = m->cpu.psw.status;
    memcpy(s->exits, timeline_session(d->t)->counts(timeline_session(d->t), 0)->exits,
           sizeof s->exits);
    s->has_insn = s->looks && run_next_insn(d, &word, &s->insn);
    memcpy(s->r, m->cpu.r, sizeof s->r);
}

static bool looks(const struct stop *stop) {
    return stop->kind == AT_INSN || stop->kind == AT_SENSITIVE || stop->kind == AT_PORT ||
           stop->kind == AT_RANGE;
}

void stops_begin(struct debugger *d) {
    int column;
    const char *why;
    d->stops->looks = false;
    for (size_t k = 0; k < d->stops->n; k++) {
        struct stop *stop = &d->stops->all[k];
        d->stops->looks |= looks(stop) && !stop->disabled;
        if (stop->kind == AT_VALUE)
            stop->known =
                debug_value(d, stop->what + strlen("watch "), &stop->value, &column, &why);
        if (stop->kind == AT_RANGE && (stop->known = in_its_ring(debug_machine(d), stop)))
            read_range(debug_machine(d), stop, stop->bytes);
    }
    note(d);
}

/* Does the instruction access [from, end), with these registers? */
static bool accesses(const struct stop *stop, const struct pg_insn *in, const uint32_t *r) {
    if (in->op >= PG_NOPS)
        return false;
    bool load =
        pg_rows[in->op].cls == PG_CLASS_innocuous && in->op >= PG_OP_lb && in->op <= PG_OP_lhu;
    bool store = in->op >= PG_OP_sb && in->op <= PG_OP_sw;
    if (!(load && stop->reads) && !(store && stop->writes))
        return false;
    uint32_t size = in->op == PG_OP_lb || in->op == PG_OP_lbu || in->op == PG_OP_sb   ? 1
                    : in->op == PG_OP_lh || in->op == PG_OP_lhu || in->op == PG_OP_sh ? 2
                                                                                      : 4;
    uint32_t at = r[in->a] + (uint32_t)in->imm;
    return at < stop->end && at + size > stop->from;
}

static bool hit_range(struct debugger *d, struct stop *stop) {
    const struct stops *s = d->stops;
    const struct pg_machine *m = debug_machine(d);
    uint8_t now[64], *bytes = now;
    uint32_t size = stop->end - stop->from;
    bool read = s->has_insn && m->traps == s->traps && accesses(stop, &s->insn, s->r);
    if (size > sizeof now && !(bytes = malloc(size)))
        return false;
    read_range(m, stop, bytes);
    bool changed = stop->known && stop->writes && memcmp(bytes, stop->bytes, size) != 0;
    stop->known = true;
    uint64_t before = value_in(stop);
    memcpy(stop->bytes, bytes, size);
    if (bytes != now)
        free(bytes);
    if (!changed && !read)
        return false;
    snprintf(stop->reason, sizeof stop->reason, "%s: 0x%llx -> 0x%llx",
             changed ? "changed" : "accessed", (unsigned long long)before,
             (unsigned long long)value_in(stop));
    return !stop->has_value || value_in(stop) == stop->value;
}

static bool hit_value(struct debugger *d, struct stop *stop) {
    int column;
    const char *why;
    uint64_t value, before = stop->value;
    bool known = debug_value(d, stop->what + strlen("watch "), &value, &column, &why);
    bool changed = known && (!stop->known || value != before);
    snprintf(stop->reason, sizeof stop->reason, "%s: 0x%llx -> 0x%llx",
             stop->what + strlen("watch "), (unsigned long long)before, (unsigned long long)value);
    stop->known = known;
    if (known)
        stop->value = value;
    return changed;
}

static bool hit_exit(struct debugger *d, struct stop *stop) {
    const struct pg_counts *counts = timeline_session(d->t)->counts(timeline_session(d->t), 0);
    for (int k = 1; k < PG_NCAUSES; k++) {
        /* the VMM's own timer ends each step that we take: no reason to stop, unless asked for */
        if ((k == PG_CAUSE_interrupt || k == PG_CAUSE_tick) && stop->which != k)
            continue;
        if (counts->exits[k] != d->stops->exits[k] && (stop->which == ANY || stop->which == k)) {
            snprintf(stop->reason, sizeof stop->reason, "exit to the VMM: %s", pg_causes[k].name);
            return true;
        }
    }
    return false;
}

static bool hit_port(const struct stop *stop, const struct pg_machine *m,
                     const struct pg_insn *in) {
    if (in->op != PG_OP_in && in->op != PG_OP_out)
        return false;
    uint32_t port = m->cpu.r[in->a] + (uint32_t)in->imm;
    return stop->which == ANY || (uint32_t)stop->which == port;
}

static bool hit(struct debugger *d, struct stop *stop, const struct pg_insn *next) {
    const struct stops *s = d->stops;
    const struct pg_machine *m = debug_machine(d);
    int old = (int)(s->status & PG_RING), new = (int)(m->cpu.psw.status & PG_RING);
    char *reason = stop->reason;
    switch (stop->kind) {
    case AT_PC:
        *reason = '\0';
        return m->cpu.psw.pc == stop->from && in_its_ring(m, stop) &&
               (!stop->program || debug_runs(d, stop->program));
    case AT_RING:
        snprintf(reason, sizeof stop->reason, "ring %d -> %d", old, new);
        return old != new && (stop->old_ring == ANY || stop->old_ring == old) &&
               (stop->new_ring == ANY || stop->new_ring == new);
    case AT_TRAP:
        snprintf(reason, sizeof stop->reason, "trap %s, value 0x%08x",
                 m->trap.cause < PG_NCAUSES ? pg_causes[m->trap.cause].name : "?", m->trap.value);
        return m->traps != s->traps && (stop->which == ANY || stop->which == (int)m->trap.cause);
    case AT_EXIT: return hit_exit(d, stop);
    case AT_INSN: *reason = '\0'; return next && (int)next->op == stop->which;
    case AT_SENSITIVE:
        *reason = '\0';
        return next && next->op < PG_NOPS && pg_rows[next->op].cls >= PG_CLASS_sensitive;
    case AT_PORT: *reason = '\0'; return next && hit_port(stop, m, next);
    case AT_COUNT: *reason = '\0'; return s->T < stop->T && m->cpu.T >= stop->T;
    case AT_VALUE: return hit_value(d, stop);
    case AT_RANGE: return in_its_ring(m, stop) && hit_range(d, stop);
    }
    return false;
}

/* Its condition holds. One that has become wrong, for lack of a name that holds here, does not. */
static bool holds(const struct debugger *d, const struct stop *stop) {
    uint64_t value;
    int column;
    const char *why;
    return !stop->condition || (debug_value(d, stop->condition, &value, &column, &why) && value);
}

int stops_check(struct debugger *d, bool count) {
    struct stops *s = d->stops;
    struct pg_insn in;
    uint32_t word;
    int number = 0;
    if (s->n == 0)
        return 0;
    bool has_next = s->looks && run_next_insn(d, &word, &in);
    for (size_t k = 0; k < s->n; k++) {
        struct stop *stop = &s->all[k];
        if (stop->disabled || !hit(d, stop, has_next ? &in : NULL) || !holds(d, stop))
            continue;
        if (count) {
            stop->hits++;
            if (stop->ignore) {
                stop->ignore--;
                continue;
            }
        }
        if (!number)
            number = stop->number;
    }
    for (size_t k = 0; count && k < s->n; k++)
        if (s->all[k].temporary && s->all[k].number == number)
            s->all[k].disabled = true; /* its reason is still to be told */
    note(d);
    return number;
}
