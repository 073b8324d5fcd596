/* report.c - the report's page: its style, text and tables. */
#include "monitor/report.h"

#include "monitor/colours.h"
#include "monitor/escape.h"

#include <string.h>

/* Paper is always light. */
static const char style[] =
    ":root { --page: #fff; --ink: #1a1a1a; --pale: #5a5a5a; --line: #c8c8c8; --alarm: #b00020 }\n"
    "@media screen and (prefers-color-scheme: dark) {\n"
    "  :root { --page: #16181c; --ink: #e8e8e8; --pale: #a8a8a8; --line: #44484f;"
    " --alarm: #ff7b8a }\n"
    "}\n"
    "body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;"
    " max-width: 62rem; margin: 2rem auto; padding: 0 1rem }\n"
    "h1 { font-size: 1.7rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }\n"
    "table { border-collapse: collapse; font-size: 0.87rem }\n"
    "th, td { padding: 0.15rem 0.6rem; border-bottom: 1px solid var(--line); text-align: right;"
    " vertical-align: top; font-variant-numeric: tabular-nums; white-space: nowrap }\n"
    "th { font-weight: 600 } th:first-child, td.words { text-align: left }\n"
    "tbody th { font-weight: 400 } td.words { white-space: normal }\n"
    ".in1 { padding-left: 1.6rem } .in2 { padding-left: 2.6rem; color: var(--pale) }\n"
    ".alarm { color: var(--alarm); font-weight: 700 }\n"
    ".wide { overflow-x: auto }\n"
    "p.note { color: var(--pale); max-width: 46rem }\n"
    "dt { float: left; clear: left; width: 9rem; color: var(--pale) }\n"
    "dd { margin-left: 9.5rem; overflow-wrap: anywhere }\n"
    "svg { width: 100%; height: auto; font: 13px system-ui, sans-serif }\n"
    "svg text { fill: var(--ink) } .axis { stroke: var(--line) }\n"
    ".c0, .r0 { fill: " MON_VERMILION " } .c1, .r1 { fill: " MON_ORANGE " }\n"
    ".c2, .r2 { fill: " MON_GREEN " } .c3, .r3 { fill: " MON_BLUE " }\n"
    ".c4 { fill: " MON_PURPLE " } .c5 { fill: " MON_SKY_BLUE " }\n"
    ".on text { fill: #000 } .on.c3 text { fill: #fff }\n"
    "@media print { body { margin: 0; max-width: none; font-size: 10pt }"
    " h2 { break-after: avoid } svg, tr { break-inside: avoid }"
    " rect { print-color-adjust: exact; -webkit-print-color-adjust: exact } }\n";

static void element(const struct mon_report *r, const char *tag, const char *attributes,
                    const char *words) {
    fprintf(r->out, "<%s%s%s>", tag, *attributes ? " " : "", attributes);
    mon_put_html(words, r->out);
    fprintf(r->out, "</%s>", tag);
}

static void section(const struct mon_report *r, const char *id, const char *title,
                    const char *note) {
    fprintf(r->out, "<h2 id=\"%s\">%s</h2>\n<p class=\"note\">%s</p>\n", id, title, note);
}

/* ---- what was run */

static void term(const struct mon_report *r, const char *name, const char *words) {
    element(r, "dt", "", name);
    element(r, "dd", "", words);
    fputc('\n', r->out);
}

static void head(const struct mon_report *r) {
    const struct mon_comparison *c = r->comparison;
    const struct pg_setup *setup = &c->plan.setups[0];
    const struct mon_column *first = &c->columns[0];
    char words[96], number[32];
    fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
          r->out);
    mon_put_html(c->plan.names[0], r->out);
    fprintf(r->out, " in %zu systems</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", c->n,
            style);
    mon_put_html(c->plan.names[0], r->out);
    fprintf(r->out, " in %zu systems</h1>\n<dl>\n", c->n);
    term(r, "guest", r->guest);
    term(r, "profile", setup->profile ? setup->profile->name : "strict");
    snprintf(words, sizeof words, "%s bytes", mon_grouped(setup->memory, number));
    term(r, "memory", words);
    if (setup->disk) {
        snprintf(words, sizeof words, "%s sectors", mon_grouped(setup->disk_sectors, number));
        term(r, "disk", words);
    }
    snprintf(words, sizeof words, "%zu bytes, all there at T = 0", setup->input_size);
    term(r, "console input", setup->input_size ? words : "none");
    term(r, "limit of T", setup->limit == PG_NEVER ? "none" : mon_grouped(setup->limit, number));
    term(r, "engine", c->plan.engine->name);
    term(r, "T at the end", mon_grouped(first->result.T, number));
    term(r, "state hash", first->result.hash);
    fputs("</dl>\n", r->out);
}

