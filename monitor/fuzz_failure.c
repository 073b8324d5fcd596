/* fuzz_failure.c - what `trapeze fuzz` says of a program that fails. */
#include "isa/disasm.h"
#include "monitor/apart.h"
#include "monitor/fuzz.h"
#include "monitor/shrink.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    SHRINK = 100000000, /* steps that may be spent on it, and */
    SHRINK_RUN = 10000, /* what a run costs besides its steps */
    SHRUNK = 3,         /* programs that are looked into; of further ones, only that they fail */
    SHOWN = 40,         /* instructions of a shrunk program */
};

struct pg_image *fuzz_load(struct fuzzing *f, uint64_t seed) {
    struct pg_image *image = f->kind->make(seed);
    f->setup.image = image;
    f->kind->disk(seed, f->disk);
    if (f->what.stops) {
        f->what.stops = seed + 1;
        f->what.unwatched = seed % 2;
    }
    return image;
}

unsigned fuzz_seconds(uint64_t steps) {
    return 30 + (unsigned)(steps / 100000 > 1000000 ? 1000000 : steps / 100000);
}

/* For mon_shrink: does what failed still fail by T? */
struct failing {
    struct pg_lockstep_plan what;
    uint64_t T;
};

static int differs(void *context) {
    struct failing *f = context;
    struct pg_lockstep *l = pg_lockstep_open(&f->what, NULL);
    bool fails = l && pg_lockstep_run(l, f->T) > 0;
    if (l)
        pg_lockstep_close(l);
    return fails;
}

static bool still_fails(void *context) {
    struct failing *f = context;
    struct mon_apart end = mon_apart(differs, f, fuzz_seconds(f->T));
    return !mon_interrupted() && (end.status || end.signal);
}

/* Make the program smaller, and show what is left of it. */
static void show_shrunk(struct fuzzing *f, uint64_t seed, const struct pg_lockstep_plan *what,
                        uint64_t T) {
    struct failing failing = {.what = *what, .T = T + 1};
    struct pg_image *image = f->kind->make(seed);
    const struct pg_image *whole = f->setup.image;
    f->setup.image = image; /* which shrinks */
    char text[128];
    unsigned shown = 0, tries = (unsigned)(SHRINK / (T + SHRINK_RUN));
    /* Best is a program that fails by itself, without the random guest's disk and input. */
    struct pg_setup plain = f->setup;
    plain.disk = NULL;
    plain.disk_sectors = 0;
    plain.input = NULL;
    plain.input_size = 0;
    failing.what.setup = &plain;
    bool alone = still_fails(&failing);
    if (!alone)
        failing.what.setup = &f->setup;
    size_t left = mon_shrink(image, f->kind->code, f->kind->code_end, tries, still_fails, &failing);
    printf("    shrunk to %zu instructions%s:\n", left,
           alone ? "" : ", with the disk and the input that random guests have");
    for (uint32_t at = f->kind->code; at < f->kind->code_end && shown < SHOWN; at += 4) {
        const uint8_t *b = image->segments[0].bytes + at;
        uint32_t word =
            (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        if (word == 0x20000000)
            continue;
        pg_disasm(word, at, NULL, text, sizeof text);
        printf("    %08x  %08x  %s\n", at, word, text);
        shown++;
    }
    const char *path = mon_option(f->args, OPT_output);
    struct pg_error err;
    if (path && !pg_image_write(image, path, &err))
        mon_fail(0, "%s", err.text);
    else if (path)
        printf("    written to %s, for --memory %dK --limit %llu\n", path, PG_RANDOM_MEMORY / 1024,
               (unsigned long long)T + 1);
    f->setup.image = whole;
    pg_image_free(image);
}

static void print_systems(const struct pg_lockstep_plan *what) {
    for (size_t k = 0; k < what->n; k++)
        printf("%s%s", k ? "," : "", what->systems[k]->name);
}

/* A line that can be pasted. A difference may depend on when the run was stopped. */
static void print_command(const struct fuzzing *f, uint64_t seed,
                          const struct pg_lockstep_plan *what, uint64_t T) {
    const char *profile = mon_option(f->args, OPT_profile);
    if (what->stops)
        printf("    trapeze fuzz --torture --seed %llu --count 1 --length %llu",
               (unsigned long long)seed, (unsigned long long)f->length);
    else
        printf("    trapeze verify %s:%llu --limit %llu", f->kind->name, (unsigned long long)seed,
               (unsigned long long)T + 1);
    printf("%s%s --engine %s --systems ", profile ? " --profile " : "", profile ? profile : "",
           what->engine->name);
    print_systems(what);
    putchar('\n');
}

void fuzz_tell_difference(struct fuzzing *f, uint64_t seed, const struct pg_lockstep_part *part) {
    struct pg_lockstep_plan what = f->what;
    struct pg_divergence d;
    struct pg_error err;
    char text[128];
    alarm(0); /* from here on there is time */
    what.systems[0] = part->system;
    what.n = 1;
    bool found = f->failed < SHRUNK && pg_lockstep_bisect(&what, part, &d, &err);
    uint64_t T = found ? d.T : part->bad;
    printf("%s:%llu under %s: %s\n", f->kind->name, (unsigned long long)seed, part->system->name,
           found ? d.difference : part->difference);
    if (found) {
        pg_disasm(d.insn, d.before.psw.pc, NULL, text, sizeof text);
        printf("    at T = %llu, pc 0x%08x, STATUS 0x%04x%s%s: %s\n", (unsigned long long)T,
               d.before.psw.pc, d.before.psw.status, d.delivered ? ", trap " : "",
               d.delivered ? pg_causes[d.cause].name : "", d.insn ? text : "no instruction");
    }
    print_command(f, seed, &what, T);
    if (f->failed < SHRUNK)
        show_shrunk(f, seed, &what, T);
}

void fuzz_tell_crash(struct fuzzing *f, uint64_t seed, int signal) {
    struct pg_image *image = fuzz_load(f, seed);
    struct failing failing = {.what = f->what, .T = f->length};
    printf("%s:%llu under ", f->kind->name, (unsigned long long)seed);
    print_systems(&f->what);
    printf(": %s\n", signal == SIGALRM ? "it does not end" : strsignal(signal));
    uint64_t good = 0, bad = f->length;
    while (f->failed < SHRUNK && bad - good > 1) {
        failing.T = good + (bad - good) / 2;
        *(still_fails(&failing) ? &bad : &good) = failing.T;
    }
    if (f->failed < SHRUNK)
        printf("    at T = %llu\n", (unsigned long long)good);
    print_command(f, seed, &f->what, good);
    if (f->failed < SHRUNK)
        show_shrunk(f, seed, &f->what, good);
    pg_image_free(image);
}
