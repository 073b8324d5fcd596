/* trace_json.c - a trace in the Chrome trace event format, which Perfetto reads.
 *
 * Source: "Trace Event Format" (Google, 2016). Each part is a process, each track a thread of it.
 * A step of T is a microsecond, the format's unit. Rings are complete events (X), slices that
 * follow each other without a gap; all else are instants (i). One event a line. Written by hand and
 * not by jansson: the lines are counted as they are written, and need no object in memory.
 */
#include "monitor/escape.h"
#include "monitor/trace.h"

#include <string.h>

enum { LINE = 1024 };

/* JSON readers' integers end at 2^63. */
static const char *number(uint64_t value, char text[32]) {
    snprintf(text, 32, value <= INT64_MAX ? "%llu" : "%llu.0", (unsigned long long)value);
    return text;
}

/* A line of the list of events; false if it no longer fits. */
static bool put(struct mon_trace_out *out, const char *line) {
    char text[LINE + 2];
    snprintf(text, sizeof text, "%s%s", out->started ? ",\n" : "", line);
    bool fits = mon_trace_line(out, text);
    out->started |= fits;
    return fits;
}

/* The same for headings and ends, for which room is reserved. */
static void put_always(struct mon_trace_out *out, const char *line) {
    fprintf(out->file, "%s%s", out->started ? ",\n" : "", line);
    out->started = true;
}

static void name_tracks(const struct mon_trace_part *part, size_t pid, struct mon_trace_out *out) {
    char line[LINE], name[6 * sizeof part->name];
    mon_json_text(part->name, name, sizeof name);
    snprintf(line, sizeof line,
             "{\"ph\":\"M\",\"pid\":%zu,\"name\":\"process_name\",\"args\":{\"name\":\"%s under "
             "%s\"}}",
             pid, name, part->system->name);
    put_always(out, line);
    snprintf(line, sizeof line,
             "{\"ph\":\"M\",\"pid\":%zu,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":"
             "%zu}}",
             pid, pid);
    put_always(out, line);
    bool used[PG_NTRACKS] = {[PG_TRACK_ring] = true};
    for (size_t k = 0; k < part->n; k++)
        used[pg_event_rows[part->events[k].event].track] = true;
    for (int k = 0; k < PG_NTRACKS; k++) {
        if (!used[k])
            continue;
        snprintf(line, sizeof line,
                 "{\"ph\":\"M\",\"pid\":%zu,\"tid\":%d,\"name\":\"thread_name\",\"args\":{\"name\":"
                 "\"%s\"}}",
                 pid, k + 1, pg_track_names[k]);
        put_always(out, line);
    }
}

static void slice(size_t pid, unsigned ring, uint64_t begin, uint64_t end, char line[LINE]) {
    char ts[32], dur[32];
    snprintf(line, LINE,
             "{\"ph\":\"X\",\"pid\":%zu,\"tid\":%d,\"ts\":%s,\"dur\":%s,\"name\":\"ring %u\"}", pid,
             PG_TRACK_ring + 1, number(begin, ts), number(end - begin, dur), ring);
}

static void instant(const struct mon_trace_part *part, size_t pid, const struct pg_trace_event *e,
                    char line[LINE]) {
    const struct pg_event_row *row = &pg_event_rows[e->event];
    char ts[32], insn[96], place[96], text[6 * sizeof place];
    size_t n = (size_t)snprintf(
        line, LINE,
        "{\"ph\":\"i\",\"s\":\"t\",\"pid\":%zu,\"tid\":%d,\"ts\":%s,\"name\":\"%s%s%s\",\"args\":{"
        "\"pc\":\"0x%08x\",\"ring\":%u",
        pid, row->track + 1, number(e->T, ts), row->name, e->cause ? " " : "",
        e->cause ? pg_causes[e->cause].name : "", e->pc, e->ring);
    if (e->cause)
        n += (size_t)snprintf(line + n, LINE - n, ",\"cause\":\"%s\"", pg_causes[e->cause].name);
    if (*row->value)
        n += (size_t)snprintf(line + n, LINE - n, ",\"value\":\"0x%x\"", e->value);
    if (e->insn) {
        mon_json_text(mon_trace_insn(e, insn, sizeof insn), text, sizeof text);
        n += (size_t)snprintf(line + n, LINE - n, ",\"insn\":\"%s\"", text);
    }
    if (*mon_trace_place(part, e->pc, place, sizeof place)) {
        mon_json_text(place, text, sizeof text);
        n += (size_t)snprintf(line + n, LINE - n, ",\"place\":\"%s\"", text);
    }
    snprintf(line + n, LINE - n, "}}");
}

size_t mon_trace_json(const struct mon_trace_part *part, size_t number_of_part,
                      struct mon_trace_out *out) {
    char line[LINE], ts[32];
    uint64_t since = 0; /* the present ring */
    unsigned ring = 0;
    name_tracks(part, number_of_part, out);
    size_t k = 0;
    for (; k < part->n; k++) {
        const struct pg_trace_event *e = &part->events[k];
        if (e->event == PG_EVENT_ring)
            slice(number_of_part, ring, since, e->T, line);
        else
            instant(part, number_of_part, e, line);
        if (!put(out, line))
            break;
        if (e->event == PG_EVENT_ring) {
            since = e->T;
            ring = e->value;
        }
    }
    /* The last slice, up to the end or to where knowledge ends. */
    uint64_t dropped = part->n - k + part->dropped;
    uint64_t end = k < part->n ? part->events[k].T : dropped ? part->first_dropped_T : part->T;
    if (end > since) {
        slice(number_of_part, ring, since, end, line);
        put_always(out, line);
    }
    if (dropped) {
        snprintf(line, sizeof line,
                 "{\"ph\":\"i\",\"s\":\"p\",\"pid\":%zu,\"tid\":%d,\"ts\":%s,\"name\":\"from here "
                 "on %llu events were dropped\"}",
                 number_of_part, PG_TRACK_traps + 1, number(end, ts), (unsigned long long)dropped);
        put_always(out, line);
    }
    return k;
}

void mon_trace_json_begin(struct mon_trace_out *out) {
    fputs("{\"traceEvents\":[\n", out->file);
}

void mon_trace_json_end(struct mon_trace_out *out, uint64_t dropped) {
    char text[32];
    fprintf(out->file,
            "\n],\n\"displayTimeUnit\":\"ns\",\n\"otherData\":{\"schema\":\"trapeze.trace\","
            "\"version\":1,\"unit\":\"a microsecond is a step of T\",\"dropped\":%s}}\n",
            number(dropped, text));
}
