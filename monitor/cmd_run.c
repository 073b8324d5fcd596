/* cmd_run.c - `trapeze run`: guests under a system, the console on the terminal. */
#include "monitor/monitor.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

enum { SLICE = 2000000, SECTOR = 512 }; /* steps between two looks at the terminal */

struct running {
    const struct mon_args *args;
    struct mon_plan plan;
    struct pg_session *session;
    struct mon_console consoles[MON_REPEAT];
    char names[MON_REPEAT][64];
    FILE *console; /* --console */
    bool live;
};

/* Read standard input that is not a terminal to its end: all of it arrives at T = 0, so that the
 * run does not depend on how fast it comes. */
static int read_piped_input(struct mon_plan *plan) {
    struct pg_bytes all = {0};
    char block[65536];
    ssize_t n;
    while (!mon_interrupted() && (n = read(STDIN_FILENO, block, sizeof block)) > 0)
        if (!pg_bytes_add(&all, block, (size_t)n))
            return mon_fail(MON_INTERNAL, "the host is out of memory");
    plan->input = all.data;
    for (size_t k = 0; k < plan->nguests; k++) {
        plan->setups[k].input = all.data;
        plan->setups[k].input_size = all.size;
    }
    return 0;
}

/* Where input comes from: a file, the terminal (for a single guest), or a pipe. */
static int plan_input(struct running *r) {
    if (mon_option(r->args, OPT_input))
        return 0;
    if (!isatty(STDIN_FILENO))
        return read_piped_input(&r->plan);
    r->live = r->plan.nguests == 1;
    r->plan.setups[0].live = r->live;
    return 0;
}

static int open_outputs(struct running *r) {
    const char *path = mon_option(r->args, OPT_console);
    if (path && !(r->console = fopen(path, "wb")))
        return mon_fail(MON_USAGE, "%s: %s", path, strerror(errno));
    for (size_t k = 0; k < r->args->count[OPT_disk]; k++)
        if (access(r->args->values[OPT_disk][k], W_OK) != 0)
            return mon_fail(MON_USAGE,
                            "%s: %s; run writes changed sectors back at the end, so the image must "
                            "be writable",
                            r->args->values[OPT_disk][k], strerror(errno));
    FILE *out = r->console ? r->console : mon_option(r->args, OPT_json) ? stderr : stdout;
    for (size_t k = 0; k < r->plan.nguests; k++) {
        mon_short_name(r->args->operands[k], r->names[k], sizeof r->names[k]);
        r->consoles[k] =
            (struct mon_console){.out = out, .prefix = r->plan.nguests > 1 ? r->names[k] : NULL};
    }
    return 0;
}

static bool flush_consoles(struct running *r) {
    bool ok = true;
    for (size_t k = 0; k < r->plan.nguests; k++)
        ok &= mon_console_flush(&r->consoles[k], r->session->guest(r->session, k));
    return ok;
}

/* Run to the end, an interrupt, or a failure. Returns 0 or the exit status of a failure. */
static int run_session(struct running *r) {
    enum pg_progress progress = PG_PROGRESS_MORE;
    while (progress == PG_PROGRESS_MORE || progress == PG_PROGRESS_WAITING) {
        if (mon_interrupted())
            break;
        if (r->live &&
            !mon_terminal_feed(r->session->guest(r->session, 0), progress == PG_PROGRESS_WAITING))
            return mon_fail(MON_INTERNAL, "the host is out of memory");
        progress = r->session->run(r->session, SLICE);
        if (!flush_consoles(r))
            return mon_fail(MON_INTERNAL, "cannot write the guest's console output: %s",
                            strerror(errno));
    }
    if (progress == PG_PROGRESS_BROKEN)
        return mon_fail(MON_INTERNAL, "%s", r->session->error.text);
    return 0;
}

/* Write the sectors that the guest has changed back to the image. */
static int save_disk(const struct pg_machine *m, const char *path) {
    const struct pg_plugs *plugs = &m->bus.plugs;
    FILE *out = fopen(path, "r+b");
    bool ok = out != NULL;
    for (uint32_t k = 0; ok && k < plugs->disk_sectors; k++)
        if (plugs->disk_written[k])
            ok = fseek(out, (long)k * SECTOR, SEEK_SET) == 0 &&
                 fwrite(plugs->disk + (size_t)k * SECTOR, SECTOR, 1, out) == 1;
    ok = out && fclose(out) == 0 && ok;
    return ok ? 0 : mon_fail(MON_INTERNAL, "%s: cannot write back: %s", path, strerror(errno));
}

