/* bench_programs.c - the workloads in C, in every way and natively, by turns. */
#include "monitor/bench.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct bench_kind_row bench_kinds[BENCH_KINDS] = {
#define X(name, meaning) {#name, meaning},
#include "monitor/bench_kind.def"
#undef X
};

/* One workload on its way. */
struct job {
    struct pg_image *images[BENCH_VARIANTS]; /* NULL unless wanted */
    char native[300], qemu[304];             /* the programs; "": none */
    double here[BENCH_RUNS], emulated[BENCH_RUNS], there[BENCH_WAYS][BENCH_RUNS];
};

/* ---- compiling */

/* What each variant takes, for the linker. */
static const char *const options[BENCH_VARIANTS] = {
    [BENCH_UNPAGED] = "-Wl,--defsym=pg32_unpaged=1",
    [BENCH_USER] = "-Wl,--defsym=pg32_user=1",
};

/* As a guest, with one more option unless that is NULL. */
static struct pg_image *compile_guest(char *self, char *source, char *out, const char *option) {
    if (bench_execute((char *[]){self, "cc", "-O2", source, "-o", out, (char *)option, NULL}, NULL,
                      0) == 0)
        return bench_image(out);
    mon_fail(MON_BAD_IMAGE, "%s: trapeze cc cannot compile it", source);
    return NULL;
}

static bool compile(const struct bench *b, const char *folder, const char *name, struct job *job) {
    char source[1024], out[320], self[1024];
    static char timed[] = TRAPEZE_BENCH "/timed.c", start[] = TRAPEZE_BENCH "/qemu/start.c";
    if (!bench_self(self))
        return false;
    snprintf(source, sizeof source, "%s/c/%s.c", TRAPEZE_BENCH, name);
    snprintf(job->native, sizeof job->native, "%s/%.30s", folder, name);
    snprintf(job->qemu, sizeof job->qemu, "%s.q", job->native);
    snprintf(out, sizeof out, "%s.elf", job->native);
    for (size_t w = 0; w < b->nways; w++) {
        struct pg_image **image = &job->images[b->ways[w].variant];
        if (!*image && !(*image = compile_guest(self, source, out, options[b->ways[w].variant])))
            return false;
    }
    if (bench_execute((char *[]){bench_compiler(), "-O2", "-ffp-contract=off", source, timed, "-o",
                                 job->native, "-lm", NULL},
                      NULL, 0) != 0)
        job->native[0] = '\0';
    if (bench_execute((char *[]){"qemu-riscv32", "--version", NULL}, NULL, 0) != 0 ||
        bench_execute(
            (char *[]){self, "cc", "-O2", "-nostartfiles", source, start, "-o", job->qemu, NULL},
            NULL, 0) != 0)
        job->qemu[0] = '\0';
    return true;
}

/* ---- running */

/* A program of the host that tells its seconds. */
static bool run_here(const char *name, const char *how, char *const *argv, double *seconds) {
    char told[64];
    if (bench_execute(argv, told, sizeof told) != 0) {
        if (!mon_interrupted())
            mon_fail(MON_DIFFERENCE, "%s goes wrong %s", name, how);
        return false;
    }
    *seconds = atof(told);
    return true;
}

/* One run of everything. */
static bool run_once(const struct bench *b, const char *name, struct job *job, unsigned run,
                     uint64_t *instructions) {
    if (*job->native && !run_here(name, "natively", (char *[]){job->native, NULL}, &job->here[run]))
        return false;
    if (*job->qemu && !run_here(name, "under qemu-riscv32",
                                (char *[]){"qemu-riscv32", job->qemu, NULL}, &job->emulated[run]))
        return false;
    for (size_t w = 0; w < b->nways; w++) {
        struct bench_run r;
        struct pg_setup setup = {.image = job->images[b->ways[w].variant]};
        if (!bench_guest(&b->ways[w], &setup, name, &r))
            return false;
        job->there[w][run] = r.seconds;
        if (b->ways[w].variant == BENCH_PAGED)
            *instructions = r.instructions;
    }
    return true;
}

