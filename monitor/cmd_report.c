/* cmd_report.c - `trapeze report`: what `compare` finds, as a page. */
#include "monitor/report.h"

#include <stdlib.h>

static int write_page(struct mon_comparison *c, const struct mon_timeline *timelines,
                      const char *path) {
    struct pg_error err;
    char *page = NULL;
    size_t size;
    struct mon_report report = {.out = open_memstream(&page, &size),
                                .comparison = c,
                                .guest = c->args->operands[0],
                                .timelines = timelines};
    bool ok = report.out != NULL;
    if (ok)
        mon_report_page(&report);
    ok = ok && !ferror(report.out);
    ok = (!report.out || fclose(report.out) == 0) && ok;
    int status = ok ? 0 : mon_fail(MON_INTERNAL, "the host is out of memory");
    if (ok && !mon_write_file(path, page, size, &err))
        status = mon_fail(MON_INTERNAL, "%s", err.text);
    free(page);
    return status;
}

static int report(struct mon_comparison *c, const struct mon_args *args) {
    const char *path = mon_option(args, OPT_output);
    if (!path)
        return mon_fail(MON_USAGE, "report: where to? Say -o FILE");
    if (mon_is_a_source(args, path))
        return mon_fail(MON_USAGE, "-o %s: that file is an input of this run", path);
    int status = mon_compare_plan(c, args);
    if (status)
        return status;
    struct mon_timeline *timelines = calloc(c->nsystems, sizeof *timelines);
    if (!timelines)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    for (size_t k = 0; k < c->nsystems; k++) {
        mon_timeline_begin(&timelines[k]);
        c->tracers[k] = &timelines[k].tracer;
    }
    status = mon_compare_run(c);
    for (size_t k = 0; k < c->n; k++)
        mon_timeline_end(&timelines[k], c->columns[k].result.T);
    if (!status && c->n > 0)
        status = write_page(c, timelines, path);
    free(timelines);
    return status ? status : mon_compare_verdict(c);
}

int cmd_report(const struct mon_args *args) {
    struct mon_comparison *c = calloc(1, sizeof *c);
    if (!c)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    mon_catch_interrupts();
    int status = report(c, args);
    mon_unplan(&c->plan);
    free(c);
    return status;
}
