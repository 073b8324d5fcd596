/* ls.c - ls [-l] [PATH]...: what is in a directory; with -l type, links, size. */
#include "guests/os/fs.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool detailed;

static int by_name(const void *a, const void *b) {
    return strncmp(((const struct fs_entry *)a)->name, ((const struct fs_entry *)b)->name, FS_NAME);
}

static void show(const char *name, const struct stat *st) {
    char type = S_ISDIR(st->st_mode) ? 'd' : S_ISCHR(st->st_mode) ? 'c' : '-';
    if (detailed)
        printf("%c %2u %7lu %.*s\n", type, (unsigned)st->st_nlink, (unsigned long)st->st_size,
               FS_NAME, name);
    else
        printf("%.*s%s\n", FS_NAME, name, type == 'd' ? "/" : "");
}

/* The directory's entries, sorted, to be freed; their number, or -1. */
static int entries(int fd, size_t size, struct fs_entry **found) {
    struct fs_entry *list = *found = malloc(size + 1);
    if (!list || read(fd, list, size) != (ssize_t)size)
        return -1;
    int n = 0;
    for (size_t k = 0; k < size / sizeof *list; k++)
        if (list[k].inode && list[k].name[0] != '.')
            list[n++] = list[k];
    qsort(list, (size_t)n, sizeof *list, by_name);
    return n;
}

static int show_directory(const char *path, int fd, const struct stat *st) {
    char name[256];
    struct fs_entry *list = NULL;
    int n = entries(fd, (size_t)st->st_size, &list), failed = n < 0;
    for (int k = 0; k < n; k++) {
        struct stat of;
        snprintf(name, sizeof name, "%s/%.*s", path, FS_NAME, list[k].name);
        if (stat(name, &of) == 0)
            show(list[k].name, &of);
        else
            failed = 1;
    }
    free(list);
    if (failed)
        perror(path);
    return failed;
}

static int list(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY), failed = 0;
    if (fd < 0 || fstat(fd, &st) != 0) {
        perror(path);
        return 1;
    }
    if (S_ISDIR(st.st_mode))
        failed = show_directory(path, fd, &st);
    else
        show(path, &st);
    close(fd);
    return failed;
}

int main(int argc, char **argv) {
    int first = 1, failed = 0;
    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        detailed = true;
        first = 2;
    }
    if (first == argc)
        return list(".");
    for (int k = first; k < argc; k++)
        failed |= list(argv[k]);
    return failed;
}
