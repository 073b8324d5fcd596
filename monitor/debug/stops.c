/* stops.c - where the guest is to stop: one verb for every kind. */
#include "monitor/debug/stops.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct stops *stops_new(void) {
    return calloc(1, sizeof(struct stops));
}

static void clear(struct stop *stop) {
    free(stop->what);
    free(stop->condition);
    free(stop->commands);
    free(stop->bytes);
    free(stop->where);
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
    char hint[PG_NEAREST_HINT];
    if (!*name)
        return ANY;
    for (int k = 1; k < PG_NCAUSES; k++) {
        if (strcmp(pg_causes[k].name, name) == 0)
            return k;
        pg_nearest_offer(&search, pg_causes[k].name);
    }
    debug_fail(d, "%s is no trap cause%s", name, pg_nearest_hint(&search, hint));
    return -2;
}

static int insn_named(struct debugger *d, const char *name) {
    struct pg_nearest search = pg_nearest_begin(name);
    char hint[PG_NEAREST_HINT];
    for (int k = 0; k < PG_NOPS; k++) {
        if (strcmp(pg_rows[k].mnemonic, name) == 0)
            return k;
        pg_nearest_offer(&search, pg_rows[k].mnemonic);
    }
    debug_fail(d, "%s is no instruction%s", name, pg_nearest_hint(&search, hint));
    return -2;
}

static bool parse_ring(struct debugger *d, struct stop *stop, const char *rest) {
    char old = '\0', new = '\0', more = '\0';
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

static bool parse_cause(struct debugger *d, struct stop *stop, const char *rest) {
    char name[64];
    next_word(&rest, name, sizeof name);
    stop->which = cause_named(d, name);
    return stop->which != -2;
}

static bool parse_insn(struct debugger *d, struct stop *stop, const char *rest) {
    char name[64];
    next_word(&rest, name, sizeof name);
    stop->which = insn_named(d, name);
    return stop->which != -2;
}

static bool parse_nothing(struct debugger *d, struct stop *stop, const char *rest) {
    return true;
}

static bool parse_count(struct debugger *d, struct stop *stop, const char *rest) {
    return debug_evaluate(d, rest, &stop->T);
}

/* What may stand behind `break`, beside a place. */
static const struct {
    const char *word;
    enum kind kind;
    bool (*parse)(struct debugger *d, struct stop *stop, const char *rest);
} kinds[] = {{"ring", AT_RING, parse_ring},
             {"trap", AT_TRAP, parse_cause},
             {"exit", AT_EXIT, parse_cause},
             {"insn", AT_INSN, parse_insn},
             {"sensitive", AT_SENSITIVE, parse_nothing},
             {"port", AT_PORT, parse_port},
             {"count", AT_COUNT, parse_count}};

void stops_each_kind(void (*offer)(void *with, const char *word), void *with) {
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        offer(with, kinds[k].word);
}

static bool parse_break(struct debugger *d, struct stop *stop, const char *text) {
    char word[64];
    const char *rest = text;
    next_word(&rest, word, sizeof word);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (strcmp(word, kinds[k].word) == 0) {
            stop->kind = kinds[k].kind;
            return kinds[k].parse(d, stop, rest);
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
    return true;
}

/* Where the range lies now: other address spaces have something else at these addresses. */
static bool place_range(const struct debugger *d, struct stop *stop) {
    uint32_t size = stop->end - stop->from;
    stop->bytes = calloc(1, size);
    stop->where = calloc(size, sizeof *stop->where);
    if (!stop->bytes || !stop->where)
        return false;
    stop->low = NOWHERE;
    for (uint32_t k = 0; k < size; k++) {
        uint32_t *pa = &stop->where[k];
        if (!pg_locate(debug_machine(d), stop->from + k, pa)) {
            *pa = NOWHERE;
            continue;
        }
        stop->low = *pa < stop->low ? *pa : stop->low;
        stop->high = *pa > stop->high ? *pa : stop->high;
    }
    return true;
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
    if (ok && stop.kind == AT_RANGE && !place_range(d, &stop))
        ok = debug_fail(d, "the host is out of memory");
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

int stops_add_range(struct debugger *d, uint32_t from, uint32_t size, const char *kind) {
    char what[64];
    snprintf(what, sizeof what, "watch 0x%08x..0x%08x %s", from, from + size, kind);
    struct stop stop = {.kind = AT_RANGE,
                        .from = from,
                        .end = from + size,
                        .reads = *kind == 'r',
                        .writes = strcmp(kind, "r") != 0,
                        .what = strdup(what)};
    if (!place_range(d, &stop) || !stop.what) {
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
    bool found = !number;
    for (size_t k = 0; k < s->n; k++)
        if (!number || s->all[k].number == number) {
            s->all[k].disabled = !enabled;
            found = true;
        }
    return found;
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
