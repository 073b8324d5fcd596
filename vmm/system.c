#include "vmm/system.h"

#include "machine/load.h"
#include "vmm/trace.h"

#include <stdlib.h>

const struct pg_counter_row pg_counter_rows[PG_NCOUNTERS] = {
#define X(name, meaning) {#name, meaning},
#include "vmm/counter.def"
#undef X
};

const struct pg_system *const pg_systems[] = {
#define X(name) &pg_system_##name,
#include "vmm/system.def"
#undef X
    NULL,
};

const struct pg_system *pg_system_by_name(const char *name) {
    for (int k = 0; pg_systems[k]; k++)
        if (strcmp(pg_systems[k]->name, name) == 0)
            return pg_systems[k];
    return NULL;
}

static bool plug_input(struct pg_machine *m, const struct pg_setup *setup) {
    struct pg_input *input = &m->bus.plugs.input;
    input->open = true;
    if (setup->input_size && !pg_input_add(input, 0, setup->input, setup->input_size))
        return false;
    if (!setup->live)
        pg_input_end(input, 0);
    return true;
}

/* As it was, in a machine of this system's. */
static bool resume(struct pg_machine *m, const struct pg_setup *setup) {
    const struct pg_input *log = setup->log;
    struct pg_plugs *plugs = &m->bus.plugs;
    size_t at = 0;
    for (size_t k = 0; k < log->narrivals; at = log->arrivals[k++].upto)
        if (!pg_input_add(&plugs->input, log->arrivals[k].T, log->bytes.data + at,
                          log->arrivals[k].upto - at))
            return false;
    plugs->input.open = log->open;
    plugs->input.end_T = log->end_T;
    if (setup->disk_sectors && !pg_plugs_disk(plugs, NULL, setup->disk_sectors))
        return false;
    return pg_checkpoint_restore(m, setup->from);
}

bool pg_set_up(struct pg_machine *m, const struct pg_setup *setup, struct pg_error *err) {
    if (setup->profile)
        m->profile = setup->profile;
    if (setup->tracer)
        pg_trace_machine(setup->tracer, m);
    if (setup->from)
        return resume(m, setup) || pg_fail(err, "the host is out of memory");
    size_t size = (size_t)setup->disk_sectors * PG_SECTOR;
    if (setup->disk && !pg_plug_disk(m, setup->disk, size, err))
        return false;
    if (!plug_input(m, setup))
        return pg_fail(err, "the host is out of memory");
    return pg_load_image(m, setup->image, err);
}
