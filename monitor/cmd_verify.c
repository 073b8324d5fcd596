/* cmd_verify.c - `trapeze verify`: the three properties of a VMM, checked on a run.
 *
 * Popek & Goldberg (1974), section 3: equivalence, resource control, efficiency. The run goes on in
 * lockstep with the reference; what is found is printed by verify_print.c.
 */
#include "monitor/verify.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVERY = 100000, PROGRESS_MS = 500 };

/* A sign of life on a terminal. */
static void show_progress(const struct verification *v, double *shown) {
    char number[32];
    if (mon_now() - *shown < PROGRESS_MS / 1e3 || mon_option(v->args, OPT_quiet) ||
        !isatty(STDERR_FILENO))
        return;
    *shown = mon_now();
    fprintf(stderr, "\rverifying %s: T = %s\033[K", v->plan.names[0],
            mon_grouped(pg_lockstep_reference(v->lockstep)->cpu.T, number));
}

/* From checkpoint to checkpoint, until the guest's end, the limit, or all systems have differed. */
static void run(struct verification *v) {
    uint64_t limit = v->plan.setups[0].limit, T = 0;
    double shown = mon_now();
    size_t differing;
    do {
        T = limit - T < v->every ? limit : T + v->every;
        differing = pg_lockstep_run(v->lockstep, T);
        v->checkpoints++;
        if (pg_lockstep_reference(v->lockstep)->cpu.T > T) /* idle has passed time */
            T = pg_lockstep_reference(v->lockstep)->cpu.T;
        show_progress(v, &shown);
    } while (!pg_lockstep_ended(v->lockstep) && T < limit && differing < v->what.n &&
             !mon_interrupted());
    if (isatty(STDERR_FILENO) && !mon_option(v->args, OPT_quiet))
        fputs("\r\033[K", stderr);
}

/* Which step was the first that differed, in each system in which one did. */
static int find_divergences(struct verification *v) {
    for (size_t k = 0; k < v->what.n; k++) {
        const struct pg_lockstep_part *part = pg_lockstep_part(v->lockstep, k);
        struct pg_error err;
        if (!part->differs)
            continue;
        v->found[k] = pg_lockstep_bisect(&v->what, part, &v->divergence[k], &err);
        if (!v->found[k])
            mon_fail(0, "%s: %s", part->system->name, err.text);
    }
    return 0;
}

static bool passes(const struct verification *v) {
    bool pass = true;
    for (size_t k = 0; k < v->what.n; k++) {
        const struct pg_lockstep_part *part = pg_lockstep_part(v->lockstep, k);
        const struct pg_counts *counts = part->session->counts(part->session, 0);
        pass &= !part->differs && (!part->system->keeps || part->system->keeps(counts));
    }
    return pass;
}

static int verify(struct verification *v) {
    const char *text = mon_option(v->args, OPT_every);
    int status = mon_json_check(v->args);
    if (status || (status = mon_systems(v->args, v->what.systems, PG_LOCKSTEP_SYSTEMS, &v->what.n)))
        return status;
    if (v->args->noperands > 1)
        return mon_fail(MON_USAGE, "verify takes one guest");
    v->every = EVERY;
    if (text && (!mon_number(text, UINT32_MAX, 1000, &v->every) || v->every == 0))
        return mon_fail(MON_USAGE, "--every %s: not a number of steps, such as 10K", text);
    if ((status = mon_plan(&v->plan, v->args)))
        return status;
    struct pg_error err;
    v->what.engine = v->plan.engine;
    v->what.setup = &v->plan.setups[0];
    v->what.audit = true;
    v->lockstep = pg_lockstep_open(&v->what, &err);
    if (!v->lockstep)
        return mon_fail(MON_BAD_IMAGE, "%s: %s", v->plan.names[0], err.text);
    run(v);
    if (mon_interrupted())
        return mon_fail(MON_INTERRUPTED, "%s: interrupted at T = %llu", v->plan.names[0],
                        (unsigned long long)pg_lockstep_reference(v->lockstep)->cpu.T);
    if ((status = find_divergences(v)))
        return status;
    v->pass = passes(v);
    if (mon_option(v->args, OPT_json))
        status = mon_json_verify(v);
    else
        mon_print_verification(v);
    return status ? status : v->pass ? 0 : MON_DIFFERENCE;
}

int cmd_verify(const struct mon_args *args) {
    struct verification *v = calloc(1, sizeof *v);
    if (!v)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    v->args = args;
    mon_catch_interrupts();
    int status = verify(v);
    if (v->lockstep)
        pg_lockstep_close(v->lockstep);
    mon_unplan(&v->plan);
    free(v);
    return status;
}
