/* bench_plot.c - the ratios to native time as a picture: SVG, one group of bars a workload, log
 * scale. */
#include "monitor/bench.h"
#include "monitor/colours.h"
#include "monitor/escape.h"

#include <math.h>

enum { LEFT = 110, WIDTH = 640, BAR = 7, GAP = 8, TOP = 50, BOTTOM = 40 };

/* What there are bars of: qemu-riscv32 if it was there, then the ways. */
struct series {
    int which[BENCH_WAYS + 1];
    size_t n;
};

static const char *name_of(const struct bench *b, int which) {
    return which == BENCH_QEMU ? "qemu" : b->ways[which].name;
}

static const char *colour_of(size_t k) {
    static const char *const colours[] = {MON_BLUE,   MON_VERMILION, MON_GREEN, MON_PURPLE,
                                          MON_ORANGE, MON_SKY_BLUE,  "#999999", "#000000"};
    return colours[k % (sizeof colours / sizeof *colours)];
}

static struct series series_of(const struct bench *b, const struct bench_program *p) {
    struct series s = {.n = 0};
    if (p->qemu > 0)
        s.which[s.n++] = BENCH_QEMU;
    for (size_t w = 0; w < b->nways; w++)
        s.which[s.n++] = (int)w;
    return s;
}

/* Where a ratio is on the axis, which begins at `least` and has so many powers of ten. */
static double place(double ratio, double least, double decades) {
    double at = (log10(ratio) - least) / decades;
    return LEFT + WIDTH * (at < 0 ? 0 : at > 1 ? 1 : at);
}

static void put_axis(FILE *out, double least, double decades, double bottom) {
    for (int k = 0; k <= (int)decades; k++) {
        double x = LEFT + WIDTH * k / decades;
        fprintf(out,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ccc\"/>\n"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>\n",
                x, TOP - 6, x, bottom, x, bottom + 16, pow(10, least + k));
    }
    fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">time / native time</text>\n",
            LEFT + WIDTH / 2, bottom + 33);
}

static void put_legend(FILE *out, const struct bench *b, const struct series *s) {
    for (size_t k = 0; k < s->n; k++)
        fprintf(out,
                "<rect x=\"%zu\" y=\"14\" width=\"12\" height=\"12\" fill=\"%s\"/>\n"
                "<text x=\"%zu\" y=\"25\">%s</text>\n",
                LEFT + 95 * k, colour_of(k), LEFT + 95 * k + 17, name_of(b, s->which[k]));
}

bool bench_plot(const struct bench *b, const struct bench_program *programs, size_t n, FILE *out) {
    struct series s = series_of(b, programs);
    double least = 0, most = 1;
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < s.n && programs[k].native > 0; j++) {
            double power = log10(bench_seconds(&programs[k], s.which[j]) / programs[k].native);
            least = power < least ? floor(power) : least;
            most = power > most ? ceil(power) : most;
        }
    double group = (double)(BAR * s.n + GAP), bottom = TOP + group * (double)n;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" "
            "font-family=\"sans-serif\""
            " font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            LEFT + WIDTH + 30, bottom + BOTTOM);
    put_legend(out, b, &s);
    put_axis(out, least, most - least, bottom);
    for (size_t k = 0; k < n; k++) {
        double y = TOP + group * (double)k;
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 8,
                y + BAR * (double)s.n / 2 + 5);
        mon_put_html(programs[k].name, out);
        fprintf(out, "</text>\n");
        for (size_t j = 0; j < s.n && programs[k].native > 0; j++) {
            double ratio = bench_seconds(&programs[k], s.which[j]) / programs[k].native;
            fprintf(out,
                    "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\">"
                    "<title>%s: %.2f</title></rect>\n",
                    LEFT, y + BAR * (double)j, place(ratio, least, most - least) - LEFT, BAR - 1,
                    colour_of(j), name_of(b, s.which[j]), ratio);
        }
    }
    fprintf(out, "</svg>\n");
    return !ferror(out);
}
