#include "vmm/cost.h"

#include "isa/nearest.h"

#include <stdio.h>
#include <string.h>

const struct pg_costs pg_costs_builtin = {{
#define X(counter, cost) [PG_COUNT_##counter] = (cost),
#include "vmm/cost.def"
#undef X
}};

uint64_t pg_model_cycles(const struct pg_counts *counts, const struct pg_costs *costs) {
    uint64_t cycles = 0;
    for (int k = 0; k < PG_NCOUNTERS; k++)
        cycles += counts->n[k] * costs->cycles[k];
    return cycles;
}

static int counter_named(const char *name, struct pg_error *err) {
    struct pg_nearest search = pg_nearest_begin(name);
    char hint[PG_NEAREST_HINT];
    for (int k = 0; k < PG_NCOUNTERS; k++) {
        if (strcmp(pg_counter_rows[k].name, name) == 0)
            return k;
        pg_nearest_offer(&search, pg_counter_rows[k].name);
    }
    pg_fail(err, "there is no counter %s%s", name, pg_nearest_hint(&search, hint));
    return -1;
}

/* One line, without its comment. */
static bool parse_line(char *text, struct pg_costs *costs, struct pg_error *err) {
    char name[64], more;
    unsigned long cycles;
    text[strcspn(text, "#")] = '\0';
    int n = sscanf(text, "%63s %lu %c", name, &cycles, &more);
    if (n <= 0)
        return true; /* empty */
    int counter = counter_named(name, err);
    if (counter < 0)
        return false;
    if (n != 2 || cycles > 1000000000)
        return pg_fail(err, "%s: expected a number of cycles, at most 1000000000", name);
    costs->cycles[counter] = (uint32_t)cycles;
    return true;
}

bool pg_costs_parse(const char *text, struct pg_costs *costs, unsigned *line,
                    struct pg_error *err) {
    *costs = pg_costs_builtin;
    for (*line = 1; *text; ++*line) {
        char copy[256];
        size_t n = strcspn(text, "\n");
        if (n >= sizeof copy)
            return pg_fail(err, "a line of more than %zu characters", sizeof copy - 1);
        memcpy(copy, text, n);
        copy[n] = '\0';
        if (!parse_line(copy, costs, err))
            return false;
        text += n + (text[n] == '\n');
    }
    return true;
}
