/* name.c - system calls on paths: each is one operation of the log. */
#include "guests/os/kernel/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int descriptor_new(struct file *f) {
    for (int fd = 0; fd < OS_OPEN_FILES; fd++)
        if (!current->files[fd]) {
            current->files[fd] = f;
            return fd;
        }
    return -EMFILE;
}

/* The root, "." and "..", which nobody removes. */
static bool is_fixed(const char *name) {
    return !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Give a new inode its name, and a directory its two first entries. */
static int link_new(struct inode *dir, const char *name, struct inode *i) {
    int error = 0;
    if (i->d.type == FS_DIRECTORY) {
        error = directory_add(i, ".", i->number);
        error = error ? error : directory_add(i, "..", dir->number);
    }
    error = error ? error : directory_add(dir, name, i->number);
    if (!error && i->d.type == FS_DIRECTORY) {
        dir->d.links++; /* the new one's ".." */
        inode_update(dir);
    }
    return error;
}

/* A new file or directory in a locked directory, locked. */
static int create_in(struct inode *dir, const char *name, enum fs_type type, struct inode **made) {
    int error = inode_alloc(type, made);
    if (error)
        return error;
    inode_lock(*made);
    (*made)->d.links = 1;
    inode_update(*made);
    error = link_new(dir, name, *made);
    if (error) {
        (*made)->d.links = 0; /* gone when dropped */
        inode_update(*made);
        inode_drop(*made);
    }
    return error;
}

/* The file of that path, new or old, locked; `flags` are open's. */
static int create(const char *path, enum fs_type type, int flags, struct inode **made) {
    char name[FS_NAME + 1];
    struct inode *dir;
    int error = path_parent(path, name, &dir);
    if (error)
        return error;
    uint32_t number = *name ? directory_find(dir, name, NULL) : dir->number;
    if (!number) {
        error = create_in(dir, name, type, made);
        inode_drop(dir);
        return error;
    }
    inode_drop(dir);
    if (type != FS_FILE || flags & O_EXCL)
        return -EEXIST;
    *made = inode_get(number);
    if (!*made)
        return -ENFILE;
    inode_lock(*made);
    return 0;
}

static int find(const char *path, struct inode **found) {
    int error = path_find(path, found);
    if (!error)
        inode_lock(*found);
    return error;
}

/* An open file becomes that of a locked inode, and keeps its user; else the inode is dropped. */
static int open_inode(struct file *f, struct inode *i, int flags) {
    int mode = flags & O_ACCMODE;
    if (mode != O_RDONLY && i->d.type == FS_DIRECTORY) {
        inode_drop(i);
        return -EISDIR;
    }
    if (flags & O_TRUNC && mode != O_RDONLY && i->d.type == FS_FILE)
        inode_truncate(i);
    f->inode = i;
    f->readable = mode != O_WRONLY;
    f->writable = mode != O_RDONLY;
    f->append = flags & O_APPEND;
    inode_unlock(i);
    return 0;
}

static int open_path(struct file *f, const char *path, int flags) {
    struct inode *i;
    log_begin();
    int error = flags & O_CREAT ? create(path, FS_FILE, flags, &i) : find(path, &i);
    error = error ? error : open_inode(f, i, flags);
    log_end();
    return error;
}

/* The descriptor comes first, so that no file is made that cannot be opened then. */
int name_open(const char *path, int flags) {
    struct file *f = file_new();
    if (!f)
        return -ENFILE;
    int fd = descriptor_new(f);
    int error = fd < 0 ? fd : open_path(f, path, flags);
    if (!error)
        return fd;
    if (fd >= 0)
        current->files[fd] = NULL;
    file_close(f); /* nothing is in it */
    return error;
}

int name_mkdir(const char *path) {
    struct inode *i;
    log_begin();
    int error = create(path, FS_DIRECTORY, 0, &i);
    if (!error)
        inode_drop(i);
    log_end();
    return error;
}

/* Both are locked. */
static int unlink_from(struct inode *dir, uint32_t offset, struct inode *i) {
    static const struct fs_entry none;
    if (i->d.type == FS_DIRECTORY && !directory_empty(i))
        return -ENOTEMPTY;
    int n = inode_write(dir, NULL, (uint32_t)&none, offset, sizeof none);
    if (n != sizeof none)
        return n < 0 ? n : -EIO;
    if (i->d.type == FS_DIRECTORY) {
        dir->d.links--; /* its ".." */
        inode_update(dir);
    }
    i->d.links--;
    inode_update(i);
    return 0;
}

static int unlink_name(struct inode *dir, const char *name) {
    uint32_t offset, number = directory_find(dir, name, &offset);
    if (is_fixed(name))
        return -EINVAL;
    if (!number)
        return -ENOENT;
    struct inode *i = inode_get(number);
    if (!i)
        return -ENFILE;
    inode_lock(i);
    int error = unlink_from(dir, offset, i);
    inode_drop(i);
    return error;
}

int name_unlink(const char *path) {
    char name[FS_NAME + 1];
    struct inode *dir;
    log_begin();
    int error = path_parent(path, name, &dir);
    if (!error) {
        error = unlink_name(dir, name);
        inode_drop(dir);
    }
    log_end();
    return error;
}

int name_chdir(const char *path) {
    struct inode *i;
    log_begin();
    int error = find(path, &i);
    if (!error && i->d.type != FS_DIRECTORY) {
        inode_drop(i);
        error = -ENOTDIR;
    } else if (!error) {
        inode_unlock(i);
        inode_put(current->cwd);
        current->cwd = i;
    }
    log_end();
    return error;
}
