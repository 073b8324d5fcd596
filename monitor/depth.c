/* depth.c - `trapeze compare --depth N`: a guest inside a VMM inside a VMM ..., depth by depth.
 *
 * Popek & Goldberg (1974), theorem 2: the guest's result is the same at every depth; what grows is
 * the number of traps on the machine.
 */
#include "isa/nest.h"
#include "monitor/depth.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL = 22, WIDTH = 14, DEPTHS = 8, SLICE = 1000000 };

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

static void put_seconds(const struct mon_depth *d, char *text, size_t size) {
    snprintf(text, size, "%.3f s", d->seconds);
}

static void print_table(const struct mon_plan *plan, const struct mon_depth *depths, size_t n) {
    printf("%s, nested, on the bare machine and the %s engine\n\n", plan->names[0],
           plan->engine->name);
    row("", depths, n, put_depth);
    row("result", depths, n, put_result);
    row("console output", depths, n, put_output);
    row("instructions", depths, n, put_instructions);
    row("traps on the machine", depths, n, put_traps);
    row("  times the depth before", depths, n, put_growth);
    row("host time", depths, n, put_seconds);
}

/* Run the image at one depth. The first depth's output is kept in *first, for the others. */
static int run(struct mon_depth *d, const struct mon_plan *plan, const struct pg_setup *setup,
               struct pg_bytes *first) {
    struct pg_error err;
    struct pg_session *s = pg_system_bare.open(plan->engine, setup, 1, &err);
    if (!s)
        return mon_fail(MON_BAD_IMAGE, "%s at depth %zu: %s", plan->names[0], d->depth, err.text);
    double begin = mon_processor_time();
    while (s->run(s, SLICE) == PG_PROGRESS_MORE && !mon_interrupted()) {
    }
    const struct pg_machine *m = s->guest(s, 0);
    const struct pg_bytes *output = &m->bus.plugs.output;
    d->seconds = mon_processor_time() - begin;
    d->ending = mon_ending(m, setup->limit);
    d->instructions = m->retired;
    d->traps = m->traps;
    d->output = output->size;
    bool ok = d->depth > 0 || !output->size || pg_bytes_add(first, output->data, output->size);
    d->equal = output->size == first->size &&
               (output->size == 0 || memcmp(output->data, first->data, output->size) == 0);
    s->close(s);
    return ok ? 0 : mon_fail(MON_INTERNAL, "the host is out of memory");
}

/* All depths, each nested once more than the one before. */
static int run_all(const struct mon_args *args, struct mon_plan *plan, struct pg_image *vmm,
                   struct mon_depth *depths, size_t n) {
    struct pg_setup setup = plan->setups[0];
    struct pg_image *image = NULL;
    struct pg_bytes first = {0};
    struct pg_error err;
    int status = 0;
    for (size_t k = 0; k < n && status == 0 && !mon_interrupted(); k++) {
        uint32_t base = 0;
        struct pg_image *next =
            k == 0 ? NULL : pg_nest(vmm, image ? image : plan->images[0], &base, &err);
        if (k > 0 && !next) {
            status = mon_fail(MON_BAD_IMAGE, "%s: %s", mon_option(args, OPT_vmm), err.text);
            break;
        }
        pg_image_free(image);
        image = next;
        setup.image = image ? image : plan->images[0];
        if (setup.memory > UINT32_MAX - base) {
            status = mon_fail(MON_USAGE, "depth %zu needs more than 4 GiB of memory", k);
            break;
        }
        setup.memory += base; /* the guest's share stays the same */
        depths[k].depth = k;
        status = run(&depths[k], plan, &setup, &first);
    }
    pg_image_free(image);
    free(first.data);
    return status;
}

int mon_compare_depths(const struct mon_args *args, struct mon_plan *plan) {
    struct mon_depth depths[DEPTHS + 1] = {{0}};
    const char *path = mon_option(args, OPT_vmm);
    uint64_t depth;
    if (!mon_number(mon_option(args, OPT_depth), DEPTHS, 0, &depth))
        return mon_fail(MON_USAGE, "--depth %s: not a number up to %d", mon_option(args, OPT_depth),
                        DEPTHS);
    if (!path)
        return mon_fail(MON_USAGE, "--depth needs --vmm FILE, a VMM such as guests/vmm/vmm.s");
    struct pg_image *vmm = mon_program(path, args);
    if (!vmm)
        return MON_BAD_IMAGE;
    size_t n = (size_t)depth + 1;
    int status = run_all(args, plan, vmm, depths, n);
    pg_image_free(vmm);
    if (status)
        return status;
    if (mon_interrupted())
        return MON_INTERRUPTED;
    bool same = true;
    for (size_t k = 1; k < n; k++)
        same &= depths[k].equal && depths[k].ending.status == depths[0].ending.status &&
                depths[k].ending.code == depths[0].ending.code;
    if (mon_option(args, OPT_json))
        status = mon_json_depths(plan->names[0], plan->engine->name, depths, n);
    else
        print_table(plan, depths, n);
    return status ? status : same ? 0 : MON_DIFFERENCE;
}
