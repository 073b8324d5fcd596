/* report_svg.c - the report's pictures, as inline SVG. Colours are classes of the page's style
 * sheet; text takes the page's colour, so that dark pages and paper need no other picture.
 *
 * All coordinates are integers (of a tenth of a pixel where finer ones are needed), so that no
 * host's floating point can show.
 */
#include "monitor/escape.h"
#include "monitor/report.h"

#include <string.h>

enum {
    WIDTH = 960,
    LEFT = 90,   /* for the labels of rows */
    RIGHT = 110, /* for the numbers behind bars */
    BAR = 16,    /* height of a bar */
    LANE = 30,   /* of a ring's lane */
    GAP = 8,
    SPACE = WIDTH - LEFT - RIGHT,
};

static void begin_svg(const struct mon_report *r, int height, const char *title) {
    fprintf(r->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"",
            WIDTH, height);
    mon_put_html(title, r->out);
    fputs("\">\n", r->out);
}

static void end_svg(const struct mon_report *r) {
    fputs("</svg>\n", r->out);
}

static void text(const struct mon_report *r, int x, int y, const char *anchor, const char *words) {
    fprintf(r->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
    mon_put_html(words, r->out);
    fputs("</text>\n", r->out);
}

/* n of `all` parts of a length, rounded; without overflow, if not to the last unit. */
static int scaled(uint64_t n, uint64_t all, int length) {
    while (n > UINT64_MAX >> 16) {
        n >>= 1;
        all >>= 1;
    }
    return all ? (int)((n * (unsigned)length + all / 2) / all) : 0;
}

/* ---- rings */

/* How high the lane of a ring stands in span s, of LANE: at least 1 if it was there at all. */
static int level(const struct mon_timeline *t, uint64_t s, int ring) {
    uint64_t left = t->T - s * t->span, length = left < t->span ? left : t->span;
    int high = scaled(t->time[s][ring], length, LANE);
    return t->time[s][ring] && high == 0 ? 1 : high;
}

/* A rectangle for each stretch of spans of one level. */
static void lane(const struct mon_report *r, const struct mon_timeline *t, int ring, int bottom) {
    const int space = 10 * (WIDTH - LEFT - 10); /* in tenths */
    uint64_t n = t->T ? (t->T - 1) / t->span + 1 : 0, next;
    fprintf(r->out,
            "<g class=\"r%d\" shape-rendering=\"crispEdges\" transform=\"translate(%d 0) "
            "scale(0.1 1)\">",
            ring, LEFT);
    for (uint64_t s = 0; s < n; s = next) {
        int high = level(t, s, ring);
        for (next = s + 1; next < n && level(t, next, ring) == high;)
            next++;
        int from = scaled(s * t->span, t->T, space);
        int to = next < n ? scaled(next * t->span, t->T, space) : space;
        if (high)
            fprintf(r->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", from,
                    bottom - high, to > from ? to - from : 1, high);
    }
    fputs("</g>\n", r->out);
}

void mon_report_rings(const struct mon_report *r, size_t k) {
    const struct mon_timeline *t = &r->timelines[k];
    const int height = MON_RINGS * (LANE + GAP) + 20;
    char title[96], number[32];
    snprintf(title, sizeof title, "Rings of the guest over T, under %s",
             r->comparison->columns[k].system->name);
    begin_svg(r, height, title);
    for (int ring = 0; ring < MON_RINGS; ring++) {
        int bottom = ring * (LANE + GAP) + LANE;
        char name[16];
        snprintf(name, sizeof name, "ring %d", ring);
        text(r, LEFT - 8, bottom - LANE / 2 + 5, "end", name);
        fprintf(r->out, "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", LEFT,
                bottom, WIDTH - 10, bottom);
        lane(r, t, ring, bottom);
    }
    text(r, LEFT, height - 4, "start", "T = 0");
    snprintf(title, sizeof title, "T = %s", mon_grouped(t->T, number));
    text(r, WIDTH - 10, height - 4, "end", title);
    end_svg(r);
}

/* ---- bars */

/* A bar from x on with a number behind it. */
static void bar(const struct mon_report *r, size_t colour, int x, int y, int width) {
    fprintf(r->out, "<rect class=\"c%zu\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
            colour % 6, x, y, width, BAR);
}

/* Traps of the real machine under system k: the guest's own on the bare machine, else the VMM's
 * entries. */
static uint64_t real_traps(const struct mon_report *r, size_t k, int cause) {
    const struct mon_column *column = &r->comparison->columns[k];
    return column->system == &pg_system_bare ? r->timelines[k].traps[cause]
                                             : column->result.counts.exits[cause];
}

void mon_report_traps(const struct mon_report *r) {
    const struct mon_comparison *c = r->comparison;
    uint64_t most = 0;
    int bars = 0, groups = 0;
    for (int cause = 0; cause < PG_NCAUSES; cause++) {
        int before = bars;
        for (size_t k = 0; k < c->n; k++) {
            uint64_t n = real_traps(r, k, cause);
            most = n > most ? n : most;
            bars += n != 0;
        }
        groups += bars > before;
    }
    if (groups == 0) {
        fputs("<p>There were none.</p>\n", r->out);
        return;
    }
    int y = GAP;
    begin_svg(r, bars * (BAR + 2) + (groups + 1) * GAP,
              "Traps of the real machine by cause and system");
    for (int cause = 0; cause < PG_NCAUSES; cause++) {
        bool any = false;
        for (size_t k = 0; k < c->n; k++) {
            uint64_t n = real_traps(r, k, cause);
            char words[64], number[32];
            if (n == 0)
                continue;
            int width = scaled(n, most, SPACE);
            if (!any)
                text(r, LEFT - 8, y + BAR - 3, "end", pg_causes[cause].name);
            any = true;
            bar(r, k, LEFT, y, width ? width : 1);
            snprintf(words, sizeof words, "%s %s", mon_grouped(n, number),
                     c->columns[k].system->name);
            text(r, LEFT + width + 6, y + BAR - 3, "start", words);
            y += BAR + 2;
        }
        y += any ? GAP : 0;
    }
    end_svg(r);
}

void mon_report_shares(const struct mon_report *r) {
    const struct mon_comparison *c = r->comparison;
    const int row = BAR + GAP, legend = 26;
    int x = LEFT;
    begin_svg(r, legend + (int)c->n * row, "How guest instructions were executed, by system");
    for (int s = 0; mon_shares_of_all[s].name; s++) {
        bar(r, (size_t)s, x, 0, BAR);
        text(r, x + BAR + 6, BAR - 3, "start", mon_shares_of_all[s].name);
        x += 130;
    }
    for (size_t k = 0; k < c->n; k++) {
        const struct mon_result *result = &c->columns[k].result;
        int y = legend + (int)k * row;
        uint64_t sum = 0;
        text(r, LEFT - 8, y + BAR - 3, "end", c->columns[k].system->name);
        for (int s = 0; mon_shares_of_all[s].name; s++) {
            uint64_t n = result->counts.n[mon_shares_of_all[s].counter];
            int from = LEFT + scaled(sum, result->instructions, SPACE);
            int to = LEFT + scaled(sum + n, result->instructions, SPACE);
            char percent[32];
            if (n)
                bar(r, (size_t)s, from, y, to > from ? to - from : 1);
            mon_percent(n, result->instructions, percent, sizeof percent);
            if (to - from > 70) { /* room for the number */
                fprintf(r->out, "<g class=\"on c%d\">", s);
                text(r, (from + to) / 2, y + BAR - 3, "middle", percent);
                fputs("</g>\n", r->out);
            }
            sum += n;
        }
    }
    end_svg(r);
}
