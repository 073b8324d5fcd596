/* options.c - the command line, from the rows of option.def. */
#include "isa/nearest.h"
#include "monitor/monitor.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 24 }; /* longer than any option's name */

struct row {
    const char *name; /* as in the table, see spell() */
    char letter;
    const char *argument; /* NULL: takes none */
    const char *commands;
    const char *meaning;
};

static const struct row rows[MON_NOPTIONS] = {
#define X(name, letter, argument, commands, meaning) {#name, letter, argument, commands, meaning},
#include "monitor/option.def"
#undef X
};

/* The option's name as it is typed. */
static const char *spell(const struct row *row, char name[NAME]) {
    snprintf(name, NAME, "%s", row->name);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return name;
}

/* Does the command take the option? */
static bool takes(const struct mon_command *command, const struct row *row) {
    size_t size = strlen(command->name);
    for (const char *c = row->commands; (c = strstr(c, command->name)); c += size)
        if ((c == row->commands || c[-1] == ' ') && (c[size] == ' ' || c[size] == '\0'))
            return true;
    return false;
}

static bool takes_any(const struct mon_command *command) {
    for (int k = 0; k < MON_NOPTIONS; k++)
        if (takes(command, &rows[k]))
            return true;
    return false;
}

/* The option that begins `text`, which is --name, --name=value, -l or -lvalue. `value` receives
 * what is attached, or NULL. */
static int find(const struct mon_command *command, const char *text, const char **value) {
    *value = NULL;
    for (int k = 0; k < MON_NOPTIONS; k++) {
        if (!takes(command, &rows[k]))
            continue;
        if (text[1] == '-') {
            char name[NAME];
            size_t size = strlen(spell(&rows[k], name));
            if (strncmp(text + 2, name, size) == 0 &&
                (text[2 + size] == '\0' || text[2 + size] == '=')) {
                *value = text[2 + size] == '=' ? text + 3 + size : NULL;
                return k;
            }
        } else if (rows[k].letter && text[1] == rows[k].letter) {
            *value = text[2] ? text + 2 : NULL;
            return k;
        }
    }
    return -1;
}

static bool unknown(const struct mon_command *command, const char *text, struct pg_error *err) {
    char name[40];
    const char *begin = text + strspn(text, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(begin, "="), begin);
    struct pg_nearest search = pg_nearest_begin(name);
    char names[MON_NOPTIONS][NAME];
    for (int k = 0; k < MON_NOPTIONS; k++)
        if (takes(command, &rows[k]))
            pg_nearest_offer(&search, spell(&rows[k], names[k]));
    if (search.best)
        return pg_fail(err, "there is no option %.*s; did you mean --%s?", (int)strcspn(text, "="),
                       text, search.best);
    return pg_fail(err, "there is no option %.*s; see trapeze %s --help", (int)strcspn(text, "="),
                   text, command->name);
}

bool mon_parse(struct mon_args *args, const struct mon_command *command, int argc, char **argv,
               struct pg_error *err) {
    *args = (struct mon_args){.command = command, .operands = argv + 1};
    if (!takes_any(command)) { /* all of it is for another program */
        args->noperands = (size_t)argc - 1;
        args->count[OPT_help] = argc == 2 && strcmp(argv[1], "--help") == 0;
        return true;
    }
    bool only_operands = false;
    for (int k = 1; k < argc; k++) {
        const char *value;
        if (only_operands || argv[k][0] != '-' || argv[k][1] == '\0') {
            args->operands[args->noperands++] = argv[k];
            continue;
        }
        if (strcmp(argv[k], "--") == 0) {
            only_operands = true;
            continue;
        }
        int option = find(command, argv[k], &value);
        if (option < 0)
            return unknown(command, argv[k], err);
        char name[NAME];
        spell(&rows[option], name);
        if (rows[option].argument && !value) {
            if (k + 1 == argc)
                return pg_fail(err, "--%s needs an argument, %s", name, rows[option].argument);
            value = argv[++k];
        } else if (!rows[option].argument && value) {
            return pg_fail(err, "--%s takes no argument", name);
        }
        if (args->count[option] == MON_REPEAT)
            return pg_fail(err, "--%s is given more than %d times", name, MON_REPEAT);
        args->values[option][args->count[option]++] = value ? value : "";
    }
    return true;
}

const char *mon_option(const struct mon_args *args, enum mon_option option) {
    size_t n = args->count[option];
    return n ? args->values[option][n - 1] : NULL;
}

void mon_help(const struct mon_command *command, FILE *out) {
    fprintf(out, "usage: trapeze %s [OPTION]... %s\n\n%c%s.\n\n", command->name, command->usage,
            toupper((unsigned char)command->meaning[0]), command->meaning + 1);
    for (int k = 0; k < MON_NOPTIONS; k++) {
        char left[40], name[NAME];
        if (!takes(command, &rows[k]))
            continue;
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", rows[k].letter ? '-' : ' ',
                 rows[k].letter ? rows[k].letter : ' ', rows[k].letter ? "," : " ",
                 spell(&rows[k], name), rows[k].argument ? " " : "",
                 rows[k].argument ? rows[k].argument : "");
        fprintf(out, "  %-22s %s\n", left, rows[k].meaning);
    }
    fprintf(out, "\n%s", command->notes);
}

bool mon_number(const char *text, uint64_t max, unsigned unit, uint64_t *value) {
    static const char suffixes[] = "KMG";
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    unsigned long long n = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
    const char *suffix = *end && unit ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
    if (errno || n > max || end[suffix != NULL])
        return false;
    for (ptrdiff_t k = suffix ? suffix - suffixes : -1; k >= 0; k--) {
        if (n > max / unit)
            return false;
        n *= unit;
    }
    *value = n;
    return true;
}
