/* bench.h - measurements of systems and engines on this host, for `trapeze bench`. */
#ifndef MON_BENCH_H
#define MON_BENCH_H

#include "monitor/monitor.h"

enum { BENCH_WAYS = 12, BENCH_RUNS = 31, BENCH_PROGRAMS = 64 };

/* How a program in C is linked: main paged in ring 0; in real mode; paged in ring 3. */
enum bench_variant { BENCH_PAGED, BENCH_UNPAGED, BENCH_USER, BENCH_VARIANTS };

/* A way to run a guest: a column. */
struct bench_way {
    const char *name;
    const struct pg_engine *engine;
    const struct pg_system *system;
    enum bench_variant variant; /* of programs in C */
};

/* What is measured, and how often. */
struct bench {
    const struct pg_engine *engine; /* of all ways but those that are named after theirs */
    struct bench_way ways[BENCH_WAYS];
    size_t nways;
    unsigned kinds; /* of workloads: a bit for each enum bench_kind */
    unsigned runs;  /* the median of so many counts */
    FILE *progress; /* NULL: nobody wants to know */
};

/* The way with this name, as an index; -1: there is none. */
int bench_way(const struct bench *b, const char *name);

/* Tell who waits what is being done; NULL: nothing any more. */
void bench_progress(const struct bench *b, const char *what);

/* Run a guest to its end in one of the ways; the setup says what it is, its memory and limit are
 * filled in. Seconds of processor time, without making the machine; instructions and exits to the
 * VMM. False after a message: it did not end with 0. */
struct bench_run {
    double seconds;
    uint64_t instructions;
    struct pg_counts counts;
};
bool bench_guest(const struct bench_way *way, const struct pg_setup *setup, const char *name,
                 struct bench_run *run);

/* The middle one; the values are sorted. */
double bench_median(double *values, unsigned n);

/* ---- programs of this host: bench_host.c */

/* Run a program, its output nowhere; what it writes on standard error, if `told` is not NULL.
 * Returns its exit status, or -1. */
int bench_execute(char *const *argv, char *told, size_t size);

/* The compiler of this host; this program. NULL, with a message: it cannot be told. */
char *bench_compiler(void);
char *bench_self(char path[1024]);

/* A new folder for files that bench_remove removes with it. False after a message. */
bool bench_folder(char folder[256]);
void bench_remove(const char *folder);

/* A program file as an image. NULL after a message. */
struct pg_image *bench_image(const char *path);

/* A source of tests/bench, assembled. NULL after messages. */
struct pg_image *bench_assemble(const char *path, const struct pg_asm_define *defines, size_t n);

/* ---- workloads in C: bench_programs.c */

enum bench_kind {
#define X(name, meaning) BENCH_KIND_##name,
#include "monitor/bench_kind.def"
#undef X
    BENCH_KINDS
};
struct bench_kind_row {
    const char *name, *meaning;
};
extern const struct bench_kind_row bench_kinds[BENCH_KINDS];

/* A workload in C, here and as a guest. */
struct bench_program {
    char name[32];
    enum bench_kind kind;
    double native, qemu;        /* seconds; 0: there is no compiler here, no qemu-riscv32 */
    double seconds[BENCH_WAYS]; /* by way */
    uint64_t instructions;
};

/* Compile the workloads of tests/bench/c (all of the kinds wanted, if `names` is empty), and run
 * them by turns; sorted by kind. Returns 0 or an exit status after a message. */
int bench_programs(const struct bench *b, char *const *names, size_t nnames,
                   struct bench_program *programs, size_t *n);

/* A program's time in a way, or natively, or under qemu-riscv32; 0: it is not there. */
enum { BENCH_NATIVE = -1, BENCH_QEMU = -2 };
double bench_seconds(const struct bench_program *p, int which);

/* The geometric mean of the programs' times above / below, and the program where that is greatest.
 * All 0: some of the times are not there. */
struct bench_mean {
    double mean, most;
    const char *where;
};
struct bench_mean bench_mean(const struct bench_program *programs, size_t n, int above, int below);

/* The ratios to native time as SVG. False if it could not be written. */
bool bench_plot(const struct bench *b, const struct bench_program *programs, size_t n, FILE *out);

/* ---- single operations: bench_nano.c */

enum {
#define X(name, meaning, native, vmm) BENCH_NANO_##name,
#include "monitor/bench_nano.def"
#undef X
    BENCH_NANOS
};

/* One kind of operation: tests/bench/nano.s. */
struct bench_nano {
    const char *name, *meaning;
    int paper[2]; /* cycles in the paper's figure 4: native, software VMM */
    double ns[BENCH_WAYS];
    double counts[BENCH_WAYS][PG_NCOUNTERS]; /* of each counter, by operation */
};

int bench_nanos(const struct bench *b, struct bench_nano nanos[BENCH_NANOS]);

/* One of them only. */
int bench_nano(const struct bench *b, int which, struct bench_nano *nano);

/* Model cycles (vmm/cost.h) that fit what was measured; `known` is set for the counters that the
 * operations have told something about, the others keep the built-in figures. */
void bench_fit(const struct bench *b, const struct bench_nano nanos[BENCH_NANOS],
               struct pg_costs *costs, bool known[PG_NCOUNTERS]);

/* ---- the work of an operating system: bench_os.c */

enum {
#define X(name, n, meaning) BENCH_WORK_##name,
#include "monitor/bench_work.def"
#undef X
    BENCH_WORKS
};

struct bench_work {
    const char *name, *meaning;
    unsigned n;                 /* 0: a whole session, and nothing native beside it */
    double native;              /* seconds for one; 0: there is no compiler here */
    double seconds[BENCH_WAYS]; /* for one */
    double instructions;        /* the guest's, for one */
};

/* From the first to the last kind. Returns 0 or an exit status after a message. */
int bench_works(const struct bench *b, int first, int last, struct bench_work works[BENCH_WORKS]);

/* ---- the bars: bench_bars.c */

enum bench_sense { BENCH_MOST, BENCH_LEAST };
struct bench_bar {
    const char *name, *unit, *meaning;
    enum bench_sense sense;
    double bar, aim;  /* aim 0: none */
    double measured;  /* 0: could not be */
    const char *note; /* which workload it was, or why there is no figure; or NULL */
};
enum {
#define X(name, sense, bar, aim, unit, meaning) BENCH_BAR_##name,
#include "monitor/bench_bar.def"
#undef X
    BENCH_BARS
};
extern const struct bench_bar bench_bar_rows[BENCH_BARS]; /* with nothing measured */
bool bench_met(const struct bench_bar *bar);

/* What was measured: what is NULL or 0 was not. */
struct bench_results {
    struct bench_program *programs;
    size_t nprograms;
    struct bench_nano *nanos; /* BENCH_NANOS */
    struct bench_work *works; /* from first to last */
    int first, last;
    struct bench_bar *bars; /* BENCH_BARS */
};

/* Measure what the bars need. `r` has room for programs, works and bars. The ways are replaced by
 * those that the bars are about. */
int bench_bars(struct bench *b, struct bench_results *r);

/* What `trapeze run` of a guest takes, as a whole process; what an instruction takes the first time
 * more than later. In seconds; 0 after a message. bench_once.c */
double bench_startup(const struct bench *b);
double bench_translation(const struct bench *b, const struct bench_way *way);

/* ---- to look at: bench_print.c; json_bench.c, by schema/bench.schema.json (0 or a status) */

void bench_print(const struct bench *b, const struct bench_results *r);
int mon_json_bench(const struct bench *b, const struct bench_results *r);

#endif
