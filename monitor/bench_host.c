/* bench_host.c - what `trapeze bench` needs of this host: programs that are run, folders, and the
 * running of guests. */
#include "monitor/bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY = 16 << 20, STEPS = 10000000, MAX_PROGRAM = 64 << 20 };

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, unsigned n) {
    qsort(values, n, sizeof *values, ascending);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

int bench_way(const struct bench *b, const char *name) {
    for (size_t w = 0; w < b->nways; w++)
        if (strcmp(b->ways[w].name, name) == 0)
            return (int)w;
    return -1;
}

void bench_progress(const struct bench *b, const char *what) {
    if (b->progress)
        fprintf(b->progress, "\r%-20s%s", what ? what : "", what ? "" : "\r");
}

/* ---- guests */

bool bench_guest(const struct bench_way *way, const struct pg_setup *given, const char *name,
                 struct bench_run *run) {
    struct pg_error err;
    struct pg_setup setup = *given;
    setup.memory = MEMORY;
    setup.limit = PG_NEVER;
    struct pg_session *session = way->system->open(way->engine, &setup, 1, &err);
    if (!session) {
        mon_fail(MON_BAD_IMAGE, "%s: %s", name, err.text);
        return false;
    }
    double begin = mon_processor_time();
    while (!mon_interrupted() && session->run(session, STEPS) == PG_PROGRESS_MORE)
        ;
    run->seconds = mon_processor_time() - begin;
    const struct pg_machine *m = session->guest(session, 0);
    const struct pg_counts *counts = session->counts(session, 0);
    run->instructions = m->retired;
    run->counts = *counts;
    bool ok = m->run == PG_HALTED && m->exit_code == 0;
    if (!ok && !mon_interrupted())
        mon_fail(MON_DIFFERENCE, "%s does not end with exit code 0 under %s", name, way->name);
    session->close(session);
    return ok;
}

struct pg_image *bench_image(const char *path) {
    struct pg_error err;
    size_t size;
    uint8_t *bytes = mon_read_file(path, MAX_PROGRAM, &size, &err);
    struct pg_image *image = bytes ? pg_image_read(bytes, size, path, &err) : NULL;
    free(bytes);
    if (!image)
        mon_fail(MON_BAD_IMAGE, "%s", err.text);
    return image;
}

struct pg_image *bench_assemble(const char *path, const struct pg_asm_define *defines, size_t n) {
    const char *include = TRAPEZE_BENCH "/../../guests";
    struct pg_diagnostics diags = {0};
    struct pg_asm_options options = pg_asm_options_default();
    options.defines = defines;
    options.ndefines = n;
    options.include_paths = &include;
    options.ninclude_paths = 1;
    struct pg_image *image = pg_assemble(&path, 1, &options, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    pg_diagnostics_free(&diags);
    return image;
}

/* ---- programs of the host */

int bench_execute(char *const *argv, char *told, size_t size) {
    int ends[2] = {-1, -1}, status;
    if (told && pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        if (told)
            dup2(ends[1], STDERR_FILENO);
        execvp(argv[0], argv);
        _exit(127);
    }
    if (told) {
        close(ends[1]);
        ssize_t n = read(ends[0], told, size - 1);
        told[n > 0 ? n : 0] = '\0';
        close(ends[0]);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

char *bench_compiler(void) {
    static char cc[] = "cc";
    char *named = getenv("CC");
    return named && *named ? named : cc;
}

char *bench_self(char path[1024]) {
    ssize_t n = readlink("/proc/self/exe", path, 1023);
    if (n < 0) {
        mon_fail(MON_INTERNAL, "/proc/self/exe: %s", strerror(errno));
        return NULL;
    }
    path[n] = '\0';
    return path;
}

bool bench_folder(char folder[256]) {
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, 256, "%.200s/trapeze-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (mkdtemp(folder))
        return true;
    mon_fail(MON_INTERNAL, "%s: %s", folder, strerror(errno));
    return false;
}

void bench_remove(const char *folder) {
    DIR *dir = opendir(folder);
    for (const struct dirent *e; dir && (e = readdir(dir));)
        unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}