static bool measure(const struct bench *b, const char *folder, struct bench_program *p) {
    struct job *job = calloc(1, sizeof *job);
    bench_progress(b, p->name);
    bool ok = job && compile(b, folder, p->name, job);
    for (unsigned run = 0; ok && run < b->runs; run++)
        ok = run_once(b, p->name, job, run, &p->instructions);
    if (ok) {
        p->native = *job->native ? bench_median(job->here, b->runs) : 0;
        p->qemu = *job->qemu ? bench_median(job->emulated, b->runs) : 0;
        for (size_t w = 0; w < b->nways; w++)
            p->seconds[w] = bench_median(job->there[w], b->runs);
    }
    for (int v = 0; job && v < BENCH_VARIANTS; v++)
        pg_image_free(job->images[v]);
    free(job);
    return ok;
}

/* ---- which */

static int by_kind_and_name(const void *a, const void *b) {
    const struct bench_program *x = a, *y = b;
    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

/* What the workload's source says that it measures. False: there is no such workload. */
static bool find(struct bench_program *p) {
    char path[1024], line[128];
    snprintf(path, sizeof path, "%s/c/%s.c", TRAPEZE_BENCH, p->name);
    FILE *source = fopen(path, "r");
    bool found = false;
    while (source && !found && fgets(line, sizeof line, source) && strncmp(line, " */", 3) != 0)
        for (int k = 0; k < BENCH_KINDS && !found; k++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, " * bench: %s\n", bench_kinds[k].name);
            found = strcmp(line, wanted) == 0;
            p->kind = (enum bench_kind)k;
        }
    if (source)
        fclose(source);
    return found;
}

static size_t all_names(const struct bench *b, struct bench_program *programs) {
    DIR *dir = opendir(TRAPEZE_BENCH "/c");
    size_t n = 0;
    for (const struct dirent *e; dir && n < BENCH_PROGRAMS && (e = readdir(dir));) {
        size_t length = strlen(e->d_name);
        if (length < 3 || length > 30 || strcmp(e->d_name + length - 2, ".c") != 0)
            continue;
        memset(&programs[n], 0, sizeof programs[n]);
        memcpy(programs[n].name, e->d_name, length - 2);
        if (find(&programs[n]) && b->kinds >> programs[n].kind & 1)
            n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

int bench_programs(const struct bench *b, char *const *names, size_t nnames,
                   struct bench_program *programs, size_t *n) {
    char folder[256];
    *n = nnames ? 0 : all_names(b, programs);
    for (size_t k = 0; k < nnames && k < BENCH_PROGRAMS; k++, ++*n) {
        programs[k] = (struct bench_program){0};
        snprintf(programs[k].name, sizeof programs[k].name, "%s", names[k]);
        if (!find(&programs[k]))
            return mon_fail(MON_USAGE, "there is no workload %s in %s/c", programs[k].name,
                            TRAPEZE_BENCH);
    }
    if (*n == 0)
        return mon_fail(MON_USAGE, "no workloads in %s/c", TRAPEZE_BENCH);
    qsort(programs, *n, sizeof *programs, by_kind_and_name);
    bool ok = bench_folder(folder);
    if (!ok)
        return MON_INTERNAL;
    for (size_t k = 0; ok && k < *n; k++)
        ok = measure(b, folder, &programs[k]);
    bench_progress(b, NULL);
    bench_remove(folder);
    return ok ? 0 : mon_interrupted() ? MON_INTERRUPTED : MON_BAD_IMAGE;
}

double bench_seconds(const struct bench_program *p, int which) {
    return which == BENCH_NATIVE ? p->native : which == BENCH_QEMU ? p->qemu : p->seconds[which];
}

struct bench_mean bench_mean(const struct bench_program *programs, size_t n, int above, int below) {
    struct bench_mean m = {0};
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        double x = bench_seconds(&programs[k], above), y = bench_seconds(&programs[k], below);
        if (x <= 0 || y <= 0)
            return (struct bench_mean){0};
        sum += log(x / y);
        if (x / y > m.most) {
            m.most = x / y;
            m.where = programs[k].name;
        }
    }
    m.mean = n ? exp(sum / (double)n) : 0;
    return m;
}
