/* depth.c - `trapeze compare --depth N`: a guest inside a VMM inside a VMM ..., depth by depth.
 *
 * Popek & Goldberg (1974), theorem 2: the guest's result is the same at every depth; what grows is
 * the number of traps on the machine.
 */
#include "isa/nest.h"
#include "monitor/depth.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL = 24, WIDTH = 14, SLICE = 1000000 };

/* What is nested in what, and how it is run. */
struct tower {
    const struct mon_plan *plan;
    const struct pg_system *system;
    const struct pg_image *vmm;
    const struct pg_symbol *exits; /* the word that counts the VMM's entries; NULL: there is none */
    uint32_t base;                 /* where in a VMM its guest begins; 0 before the first one */
    struct pg_bytes first;         /* the output at depth 0 */
};

static void row(const char *label, const struct mon_depth *depths, size_t n,
                void (*cell)(const struct mon_depth *d, char *text, size_t size)) {
    printf("%-*s", LABEL, label);
    for (size_t k = 0; k < n; k++) {
        char text[64] = "";
        cell(&depths[k], text, sizeof text);
        printf(" %*s", WIDTH, text);
    }
    putchar('\n');
}

static void put_depth(const struct mon_depth *d, char *text, size_t size) {
    snprintf(text, size, "depth %zu", d->depth);
}

static void put_result(const struct mon_depth *d, char *text, size_t size) {
    snprintf(text, size, strcmp(d->ending.kind, "exit") == 0 ? "%s %u" : "%s", d->ending.kind,
             d->ending.code);
}

static void put_output(const struct mon_depth *d, char *text, size_t size) {
    snprintf(text, size, "%s%zu bytes",
             d->depth == 0 ? ""
             : d->equal    ? "equal "
                           : "DIFFERS ",
             d->output);
}

static void put_instructions(const struct mon_depth *d, char *text, size_t size) {
    char number[32];
    snprintf(text, size, "%s", mon_grouped(d->instructions, number));
}

static void put_traps(const struct mon_depth *d, char *text, size_t size) {
    char number[32];
    snprintf(text, size, "%s", mon_grouped(d->traps, number));
}

static void put_growth(const struct mon_depth *d, char *text, size_t size) {
    if (d->depth > 0 && d[-1].traps)
        snprintf(text, size, "%.1f", (double)d->traps / (double)d[-1].traps);
    else
        snprintf(text, size, "-");
}

/* One row for each VMM: what goes on at its level. */
static void rows_of_entries(const struct mon_depth *depths, size_t n) {
    for (size_t level = 0; level + 1 < n; level++) {
        char text[48];
        snprintf(text, sizeof text, "entries of VMM %zu", level + 1);
        printf("%-*s", LABEL, text);
        for (size_t k = 0; k < n; k++)
            printf(" %*s", WIDTH,
                   level < depths[k].depth ? mon_grouped(depths[k].entries[level], text) : "-");
        putchar('\n');
    }
}

static void put_seconds(const struct mon_depth *d, char *text, size_t size) {
    snprintf(text, size, "%.3f s", d->seconds);
}

static void print_table(const struct tower *t, const struct mon_depth *depths, size_t n) {
    printf("%s, nested, under %s on the %s engine\n\n", t->plan->names[0], t->system->name,
           t->plan->engine->name);
    row("", depths, n, put_depth);
    row("result", depths, n, put_result);
    row("console output", depths, n, put_output);
    row("instructions", depths, n, put_instructions);
    row("traps on the machine", depths, n, put_traps);
    row("  times the depth before", depths, n, put_growth);
    if (t->exits)
        rows_of_entries(depths, n);
    row("host time", depths, n, put_seconds);
}

