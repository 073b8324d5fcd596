/* rm.c - rm [-r] PATH...: remove files and empty directories; with -r whole directories. */
#include "guests/os/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int remove_path(const char *path, bool all);

/* What is in a directory. */
static int remove_inside(const char *path) {
    struct fs_entry entry;
    char name[128];
    int fd = open(path, O_RDONLY), failed = fd < 0;
    while (!failed && read(fd, &entry, sizeof entry) == sizeof entry)
        if (entry.inode && strcmp(entry.name, ".") != 0 && strcmp(entry.name, "..") != 0) {
            snprintf(name, sizeof name, "%s/%.*s", path, FS_NAME, entry.name);
            failed = remove_path(name, true);
        }
    if (fd >= 0)
        close(fd);
    return failed;
}

static int remove_path(const char *path, bool all) {
    if (unlink(path) == 0 ||
        (all && errno == ENOTEMPTY && remove_inside(path) == 0 && unlink(path) == 0))
        return 0;
    perror(path);
    return 1;
}

int main(int argc, char **argv) {
    bool all = argc > 1 && strcmp(argv[1], "-r") == 0;
    int first = all ? 2 : 1, failed = first >= argc;
    if (failed)
        fprintf(stderr, "usage: rm [-r] PATH...\n");
    for (int k = first; k < argc; k++)
        failed |= remove_path(argv[k], all);
    return failed;
}
