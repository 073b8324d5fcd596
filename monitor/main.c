/* main.c - the `trapeze` command: find the subcommand, and leave the rest to it. */
#include "isa/nearest.h"
#include "monitor/monitor.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const struct mon_command commands[] = {
#define X(name, usage, meaning, notes) {#name, usage, meaning, notes, cmd_##name},
#include "monitor/command.def"
#undef X
};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

static void help(void) {
    printf("trapeze - a laboratory for virtualization\n\nusage: trapeze COMMAND [OPTION]...\n\n");
    for (int k = 0; k < NCOMMANDS; k++)
        printf("  %-8s %-16s %s\n", commands[k].name, commands[k].usage, commands[k].meaning);
    printf("\n`trapeze COMMAND --help` says more. Systems:\n\n");
    for (int k = 0; pg_systems[k]; k++)
        printf("  %-10s %s\n", pg_systems[k]->name, pg_systems[k]->meaning);
    printf("\nEngines:\n\n");
    for (int k = 0; pg_engines[k]; k++)
        printf("  %-10s %s\n", pg_engines[k]->name, pg_engines[k]->meaning);
    printf("\nProfiles: ");
    for (int k = 0; pg_profile_texts[k].name; k++)
        printf("%s%s", k ? ", " : "", pg_profile_texts[k].name);
    printf(", or a file of yours\n");
    printf("\nExit statuses:\n\n  %-10s %s\n", "0..63", "the guest's own; 0 from other commands");
    for (const struct mon_status_row *row = mon_statuses; row->meaning; row++)
        printf("  %-10d %s\n", row->status, row->meaning);
    printf("\nThe manual is isa/MANUAL.md.\n");
}

static const struct mon_command *find(const char *name) {
    for (int k = 0; k < NCOMMANDS; k++)
        if (strcmp(commands[k].name, name) == 0)
            return &commands[k];
    return NULL;
}

static int unknown(const char *name) {
    struct pg_nearest search = pg_nearest_begin(name);
    for (int k = 0; k < NCOMMANDS; k++)
        pg_nearest_offer(&search, commands[k].name);
    return mon_unknown("command", name, &search);
}

static int execute(int argc, char **argv) {
    if (argc < 2)
        return mon_fail(MON_USAGE, "which command? See trapeze --help");
    bool help_on = strcmp(argv[1], "help") == 0 && argc > 2;
    const char *name = argv[help_on ? 2 : 1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        help();
        return 0;
    }
    if (strcmp(name, "--version") == 0) {
        printf("trapeze %s\n", TRAPEZE_VERSION);
        return 0;
    }
    const struct mon_command *command = find(name);
    if (!command)
        return unknown(name);
    struct mon_args args;
    struct pg_error err;
    if (!help_on && !mon_parse(&args, command, argc - 1, argv + 1, &err))
        return mon_fail(MON_USAGE, "%s: %s", command->name, err.text);
    if (help_on || args.count[OPT_help]) {
        mon_help(command, stdout);
        return 0;
    }
    return command->run(&args);
}

/* Somebody may have closed the standard descriptors. Fill the gaps, or the next file that is
 * opened, a disk image perhaps, would become standard output. Reading finds the end, writing
 * fails. */
static bool fill_descriptors(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 || close(fd) == 0;
}

int main(int argc, char **argv) {
    fill_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a closed output is an error to report, not a death */
    int status = execute(argc, argv);
    /* MON_INTERNAL: what went wrong has been said. */
    int flushed = status == MON_INTERNAL ? 0 : mon_flush();
    return flushed ? flushed : status;
}
