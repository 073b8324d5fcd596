/* report.h - the page that `trapeze report` writes: report.c its text and tables, report_svg.c its
 * pictures.
 *
 * One file that needs nothing else: no network, no script. It is HTML and well-formed XML at the
 * same time, and the same bytes at every run: host time is left out. Whatever comes from a guest or
 * the command line goes through mon_put_html.
 */
#ifndef MON_REPORT_H
#define MON_REPORT_H

#include "monitor/compare.h"
#include "monitor/report_timeline.h"

struct mon_report {
    FILE *out;
    const struct mon_comparison *comparison;
    const char *guest;                    /* as the command line names it */
    const struct mon_timeline *timelines; /* of each column */
};

/* The whole page. */
void mon_report_page(const struct mon_report *r);

/* ---- the pictures */

/* The rings of the guest under system k, over T. */
void mon_report_rings(const struct mon_report *r, size_t k);

/* Traps of the real machine by cause, a bar for each system. */
void mon_report_traps(const struct mon_report *r);

/* How guest instructions were executed, a bar for each system. */
void mon_report_shares(const struct mon_report *r);

#endif
