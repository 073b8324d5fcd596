/* bench_once.c - what is done once: a run from nothing, and code that is executed the first time.
 */
#include "monitor/bench.h"

enum { LEAST_RUNS = 11 }; /* these runs are short */

/* ---- start-up */

double bench_startup(const struct bench *b) {
    char folder[256], self[1024], program[300];
    char source[] = TRAPEZE_BENCH "/../../guests/hello.s";
    unsigned runs = b->runs > LEAST_RUNS ? b->runs : LEAST_RUNS;
    double times[BENCH_RUNS];
    if (!bench_self(self) || !bench_folder(folder))
        return 0;
    bench_progress(b, "start-up");
    snprintf(program, sizeof program, "%s/hello.elf", folder);
    bool ok = bench_execute((char *[]){self, "asm", source, "-I", TRAPEZE_BENCH "/../../guests",
                                       "-o", program, NULL},
                            NULL, 0) == 0;
    char *const run[] = {self, "run", "--engine", (char *)b->engine->name, program, NULL};
    for (unsigned k = 0; ok && k < runs; k++) {
        double begin = mon_now();
        ok = bench_execute(run, NULL, 0) == 0;
        times[k] = mon_now() - begin;
    }
    bench_remove(folder);
    bench_progress(b, NULL);
    if (!ok)
        mon_fail(MON_INTERNAL, "%s does not run", source);
    return ok ? bench_median(times, runs) : 0;
}

/* ---- code that is executed the first time */

enum { FEW = 1000, MANY = 5000, INSTRUCTIONS = 8 /* of a block of translate.s */ };

static struct pg_image *blocks(int n, int times) {
    const struct pg_asm_define defines[] = {{"BLOCKS", (uint32_t)n}, {"TIMES", (uint32_t)times}};
    return bench_assemble(TRAPEZE_BENCH "/translate.s", defines, 2);
}

/* What the first time through all blocks takes more than another time: from a run with one time,
 * and one with three. */
static bool first_time(const struct bench_way *way, struct pg_image *const images[2],
                       double *seconds) {
    struct bench_run once, thrice;
    if (!bench_guest(way, &(struct pg_setup){.image = images[0]}, "translate.s", &once) ||
        !bench_guest(way, &(struct pg_setup){.image = images[1]}, "translate.s", &thrice))
        return false;
    *seconds = once.seconds - (thrice.seconds - once.seconds) / 2;
    return true;
}

/* Whatever does not depend on how much code there is goes out in the difference of few and many. */
double bench_translation(const struct bench *b, const struct bench_way *way) {
    struct pg_image *images[2][2] = {{blocks(FEW, 1), blocks(FEW, 3)},
                                     {blocks(MANY, 1), blocks(MANY, 3)}};
    unsigned runs = b->runs > LEAST_RUNS ? b->runs : LEAST_RUNS;
    double times[BENCH_RUNS];
    bool ok = images[0][0] && images[0][1] && images[1][0] && images[1][1];
    bench_progress(b, "translation");
    for (unsigned k = 0; ok && k < runs; k++) {
        double few, many;
        ok = first_time(way, images[0], &few) && first_time(way, images[1], &many);
        if (ok)
            times[k] = (many - few) / ((MANY - FEW) * INSTRUCTIONS);
    }
    for (int k = 0; k < 4; k++)
        pg_image_free(images[k / 2][k % 2]);
    bench_progress(b, NULL);
    return ok ? bench_median(times, runs) : 0;
}
