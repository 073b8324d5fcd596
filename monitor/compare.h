/* compare.h - one guest under several systems: running it, and the rows of the table; `compare` and
 * `report` show the same rows. */
#ifndef MON_COMPARE_H
#define MON_COMPARE_H

#include "monitor/monitor.h"

enum { MON_SYSTEMS = 16 };

struct mon_comparison {
    const struct mon_args *args;
    struct mon_plan plan;
    struct pg_costs costs;
    const struct pg_system *systems[MON_SYSTEMS];
    size_t nsystems;
    struct pg_tracer *tracers[MON_SYSTEMS]; /* of each system's run, or NULL */
    struct mon_column columns[MON_SYSTEMS];
    size_t n; /* columns that have been run */
};

/* What the command line says: the systems and the guest. Returns 0, or an exit status after a
 * message. Free with mon_unplan(&c->plan), in either case. */
int mon_compare_plan(struct mon_comparison *c, const struct mon_args *args);

/* Run the guest under each system, until one fails or there is an interrupt. Returns 0, or an exit
 * status after a message. */
int mon_compare_run(struct mon_comparison *c);

/* The exit status that the results give; says on standard error what is wrong with them. */
int mon_compare_verdict(const struct mon_comparison *c);

/* A row of the table. */
struct mon_row {
    const char *label; /* indented by blanks where it is part of the row above */
    char cells[MON_SYSTEMS][32];
    bool alarming[MON_SYSTEMS];
};

/* Who is given the rows, one by one. */
typedef void mon_row_fn(void *context, const struct mon_row *row);

/* All rows but those of host time, and those: the former are the same at every run. */
void mon_compare_rows(const struct mon_comparison *c, mon_row_fn *put, void *context);
void mon_compare_times(const struct mon_comparison *c, mon_row_fn *put, void *context);

/* How guest instructions were executed: counters that are shares of a whole. Ends with a row
 * without a name. */
struct mon_share {
    enum pg_counter counter;
    const char *name;
};
extern const struct mon_share mon_shares_of_all[];

/* A share in per cent, which is 0 or 100 only if it is all or nothing. */
void mon_percent(uint64_t n, uint64_t all, char *text, size_t size);

#endif
