/* cmd_transcode.c - `trapeze transcode`: a RISC-V program as a PG32 program. */
#include "monitor/monitor.h"

int cmd_transcode(const struct mon_args *args) {
    struct pg_error err;
    if (args->noperands != 2)
        return mon_fail(MON_USAGE, "transcode takes IN and OUT");
    if (mon_same_file(args->operands[0], args->operands[1]))
        return mon_fail(MON_USAGE, "transcode: IN and OUT are one file");
    struct pg_image *image = mon_program(args->operands[0], args);
    if (!image)
        return MON_BAD_IMAGE;
    bool ok = pg_image_write(image, args->operands[1], &err);
    pg_image_free(image);
    return ok ? 0 : mon_fail(MON_INTERNAL, "%s", err.text);
}