/* Run the setup at one depth. The first depth's output is kept, for the others. */
static int run(struct tower *t, struct mon_depth *d, const struct pg_setup *setup) {
    struct pg_error err;
    const char *name = t->plan->names[0];
    struct pg_session *s = t->system->open(t->plan->engine, setup, 1, &err);
    if (!s)
        return mon_fail(MON_BAD_IMAGE, "%s at depth %zu: %s", name, d->depth, err.text);
    double begin = mon_processor_time();
    enum pg_progress progress = PG_PROGRESS_MORE;
    while (progress == PG_PROGRESS_MORE && !mon_interrupted())
        progress = s->run(s, SLICE);
    const struct pg_machine *m = s->guest(s, 0);
    const struct pg_bytes *output = &m->bus.plugs.output;
    d->seconds = mon_processor_time() - begin;
    d->ending = mon_ending(m, setup->limit);
    d->instructions = m->retired;
    d->traps = m->traps;
    for (uint32_t level = 0; t->exits && level < d->depth; level++)
        d->entries[level] = pg_ram_read32(&m->ram, level * t->base + t->exits->addr);
    d->output = output->size;
    int status = 0;
    if (progress == PG_PROGRESS_BROKEN)
        status = mon_fail(MON_INTERNAL, "%s at depth %zu: %s", name, d->depth, s->error.text);
    else if (d->depth == 0 && output->size && !pg_bytes_add(&t->first, output->data, output->size))
        status = mon_fail(MON_INTERNAL, "the host is out of memory");
    d->equal = output->size == t->first.size &&
               (output->size == 0 || memcmp(output->data, t->first.data, output->size) == 0);
    s->close(s);
    return status;
}

/* Nest what the setup runs once more; the guest's share of memory stays the same. */
static int nest(struct tower *t, struct pg_image **image, struct pg_setup *setup) {
    struct pg_error err;
    struct pg_image *next = pg_nest(t->vmm, setup->image, &t->base, &err);
    if (!next)
        return mon_fail(MON_BAD_IMAGE, "%s", err.text);
    pg_image_free(*image);
    setup->image = *image = next;
    if (setup->memory > UINT32_MAX - t->base)
        return mon_fail(MON_USAGE, "with %u bytes more for each VMM, that is more than 4 GiB",
                        t->base);
    setup->memory += t->base;
    return 0;
}

/* All depths, each nested once more than the one before. */
static int run_all(struct tower *t, struct mon_depth *depths, size_t n) {
    struct pg_setup setup = t->plan->setups[0];
    struct pg_image *image = NULL;
    int status = 0;
    for (size_t k = 0; k < n && status == 0 && !mon_interrupted(); k++) {
        depths[k].depth = k;
        if (k > 0)
            status = nest(t, &image, &setup);
        if (status == 0)
            status = run(t, &depths[k], &setup);
    }
    pg_image_free(image);
    return status;
}

static bool all_the_same(const struct mon_depth *depths, size_t n) {
    bool same = true;
    for (size_t k = 1; k < n; k++)
        same &= depths[k].equal && depths[k].ending.status == depths[0].ending.status &&
                depths[k].ending.code == depths[0].ending.code;
    return same;
}

/* The system of --systems, which must be one, or bare. */
static int choose_system(const struct mon_args *args, const struct pg_system **system) {
    size_t n;
    *system = &pg_system_bare;
    if (!mon_option(args, OPT_systems))
        return 0;
    int status = mon_systems(args, system, 1, &n);
    return status ? mon_fail(status, "--depth takes one system") : 0;
}

static int compare(struct tower *t, const struct mon_args *args, size_t n) {
    struct mon_depth depths[MON_DEPTHS + 1] = {{0}};
    int status = run_all(t, depths, n);
    if (status)
        return status;
    if (mon_interrupted())
        return MON_INTERRUPTED;
    if (mon_option(args, OPT_json))
        status =
            mon_json_depths(t->plan->names[0], t->system->name, t->plan->engine->name, depths, n);
    else
        print_table(t, depths, n);
    if (status == 0)
        status = mon_flush();
    return status ? status : all_the_same(depths, n) ? 0 : MON_DIFFERENCE;
}

int mon_compare_depths(const struct mon_args *args, struct mon_plan *plan) {
    const char *path = mon_option(args, OPT_vmm), *text = mon_option(args, OPT_depth);
    struct tower t = {.plan = plan};
    uint64_t depth;
    if (!mon_number(text, MON_DEPTHS, 0, &depth))
        return mon_fail(MON_USAGE, "--depth %s: not a number up to %d", text, MON_DEPTHS);
    if (!path)
        return mon_fail(MON_USAGE, "--depth needs --vmm FILE, a VMM such as guests/vmm/vmm.s");
    int status = choose_system(args, &t.system);
    if (status)
        return status;
    struct pg_image *vmm = mon_program(path, args);
    if (!vmm)
        return MON_BAD_IMAGE;
    t.vmm = vmm;
    t.exits = pg_image_symbol(vmm, "vmm_exits");
    status = compare(&t, args, (size_t)depth + 1);
    pg_image_free(vmm);
    free(t.first.data);
    return status;
}
