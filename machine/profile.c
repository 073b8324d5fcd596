#include "machine/profile.h"

#include "isa/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const pg_user_actions[PG_NACTIONS] = {"trap", "execute", "ignore"};

const struct pg_profile pg_profile_strict = {.name = "strict"};

/* A word of a line. */
struct word {
    const char *begin;
    size_t size;
};

struct parser {
    const char *file;
    struct pg_diagnostics *diags;
    struct pg_profile profile;
    bool named;
    uint32_t seen[PG_NOPS]; /* the line that says what the instruction does, or 0 */
    uint32_t line;
    const char *text; /* of the line, copied */
};

static bool refuse(struct parser *p, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(struct parser *p, const char *at, const char *format, ...) {
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    pg_diagnostics_add(p->diags, &(struct pg_diagnostic){.severity = PG_ERROR,
                                                         .file = (char *)p->file,
                                                         .line = p->line,
                                                         .column = (uint32_t)(at - p->text) + 1,
                                                         .message = message,
                                                         .source = (char *)p->text,
                                                         .order = p->line});
    return false;
}

/* The next word from *at on, which moves behind it; its size is 0 at the end of the line. */
static struct word next_word(const char **at) {
    *at += strspn(*at, " \t\r");
    struct word w = {*at, **at == '#' ? 0 : strcspn(*at, " \t\r#")};
    *at += w.size;
    return w;
}

static bool is(struct word w, const char *text) {
    return strlen(text) == w.size && memcmp(w.begin, text, w.size) == 0;
}

/* " (did you mean `x`?)", or nothing. `offer` offers the candidates. */
static void suggest(struct word w, void (*offer)(struct pg_nearest *), char *out, size_t size) {
    char name[PG_PROFILE_NAME];
    snprintf(name, sizeof name, "%.*s", (int)w.size, w.begin);
    struct pg_nearest search = pg_nearest_begin(name);
    offer(&search);
    out[0] = '\0';
    if (search.best)
        snprintf(out, size, "; did you mean `%s`?", search.best);
}

static void offer_sensitive(struct pg_nearest *search) {
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_rows[op].cls == PG_CLASS_sensitive)
            pg_nearest_offer(search, pg_rows[op].mnemonic);
    pg_nearest_offer(search, "name");
}

static void offer_actions(struct pg_nearest *search) {
    for (int k = 0; k < PG_NACTIONS; k++)
        pg_nearest_offer(search, pg_user_actions[k]);
}

static bool parse_name(struct parser *p, struct word key, struct word value) {
    if (value.size == 0)
        return refuse(p, key.begin, "`name` takes a name");
    if (value.size >= PG_PROFILE_NAME)
        return refuse(p, value.begin, "the name is longer than %d characters", PG_PROFILE_NAME - 1);
    if (p->named)
        return refuse(p, key.begin, "a second name");
    p->named = true;
    snprintf(p->profile.name, sizeof p->profile.name, "%.*s", (int)value.size, value.begin);
    return true;
}

/* Why a profile has no say in this instruction. */
static bool refuse_class(struct parser *p, struct word key, int op) {
    static const char *const why[] = {
        [PG_CLASS_innocuous] = "is innocuous: it executes in every ring",
        [PG_CLASS_gate] = "is a gate: it traps from every ring",
        [PG_CLASS_privileged] = "is privileged: it traps in user rings whatever the profile",
    };
    return refuse(p, key.begin, "`%s` %s", pg_rows[op].mnemonic, why[pg_rows[op].cls]);
}

static bool parse_action(struct parser *p, struct word key, struct word value, int op) {
    char hint[64];
    if (value.size == 0)
        return refuse(p, key.begin, "`%s` takes trap, execute or ignore", pg_rows[op].mnemonic);
    int action = 0;
    while (action < PG_NACTIONS && !is(value, pg_user_actions[action]))
        action++;
    if (action == PG_NACTIONS) {
        suggest(value, offer_actions, hint, sizeof hint);
        return refuse(p, value.begin, "user rings can trap, execute or ignore, not `%.*s`%s",
                      (int)value.size, value.begin, hint);
    }
    if (p->seen[op])
        return refuse(p, key.begin, "`%s` was given in line %u already", pg_rows[op].mnemonic,
                      p->seen[op]);
    p->seen[op] = p->line;
    p->profile.user[op] = (uint8_t)action;
    return true;
}

static bool parse_line(struct parser *p) {
    const char *at = p->text;
    char hint[64];
    struct word key = next_word(&at), value = next_word(&at), more = next_word(&at);
    if (key.size == 0)
        return true;
    if (more.size)
        return refuse(p, more.begin, "nothing more is expected here; # begins a comment");
    if (is(key, "name"))
        return parse_name(p, key, value);
    for (int op = 0; op < PG_NOPS; op++)
        if (is(key, pg_rows[op].mnemonic))
            return pg_rows[op].cls == PG_CLASS_sensitive ? parse_action(p, key, value, op)
                                                         : refuse_class(p, key, op);
    suggest(key, offer_sensitive, hint, sizeof hint);
    return refuse(p, key.begin, "there is no sensitive instruction `%.*s`%s", (int)key.size,
                  key.begin, hint);
}

/* Copy as much of a line as there is room for, what a terminal might obey as blanks. Returns the
 * place of the first byte that is no text, or the length. */
static size_t copy_line(char *out, size_t room, const char *text, size_t length) {
    size_t foreign = length;
    memset(out, 0, room);
    for (size_t k = length; k-- > 0;) {
        unsigned char c = (unsigned char)text[k];
        bool is_text = c == '\t' || (c >= ' ' && c != 0x7f) || (c == '\r' && k == length - 1);
        if (!is_text)
            foreign = k;
        if (k < room - 1)
            out[k] = (char)(is_text ? c : ' ');
    }
    return foreign;
}

/* The last part of the path without its extension. */
static void name_after(const char *file, char name[PG_PROFILE_NAME]) {
    const char *slash = strrchr(file, '/');
    snprintf(name, PG_PROFILE_NAME, "%s", slash && slash[1] ? slash + 1 : file);
    char *dot = strrchr(name, '.');
    if (dot && dot != name)
        *dot = '\0';
}

bool pg_profile_parse(const char *text, size_t size, const char *file, struct pg_profile *profile,
                      struct pg_diagnostics *diags) {
    struct parser p = {.file = file, .diags = diags, .text = ""};
    char line[256];
    bool ok = true;
    p.text = line;
    name_after(file, p.profile.name);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - text) - at : size - at;
        p.line++;
        size_t foreign = copy_line(line, sizeof line, text + at, length);
        if (foreign < length)
            ok = refuse(&p, line + (foreign < sizeof line ? foreign : 0),
                        "a byte 0x%02x: this is no text", (unsigned char)text[at + foreign]);
        else if (length >= sizeof line)
            ok = refuse(&p, line, "the line is longer than %zu characters", sizeof line - 1);
        else
            ok &= parse_line(&p);
        if (diags->nerrors >= 20)
            break;
        at += length + 1;
    }
    ok = ok && diags->nerrors == 0;
    if (ok)
        *profile = p.profile;
    return ok;
}

bool pg_profile_builtin(const char *name, struct pg_profile *profile) {
    const struct pg_profile_text *t = pg_profile_texts;
    while (t->name && strcmp(t->name, name) != 0)
        t++;
    struct pg_diagnostics diags = {0};
    bool ok = t->name && pg_profile_parse(t->text, strlen(t->text), name, profile, &diags);
    pg_diagnostics_free(&diags);
    return ok;
}
