/* trace_text.c - a trace as text: a line for each event, in columns. */
#include "monitor/trace.h"

#include <string.h>

/* A word of a column: nothing in it may look like another column. */
static void one_word(char *text) {
    for (char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~')
            *c = '?';
}

static void format(const struct mon_trace_part *part, const struct pg_trace_event *e, char *line,
                   size_t size) {
    char place[96], insn[96], value[16] = "-";
    const struct pg_event_row *row = &pg_event_rows[e->event];
    mon_trace_place(part, e->pc, place, sizeof place);
    mon_trace_insn(e, insn, sizeof insn);
    one_word(place);
    if (*row->value)
        snprintf(value, sizeof value, "%08x", e->value);
    int n = snprintf(line, size, "%14llu  %u  %-12s  %-11s  %-8s  %08x  %-24s  %s",
                     (unsigned long long)e->T, e->ring, row->name,
                     e->cause ? pg_causes[e->cause].name : "-", value, e->pc, *place ? place : "-",
                     *insn ? insn : "-");
    if (n > 0 && (size_t)n + 2 <= size)
        memcpy(line + n, "\n", 2);
}

size_t mon_trace_text(const struct mon_trace_part *part, struct mon_trace_out *out) {
    char line[512], name[64];
    snprintf(name, sizeof name, "%s", part->name);
    one_word(name);
    fprintf(out->file, "%s# %s under %s\n", out->started ? "\n" : "", name, part->system->name);
    fprintf(out->file, "#%13s  %s  %-12s  %-11s  %-8s  %-8s  %-24s  %s\n", "T", "R", "event",
            "cause", "value", "pc", "place", "instruction");
    out->started = true;
    size_t k = 0;
    for (; k < part->n; k++) {
        format(part, &part->events[k], line, sizeof line);
        if (!mon_trace_line(out, line))
            break;
    }
    return k;
}

void mon_trace_text_end(const struct mon_trace_part *part, uint64_t dropped,
                        struct mon_trace_out *out) {
    unsigned long long all = part->n + part->dropped, T = part->T;
    fprintf(out->file, "# %llu events, %llu of them dropped; the end, %s, at T = %llu\n", all,
            (unsigned long long)dropped, part->ending, T);
}
