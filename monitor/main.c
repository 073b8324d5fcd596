/* main.c - the `trapeze` command: find the subcommand, and leave the rest to it. */
#include "isa/nearest.h"
#include "monitor/monitor.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>

const struct mon_command mon_commands[] = {
#define X(name, usage, meaning) {#name, usage, meaning, cmd_##name},
#include "monitor/command.def"
#undef X
    {0},
};

int mon_fail(int status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("trapeze: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return status;
}

static void help(void) {
    printf("trapeze - a laboratory for virtualization\n\nusage: trapeze COMMAND [OPTION]...\n\n");
    for (const struct mon_command *c = mon_commands; c->name; c++)
        printf("  %-8s %-16s %s\n", c->name, c->usage, c->meaning);
    printf("\n`trapeze COMMAND --help` says more. Systems:\n\n");
    for (int k = 0; pg_systems[k]; k++)
        printf("  %-10s %s\n", pg_systems[k]->name, pg_systems[k]->meaning);
    printf("\nEngines:\n\n");
    for (int k = 0; pg_engines[k]; k++)
        printf("  %-10s %s\n", pg_engines[k]->name, pg_engines[k]->meaning);
    printf("\nThe manual is isa/MANUAL.md.\n");
}

static const struct mon_command *find(const char *name) {
    for (const struct mon_command *c = mon_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static int unknown(const char *name) {
    struct pg_nearest search = pg_nearest_begin(name);
    for (const struct mon_command *c = mon_commands; c->name; c++)
        pg_nearest_offer(&search, c->name);
    return mon_fail(MON_USAGE, "there is no command `%s`%s%s%s; see trapeze --help", name,
                    search.best ? "; did you mean `" : "", search.best ? search.best : "",
                    search.best ? "`?" : "");
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* a closed output is an error to report, not a death */
    if (argc < 2)
        return mon_fail(MON_USAGE, "which command? See trapeze --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("trapeze %s\n", TRAPEZE_VERSION);
        return 0;
    }
    const struct mon_command *command = find(argv[1]);
    if (!command)
        return unknown(argv[1]);
    struct mon_args args;
    struct pg_error err;
    if (!mon_parse(&args, command, argc - 1, argv + 1, &err))
        return mon_fail(MON_USAGE, "%s: %s", command->name, err.text);
    if (args.count[OPT_help]) {
        mon_help(command, stdout);
        return 0;
    }
    int status = command->run(&args);
    if (fflush(stdout) != 0 || ferror(stdout))
        return mon_fail(MON_INTERNAL, "cannot write to standard output");
    return status;
}
