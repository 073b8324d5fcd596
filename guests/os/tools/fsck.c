/* fsck.c - check a disk image with the kernel's file system, or print a file of it.
 *
 *     fsck IMAGE [PATH]
 */
#include "guests/os/tools/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool load(const char *name, struct os_image *image, struct pg_error *err) {
    FILE *file = fopen(name, "rb");
    long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    bool ok = size >= 0 && size % FS_BLOCK == 0 && size / FS_BLOCK <= FS_MAX_BLOCKS;
    if (ok) {
        *image = (struct os_image){malloc((size_t)size + 1), (uint32_t)(size / FS_BLOCK)};
        rewind(file);
        ok = image->bytes && fread(image->bytes, FS_BLOCK, image->blocks, file) == image->blocks;
    }
    if (file)
        fclose(file);
    return ok || pg_fail(err, "cannot be read as an image");
}

int main(int argc, char **argv) {
    struct os_image image = {0};
    struct pg_error err = {0};
    size_t size;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: fsck IMAGE [PATH]\n");
        return 2;
    }
    bool ok = load(argv[1], &image, &err) && os_image_check(&image, &err);
    if (ok && argc == 3) {
        uint8_t *bytes = os_image_read(&image, argv[2], &size);
        if (bytes)
            fwrite(bytes, 1, size, stdout);
        else
            ok = pg_fail(&err, "there is no file %s", argv[2]);
        free(bytes);
    }
    if (!ok)
        fprintf(stderr, "fsck: %s: %s\n", argv[1], err.text);
    free(image.bytes);
    return !ok;
}
