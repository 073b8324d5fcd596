/* cmd_run.c - `trapeze run`: guests under a system, the console on the terminal. */
#include "monitor/monitor.h"
#include "monitor/recording.h"
#include "monitor/terminal.h"
#include "monitor/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SLICE = 1000000, /* steps between two looks at the terminal */
    MAX_INPUT = 256 << 20,
};

struct running {
    const struct mon_args *args;
    struct mon_plan plan;
    struct pg_session *session;
    struct mon_console consoles[MON_REPEAT];
    struct mon_result results[MON_REPEAT];
    FILE *console;           /* --console */
    struct mon_trace *trace; /* --trace; NULL: none */
    bool live;
    struct pg_costs costs;
    struct recording recording;
    bool records, replays; /* --record, --replay: the recording is in use */
};

/* ---- before the run */

/* Standard input that is not typed is read to its end: all of it arrives at T = 0, so that the
 * run does not depend on how fast it comes. */
static int read_standard_input(struct mon_plan *plan) {
    struct pg_error err;
    size_t size;
    plan->input = mon_read_all(STDIN_FILENO, "standard input", MAX_INPUT, &size, &err);
    if (!plan->input)
        return mon_fail(MON_USAGE, "%s", err.text);
    for (size_t k = 0; k < plan->nguests; k++) {
        plan->setups[k].input = plan->input;
        plan->setups[k].input_size = size;
    }
    return 0;
}

/* Where input comes from: a file, the keyboard (for a single guest), or a pipe. */
static int plan_input(struct running *r) {
    if (mon_option(r->args, OPT_input) || r->replays)
        return 0;
    if (!isatty(STDIN_FILENO))
        return read_standard_input(&r->plan);
    r->live = r->plan.nguests == 1 && mon_terminal_is_live();
    r->plan.setups[0].live = r->live;
    return 0;
}

/* The last mark of a recording is of its end. */
static uint64_t recorded_end(const struct running *r) {
    return r->recording.marks[r->recording.nmarks - 1].T;
}

/* Marks are of one guest's T. */
static int plan_recording(struct running *r) {
    const char *replay = mon_option(r->args, OPT_replay);
    struct pg_setup *setup = &r->plan.setups[0];
    r->records = mon_option(r->args, OPT_record);
    if ((r->records || replay) && r->plan.nguests != 1)
        return mon_fail(MON_USAGE, "--record and --replay: of one guest");
    if (r->records && replay)
        return mon_fail(MON_USAGE, "--record and --replay: one of the two");
    int status = recording_plan(&r->recording, r->args, &r->plan);
    r->replays = r->recording.from;
    if (status || !r->replays)
        return status;
    if (setup->limit > recorded_end(r)) /* what the guest would have done then is not recorded */
        setup->limit = recorded_end(r);
    return 0;
}

static int check_disks(const struct running *r) {
    for (size_t k = 0; k < r->args->count[OPT_disk]; k++) {
        const char *path = r->args->values[OPT_disk][k];
        if (!mon_option(r->args, OPT_readonly) && access(path, W_OK) != 0)
            return mon_fail(MON_USAGE,
                            "%s: %s: the image must be writable, as changed sectors are written "
                            "back; --readonly leaves it as it is",
                            path, strerror(errno));
    }
    return 0;
}

static int open_console(struct running *r) {
    const char *path = mon_option(r->args, OPT_console);
    if (path && mon_is_a_source(r->args, path))
        return mon_fail(MON_USAGE, "--console %s: that file is an input of this run", path);
    if (path && !(r->console = fopen(path, "wb")))
        return mon_fail(MON_USAGE, "%s: %s", path, strerror(errno));
    FILE *out = r->console ? r->console : mon_option(r->args, OPT_json) ? stderr : stdout;
    for (size_t k = 0; k < r->plan.nguests; k++)
        r->consoles[k] = (struct mon_console){
            .out = out, .prefix = r->plan.nguests > 1 ? r->plan.names[k] : NULL};
    return 0;
}

static int open_trace(struct running *r, const struct pg_system *system) {
    const char *console = mon_option(r->args, OPT_console), *path = mon_option(r->args, OPT_trace);
    if (console && path && mon_same_file(console, path))
        return mon_fail(MON_USAGE, "--trace %s: that is the file of --console, too", path);
    int status = mon_trace_open(r->args, r->plan.nguests, &r->trace);
    for (size_t k = 0; k < r->plan.nguests; k++)
        r->plan.setups[k].tracer =
            mon_trace_begin(r->trace, k, r->plan.names[k], system, r->plan.images[k]);
    return status;
}

/* ---- the run */

