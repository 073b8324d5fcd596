/* console.c - commands from a person, by readline, or from a script. */
#include "monitor/debug/debug.h"

#include "monitor/terminal.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifdef HAVE_READLINE
#include <readline/history.h>
#include <readline/readline.h>
#endif

const struct debug_command debug_commands[] = {
#define X(name, word, when, usage, meaning, example)                                               \
    {word, when, usage, meaning, example, do_##name},
#include "monitor/debug/command.def"
#undef X
    {0},
};

enum { MAX_SCRIPT = 1 << 20, NESTED = 8 };

bool debug_fail(struct debugger *d, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(d->out, format, arguments);
    va_end(arguments);
    fputc('\n', d->out);
    d->failed = true;
    return false;
}

/* ---- finding a command */

/* Where gdb's users mean another one than the first that begins so. */
static const char *const short_forms[][2] = {{"b", "break"}, {"h", "help"}, {"i", "info"}};

static const struct debug_command *find(const char *word, size_t n) {
    const struct debug_command *found = NULL;
    for (size_t k = 0; k < sizeof short_forms / sizeof *short_forms; k++)
        if (n == 1 && *word == *short_forms[k][0])
            return find(short_forms[k][1], strlen(short_forms[k][1]));
    for (const struct debug_command *c = debug_commands; c->name && n; c++) {
        if (strlen(c->name) == n && memcmp(c->name, word, n) == 0)
            return c;
        if (!found && strncmp(c->name, word, n) == 0)
            found = c;
    }
    return found;
}

static void unknown(struct debugger *d, const char *word) {
    struct pg_nearest search = pg_nearest_begin(word);
    char hint[PG_NEAREST_HINT];
    for (const struct debug_command *c = debug_commands; c->name; c++)
        pg_nearest_offer(&search, c->name);
    debug_fail(d, "%s is no command%s; `help` lists them", word, pg_nearest_hint(&search, hint));
}

static const char *skip_blanks(const char *text) {
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

/* One command, writing to d->out. */
static void run_command(struct debugger *d, const char *line) {
    char rest[DEBUG_TEXT], word[32];
    line = skip_blanks(line);
    size_t n = 0;
    while (isalnum((unsigned char)line[n]) || line[n] == '-' || line[n] == '_')
        n++;
    if (n == 0) {
        if (*line && *line != '#')
            debug_fail(d, "a command begins with a word; `help` lists them");
        return;
    }
    const struct debug_command *command = find(line, n);
    if (!command) {
        snprintf(word, sizeof word, "%.*s", (int)n, line);
        unknown(d, word);
        return;
    }
    /* `x/8wx`, `print/x`: no blank is needed */
    if (strlen(line + n) >= sizeof rest) {
        debug_fail(d, "%s: a command has at most %zu characters", command->name, sizeof rest - 1);
        return;
    }
    snprintf(rest, sizeof rest, "%s", skip_blanks(line + n));
    for (size_t end = strlen(rest); end && isspace((unsigned char)rest[end - 1]);)
        rest[--end] = '\0';
    command->run(d, rest);
}

/* ---- output, a page at a time */

/* 0: nobody is there to ask. */
static unsigned rows(void) {
    struct winsize size;
    if (mon_terminal_is_live() && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 4)
        return size.ws_row - 1u;
    return 0;
}

/* Asks after each page; q stops. */
static void write_paged(const char *text, unsigned page) {
    unsigned lines = 0;
    for (const char *at = text; *at;) {
        const char *end = strchr(at, '\n');
        size_t n = end ? (size_t)(end - at) + 1 : strlen(at);
        fwrite(at, 1, n, stdout);
        at += n;
        if (page && ++lines == page && *at) {
            char key[2];
            bool ended;
            fputs("-- more: Enter, or q -- ", stdout);
            fflush(stdout);
            mon_terminal_open();
            while (mon_terminal_read(key, 1, true, &ended) == 0 && !ended && !mon_interrupted())
                ;
            mon_terminal_close();
            fputs("\r                        \r", stdout);
            if (ended || mon_interrupted() || *key == 'q')
                return;
            lines = *key == ' ' ? 0 : page - 1; /* Enter: a line more */
        }
    }
}

bool console_do(struct debugger *d, const char *line) {
    FILE *outer = d->out;
    char *text = NULL;
    size_t size = 0;
    bool nested = outer != stdout; /* commands of a stop, or of `source` */
    if (d->typed) {                /* a guest that is typed at: as it goes */
        run_command(d, line);
        return !d->quit;
    }
    FILE *out = open_memstream(&text, &size);
    bool failed = nested && d->failed; /* by one before, which is not this one's matter */
    d->failed = false;
    if (!out)
        return debug_fail(d, "the host is out of memory");
    d->out = out;
    run_command(d, line);
    d->failed |= failed;
    fclose(out);
    d->out = outer;
    if (nested)
        fwrite(text, 1, size, outer);
    else
        write_paged(text, d->script ? 0 : rows());
    fflush(outer);
    if (strncmp(skip_blanks(line), "expect", 6) != 0) {
        free(d->last_text);
        d->last_text = text;
    } else {
        free(text);
    }
    return !d->quit;
}

/* ---- the commands of this file */

void do_expect(struct debugger *d, const char *rest) {
    if (!*rest)
        debug_fail(d, "expect: what?");
    else if (!d->last_text || !strstr(d->last_text, rest))
        debug_fail(d, "expected, and not written by the last command: %s", rest);
}

void do_echo(struct debugger *d, const char *rest) {
    fprintf(d->out, "%s\n", rest);
}

void do_quit(struct debugger *d, const char *rest) {
    d->quit = true;
}

void do_help(struct debugger *d, const char *rest) {
    const struct debug_command *c = *rest ? find(rest, strlen(rest)) : NULL;
    if (*rest && !c) {
        unknown(d, rest);
    } else if (c) {
        fprintf(d->out, "%s %s\n  %s\n  for example: %s\n", c->name, c->usage, c->meaning,
                c->example);
    } else {
        for (c = debug_commands; c->name; c++)
            fprintf(d->out, "%-16s %s\n", c->name, c->meaning);
        fprintf(d->out, "Any beginning of a word will do; Enter repeats. `help COMMAND` has an "
                        "example.\n");
    }
}

void do_symbols(struct debugger *d, const char *rest) {
    char path[1024], kind[16] = "";
    if (sscanf(rest, "%1023s %15s", path, kind) < 1)
        debug_fail(d, "symbols: of which program?");
    else if (!debug_load_symbols(d, path, strcmp(kind, "kernel") != 0))
        d->failed = true;
}

/* ---- scripts */

/* Runs lines up to the first that fails. False then, after a message. */
static bool run_script(struct debugger *d, const char *path) {
    struct pg_error err;
    size_t size;
    unsigned number = 1;
    uint8_t *bytes = mon_read_file(path, MAX_SCRIPT, &size, &err);
    char *text = bytes ? realloc(bytes, size + 1) : NULL;
    if (!text) {
        free(bytes);
        return debug_fail(d, "%s", bytes ? "the host is out of memory" : err.text);
    }
    text[size] = '\0';
    bool ok = true;
    for (char *line = text, *next; ok && *line && !d->quit; line = next, number++) {
        next = line + strcspn(line, "\n");
        if (*next)
            *next++ = '\0';
        line = (char *)skip_blanks(line);
        if (!*line || *line == '#')
            continue;
        fprintf(d->out, "(trapeze) %s\n", line);
        console_do(d, line);
        if (mon_interrupted() && !d->failed)
            debug_fail(d, "interrupted");
        if (d->failed) {
            fflush(d->out);
            mon_fail(MON_DIFFERENCE, "%s:%u: %s", path, number, line);
            ok = false;
        }
    }
    free(text);
    return ok;
}

void do_source(struct debugger *d, const char *rest) {
    if (d->depth == NESTED) {
        debug_fail(d, "source: %d files deep: does one read itself?", NESTED);
        return;
    }
    d->depth++;
    if (!run_script(d, rest))
        d->failed = true;
    d->depth--;
}

int console_script(struct debugger *d, const char *path) {
    d->script = true;
    bool ok = run_script(d, path);
    d->script = false;
    return ok ? 0 : MON_DIFFERENCE;
}

/* ---- a person */

/* Is it a command that Enter repeats, or that runs the guest? */
static bool is(const char *line, enum debug_when when) {
    const struct debug_command *c = find(line, strcspn(line, " \t/"));
    return c && c->when & when;
}

/* What is no terminal; readline takes the end of a pipe for a silence. */
static char *read_plain(const char *prompt) {
    char *line = NULL;
    size_t size = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    if (getline(&line, &size, stdin) < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

#ifdef HAVE_READLINE

/* readline knows nothing of us but this. */
static struct debugger *completing;
static char **names;
static size_t nnames, rooms;
static bool reads_terminal, given_up;

static void offer(void *with, const char *name) {
    if (nnames == rooms) {
        size_t room = rooms ? 2 * rooms : 256;
        char **grown = realloc(names, room * sizeof *grown);
        if (!grown)
            return;
        names = grown;
        rooms = room;
    }
    if (strncmp(name, with, strlen(with)) == 0 && (names[nnames] = strdup(name)))
        nnames++;
}

static void drop_names(void) {
    while (nnames)
        free(names[--nnames]);
}

static char *next_name(const char *text, int again) {
    static size_t k;
    if (!again)
        k = 0;
    return k < nnames ? strdup(names[k++]) : NULL;
}

/* The words that may stand behind a command's. */
static void offer_arguments(const char *line, char *text) {
    bool breaks = strncmp(line, "b", 1) == 0 || strncmp(line, "tb", 2) == 0;
    if (strstr(line, "trap ") || strstr(line, "exit "))
        for (int k = 1; k < PG_NCAUSES; k++)
            offer(text, pg_causes[k].name);
    else if (strstr(line, "insn "))
        for (int k = 0; k < PG_NOPS; k++)
            offer(text, pg_rows[k].mnemonic);
    else if (strstr(line, "port "))
        for (int k = 0; k < PG_NDEVICES; k++)
            for (size_t n = 0; n < pg_devices[k]->nports; n++)
                offer(text, pg_devices[k]->ports[n].name);
    else if (strncmp(line, "sys", 3) == 0)
        for (int k = 0; pg_systems[k]; k++)
            offer(text, pg_systems[k]->name);
    else if (strncmp(line, "help", 4) == 0)
        for (const struct debug_command *c = debug_commands; c->name; c++)
            offer(text, c->name);
    else {
        if (breaks)
            stops_each_kind(offer, text);
        debug_each_name(completing, offer, text);
    }
}

static char **complete(const char *text, int start, int end) {
    static const char *const with_files[] = {"save", "restore", "source", "symbols"};
    const char *line = skip_blanks(rl_line_buffer);
    bool first = rl_line_buffer + start == line;
    drop_names();
    for (size_t k = 0; !first && k < sizeof with_files / sizeof *with_files; k++)
        if (strncmp(line, with_files[k], strlen(with_files[k])) == 0)
            return NULL; /* readline's own: files */
    rl_attempted_completion_over = 1;
    char *prefix = strdup(text);
    if (prefix && first)
        for (const struct debug_command *c = debug_commands; c->name; c++)
            offer(prefix, c->name);
    else if (prefix)
        offer_arguments(line, prefix);
    free(prefix);
    return rl_completion_matches(text, next_name);
}

/* Ctrl-C at the prompt: a new one. */
static int look_for_interrupt(void) {
    if (mon_interrupted()) {
        if (!mon_terminated())
            mon_clear_interrupt();
        rl_replace_line("", 0);
        given_up = true;
        rl_done = 1;
    }
    return 0;
}

static const char *history_path(char path[1024]) {
    const char *home = getenv("HOME");
    snprintf(path, 1024, "%s/.trapeze_history", home ? home : ".");
    return path;
}

static void begin_reading(struct debugger *d) {
    char path[1024];
    if (!(reads_terminal = isatty(STDIN_FILENO)))
        return;
    completing = d;
    rl_readline_name = "trapeze";
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = " \t\n[]()+-*/%&|<>=!~,";
    rl_event_hook = look_for_interrupt;
    rl_set_keyboard_input_timeout(20000); /* us, between two calls of it */
    using_history();
    stifle_history(1000);
    read_history(history_path(path));
}

static char *read_line(const char *prompt) {
    if (!reads_terminal)
        return read_plain(prompt);
    given_up = false;
    char *line = readline(prompt);
    if (line && given_up) { /* an empty line would repeat the last command */
        free(line);
        return strdup("#");
    }
    if (line && *skip_blanks(line))
        add_history(line);
    return line;
}

static void end_reading(void) {
    char path[1024];
    if (!reads_terminal)
        return;
    write_history(history_path(path));
    drop_names();
    free(names);
    names = NULL;
    rooms = 0;
}

#else

static void begin_reading(struct debugger *d) {}

static char *read_line(const char *prompt) {
    return read_plain(prompt);
}

static void end_reading(void) {}

#endif

/* While the guest runs the terminal is its; else it is readline's. */

static void do_line(struct debugger *d, const char *line) {
    d->typed = is(line, RUNS) && run_may_be_typed_at(d);
    if (d->typed)
        mon_terminal_open();
    d->failed = false;
    console_do(d, line);
    if (d->typed)
        mon_terminal_close();
    d->typed = false;
    if (!mon_terminated())
        mon_clear_interrupt();
}

int console_loop(struct debugger *d) {
    char last[DEBUG_TEXT] = "";
    char *line;
    begin_reading(d);
    while (!d->quit && !mon_terminated() && (line = read_line("(trapeze) "))) {
        const char *text = skip_blanks(line);
        if (*text)
            snprintf(last, sizeof last, "%s", is(text, REPEATS) ? text : "");
        if (*text || *last)
            do_line(d, *text ? text : last);
        free(line);
    }
    end_reading();
    return 0;
}
