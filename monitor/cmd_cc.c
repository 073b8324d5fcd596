/* cmd_cc.c - `trapeze cc`: the RISC-V cross compiler with what makes its programs PG32's. */
#include "monitor/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char compiler[] = "riscv64-unknown-elf-gcc";

/* Where start.c and pg32.ld are. */
static const char *support(void) {
    const char *path = getenv("TRAPEZE_LIB");
    return path && *path ? path : TRAPEZE_LIB;
}

/* Does this command line link a program? Not with one of the options that stop before. */
static bool links(const struct mon_args *args) {
    static const char *const stops[] = {"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", "-r"};
    for (size_t k = 0; k < args->noperands; k++) {
        for (size_t s = 0; s < sizeof stops / sizeof *stops; s++)
            if (strcmp(args->operands[k], stops[s]) == 0)
                return false;
        if (strncmp(args->operands[k], "-print-", 7) == 0 ||
            strncmp(args->operands[k], "--print-", 8) == 0 ||
            strcmp(args->operands[k], "--version") == 0 || strcmp(args->operands[k], "-v") == 0)
            return args->noperands > 1 && strcmp(args->operands[k], "-v") == 0;
    }
    return true;
}

/* Is this one of the options? */
static bool given(const struct mon_args *args, const char *option) {
    for (size_t k = 0; k < args->noperands; k++)
        if (strcmp(args->operands[k], option) == 0)
            return true;
    return false;
}

static int run(char **argv) {
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    while (child < 0 || waitpid(child, &status, 0) < 0)
        if (child < 0 || errno != EINTR)
            return mon_fail(MON_INTERNAL, "%s: %s", argv[0], strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return mon_fail(MON_USAGE,
                        "%s is not there; install it (Debian: gcc-riscv64-unknown-elf and "
                        "picolibc-riscv64-unknown-elf)",
                        argv[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) ? MON_BAD_IMAGE : 0 : MON_INTERNAL;
}

int cmd_cc(const struct mon_args *args) {
    enum { MORE = 20 };
    char path[4][4096];
    char **argv = calloc(args->noperands + MORE, sizeof *argv);
    size_t n = 0;
    if (args->noperands == 0) {
        free(argv);
        return mon_fail(MON_USAGE, "cc: which files?");
    }
    if (!argv)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    snprintf(path[0], sizeof path[0], "-I%s/..", support());
    snprintf(path[1], sizeof path[1], "-T%s/pg32.ld", support());
    snprintf(path[2], sizeof path[2], "%s/start.c", support());
    snprintf(path[3], sizeof path[3], "%s/files.c", support());
    argv[n++] = (char *)compiler;
    argv[n++] = "-march=rv32em";
    argv[n++] = "-mabi=ilp32e";
    argv[n++] = "--specs=picolibc.specs";
    argv[n++] = path[0];
    bool link = links(args);
    if (link) {
        argv[n++] = "-nostartfiles";
        argv[n++] = "-ffunction-sections"; /* what is not used is left out */
        argv[n++] = "-fdata-sections";
        argv[n++] = "-Wl,--no-warn-rwx-segments";
        argv[n++] = path[1];
    }
    for (size_t k = 0; k < args->noperands; k++)
        argv[n++] = args->operands[k];
    if (link && !given(args, "-nostartfiles")) {
        argv[n++] = "-x";
        argv[n++] = "c";
        argv[n++] = path[2];
        argv[n++] = path[3];
        argv[n++] = "-x";
        argv[n++] = "none";
    }
    if (link)
        argv[n++] = "-lm";
    int status = run(argv);
    free(argv);
    return status;
}
