/* trace.c - keeping events, and the trace file as a whole. */
#include "monitor/trace.h"

#include "isa/disasm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_SIZE = 64 << 20,
    SHORTEST_LINE = 48, /* no event takes fewer bytes in either form, so no more need be kept */
};

struct mon_trace {
    const char *path;
    FILE *file;
    bool json;
    uint64_t size;
    size_t nparts;
    struct mon_trace_part parts[];
};

/* ---- keeping */

static bool make_room(struct mon_trace_part *p) {
    if (p->n < p->room)
        return true;
    size_t room = p->room ? 2 * p->room : 1024;
    room = room < p->most ? room : p->most;
    struct pg_trace_event *events = NULL;
    if (room > p->n && (events = realloc(p->events, room * sizeof *events))) {
        p->events = events;
        p->room = room;
    }
    return events != NULL;
}

/* Events come nearly in the order of T; one that comes late goes back a few places. */
static void keep(struct pg_tracer *tracer, const struct pg_trace_event *event) {
    struct mon_trace_part *p = (struct mon_trace_part *)tracer;
    if (p->dropped || !make_room(p)) {
        if (p->dropped++ == 0)
            p->first_dropped_T = event->T;
        return;
    }
    size_t k = p->n++;
    while (k > 0 && p->events[k - 1].T > event->T) {
        p->events[k] = p->events[k - 1];
        k--;
    }
    p->events[k] = *event;
}

/* ---- opening */

static bool ends_in_json(const char *path) {
    size_t size = strlen(path);
    return size >= 5 && strcmp(path + size - 5, ".json") == 0;
}

int mon_trace_open(const struct mon_args *args, size_t nparts, struct mon_trace **trace) {
    const char *path = mon_option(args, OPT_trace), *text = mon_option(args, OPT_trace_size);
    uint64_t size = DEFAULT_SIZE;
    *trace = NULL;
    if (!path)
        return text ? mon_fail(MON_USAGE, "--trace-size is of use only with --trace FILE") : 0;
    if (text && !mon_number(text, SIZE_MAX / 2, 1024, &size))
        return mon_fail(MON_USAGE, "--trace-size %s: it must be a number, such as 64M", text);
    if (size < nparts * MON_TRACE_LEAST)
        return mon_fail(MON_USAGE, "--trace-size %s: %zu K is the least here", text,
                        nparts * MON_TRACE_LEAST / 1024);
    if (mon_is_a_source(args, path))
        return mon_fail(MON_USAGE, "--trace %s: that file is an input of this run", path);
    struct mon_trace *t = calloc(1, sizeof *t + nparts * sizeof t->parts[0]);
    if (!t)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    *t = (struct mon_trace){
        .path = path, .json = ends_in_json(path), .size = size, .nparts = nparts};
    t->file = fopen(path, "wb");
    if (!t->file) {
        free(t);
        return mon_fail(MON_USAGE, "%s: %s", path, strerror(errno));
    }
    *trace = t;
    return 0;
}

struct pg_tracer *mon_trace_begin(struct mon_trace *trace, size_t k, const char *name,
                                  const struct pg_system *system, const struct pg_image *image) {
    if (!trace)
        return NULL;
    struct mon_trace_part *p = &trace->parts[k];
    *p = (struct mon_trace_part){.tracer = {keep},
                                 .system = system,
                                 .image = image,
                                 .most = trace->size / trace->nparts / SHORTEST_LINE};
    snprintf(p->name, sizeof p->name, "%s", name);
    return &p->tracer;
}

void mon_trace_end(struct mon_trace *trace, size_t k, const struct mon_result *result) {
    if (!trace)
        return;
    const struct mon_ending *e = &result->ending;
    struct mon_trace_part *p = &trace->parts[k];
    p->T = result->T;
    snprintf(p->ending, sizeof p->ending, strcmp(e->kind, "exit") == 0 ? "%s %u" : "%s", e->kind,
             e->code);
}

/* ---- writing */

bool mon_trace_line(struct mon_trace_out *out, const char *line) {
    size_t size = strlen(line);
    if (size + MON_TRACE_RESERVE > out->left)
        return false;
    out->left -= size;
    fputs(line, out->file);
    return true;
}

const char *mon_trace_place(const struct mon_trace_part *part, uint32_t pc, char *text,
                            size_t size) {
    const struct pg_symbol *symbol = part->image ? pg_image_symbol_at(part->image, pc) : NULL;
    text[0] = '\0';
    if (symbol && symbol->addr == pc)
        snprintf(text, size, "%.60s", symbol->name);
    else if (symbol)
        snprintf(text, size, "%.60s+0x%x", symbol->name, pc - symbol->addr);
    return text;
}

const char *mon_trace_insn(const struct pg_trace_event *event, char *text, size_t size) {
    text[0] = '\0';
    return event->insn ? pg_disasm(event->insn, event->pc, NULL, text, size) : text;
}

static void say_dropped(const struct mon_trace *t, const struct mon_trace_part *p,
                        unsigned long long dropped) {
    unsigned long long all = p->n + p->dropped, size = t->size;
    if (dropped)
        mon_fail(0, "%s: %llu of %llu events of %s under %s were dropped; --trace-size is %llu",
                 t->path, dropped, all, p->name, p->system->name, size);
}

static void write_parts(struct mon_trace *t) {
    struct mon_trace_out out = {.file = t->file};
    uint64_t all = 0;
    if (t->json)
        mon_trace_json_begin(&out);
    for (size_t k = 0; k < t->nparts; k++) {
        struct mon_trace_part *p = &t->parts[k];
        if (!*p->ending) /* the run came to an end before it */
            continue;
        out.left = t->size / t->nparts;
        size_t written = t->json ? mon_trace_json(p, k + 1, &out) : mon_trace_text(p, &out);
        uint64_t dropped = p->n - written + p->dropped;
        if (!t->json)
            mon_trace_text_end(p, dropped, &out);
        all += dropped;
        say_dropped(t, p, dropped);
    }
    if (t->json)
        mon_trace_json_end(&out, all);
}

int mon_trace_close(struct mon_trace *trace) {
    if (!trace)
        return 0;
    int status = 0;
    errno = 0;
    write_parts(trace);
    bool failed = ferror(trace->file);
    int code = errno;
    if (fclose(trace->file) != 0 && !failed) {
        code = errno;
        failed = true;
    }
    if (failed)
        status = mon_fail(MON_INTERNAL, "%s: %s", trace->path, strerror(code ? code : EIO));
    for (size_t k = 0; k < trace->nparts; k++)
        free(trace->parts[k].events);
    free(trace);
    return status;
}