/* False if the output cannot be written; an interrupted write is an interrupt, not a failure. */
static bool flush_consoles(struct running *r, bool end) {
    for (size_t k = 0; k < r->plan.nguests; k++) {
        struct mon_console *c = &r->consoles[k];
        if (mon_console_flush(c, r->session->guest(r->session, k), end))
            continue;
        if (errno != EINTR || !mon_interrupted())
            return false;
        clearerr(c->out);
    }
    return true;
}

static int no_output(void) {
    return mon_fail(MON_INTERNAL, "cannot write the guest's console output: %s", strerror(errno));
}

/* Stop at the next moment at which the state is noted or compared. */
static void stop_at_mark(struct running *r) {
    uint64_t limit = r->plan.setups[0].limit, now = r->session->guest(r->session, 0)->cpu.T;
    uint64_t next = recording_next(now);
    if (!r->records && !r->replays)
        return;
    r->session->limit(r->session, 0, next < limit ? next : limit);
}

/* Was that a mark, and not the end? *failure: what was seen there is not what was recorded. */
static bool is_mark(struct running *r, int *failure) {
    const struct pg_machine *m = r->session->guest(r->session, 0);
    struct pg_error err;
    if ((!r->records && !r->replays) || m->run != PG_RUNNING || m->cpu.T >= r->plan.setups[0].limit)
        return false;
    if (r->records)
        recording_note(&r->recording, m);
    else if (!recording_agrees(&r->recording, m, &err))
        *failure = mon_fail(MON_DIFFERENCE, "%s", err.text);
    stop_at_mark(r);
    return true;
}

/* After the run: write what was recorded, or compare the end. Returns 0 or an exit status. */
static int end_recording(struct running *r, int failure) {
    const struct pg_machine *m = r->session->guest(r->session, 0);
    const char *path = mon_option(r->args, OPT_record);
    struct pg_error err;
    if (r->records) {
        recording_note(&r->recording, m);
        if (!recording_write(&r->recording, m, path, &err))
            return mon_fail(MON_INTERNAL, "%s", err.text);
    }
    if (!r->replays || failure || mon_interrupted())
        return 0;
    if (m->cpu.T < recorded_end(r) && m->cpu.T < r->plan.setups[0].limit)
        return mon_fail(MON_DIFFERENCE,
                        "this run is not the one that was recorded: it ends at T = %llu, and that "
                        "one at T = %llu",
                        (unsigned long long)m->cpu.T, (unsigned long long)recorded_end(r));
    return recording_agrees(&r->recording, m, &err) ? 0 : mon_fail(MON_DIFFERENCE, "%s", err.text);
}

/* Run to the end, an interrupt, or a failure. Returns 0 or the exit status of a failure. */
static int run_session(struct running *r) {
    enum pg_progress progress = PG_PROGRESS_MORE;
    while ((progress == PG_PROGRESS_MORE || progress == PG_PROGRESS_WAITING) &&
           !mon_interrupted()) {
        if (r->live &&
            !mon_terminal_feed(r->session->guest(r->session, 0), progress == PG_PROGRESS_WAITING))
            return mon_fail(MON_INTERNAL, "the host is out of memory");
        int failure = 0;
        progress = r->session->run(r->session, SLICE);
        if (!flush_consoles(r, false))
            return no_output();
        if (progress == PG_PROGRESS_DONE && is_mark(r, &failure))
            progress = PG_PROGRESS_MORE;
        if (failure)
            return failure;
    }
    if (!flush_consoles(r, true))
        return no_output();
    return progress == PG_PROGRESS_BROKEN ? mon_fail(MON_INTERNAL, "%s", r->session->error.text)
                                          : 0;
}

/* ---- after the run */

/* Write the sectors that the guest has changed back to the image. */
static int save_disk(const struct pg_machine *m, const char *path) {
    const struct pg_plugs *plugs = &m->bus.plugs;
    FILE *out = NULL;
    bool ok = true;
    for (uint32_t k = 0; ok && k < plugs->disk_sectors; k++)
        if (plugs->disk_written[k])
            ok = (out || (out = fopen(path, "r+b"))) &&
                 fseeko(out, (off_t)k * PG_SECTOR, SEEK_SET) == 0 &&
                 fwrite(plugs->disk + (size_t)k * PG_SECTOR, PG_SECTOR, 1, out) == 1;
    if (out && fclose(out) != 0)
        ok = false;
    return ok ? 0 : mon_fail(MON_INTERNAL, "%s: cannot write back: %s", path, strerror(errno));
}

static int save_disks(const struct running *r) {
    int status = 0;
    for (size_t k = 0; k < r->args->count[OPT_disk] && !mon_option(r->args, OPT_readonly); k++) {
        int saved = save_disk(r->session->guest(r->session, k), r->args->values[OPT_disk][k]);
        status = status ? status : saved;
    }
    return status;
}

