/* cost.h - model cycles: a cost that depends on counters alone, not on the host. */
#ifndef PG_COST_H
#define PG_COST_H

#include "vmm/system.h"

/* Cycles for one of each counter. */
struct pg_costs {
    uint32_t cycles[PG_NCOUNTERS];
};

/* The built-in table, cost.def. */
extern const struct pg_costs pg_costs_builtin;

uint64_t pg_model_cycles(const struct pg_counts *counts, const struct pg_costs *costs);

/* Read a table: lines of a counter's name and its cycles; `#` begins a comment; what is not listed
 * costs what it does in the built-in one. On an error *line says where, and *err what. */
bool pg_costs_parse(const char *text, struct pg_costs *costs, unsigned *line, struct pg_error *err);

#endif
