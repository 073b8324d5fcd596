/* cmd_fuzz.c - `trapeze fuzz`: random guests under every system, in lockstep with the reference. */
#include "monitor/apart.h"
#include "monitor/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    CHECKPOINTS = 4, /* of a program that is not stopped at irregular times */
    COVERED = 20000, /* steps of each program that are looked at for coverage */
    PROGRESS_MS = 500,
};

/* ---- one program */

static void add_counts(struct pg_counts *to, const struct pg_counts *from) {
    uint64_t *p = (uint64_t *)to;
    const uint64_t *q = (const uint64_t *)from;
    for (size_t k = 0; k < sizeof *to / sizeof *p; k++)
        p[k] += q[k];
}

/* What of the machine the program exercises, on the reference. */
static void cover(struct fuzzing *f) {
    struct pg_machine *m = pg_machine_new(f->setup.memory, NULL);
    if (m && pg_set_up(m, &f->setup, NULL))
        for (int k = 0; k < COVERED && m->run == PG_RUNNING && m->cpu.T < f->length; k++)
            pg_coverage_step(&f->coverage, m);
    pg_machine_free(m);
}

struct attempt {
    struct fuzzing *f;
    uint64_t seed;
};

static int attempt(void *context) {
    struct attempt *this = context;
    struct fuzzing *f = this->f;
    struct pg_error err;
    uint64_t every = f->what.stops ? f->length : f->length / CHECKPOINTS + 1;
    struct pg_image *image = fuzz_load(f, this->seed);
    struct pg_lockstep *l = pg_lockstep_open(&f->what, &err);
    if (!l)
        return mon_fail(MON_INTERNAL, "%s", err.text);
    size_t differing = 0;
    for (uint64_t T = 0;
         T < f->length && !mon_interrupted() && !pg_lockstep_ended(l) && differing < f->what.n;) {
        T = f->length - T < every ? f->length : T + every;
        differing = pg_lockstep_run(l, T);
    }
    cover(f);
    f->steps += pg_lockstep_reference(l)->retired;
    for (size_t k = 0; k < f->what.n; k++) {
        const struct pg_lockstep_part *part = pg_lockstep_part(l, k);
        add_counts(&f->counts[k], part->session->counts(part->session, 0));
        if (part->differs && !mon_interrupted())
            fuzz_tell_difference(f, this->seed, part);
    }
    f->failed += differing > 0;
    f->done += !mon_interrupted();
    pg_lockstep_close(l);
    pg_image_free(image);
    return 0;
}

static int try_program(struct fuzzing *f, uint64_t seed) {
    struct attempt this = {f, seed};
    struct mon_apart end = mon_apart(attempt, &this, fuzz_seconds(f->length));
    if (end.signal && !mon_interrupted()) {
        fuzz_tell_crash(f, seed, end.signal);
        f->failed++;
        f->done++;
    }
    return end.status;
}

/* ---- what was reached */

/* Can this ever be? By the machine's own rules: what a state's class and ring allow. A cell that
 * cannot is not missed. */
static bool possible(const struct pg_profile *profile, unsigned op, unsigned ring, unsigned cause) {
    enum pg_class cls = pg_rows[op].cls;
    bool traps = ring > 0 && (cls == PG_CLASS_privileged ||
                              (cls == PG_CLASS_sensitive && profile->user[op] == PG_USER_TRAP));
    switch (cause) {
    case PG_CAUSE_none: return cls != PG_CLASS_gate && !traps;
    case PG_CAUSE_privilege: return traps;
    default: return false; /* operand traps are counted where they were seen, not expected */
    }
}

/* Where the instruction was never seen, one line: rings and memory modes. */
static void print_missed(const struct fuzzing *f, unsigned op) {
    bool any = false;
    for (unsigned ring = 0; ring < 4; ring++)
        for (unsigned mode = 0; mode < PG_COVERAGE_MODES; mode++)
            for (unsigned c = 0; c < PG_COVERAGE_OUTCOMES; c++)
                if (possible(&f->profile, op, ring, c) && !f->coverage.n[op][ring][mode][c]) {
                    if (!any)
                        printf("  never %-7s", pg_rows[op].mnemonic);
                    any = true;
                    printf(" %u/%s", ring, pg_mode_name(mode * PG_MODE_BOUNDS));
                }
    printf("%s", any ? "\n" : "");
}

static void print_coverage(const struct fuzzing *f) {
    size_t reached = 0, expected = 0, seen = 0;
    for (unsigned op = 0; op < PG_COVERAGE_ROWS; op++)
        for (unsigned ring = 0; ring < 4; ring++)
            for (unsigned mode = 0; mode < PG_COVERAGE_MODES; mode++)
                for (unsigned c = 0; c < PG_COVERAGE_OUTCOMES; c++) {
                    bool hit = f->coverage.n[op][ring][mode][c] > 0;
                    bool can = op < PG_NOPS && possible(&f->profile, op, ring, c);
                    seen += hit;
                    expected += can;
                    reached += can && hit;
                }
    printf(
        "\ncoverage: %zu of %zu of instruction x ring x memory mode x {retired, privilege trap}; "
        "%zu cells with all traps\n",
        reached, expected, seen);
    for (unsigned op = 0; op < PG_NOPS; op++)
        print_missed(f, op);
    for (int c = 1; c < PG_NCAUSES; c++) {
        uint64_t n = 0;
        for (unsigned op = 0; op < PG_COVERAGE_ROWS; op++)
            for (unsigned ring = 0; ring < 4; ring++)
                for (unsigned mode = 0; mode < PG_COVERAGE_MODES; mode++)
                    n += f->coverage.n[op][ring][mode][c];
        if (n == 0)
            printf("  never a trap: %s\n", pg_causes[c].name);
    }
}

