/* cmd_compare.c - `trapeze compare`: one guest, all systems, one table. */
#include "monitor/compare.h"
#include "monitor/depth.h"
#include "monitor/trace.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    LABEL = 24, /* width of the first column */
    WIDTH = 13, /* and of the others; five systems make a line of 98 characters */
};

/* ---- printing */

static void print_row(void *context, const struct mon_row *row) {
    const struct mon_comparison *c = context;
    bool colour = isatty(STDOUT_FILENO);
    printf("%-*s", LABEL, row->label);
    for (size_t k = 0; k < c->n; k++) {
        fputs(row->alarming[k] && colour ? "\033[1;31m" : "", stdout);
        printf(" %*s", WIDTH, row->cells[k]);
        fputs(row->alarming[k] && colour ? "\033[0m" : "", stdout);
    }
    putchar('\n');
}

static void print_table(struct mon_comparison *c) {
    printf("%s, on the %s engine\n\n", c->plan.names[0], c->plan.engine->name);
    printf("%-*s", LABEL, "");
    for (size_t k = 0; k < c->n; k++)
        printf(" %*s", WIDTH, c->columns[k].system->name);
    putchar('\n');
    mon_compare_rows(c, print_row, c);
    mon_compare_times(c, print_row, c);
}

/* ---- the command */

/* Run everything, with a trace if one is wanted. */
static int run(struct mon_comparison *c) {
    struct mon_trace *trace;
    int status = mon_trace_open(c->args, c->nsystems, &trace);
    if (status)
        return status;
    for (size_t k = 0; k < c->nsystems; k++)
        c->tracers[k] =
            mon_trace_begin(trace, k, c->plan.names[0], c->systems[k], c->plan.images[0]);
    status = mon_compare_run(c);
    for (size_t k = 0; k < c->n; k++)
        mon_trace_end(trace, k, &c->columns[k].result);
    int traced = mon_trace_close(trace);
    return status ? status : traced;
}

static int compare(struct mon_comparison *c, const struct mon_args *args) {
    int status = mon_json_check(args);
    if (status || (status = mon_compare_plan(c, args)))
        return status;
    if (mon_option(args, OPT_depth)) {
        if (mon_option(args, OPT_trace))
            return mon_fail(MON_USAGE, "--trace is not for --depth: trace one depth with run");
        return mon_compare_depths(args, &c->plan);
    }
    if ((status = run(c)))
        return status;
    if (mon_option(args, OPT_json))
        status = mon_json_compare(c->plan.names[0], c->plan.engine->name, c->columns, c->n);
    else if (c->n > 0)
        print_table(c);
    if (status == 0)
        status = mon_flush(); /* before standard error says more */
    return status ? status : mon_compare_verdict(c);
}

int cmd_compare(const struct mon_args *args) {
    struct mon_comparison *c = calloc(1, sizeof *c);
    if (!c)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    mon_catch_interrupts();
    int status = compare(c, args);
    mon_unplan(&c->plan);
    free(c);
    return status;
}
