/* cmd_nest.c - `trapeze nest`: a guest inside a VMM that is a guest itself. */
#include "isa/nest.h"
#include "monitor/monitor.h"

int cmd_nest(const struct mon_args *args) {
    const char *path = mon_option(args, OPT_output);
    struct pg_error err;
    if (args->noperands != 2 || !path)
        return mon_fail(MON_USAGE, "nest takes a VMM, a guest and -o OUT");
    struct pg_image *vmm = mon_program(args->operands[0], args);
    struct pg_image *guest = vmm ? mon_program(args->operands[1], args) : NULL;
    struct pg_image *image = guest ? pg_nest(vmm, guest, NULL, &err) : NULL;
    int status = image ? 0 : MON_BAD_IMAGE;
    if (guest && !image)
        mon_fail(MON_BAD_IMAGE, "%s: %s", args->operands[0], err.text);
    if (image && !pg_image_write(image, path, &err))
        status = mon_fail(MON_INTERNAL, "%s", err.text);
    pg_image_free(vmm);
    pg_image_free(guest);
    pg_image_free(image);
    return status;
}
