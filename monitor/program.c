/* program.c - programs, disks and inputs: from the command line to setups. */
#include "isa/asm.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, MAX_FILE = 1 << 30 };

uint8_t *mon_read_file(const char *path, size_t max, size_t *size, struct pg_error *err) {
    FILE *in = fopen(path, "rb");
    struct stat st;
    if (!in) {
        pg_fail(err, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fileno(in), &st) == 0 && S_ISDIR(st.st_mode)) {
        pg_fail(err, "%s: is a directory", path);
        fclose(in);
        return NULL;
    }
    struct pg_bytes bytes = {0};
    uint8_t block[65536];
    size_t n;
    bool ok = pg_bytes_add(&bytes, "", 0);
    while (ok && (n = fread(block, 1, sizeof block, in)) > 0)
        if (!(ok = bytes.size + n <= max && pg_bytes_add(&bytes, block, n)))
            pg_fail(err, "%s: larger than %zu bytes", path, max);
    if (ok && ferror(in))
        ok = pg_fail(err, "%s: %s", path, strerror(errno));
    fclose(in);
    if (!ok) {
        free(bytes.data);
        return NULL;
    }
    *size = bytes.size;
    return bytes.data;
}

static bool is_source(const char *path) {
    size_t size = strlen(path);
    return size > 2 && (strcmp(path + size - 2, ".s") == 0 || strcmp(path + size - 2, ".S") == 0);
}

struct pg_image *mon_program(const char *path, const struct mon_args *args) {
    if (is_source(path)) {
        struct pg_diagnostics diags = {0};
        struct pg_asm_options options = pg_asm_options_default();
        options.include_paths = args->values[OPT_include];
        options.ninclude_paths = args->count[OPT_include];
        struct pg_image *image = pg_assemble(&path, 1, &options, &diags);
        pg_diagnostics_print(&diags, stderr, isatty(STDERR_FILENO));
        pg_diagnostics_free(&diags);
        return image;
    }
    struct pg_error err = {""};
    size_t size;
    struct pg_image *image = NULL;
    uint8_t *bytes = mon_read_file(path, MAX_FILE, &size, &err);
    if (bytes)
        image = pg_image_read(bytes, size, path, &err);
    free(bytes);
    if (!image)
        mon_fail(MON_BAD_IMAGE, "%s", err.text);
    return image;
}

const char *mon_short_name(const char *path, char *text, size_t size) {
    const char *slash = strrchr(path, '/');
    snprintf(text, size, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(text, '.');
    if (dot && dot != text)
        *dot = '\0';
    return text;
}

/* The options that are the same for every guest. */
static int plan_options(const struct mon_args *args, struct pg_setup *setup,
                        const struct pg_engine **engine) {
    const char *text;
    uint64_t value;
    *setup = (struct pg_setup){.memory = 16 << 20, .limit = PG_NEVER};
    *engine = pg_engine_by_name("threaded");
    if ((text = mon_option(args, OPT_engine)) && !(*engine = pg_engine_by_name(text)))
        return mon_fail(MON_USAGE, "there is no engine `%s`; see trapeze --help", text);
    if ((text = mon_option(args, OPT_memory))) {
        if (!mon_number(text, UINT32_MAX, &value) || value % PG_PAGE || value < PG_MIN_MEMORY)
            return mon_fail(MON_USAGE,
                            "--memory %s: not a multiple of 4096 bytes between 8K and 4G, such as "
                            "1M",
                            text);
        setup->memory = (uint32_t)value;
    }
    if ((text = mon_option(args, OPT_limit)) && !mon_number(text, PG_NEVER - 1, &setup->limit))
        return mon_fail(MON_USAGE, "--limit %s: not a number of steps, such as 10M", text);
    if ((text = mon_option(args, OPT_profile)) && strcmp(text, pg_profile_strict.name) != 0)
        return mon_fail(MON_USAGE, "there is no profile `%s`; there is `strict`", text);
    setup->profile = &pg_profile_strict;
    return 0;
}

static int plan_disk(struct mon_plan *plan, size_t k, const char *path) {
    struct pg_error err;
    size_t size;
    plan->disks[k] = mon_read_file(path, MAX_FILE, &size, &err);
    if (!plan->disks[k])
        return mon_fail(MON_USAGE, "%s", err.text);
    if (size % SECTOR || size == 0)
        return mon_fail(MON_USAGE, "%s: a disk image of %zu bytes: it must be a multiple of %d",
                        path, size, SECTOR);
    plan->setups[k].disk = plan->disks[k];
    plan->setups[k].disk_sectors = (uint32_t)(size / SECTOR);
    return 0;
}

int mon_plan(struct mon_plan *plan, const struct mon_args *args) {
    *plan = (struct mon_plan){0};
    struct pg_setup setup;
    if (args->noperands == 0)
        return mon_fail(MON_USAGE, "%s: which guest? See trapeze %s --help", args->command->name,
                        args->command->name);
    if (args->noperands > MON_REPEAT)
        return mon_fail(MON_USAGE, "more than %d guests", MON_REPEAT);
    int status = plan_options(args, &setup, &plan->engine);
    if (status)
        return status;
    if (args->count[OPT_disk] > args->noperands)
        return mon_fail(MON_USAGE, "more disks than guests");
    const char *input = mon_option(args, OPT_input);
    if (input) {
        struct pg_error err;
        plan->input = mon_read_file(input, MAX_FILE, &setup.input_size, &err);
        if (!plan->input)
            return mon_fail(MON_USAGE, "%s", err.text);
        setup.input = plan->input;
    }
    for (size_t k = 0; k < args->noperands; k++) {
        plan->setups[k] = setup;
        plan->images[k] = mon_program(args->operands[k], args);
        if (!plan->images[k])
            return MON_BAD_IMAGE;
        plan->setups[k].image = plan->images[k];
        plan->nguests++;
        if (k < args->count[OPT_disk] &&
            (status = plan_disk(plan, k, args->values[OPT_disk][k])) != 0)
            return status;
    }
    return 0;
}

void mon_unplan(struct mon_plan *plan) {
    for (size_t k = 0; k < MON_REPEAT; k++) {
        if (plan->images[k])
            pg_image_free(plan->images[k]);
        free(plan->disks[k]);
    }
    free(plan->input);
}
