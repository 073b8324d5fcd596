/* cmd_debug.c - `trapeze debug`: a guest, and a console to look at it. */
#include "monitor/debug/debug.h"
#include "monitor/recording.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int begin(struct debugger *d, const struct mon_args *args, struct mon_plan *plan,
                 struct recording *recording) {
    struct pg_error err;
    int status = recording_plan(recording, args, plan);
    if (status)
        return status;
    d->memory = plan->setups[0].memory;
    const char *name = mon_option(args, OPT_system);
    const struct pg_system *system = name ? mon_system(name) : pg_systems[0];
    if (!system)
        return MON_USAGE;
    d->stops = stops_new();
    d->tracer = debug_tracer_new();
    plan->setups[0].tracer = d->tracer;
    plan->setups[0].live = !mon_option(args, OPT_input);
    d->t = timeline_open(system, plan->engine, &plan->setups[0], &err);
    if (!d->t || !d->stops || !d->tracer)
        return mon_fail(MON_BAD_IMAGE, "%s", d->t ? "the host is out of memory" : err.text);
    debug_add_symbols(d, plan->images[0], plan->names[0], false);
    for (size_t k = 0; k < args->count[OPT_symbols]; k++)
        if (!debug_load_symbols(d, args->values[OPT_symbols][k], true))
            return MON_BAD_IMAGE;
    return 0;
}

static int converse(struct debugger *d, const struct mon_args *args) {
    const char *script = mon_option(args, OPT_script);
    const char *where = mon_option(args, OPT_gdb);
    if (script) {
        int status = console_script(d, script);
        if (status || !where || d->quit)
            return status;
    }
    if (where)
        return gdb_serve(d, where);
    run_report(d, HALT_DONE, 0);
    if (isatty(STDIN_FILENO))
        printf("`help` lists the commands.\n");
    return console_loop(d);
}

static void end(struct debugger *d) {
    for (size_t k = 1; k < d->nprograms; k++) /* the first one is the plan's */
        pg_image_free(d->programs[k].image);
    stops_free(d->stops);
    timeline_close(d->t);
    free(d->tracer);
    free(d->last_text);
}

int cmd_debug(const struct mon_args *args) {
    struct mon_plan plan;
    struct recording recording = {0};
    int status = mon_plan(&plan, args);
    if (status == 0 && plan.nguests != 1)
        status = mon_fail(MON_USAGE, "debug: one guest");
    struct debugger d = {
        .args = args, .engine = plan.engine, .out = stdout, .colour = isatty(STDOUT_FILENO)};
    if (status == 0) {
        mon_catch_interrupts();
        status = begin(&d, args, &plan, &recording);
        if (status == 0)
            status = converse(&d, args);
        end(&d);
        recording_free(&recording);
    }
    mon_unplan(&plan);
    int flushed = mon_flush();
    return status ? status : flushed;
}
