/* program.c - programs, disks and inputs: from the command line to setups. */
#include "monitor/monitor.h"
#include "monitor/random.h"
#include "vmm/random_guest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PROGRAM = 256 << 20, MAX_INPUT = 256 << 20 };

/* ---- programs */

static bool is_source(const char *path) {
    size_t size = strlen(path);
    return size > 2 && (strcmp(path + size - 2, ".s") == 0 || strcmp(path + size - 2, ".S") == 0);
}

bool mon_asm_options(const struct mon_args *args, struct pg_asm_options *options,
                     struct mon_defines *storage) {
    options->include_paths = args->values[OPT_include];
    options->ninclude_paths = args->count[OPT_include];
    for (size_t k = 0; k < args->count[OPT_define]; k++) {
        const char *text = args->values[OPT_define][k];
        size_t size = strcspn(text, "=");
        uint64_t value = 1;
        if (size == 0 || size >= sizeof storage->names[k] ||
            (text[size] == '=' && !mon_number(text + size + 1, UINT32_MAX, 0, &value))) {
            mon_fail(MON_USAGE, "--define %s: not a name and a number, such as WORK=1", text);
            return false;
        }
        snprintf(storage->names[k], sizeof storage->names[k], "%.*s", (int)size, text);
        storage->items[k] = (struct pg_asm_define){storage->names[k], (uint32_t)value};
    }
    options->defines = storage->items;
    options->ndefines = args->count[OPT_define];
    return true;
}

static struct pg_image *assemble(const char *path, const struct mon_args *args) {
    struct pg_diagnostics diags = {0};
    struct pg_asm_options options = pg_asm_options_default();
    struct mon_defines defines;
    if (!mon_asm_options(args, &options, &defines))
        return NULL;
    struct pg_image *image = pg_assemble(&path, 1, &options, &diags);
    pg_diagnostics_print(&diags, stderr, isatty(STDERR_FILENO));
    pg_diagnostics_free(&diags);
    return image;
}

struct pg_image *mon_program(const char *path, const struct mon_args *args) {
    uint64_t seed;
    const struct mon_random *kind = mon_is_random(path, &seed);
    if (kind)
        return kind->make(seed);
    if (is_source(path))
        return assemble(path, args);
    struct pg_error err = {""};
    size_t size;
    struct pg_image *image = NULL;
    uint8_t *bytes = mon_read_file(path, MAX_PROGRAM, &size, &err);
    if (bytes)
        image = pg_image_read(bytes, size, path, &err);
    free(bytes);
    if (!image)
        mon_fail(MON_BAD_IMAGE, "%s", err.text);
    return image;
}

/* ---- names */

/* The last component of the path without its extension. */
static void short_name(const char *path, char *text, size_t size) {
    const char *slash = strrchr(path, '/');
    snprintf(text, size, "%s", slash && slash[1] ? slash + 1 : path);
    char *dot = strrchr(text, '.');
    if (dot && dot != text)
        *dot = '\0';
}

/* Name guest k; two of the same program are told apart by a number. */
static void name_guest(struct mon_plan *plan, size_t k, const char *path) {
    char *name = plan->names[k];
    size_t size = sizeof plan->names[k];
    short_name(path, name, size - 4);
    size_t length = strlen(name);
    for (size_t j = 0, n = 2; j < k; j++)
        if (strcmp(plan->names[j], name) == 0) {
            snprintf(name + length, size - length, ".%zu", n++);
            j = SIZE_MAX; /* from the beginning */
        }
}

const struct pg_system *mon_system(const char *name) {
    const struct pg_system *system = pg_system_by_name(name);
    struct pg_nearest search = pg_nearest_begin(name);
    for (int k = 0; pg_systems[k]; k++)
        pg_nearest_offer(&search, pg_systems[k]->name);
    if (!system)
        mon_unknown("system", name, &search);
    return system;
}

