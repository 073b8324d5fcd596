/* bench_programs.c - the workloads in C, under every system and natively, by turns. */
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

/* ---- a guest */

bool bench_guest(const struct bench *b, const struct pg_system *system,
                 const struct pg_image *image, const char *name, struct bench_run *run) {
    struct pg_error err;
    struct pg_setup setup = {.image = image, .memory = MEMORY, .limit = PG_NEVER};
    struct pg_session *session = system->open(b->engine, &setup, 1, &err);
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
        mon_fail(MON_DIFFERENCE, "%s does not end with exit code 0 under %s", name, system->name);
    session->close(session);
    return ok;
}

/* ---- compiling and running here */

/* Run a program, its output nowhere; what it writes last on standard error, if `told` is not NULL.
 * Returns its exit status, or -1. */
static int execute(char *const *argv, char *told, size_t size) {
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

/* One workload on its way. */
struct job {
    struct pg_image *image;
    char native[300]; /* "": none */
    double here[BENCH_RUNS], there[BENCH_SYSTEMS][BENCH_RUNS];
};

static char *compiler(void) {
    static char cc[] = "cc";
    char *named = getenv("CC");
    return named && *named ? named : cc;
}

static bool compile(const char *folder, const char *name, struct job *job) {
    char source[1024], out[320], self[1024];
    static char timed[] = TRAPEZE_BENCH "/timed.c";
    struct pg_error err;
    size_t size;
    snprintf(source, sizeof source, "%s/c/%s.c", TRAPEZE_BENCH, name);
    snprintf(job->native, sizeof job->native, "%s/%.30s", folder, name);
    snprintf(out, sizeof out, "%s.elf", job->native);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0) {
        mon_fail(MON_INTERNAL, "/proc/self/exe: %s", strerror(errno));
        return false;
    }
    self[n] = '\0';
    if (execute((char *[]){compiler(), "-O2", "-ffp-contract=off", source, timed, "-o", job->native,
                           "-lm", NULL},
                NULL, 0) != 0)
        job->native[0] = '\0';
    if (execute((char *[]){self, "cc", "-O2", source, "-o", out, NULL}, NULL, 0) != 0) {
        mon_fail(MON_BAD_IMAGE, "%s: trapeze cc cannot compile it", source);
        return false;
    }
    uint8_t *bytes = mon_read_file(out, MAX_PROGRAM, &size, &err);
    job->image = bytes ? pg_image_read(bytes, size, out, &err) : NULL;
    free(bytes);
    if (!job->image)
        mon_fail(MON_BAD_IMAGE, "%s", err.text);
    return job->image;
}

/* One run of everything. */
static bool run_once(const struct bench *b, const char *name, struct job *job, unsigned run,
                     uint64_t *instructions) {
    char told[64];
    if (*job->native) {
        if (execute((char *[]){job->native, NULL}, told, sizeof told) != 0) {
            mon_fail(MON_DIFFERENCE, "%s goes wrong natively", name);
            return false;
        }
        job->here[run] = atof(told);
    }
    for (size_t s = 0; s < b->nsystems; s++) {
        struct bench_run r;
        if (!bench_guest(b, b->systems[s], job->image, name, &r))
            return false;
        job->there[s][run] = r.seconds;
        *instructions = r.instructions;
    }
    return true;
}

static bool measure(const struct bench *b, const char *folder, struct bench_program *p) {
    struct job *job = calloc(1, sizeof *job);
    if (b->progress)
        fprintf(b->progress, "\r%-20s", p->name);
    bool ok = job && compile(folder, p->name, job);
    for (unsigned run = 0; ok && run < b->runs; run++)
        ok = run_once(b, p->name, job, run, &p->instructions);
    if (ok) {
        p->native = *job->native ? bench_median(job->here, b->runs) : 0;
        for (size_t s = 0; s < b->nsystems; s++)
            p->seconds[s] = bench_median(job->there[s], b->runs);
    }
    if (job)
        pg_image_free(job->image);
    free(job);
    return ok;
}

/* ---- which */

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct bench_program *)a)->name, ((const struct bench_program *)b)->name);
}

static size_t all_names(struct bench_program *programs) {
    DIR *dir = opendir(TRAPEZE_BENCH "/c");
    size_t n = 0;
    for (const struct dirent *e; dir && n < BENCH_PROGRAMS && (e = readdir(dir));) {
        size_t length = strlen(e->d_name);
        if (length < 3 || length > 30 || strcmp(e->d_name + length - 2, ".c") != 0)
            continue;
        memset(&programs[n], 0, sizeof programs[n]);
        memcpy(programs[n].name, e->d_name, length - 2);
        /* these are over at once: they are for correctness */
        if (strcmp(programs[n].name, "library") != 0 && strcmp(programs[n].name, "hosted") != 0)
            n++;
    }
    if (dir)
        closedir(dir);
    qsort(programs, n, sizeof *programs, by_name);
    return n;
}

static bool has_source(const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/c/%s.c", TRAPEZE_BENCH, name);
    return access(path, R_OK) == 0;
}

static void remove_folder(const char *folder, const struct bench_program *programs, size_t n) {
    char path[400];
    for (size_t k = 0; k < n; k++) {
        snprintf(path, sizeof path, "%s/%s", folder, programs[k].name);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s.elf", folder, programs[k].name);
        unlink(path);
    }
    rmdir(folder);
}

int bench_programs(const struct bench *b, char *const *names, size_t nnames,
                   struct bench_program *programs, size_t *n) {
    char folder[256];
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/trapeze-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return mon_fail(MON_INTERNAL, "%s: %s", folder, strerror(errno));
    *n = nnames ? 0 : all_names(programs);
    for (size_t k = 0; k < nnames && k < BENCH_PROGRAMS; k++, ++*n) {
        programs[k] = (struct bench_program){0};
        snprintf(programs[k].name, sizeof programs[k].name, "%s", names[k]);
    }
    bool ok = true;
    for (size_t k = 0; k < *n; k++)
        if (!has_source(programs[k].name)) {
            rmdir(folder);
            return mon_fail(MON_USAGE, "there is no workload %s in %s/c", programs[k].name,
                            TRAPEZE_BENCH);
        }
    for (size_t k = 0; ok && k < *n; k++)
        ok = measure(b, folder, &programs[k]);
    if (b->progress)
        fprintf(b->progress, "\r%20s\r", "");
    remove_folder(folder, programs, *n);
    if (*n == 0)
        return mon_fail(MON_USAGE, "no workloads in %s/c", TRAPEZE_BENCH);
    return ok ? 0 : mon_interrupted() ? MON_INTERRUPTED : MON_BAD_IMAGE;
}
