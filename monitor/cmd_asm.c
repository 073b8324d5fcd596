/* cmd_asm.c - `trapeze asm`: source files in, an ELF file out. */
#include "isa/asm.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int assemble(const struct mon_args *args, const char *out, FILE *listing) {
    struct pg_asm_options options = pg_asm_options_default();
    const char *text = mon_option(args, OPT_text);
    uint64_t base;
    if (text) {
        if (!mon_number(text, UINT32_MAX, &base) || base % 4)
            return mon_fail(MON_USAGE, "--text %s: not an address that is a multiple of 4", text);
        options.text_base = (uint32_t)base;
    }
    options.include_paths = args->values[OPT_include];
    options.ninclude_paths = args->count[OPT_include];
    options.listing = listing;
    struct pg_diagnostics diags = {0};
    struct pg_image *image =
        pg_assemble((const char *const *)args->operands, args->noperands, &options, &diags);
    pg_diagnostics_print(&diags, stderr, isatty(STDERR_FILENO));
    pg_diagnostics_free(&diags);
    if (!image)
        return MON_BAD_IMAGE;
    struct pg_error err;
    bool ok = pg_image_write(image, out, &err);
    pg_image_free(image);
    return ok ? 0 : mon_fail(MON_INTERNAL, "%s", err.text);
}

int cmd_asm(const struct mon_args *args) {
    const char *out = mon_option(args, OPT_output), *path = mon_option(args, OPT_listing);
    if (args->noperands == 0 || !out)
        return mon_fail(MON_USAGE, "asm: usage: trapeze asm FILE... -o OUT");
    FILE *listing = NULL;
    if (path && !(listing = strcmp(path, "-") == 0 ? stdout : fopen(path, "w")))
        return mon_fail(MON_USAGE, "%s: %s", path, strerror(errno));
    int status = assemble(args, out, listing);
    if (listing && listing != stdout && fclose(listing) != 0)
        status = mon_fail(MON_INTERNAL, "%s: %s", path, strerror(errno));
    return status;
}