static void print_stats(const struct running *r, size_t k, double seconds) {
    const struct pg_machine *m = r->session->guest(r->session, k);
    struct mon_figure figures[MON_FIGURES];
    size_t n = mon_figures(r->session->counts(r->session, k), m, figures, MON_FIGURES);
    fprintf(stderr, "%s under %s: T %llu, instructions %llu, %.3f s, %.1f million a second\n",
            r->names[k], r->session->system->name, (unsigned long long)m->cpu.T,
            (unsigned long long)m->retired, seconds,
            seconds > 0 ? (double)m->retired / seconds / 1e6 : 0.0);
    for (size_t j = 0; j < n; j++)
        if (figures[j].value)
            fprintf(stderr, "  %-24s %14llu\n", figures[j].name,
                    (unsigned long long)figures[j].value);
}

static int print_json(const struct running *r) {
#ifdef HAVE_JANSSON
    json_t *guests = json_array();
    for (size_t k = 0; k < r->plan.nguests; k++) {
        const struct pg_machine *m = r->session->guest(r->session, k);
        struct mon_ending ending = mon_ending(m, r->plan.setups[k].limit);
        json_t *one = mon_json_result(m, r->session->counts(r->session, k), &ending);
        json_object_set_new(one, "guest", json_string(r->names[k]));
        json_array_append_new(guests, one);
    }
    json_t *all = json_pack("{s:s, s:i, s:s, s:s}", "schema", "trapeze.run", "version", 1, "system",
                            r->session->system->name, "engine", r->plan.engine->name);
    if (r->plan.nguests == 1)
        json_object_update(all, json_array_get(guests, 0));
    else
        json_object_set(all, "guests", guests);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(guests);
    json_decref(all);
    return 0;
#else
    return mon_fail(MON_USAGE, "--json: this trapeze was built without jansson (libjansson-dev)");
#endif
}

/* All that comes after the run. The exit status is the first guest's that did not end with 0. */
static int conclude(struct running *r, double seconds) {
    int status = 0;
    for (size_t k = 0; k < r->plan.nguests; k++) {
        const struct pg_machine *m = r->session->guest(r->session, k);
        struct mon_ending ending = mon_ending(m, r->plan.setups[k].limit);
        if (r->consoles[k].mid_line)
            putc('\n', r->consoles[k].out);
        if (!mon_option(r->args, OPT_quiet))
            mon_explain(m, &ending, r->plan.images[k], r->names[k], stderr);
        if (mon_option(r->args, OPT_stats))
            print_stats(r, k, seconds);
        status = status ? status : ending.status;
        if (k < r->args->count[OPT_disk]) {
            int saved = save_disk(m, r->args->values[OPT_disk][k]);
            status = saved ? saved : status;
        }
    }
    if (mon_option(r->args, OPT_json)) {
        int printed = print_json(r);
        status = printed ? printed : status;
    }
    return status;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(struct running *r) {
    const char *name = mon_option(r->args, OPT_system);
    const struct pg_system *system = pg_system_by_name(name ? name : "bare");
    if (!system)
        return mon_fail(MON_USAGE, "there is no system `%s`; see trapeze --help", name);
    int status = mon_plan(&r->plan, r->args);
    if (status || (status = open_outputs(r)) || (status = plan_input(r)))
        return status;
    struct pg_error err;
    r->session = system->open(r->plan.engine, r->plan.setups, r->plan.nguests, &err);
    if (!r->session)
        return mon_fail(MON_BAD_IMAGE, "%s: %s", r->names[0], err.text);
    if (r->live)
        mon_terminal_open();
    double begin = now();
    status = run_session(r);
    mon_terminal_close();
    int concluded = conclude(r, now() - begin);
    return status ? status : concluded;
}

int cmd_run(const struct mon_args *args) {
    struct running r = {.args = args};
    mon_catch_interrupts();
    int status = run(&r);
    if (r.session)
        r.session->close(r.session);
    if (r.console && fclose(r.console) != 0)
        status = mon_fail(MON_INTERNAL, "%s: %s", mon_option(args, OPT_console), strerror(errno));
    mon_unplan(&r.plan);
    return status;
}