/* Of each system, what its counters have never counted. */
static void print_counters(const struct fuzzing *f) {
    for (size_t k = 0; k < f->what.n; k++) {
        struct mon_figure figures[MON_FIGURES];
        size_t zero = 0;
        mon_figures(&f->counts[k], figures);
        printf("%-8s", f->what.systems[k]->name);
        for (size_t n = 0; n < MON_FIGURES; n++)
            zero += figures[n].value == 0;
        printf(" %zu of %zu counters reached", (size_t)MON_FIGURES - zero, (size_t)MON_FIGURES);
        if (mon_option(f->args, OPT_stats)) {
            printf("; never:");
            for (size_t n = 0; n < MON_FIGURES; n++)
                if (figures[n].value == 0)
                    printf(" %s", figures[n].name);
        }
        putchar('\n');
    }
}

/* ---- the command */

static void show_progress(const struct fuzzing *f, double *shown) {
    char number[32];
    if (mon_now() - *shown < PROGRESS_MS / 1e3 || mon_option(f->args, OPT_quiet) ||
        !isatty(STDERR_FILENO))
        return;
    *shown = mon_now();
    fprintf(stderr, "\r%llu of %llu programs, %s instructions\033[K", (unsigned long long)f->done,
            (unsigned long long)f->count, mon_grouped(f->steps, number));
}

static int number(const struct mon_args *args, enum mon_option option, const char *name,
                  unsigned unit, uint64_t *value) {
    const char *text = mon_option(args, option);
    if (!text || (mon_number(text, UINT64_MAX / 2, unit, value) && *value > 0))
        return 0;
    return mon_fail(MON_USAGE, "--%s %s: not a number above 0", name, text);
}

static int systems(struct fuzzing *f) {
    if (!mon_option(f->args, OPT_torture) || mon_option(f->args, OPT_systems))
        return mon_systems(f->args, f->what.systems, PG_LOCKSTEP_SYSTEMS, &f->what.n);
    f->what.systems[f->what.n++] = &pg_system_bare;
    return 0;
}

static int plan(struct fuzzing *f) {
    const struct mon_args *args = f->args;
    const char *profile = mon_option(args, OPT_profile);
    int status;
    if (args->noperands)
        return mon_fail(MON_USAGE, "fuzz makes its guests itself");
    f->seed = 1;
    f->count = 1000;
    f->length = 10000;
    f->kind = &mon_random;
    if (mon_option(args, OPT_torture)) {
        f->length = 100000;
        f->kind = &mon_torture;
        f->what.stops = 1; /* of each program, others */
    }
    if ((status = number(args, OPT_seed, "seed", 0, &f->seed)) ||
        (status = number(args, OPT_count, "count", 1000, &f->count)) ||
        (status = number(args, OPT_length, "length", 1000, &f->length)) ||
        (status = mon_profile(profile ? profile : "strict", &f->profile)) || (status = systems(f)))
        return status;
    f->what.engine = mon_engine(args);
    if (!f->what.engine)
        return MON_USAGE;
    f->what.setup = &f->setup;
    f->setup = (struct pg_setup){.memory = PG_RANDOM_MEMORY,
                                 .profile = &f->profile,
                                 .disk = f->disk,
                                 .disk_sectors = PG_RANDOM_SECTORS,
                                 .input = (const uint8_t *)PG_RANDOM_INPUT,
                                 .input_size = strlen(PG_RANDOM_INPUT),
                                 .limit = PG_NEVER};
    return 0;
}

static int fuzz(struct fuzzing *f) {
    char number_of[3][32];
    double shown = mon_now();
    int status = plan(f);
    for (uint64_t k = 0; status == 0 && k < f->count && !mon_interrupted(); k++) {
        status = try_program(f, f->seed + k);
        fflush(stdout);
        show_progress(f, &shown);
    }
    if (isatty(STDERR_FILENO) && !mon_option(f->args, OPT_quiet))
        fputs("\r\033[K", stderr);
    if (status)
        return status;
    printf("%s programs, seeds %llu to %llu, %s instructions, profile %s; %s differ\n",
           mon_grouped(f->done, number_of[0]), (unsigned long long)f->seed,
           (unsigned long long)(f->seed + f->count - 1), mon_grouped(f->steps, number_of[1]),
           f->profile.name, mon_grouped(f->failed, number_of[2]));
    print_coverage(f);
    print_counters(f);
    if (mon_interrupted())
        return MON_INTERRUPTED;
    return f->failed ? MON_DIFFERENCE : 0;
}

int cmd_fuzz(const struct mon_args *args) {
    struct fuzzing *f =
        mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (f == MAP_FAILED)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    f->args = args;
    mon_catch_interrupts();
    int status = fuzz(f);
    munmap(f, sizeof *f);
    return status;
}
