/* cmd_asm.c - `trapeze asm`: source files in, an ELF file out. */
#include "isa/asm.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_listing(const char *path, const char *text, size_t size) {
    struct pg_error err;
    if (strcmp(path, "-") == 0) {
        fwrite(text, 1, size, stdout); /* main looks after errors there */
        return 0;
    }
    return mon_write_file(path, text, size, &err) ? 0 : mon_fail(MON_INTERNAL, "%s", err.text);
}

static int assemble(const struct mon_args *args, const struct pg_asm_options *options,
                    const char *out) {
    struct pg_diagnostics diags = {0};
    struct pg_error err;
    struct pg_image *image =
        pg_assemble((const char *const *)args->operands, args->noperands, options, &diags);
    pg_diagnostics_print(&diags, stderr, isatty(STDERR_FILENO));
    pg_diagnostics_free(&diags);
    if (!image)
        return MON_BAD_IMAGE;
    bool ok = pg_image_write(image, out, &err);
    pg_image_free(image);
    return ok ? 0 : mon_fail(MON_INTERNAL, "%s", err.text);
}

/* The listing goes to memory first: there is one only if there is a program. */
static int assemble_and_list(const struct mon_args *args, struct pg_asm_options *options,
                             const char *out, const char *listing) {
    char *text = NULL;
    size_t size = 0;
    options->listing = open_memstream(&text, &size);
    if (!options->listing)
        return mon_fail(MON_INTERNAL, "%s", strerror(errno));
    int status = assemble(args, options, out);
    if (fclose(options->listing) != 0)
        status = mon_fail(MON_INTERNAL, "the host is out of memory");
    if (status == 0)
        status = write_listing(listing, text, size);
    free(text);
    return status;
}

int cmd_asm(const struct mon_args *args) {
    struct pg_asm_options options = pg_asm_options_default();
    const char *out = mon_option(args, OPT_output), *listing = mon_option(args, OPT_listing);
    const char *text = mon_option(args, OPT_text);
    uint64_t base = options.text_base;
    if (args->noperands == 0 || !out)
        return mon_fail(MON_USAGE, "asm: %s; usage: trapeze asm %s",
                        args->noperands ? "where to? -o is missing" : "which file?",
                        args->command->usage);
    for (size_t k = 0; k < args->noperands; k++)
        if (mon_same_file(args->operands[k], out) ||
            (listing && mon_same_file(args->operands[k], listing)))
            return mon_fail(MON_USAGE, "%s: that is a source file, and would be overwritten",
                            args->operands[k]);
    if (text && (!mon_number(text, UINT32_MAX, 0, &base) || base % 4))
        return mon_fail(MON_USAGE, "--text %s: not an address that is a multiple of 4", text);
    options.text_base = (uint32_t)base;
    struct mon_defines defines;
    if (!mon_asm_options(args, &options, &defines))
        return MON_USAGE;
    return listing ? assemble_and_list(args, &options, out, listing)
                   : assemble(args, &options, out);
}