int mon_systems(const struct mon_args *args, const struct pg_system **systems, size_t max,
                size_t *n) {
    const char *list = mon_option(args, OPT_systems);
    *n = 0;
    for (int k = 0; !list && pg_systems[k] && *n < max; k++)
        systems[(*n)++] = pg_systems[k];
    while (list && *list) {
        char name[32];
        size_t size = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name), list);
        const struct pg_system *system = mon_system(name);
        if (!system)
            return MON_USAGE;
        if (*n == max)
            return mon_fail(MON_USAGE, "--systems: more than %zu", max);
        systems[(*n)++] = system;
        list += size + (list[size] == ',');
    }
    return *n ? 0 : mon_fail(MON_USAGE, "--systems: which?");
}

/* ---- profiles */

static int read_profile(const char *path, struct pg_profile *profile) {
    struct pg_error err;
    struct pg_diagnostics diags = {0};
    size_t size;
    char *text = (char *)mon_read_file(path, PG_PROFILE_MAX, &size, &err);
    if (!text)
        return mon_fail(MON_USAGE, "%s", err.text);
    bool ok = pg_profile_parse(text, size, path, profile, &diags);
    pg_diagnostics_print(&diags, stderr, isatty(STDERR_FILENO));
    pg_diagnostics_free(&diags);
    free(text);
    return ok ? 0 : MON_USAGE;
}

int mon_profile(const char *text, struct pg_profile *profile) {
    if (pg_profile_builtin(text, profile))
        return 0;
    if (strchr(text, '/') || access(text, F_OK) == 0)
        return read_profile(text, profile);
    struct pg_nearest search = pg_nearest_begin(text);
    for (int k = 0; pg_profile_texts[k].name; k++)
        pg_nearest_offer(&search, pg_profile_texts[k].name);
    return mon_unknown("profile", text, &search);
}

/* ---- the plan */

const struct pg_engine *mon_engine(const struct mon_args *args) {
    const char *name = mon_option(args, OPT_engine);
    if (!name)
        return pg_engine_fastest();
    struct pg_nearest search = pg_nearest_begin(name);
    const struct pg_engine *engine = pg_engine_by_name(name);
    for (int k = 0; pg_engines[k]; k++)
        pg_nearest_offer(&search, pg_engines[k]->name);
    if (!engine)
        mon_unknown("engine", name, &search);
    if (engine && engine->here && !engine->here()) {
        mon_fail(MON_USAGE, "this host cannot run the engine %s; `threaded` runs everywhere", name);
        return NULL;
    }
    return engine;
}

/* The options that are the same for every guest. */
static int plan_options(struct mon_plan *plan, const struct mon_args *args,
                        struct pg_setup *setup) {
    const char *text;
    uint64_t value;
    struct pg_asm_options options;
    struct mon_defines defines;
    if (!mon_asm_options(args, &options, &defines))
        return MON_USAGE; /* said now, not as a fault of the first program */
    plan->profile = pg_profile_strict;
    *setup = (struct pg_setup){.memory = 16 << 20, .limit = PG_NEVER, .profile = &plan->profile};
    plan->engine = mon_engine(args);
    if (!plan->engine)
        return MON_USAGE;
    if ((text = mon_option(args, OPT_memory))) {
        if (!mon_number(text, UINT32_MAX, 1024, &value) || value % PG_PAGE || value < PG_MIN_MEMORY)
            return mon_fail(MON_USAGE,
                            "--memory %s: not a multiple of 4096 bytes from 8K to less than 4G, "
                            "such as 1M",
                            text);
        setup->memory = (uint32_t)value;
    }
    if ((text = mon_option(args, OPT_limit)) &&
        !mon_number(text, PG_NEVER - 1, 1000, &setup->limit))
        return mon_fail(MON_USAGE, "--limit %s: not a number of steps, such as 10M", text);
    return (text = mon_option(args, OPT_profile)) ? mon_profile(text, &plan->profile) : 0;
}