static void verdict(const struct mon_report *r) {
    const struct mon_comparison *c = r->comparison;
    bool all = true;
    for (size_t k = 0; k < c->n; k++) {
        const struct mon_column *column = &c->columns[k];
        char words[160];
        if (column->equal)
            continue;
        all = false;
        snprintf(words, sizeof words, "Under %s the guest %s.", column->system->name,
                 column->done ? "ended in another state" : "did not come to its end");
        element(r, "p", "class=\"alarm\"", words);
        fputc('\n', r->out);
    }
    if (all)
        fputs("<p>The guest ended in the same state under every system, to the last bit.</p>\n",
              r->out);
}

/* ---- tables */

static void heading(const struct mon_report *r, const char *first, const char *second) {
    fputs("<div class=\"wide\"><table>\n<thead><tr>", r->out);
    element(r, "th", "scope=\"col\"", first);
    for (size_t k = 0; k < r->comparison->n; k++)
        element(r, "th", "scope=\"col\"", r->comparison->columns[k].system->name);
    if (second)
        element(r, "td", "class=\"words\"", second);
    fputs("</tr></thead>\n<tbody>\n", r->out);
}

static void end_table(const struct mon_report *r) {
    fputs("</tbody>\n</table></div>\n", r->out);
}

static void put_row(void *context, const struct mon_row *row) {
    const struct mon_report *r = context;
    size_t indent = strspn(row->label, " ");
    fputs("<tr>", r->out);
    element(r, "th",
            indent > 2 ? "scope=\"row\" class=\"in2\""
            : indent   ? "scope=\"row\" class=\"in1\""
                       : "scope=\"row\"",
            row->label + indent);
    for (size_t k = 0; k < r->comparison->n; k++)
        element(r, "td", row->alarming[k] ? "class=\"alarm\"" : "", row->cells[k]);
    fputs("</tr>\n", r->out);
}

static void table_of_counters(const struct mon_report *r) {
    const struct mon_comparison *c = r->comparison;
    heading(r, "counter", "meaning");
    for (int f = 0; f < PG_NCOUNTERS; f++) {
        fputs("<tr>", r->out);
        element(r, "th", "scope=\"row\"", pg_counter_rows[f].name);
        for (size_t k = 0; k < c->n; k++) {
            char number[32];
            element(r, "td", "", mon_grouped(c->columns[k].result.counts.n[f], number));
        }
        element(r, "td", "class=\"words\"", pg_counter_rows[f].meaning);
        fputs("</tr>\n", r->out);
    }
    end_table(r);
}

/* ---- rings */

/* Did the guest have the same rings and traps? */
static bool same_timeline(const struct mon_timeline *a, const struct mon_timeline *b) {
    return a->T == b->T && a->span == b->span && memcmp(a->time, b->time, sizeof a->time) == 0 &&
           memcmp(a->traps, b->traps, sizeof a->traps) == 0;
}

/* A picture for each system whose guest did not do what an earlier one's did. */
static void rings(const struct mon_report *r) {
    const struct mon_comparison *c = r->comparison;
    for (size_t k = 0; k < c->n; k++) {
        size_t like = 0;
        while (like < k && !same_timeline(&r->timelines[like], &r->timelines[k]))
            like++;
        if (like < k)
            continue;
        fputs("<figure>\n", r->out);
        mon_report_rings(r, k);
        fputs("<figcaption>", r->out);
        for (size_t j = k; j < c->n; j++)
            if (same_timeline(&r->timelines[k], &r->timelines[j])) {
                fputs(j == k ? "Under " : ", ", r->out);
                mon_put_html(c->columns[j].system->name, r->out);
            }
        fputs("</figcaption>\n</figure>\n", r->out);
    }
}

/* ---- the page */

void mon_report_page(const struct mon_report *r) {
    head(r);
    verdict(r);
    section(r, "comparison", "Comparison",
            "The state is the state hash's first digits; equal means all of it is the first "
            "column's. Host time is left out: the page is the same at every run.");
    heading(r, "", NULL);
    mon_compare_rows(r->comparison, put_row, (void *)r);
    end_table(r);
    section(r, "shares", "How guest instructions were executed",
            "Directly by the real machine, in translated form, by an interpretive routine after a "
            "trap, or interpreted without one.");
    mon_report_shares(r);
    section(r, "traps", "Traps of the real machine, by cause",
            "On the bare machine they are the guest&#39;s own; under a VMM they are what entered "
            "it. A system without a bar had none. Under interp there are none, since no guest "
            "instruction ever runs there.");
    mon_report_traps(r);
    section(r, "rings", "Rings over time",
            "The guest&#39;s rings over T. The height in a lane is the share of that stretch of T "
            "that the guest spent in that ring.");
    rings(r);
    section(r, "counters", "Counters", "What each system counts.");
    table_of_counters(r);
    fputs("</body>\n</html>\n", r->out);
}