static void print_stats(const struct running *r, const struct mon_result *result, double seconds) {
    struct mon_figure figures[MON_FIGURES];
    char number[32];
    mon_figures(&result->counts, figures);
    fprintf(stderr, "%s under %s\n", result->name, r->session->system->name);
    fprintf(stderr, "  %-24s %20s\n", "T", mon_grouped(result->T, number));
    fprintf(stderr, "  %-24s %20s\n", "instructions", mon_grouped(result->instructions, number));
    fprintf(stderr, "  %-24s %20s\n", "model cycles", mon_grouped(result->cycles, number));
    for (size_t k = 0; k < MON_FIGURES; k++)
        if (figures[k].value)
            fprintf(stderr, "  %-24s %20s\n", figures[k].name,
                    mon_grouped(figures[k].value, number));
    fprintf(stderr, "  %-24s %18.3f s\n", "host time", seconds);
    fprintf(stderr, "  %-24s %20.1f\n", "million instructions/s",
            seconds > 0 ? (double)result->instructions / seconds / 1e6 : 0.0);
}

/* The exit status: an interrupt, or the first guest's that did not end with 0. */
static int overall_status(const struct running *r) {
    int status = 0;
    for (size_t k = 0; k < r->plan.nguests; k++) {
        int own = r->results[k].ending.status;
        if (own == MON_INTERRUPTED)
            return own;
        status = status ? status : own;
    }
    return status;
}

/* A last line without its end must not run into what is said about the end. */
static void end_line(const struct mon_console *c, const struct pg_machine *m) {
    const struct pg_bytes *output = &m->bus.plugs.output;
    if (!c->prefix && output->size && output->data[output->size - 1] != '\n' &&
        isatty(fileno(c->out)) && isatty(STDERR_FILENO))
        fputc('\n', stderr);
}

/* All that comes after the run; `failure` is 0, or why it could not go on. */
static int conclude(struct running *r, int failure, double seconds) {
    for (size_t k = 0; k < r->plan.nguests; k++) {
        struct mon_result *result = &r->results[k];
        mon_result(result, r->session, k, r->plan.names[k], r->plan.setups[k].limit,
                   mon_option(r->args, OPT_json), &r->costs);
        mon_trace_end(r->trace, k, result);
        const struct pg_machine *m = r->session->guest(r->session, k);
        end_line(&r->consoles[k], m);
        if (!mon_option(r->args, OPT_quiet) && !failure)
            mon_explain(m, &result->ending, r->plan.images[k], result->name, stderr);
        if (mon_option(r->args, OPT_stats))
            print_stats(r, result, seconds);
    }
    int status = failure ? failure : overall_status(r), saved = save_disks(r), printed = 0;
    if (mon_option(r->args, OPT_json) && !failure)
        printed = mon_json_run(r->session->system->name, r->plan.engine->name, r->results,
                               r->plan.nguests);
    return saved ? saved : printed ? printed : status;
}

static int run(struct running *r) {
    const char *name = mon_option(r->args, OPT_system);
    const struct pg_system *system = name ? mon_system(name) : pg_systems[0];
    if (!system)
        return MON_USAGE;
    int status = mon_json_check(r->args);
    if (status || (status = mon_costs(r->args, &r->costs)) ||
        (status = mon_plan(&r->plan, r->args)) || (status = plan_recording(r)) ||
        (status = check_disks(r)) || (status = plan_input(r)) || (status = open_console(r)) ||
        (status = open_trace(r, system)))
        return status;
    struct pg_error err;
    r->session = system->open(r->plan.engine, r->plan.setups, r->plan.nguests, &err);
    if (!r->session)
        return mon_fail(MON_BAD_IMAGE, "%s%s: %s", r->plan.names[0],
                        r->plan.nguests > 1 ? ", ..." : "", err.text);
    if (r->records && !recording_begin(&r->recording, r->session->guest(r->session, 0), &err))
        return mon_fail(MON_INTERNAL, "%s", err.text);
    stop_at_mark(r);
    if (r->live)
        mon_terminal_open();
    double begin = mon_now();
    status = run_session(r);
    double end = mon_now();
    mon_terminal_close();
    int recorded = end_recording(r, status);
    status = status ? status : recorded;
    return conclude(r, status, end - begin);
}

int cmd_run(const struct mon_args *args) {
    struct running *r = calloc(1, sizeof *r);
    if (!r)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    r->args = args;
    mon_catch_interrupts();
    int status = run(r);
    if (r->session)
        r->session->close(r->session);
    int traced = mon_trace_close(r->trace);
    status = traced ? traced : status;
    if (r->console && fclose(r->console) != 0 && status != MON_INTERNAL)
        status = mon_fail(MON_INTERNAL, "%s: %s", mon_option(args, OPT_console), strerror(errno));
    recording_free(&r->recording);
    mon_unplan(&r->plan);
    free(r);
    return status;
}
