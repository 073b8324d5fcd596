/* mkfs.c - make a disk image with the kernel's file system.
 *
 *     mkfs IMAGE BLOCKS INODES ENTRY...
 *
 * ENTRY: PATH/ is a directory, PATH=FILE a file with the contents of a host's, PATH=console the
 * console. Directories come before what is in them.
 */
#include "guests/os/tools/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_file(const char *name, uint8_t **bytes, size_t *size, struct pg_error *err) {
    enum { MAX = FS_FILE_BLOCKS * FS_BLOCK };
    FILE *file = fopen(name, "rb");
    *bytes = malloc(MAX + 1);
    *size = file && *bytes ? fread(*bytes, 1, MAX + 1, file) : 0;
    bool ok = file && *bytes && !ferror(file);
    if (!ok)
        pg_fail(err, "%s: %s", name, strerror(errno));
    if (file)
        fclose(file);
    return ok;
}

static bool add(struct os_image *image, const char *entry, struct pg_error *err) {
    char path[256];
    size_t n = strcspn(entry, "="), size = 0;
    uint8_t *bytes = NULL;
    bool directory = n > 1 && !entry[n] && entry[n - 1] == '/';
    if (n >= sizeof path || (!entry[n] && !directory))
        return pg_fail(err, "%s: neither PATH/ nor PATH=FILE", entry);
    snprintf(path, sizeof path, "%.*s", (int)(directory ? n - 1 : n), entry);
    bool device = entry[n] && strcmp(entry + n + 1, "console") == 0;
    bool ok = directory || device || read_file(entry + n + 1, &bytes, &size, err);
    ok = ok && os_image_add(image, path,
                            directory ? FS_DIRECTORY
                            : device  ? FS_DEVICE
                                      : FS_FILE,
                            bytes, size, err);
    free(bytes);
    return ok;
}

static bool write_image(const struct os_image *image, const char *name, struct pg_error *err) {
    FILE *file = fopen(name, "wb");
    bool ok = file && fwrite(image->bytes, FS_BLOCK, image->blocks, file) == image->blocks;
    if (file && fclose(file) != 0)
        ok = false;
    return ok || pg_fail(err, "%s: %s", name, strerror(errno));
}

int main(int argc, char **argv) {
    struct os_image image = {0};
    struct pg_error err = {0};
    if (argc < 4) {
        fprintf(stderr, "usage: mkfs IMAGE BLOCKS INODES [PATH/ | PATH=FILE | PATH=console]...\n");
        return 2;
    }
    bool ok = os_image_make(&image, (uint32_t)strtoul(argv[2], NULL, 0),
                            (uint32_t)strtoul(argv[3], NULL, 0), &err);
    for (int k = 4; ok && k < argc; k++)
        ok = add(&image, argv[k], &err);
    ok = ok && os_image_check(&image, &err) && write_image(&image, argv[1], &err);
    if (!ok)
        fprintf(stderr, "mkfs: %s\n", err.text);
    free(image.bytes);
    return !ok;
}
