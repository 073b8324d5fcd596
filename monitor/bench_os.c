/* bench_os.c - what the work of an operating system costs, in guests/os: kinds of work, of each a
 * short and a long run, so that the start goes out; and whole sessions. */
#include "monitor/bench.h"

#include <stdlib.h>
#include <string.h>

enum { BUILDS = 30, MAX_FILE = 64 << 20 };

static const struct bench_work table[BENCH_WORKS] = {
#define X(name, n, meaning) {#name, meaning, n, 0, {0}, 0},
#include "monitor/bench_work.def"
#undef X
};

/* The system: what it boots from, and its native counterpart. */
struct os {
    struct pg_image *kernel;
    uint8_t *disk;
    size_t disk_size;
    char folder[256], native[300]; /* native "": there is no compiler here */
};

static uint8_t *read_file(const char *path, size_t *size) {
    struct pg_error err;
    uint8_t *bytes = mon_read_file(path, MAX_FILE, size, &err);
    if (!bytes)
        mon_fail(MON_BAD_IMAGE, "%s", err.text);
    return bytes;
}

static bool open_os(struct os *os) {
    char source[] = TRAPEZE_BENCH "/../../guests/os/user/bench.c";
    if (!bench_folder(os->folder))
        return false;
    snprintf(os->native, sizeof os->native, "%s/bench", os->folder);
    if (bench_execute(
            (char *[]){bench_compiler(), "-O2", "-D_GNU_SOURCE", source, "-o", os->native, NULL},
            NULL, 0) != 0)
        os->native[0] = '\0';
    os->kernel = bench_image(TRAPEZE_OS "/kernel.elf");
    os->disk = os->kernel ? read_file(TRAPEZE_OS "/disk.img", &os->disk_size) : NULL;
    return os->disk;
}

static void close_os(struct os *os) {
    pg_image_free(os->kernel);
    free(os->disk);
    if (*os->folder)
        bench_remove(os->folder);
}

/* ---- one run */

static bool run_guest(const struct bench_way *way, const struct os *os, const char *name,
                      const char *input, struct bench_run *run) {
    struct pg_setup setup = {.image = os->kernel,
                             .disk = os->disk,
                             .disk_sectors = (uint32_t)(os->disk_size / PG_SECTOR),
                             .input = (const uint8_t *)input,
                             .input_size = strlen(input)};
    return bench_guest(way, &setup, name, run);
}

/* What one of w's kind takes in the guest: from how much longer 3 n of them take than n. */
static bool run_kind(const struct bench_way *way, const struct os *os, const struct bench_work *w,
                     struct bench_run *run) {
    struct bench_run brief;
    char input[100];
    for (unsigned times = 1; times <= 3; times += 2) {
        snprintf(input, sizeof input, "bench %s %u && halt 0\nhalt 1\n", w->name, times * w->n);
        if (!run_guest(way, os, w->name, input, times == 1 ? &brief : run))
            return false;
    }
    run->seconds = (run->seconds - brief.seconds) / (2 * w->n);
    run->instructions = (run->instructions - brief.instructions) / (2 * w->n);
    return true;
}

/* The same natively; time that has passed, since it is that of several processes. */
static bool run_natively(const struct os *os, const struct bench_work *w, double *seconds) {
    double passed[2];
    for (unsigned k = 0; k < 2; k++) {
        char n[16];
        double begin = mon_now();
        snprintf(n, sizeof n, "%u", (2 * k + 1) * w->n);
        if (bench_execute((char *[]){(char *)os->native, (char *)w->name, n, NULL}, NULL, 0) != 0) {
            mon_fail(MON_DIFFERENCE, "bench %s goes wrong natively", w->name);
            return false;
        }
        passed[k] = mon_now() - begin;
    }
    *seconds = (passed[1] - passed[0]) / (2 * w->n);
    return true;
}

/* What is typed in a whole session. NULL after a message. */
static char *session_input(int which) {
    static const char last[] = "halt 0\n";
    size_t size, n = 0;
    if (which == BENCH_WORK_usertests)
        return strdup("usertests && halt 0\nhalt 1\n");
    uint8_t *step = read_file(TRAPEZE_BENCH "/build.in", &size);
    char *input = step ? malloc(BUILDS * size + sizeof last) : NULL;
    for (int k = 0; input && k < BUILDS; k++, n += size)
        memcpy(input + n, step, size);
    if (input)
        memcpy(input + n, last, sizeof last);
    free(step);
    return input;
}

/* ---- all runs */

static bool measure(const struct bench *b, const struct os *os, int which, struct bench_work *w) {
    double here[BENCH_RUNS], there[BENCH_WAYS][BENCH_RUNS];
    char *input = w->n ? NULL : session_input(which);
    bool ok = w->n || input, native = w->n && *os->native;
    bench_progress(b, w->name);
    for (unsigned run = 0; ok && run < b->runs; run++) {
        if (native)
            ok = run_natively(os, w, &here[run]);
        for (size_t k = 0; ok && k < b->nways; k++) {
            struct bench_run r;
            ok = w->n ? run_kind(&b->ways[k], os, w, &r)
                      : run_guest(&b->ways[k], os, w->name, input, &r);
            if (ok)
                there[k][run] = r.seconds;
            if (ok)
                w->instructions = (double)r.instructions;
        }
    }
    if (ok && native)
        w->native = bench_median(here, b->runs);
    for (size_t k = 0; ok && k < b->nways; k++)
        w->seconds[k] = bench_median(there[k], b->runs);
    free(input);
    bench_progress(b, NULL);
    return ok;
}

int bench_works(const struct bench *b, int first, int last, struct bench_work works[BENCH_WORKS]) {
    struct os os = {0};
    bool ok = open_os(&os);
    for (int k = first; ok && k <= last; k++) {
        works[k] = table[k];
        ok = measure(b, &os, k, &works[k]);
    }
    close_os(&os);
    return ok ? 0 : mon_interrupted() ? MON_INTERRUPTED : MON_BAD_IMAGE;
}
