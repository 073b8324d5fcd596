/* directory.c - names: what a directory holds, and which file a path means. */
#include "guests/os/kernel/file.h"

#include <errno.h>
#include <string.h>

/* Entry by entry; false behind the last. */
static bool entry_at(struct inode *dir, uint32_t offset, struct fs_entry *entry) {
    return inode_read(dir, NULL, (uint32_t)entry, offset, sizeof *entry) == sizeof *entry;
}

uint32_t directory_find(struct inode *dir, const char *name, uint32_t *offset) {
    struct fs_entry entry;
    for (uint32_t at = 0; entry_at(dir, at, &entry); at += sizeof entry)
        if (entry.inode && strncmp(entry.name, name, FS_NAME) == 0) {
            if (offset)
                *offset = at;
            return entry.inode;
        }
    return 0;
}

int directory_add(struct inode *dir, const char *name, uint32_t number) {
    struct fs_entry entry;
    uint32_t at = 0;
    if (dir->d.links == 0) /* it was removed, and somebody is still in it */
        return -ENOENT;
    while (entry_at(dir, at, &entry) && entry.inode)
        at += sizeof entry;
    entry.inode = (uint16_t)number;
    memset(entry.name, 0, FS_NAME);
    memcpy(entry.name, name, strnlen(name, FS_NAME)); /* all of its bytes, no zero needed */
    int n = inode_write(dir, NULL, (uint32_t)&entry, at, sizeof entry);
    return n == sizeof entry ? 0 : n < 0 ? n : -ENOSPC;
}

bool directory_empty(struct inode *dir) {
    struct fs_entry entry;
    for (uint32_t at = 2 * sizeof entry; entry_at(dir, at, &entry); at += sizeof entry)
        if (entry.inode)
            return false;
    return true;
}

/* The next part of a path, and what follows it; no part, an empty name. */
static int next_part(const char **path, char name[FS_NAME + 1]) {
    const char *p = *path;
    size_t n = 0;
    while (*p == '/')
        p++;
    while (p[n] && p[n] != '/')
        n++;
    if (n > FS_NAME)
        return -ENAMETOOLONG;
    memcpy(name, p, n);
    name[n] = '\0';
    for (p += n; *p == '/'; p++)
        ;
    *path = p;
    return 0;
}

/* One step down: the directory is given up, also when it fails. */
static int step(struct inode *dir, const char *name, struct inode **found) {
    uint32_t number = directory_find(dir, name, NULL);
    *found = number ? inode_get(number) : NULL;
    inode_drop(dir);
    return *found ? 0 : number ? -ENFILE : -ENOENT;
}

int path_parent(const char *path, char name[FS_NAME + 1], struct inode **dir) {
    struct inode *i = *path == '/' ? inode_get(FS_ROOT) : inode_share(current->cwd);
    if (!i)
        return -ENFILE;
    for (;;) {
        int error = next_part(&path, name);
        if (error) {
            inode_put(i);
            return error;
        }
        inode_lock(i);
        if (i->d.type != FS_DIRECTORY || i->d.links == 0) {
            error = i->d.type == FS_DIRECTORY ? -ENOENT : -ENOTDIR;
            inode_drop(i);
            return error;
        }
        if (!*path) {
            *dir = i;
            return 0;
        }
        error = step(i, name, &i);
        if (error)
            return error;
    }
}

int path_find(const char *path, struct inode **found) {
    char name[FS_NAME + 1];
    struct inode *dir;
    int error = path_parent(path, name, &dir);
    if (error)
        return error;
    if (*name)
        return step(dir, name, found);
    inode_unlock(dir);
    *found = dir;
    return 0;
}