static int plan_input(struct mon_plan *plan, const struct mon_args *args, struct pg_setup *setup) {
    const char *path = mon_option(args, OPT_input);
    struct pg_error err;
    if (!path)
        return 0;
    plan->input = mon_read_file(path, MAX_INPUT, &setup->input_size, &err);
    setup->input = plan->input;
    return plan->input ? 0 : mon_fail(MON_USAGE, "%s", err.text);
}

static int plan_disk(struct mon_plan *plan, const struct mon_args *args, size_t k) {
    const char *path = args->values[OPT_disk][k];
    struct pg_error err;
    size_t size;
    for (size_t j = 0; j < k && !mon_option(args, OPT_readonly); j++)
        if (mon_same_file(path, args->values[OPT_disk][j]))
            return mon_fail(MON_USAGE, "%s: two guests cannot write to one disk image", path);
    plan->disks[k] = mon_read_file(path, (size_t)PG_MAX_SECTORS * PG_SECTOR, &size, &err);
    if (!plan->disks[k])
        return mon_fail(MON_USAGE, "%s", err.text);
    if (size % PG_SECTOR || size == 0)
        return mon_fail(MON_USAGE,
                        "%s: a disk image of %zu bytes: it must be a multiple of %d, and not empty",
                        path, size, PG_SECTOR);
    plan->setups[k].disk = plan->disks[k];
    plan->setups[k].disk_sectors = (uint32_t)(size / PG_SECTOR);
    return 0;
}

/* A random guest has memory, disk and input of its own. */
static int plan_random(struct mon_plan *plan, size_t k, const struct mon_random *kind,
                       uint64_t seed) {
    struct pg_setup *setup = &plan->setups[k];
    free(plan->disks[k]);
    plan->disks[k] = malloc(PG_RANDOM_SECTORS * PG_SECTOR);
    if (!plan->disks[k])
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    kind->disk(seed, plan->disks[k]);
    setup->memory = PG_RANDOM_MEMORY;
    setup->disk = plan->disks[k];
    setup->disk_sectors = PG_RANDOM_SECTORS;
    setup->input = (const uint8_t *)PG_RANDOM_INPUT;
    setup->input_size = strlen(PG_RANDOM_INPUT);
    return 0;
}

int mon_plan(struct mon_plan *plan, const struct mon_args *args) {
    *plan = (struct mon_plan){0};
    struct pg_setup setup;
    const char *command = args->command->name;
    if (args->noperands == 0)
        return mon_fail(MON_USAGE, "%s: which guest? See trapeze %s --help", command, command);
    if (args->noperands > MON_REPEAT)
        return mon_fail(MON_USAGE, "%s: more than %d guests", command, MON_REPEAT);
    if (args->count[OPT_disk] > args->noperands)
        return mon_fail(MON_USAGE, "%s: more disks than guests", command);
    int status = plan_options(plan, args, &setup);
    if (status == 0)
        status = plan_input(plan, args, &setup);
    for (size_t k = 0; k < args->noperands && status == 0; k++) {
        plan->setups[k] = setup;
        name_guest(plan, k, args->operands[k]);
        plan->images[k] = mon_program(args->operands[k], args);
        if (!plan->images[k])
            return mon_interrupted() ? MON_INTERRUPTED : MON_BAD_IMAGE;
        plan->setups[k].image = plan->images[k];
        plan->nguests++;
        uint64_t seed;
        const struct mon_random *kind = mon_is_random(args->operands[k], &seed);
        if (kind)
            status = plan_random(plan, k, kind, seed);
        else if (k < args->count[OPT_disk])
            status = plan_disk(plan, args, k);
    }
    return status && mon_interrupted() ? MON_INTERRUPTED : status;
}

void mon_unplan(struct mon_plan *plan) {
    for (size_t k = 0; k < MON_REPEAT; k++) {
        if (plan->images[k])
            pg_image_free(plan->images[k]);
        free(plan->disks[k]);
    }
    free(plan->input);
}
