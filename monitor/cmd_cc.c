/* cmd_cc.c - `trapeze cc`: the RISC-V cross compiler with what makes its programs PG32's. */
#include "monitor/monitor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char compiler[] = "riscv64-unknown-elf-gcc";

/* Where support.c and pg32.ld are. */
static const char *support(void) {
    const char *path = getenv("TRAPEZE_LIB");
    return path && *path ? path : TRAPEZE_LIB;
}

/* Is one of these options among the operands? */
static bool has(const struct mon_args *args, const char *const *options, size_t noptions) {
    for (size_t k = 0; k < args->noperands; k++)
        for (size_t o = 0; o < noptions; o++)
            if (strcmp(args->operands[k], options[o]) == 0)
                return true;
    return false;
}

#define HAS(ARGS, ...)                                                                             \
    has(ARGS, (const char *const[]){__VA_ARGS__},                                                  \
        sizeof(const char *const[]){__VA_ARGS__} / sizeof(const char *))

/* Does this command line link a program? Not with one of the options that stop before. */
static bool links(const struct mon_args *args) {
    if (HAS(args, "-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", "-r", "--version"))
        return false;
    for (size_t k = 0; k < args->noperands; k++)
        if (strncmp(args->operands[k], "-print-", 7) == 0 ||
            strncmp(args->operands[k], "--print-", 8) == 0)
            return false;
    return args->noperands > 1 || !HAS(args, "-v");
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

#define TARGET (char *)compiler, "-march=rv32em", "-mabi=ilp32e", "--specs=picolibc.specs"

/* Compile the support into an object file: by itself, so that the program's options (-ansi, -D,
 * -Werror, -flto, -finstrument-functions) are not its. */
static int compile_support(const struct mon_args *args, char *include, char *object) {
    char source[4096];
    bool debug = false;
    for (size_t k = 0; k < args->noperands; k++)
        debug |= strncmp(args->operands[k], "-g", 2) == 0;
    snprintf(source, sizeof source, "%s/support.c", support());
    char *argv[] = {
        TARGET, include, "-O1", "-ffunction-sections", "-fdata-sections", "-w", "-c", source, "-o",
        object, NULL,    NULL};
    if (debug)
        argv[sizeof argv / sizeof *argv - 2] = "-g";
    return run(argv);
}

/* The whole command: ours around the user's. */
static int compile(const struct mon_args *args, char *object) {
    enum { OURS = 24 };
    char include[4096], pg32[4096], script[4096];
    char **argv = calloc(args->noperands + OURS, sizeof *argv);
    if (!argv)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    snprintf(include, sizeof include, "-I%s/include", support());
    snprintf(pg32, sizeof pg32, "-I%s/..", support());
    snprintf(script, sizeof script, "-T%s/pg32.ld", support());
    char *before[] = {TARGET, include, pg32};
    char *linking[] = {"-nostartfiles", "-ffunction-sections", /* what is not used is left out */
                       "-fdata-sections", "-Wl,--no-warn-rwx-segments", script};
    /* longdouble.c and console.c stand in for these. */
    char *after[] = {"-Wl,--wrap=vfprintf,--wrap=vfscanf,--wrap=freopen", "-x", "none", object};
    size_t n = 0;
    int status = 0;
    for (size_t k = 0; k < sizeof before / sizeof *before; k++)
        argv[n++] = before[k];
    for (size_t k = 0; links(args) && k < sizeof linking / sizeof *linking; k++)
        argv[n++] = linking[k];
    for (size_t k = 0; k < args->noperands; k++)
        argv[n++] = args->operands[k];
    if (object) {
        status = compile_support(args, include, object);
        for (size_t k = 0; k < sizeof after / sizeof *after; k++)
            argv[n++] = after[k];
    }
    if (links(args))
        argv[n++] = "-lm";
    if (status == 0)
        status = run(argv);
    free(argv);
    return status;
}

int cmd_cc(const struct mon_args *args) {
    if (args->noperands == 0)
        return mon_fail(MON_USAGE, "cc: which files?");
    if (!links(args) || HAS(args, "-nostdlib", "-nostartfiles"))
        return compile(args, NULL);
    char object[] = "/tmp/trapeze-XXXXXX.o";
    int fd = mkstemps(object, 2);
    if (fd < 0)
        return mon_fail(MON_INTERNAL, "%s: %s", object, strerror(errno));
    close(fd);
    int status = compile(args, object);
    unlink(object);
    return status;
}
