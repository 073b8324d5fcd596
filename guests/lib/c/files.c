/* files.c - files for C programs on the bare machine: in memory, and gone when the run ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 64, OPEN = 64, FIRST = 3, NAME = 256 };

static struct file {
    char name[NAME]; /* "": free, or unlinked and still open */
    char *bytes;
    size_t size, capacity;
    unsigned users;
} files[FILES];

static struct open_file {
    struct file *file; /* NULL: free */
    size_t at;
    int flags;
} table[OPEN];

static ssize_t read_console(char *to, size_t n);
static ssize_t write_console(const char *from, size_t n);

static int fail(int code) {
    errno = code;
    return -1;
}

static struct open_file *opened(int fd) {
    return fd >= FIRST && fd < FIRST + OPEN && table[fd - FIRST].file ? &table[fd - FIRST] : NULL;
}

static struct file *find(const char *name) {
    for (int k = 0; k < FILES; k++)
        if (files[k].name[0] && strcmp(files[k].name, name) == 0)
            return &files[k];
    return NULL;
}

static struct file *create(const char *name) {
    for (int k = 0; k < FILES; k++)
        if (!files[k].name[0] && files[k].users == 0) {
            files[k].size = 0;
            strcpy(files[k].name, name);
            return &files[k];
        }
    return NULL;
}

WEAK int open(const char *name, int flags, ...) {
    struct file *file = find(name);
    int fd = 0;
    if (!*name || strlen(name) >= NAME)
        return fail(ENOENT);
    if (file && flags & O_CREAT && flags & O_EXCL)
        return fail(EEXIST);
    if (!file && !(flags & O_CREAT))
        return fail(ENOENT);
    while (fd < OPEN && table[fd].file)
        fd++;
    if (fd == OPEN || (!file && !(file = create(name))))
        return fail(EMFILE);
    if (flags & O_TRUNC)
        file->size = 0;
    file->users++;
    table[fd] = (struct open_file){file, 0, flags};
    return FIRST + fd;
}

WEAK int close(int fd) {
    struct open_file *f = opened(fd);
    if (!f)
        return fail(EBADF);
    f->file->users--;
    f->file = NULL;
    return 0;
}

WEAK ssize_t read(int fd, void *to, size_t n) {
    struct open_file *f = opened(fd);
    if (fd == STDIN_FILENO)
        return read_console(to, n);
    if (!f || (f->flags & O_ACCMODE) == O_WRONLY)
        return fail(EBADF);
    size_t left = f->at < f->file->size ? f->file->size - f->at : 0;
    n = n < left ? n : left;
    memcpy(to, f->file->bytes + f->at, n);
    f->at += n;
    return (ssize_t)n;
}

static bool grow(struct file *file, size_t size) {
    if (size > file->capacity) {
        size_t capacity = size + size / 2 + 256;
        char *bytes = realloc(file->bytes, capacity);
        if (!bytes)
            return false;
        file->bytes = bytes;
        file->capacity = capacity;
    }
    if (size > file->size) {
        memset(file->bytes + file->size, 0, size - file->size);
        file->size = size;
    }
    return true;
}

WEAK ssize_t write(int fd, const void *from, size_t n) {
    struct open_file *f = opened(fd);
    if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
        return write_console(from, n);
    if (!f || (f->flags & O_ACCMODE) == O_RDONLY)
        return fail(EBADF);
    if (f->flags & O_APPEND)
        f->at = f->file->size;
    if (!grow(f->file, f->at + n))
        return fail(ENOSPC);
    memcpy(f->file->bytes + f->at, from, n);
    f->at += n;
    return (ssize_t)n;
}

WEAK off_t lseek(int fd, off_t offset, int whence) {
    struct open_file *f = opened(fd);
    if (!f)
        return fail(EBADF);
    off_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (off_t)f->at : (off_t)f->file->size;
    if (from + offset < 0)
        return fail(EINVAL);
    f->at = (size_t)(from + offset);
    return (off_t)f->at;
}

WEAK int unlink(const char *name) {
    struct file *file = find(name);
    if (!file)
        return fail(ENOENT);
    file->name[0] = '\0';
    return 0;
}

WEAK int fstat(int fd, struct stat *st) {
    struct open_file *f = opened(fd);
    if (!f && (fd < 0 || fd >= FIRST))
        return fail(EBADF);
    *st = (struct stat){.st_mode = f ? S_IFREG | 0644 : S_IFCHR | 0666,
                        .st_size = f ? (off_t)f->file->size : 0};
    return 0;
}

WEAK int stat(const char *name, struct stat *st) {
    struct file *file = find(name);
    if (!file)
        return fail(ENOENT);
    *st = (struct stat){.st_mode = S_IFREG | 0644, .st_size = (off_t)file->size};
    return 0;
}

WEAK int access(const char *name, int rights) {
    return !find(name) ? fail(ENOENT) : rights & X_OK ? fail(EACCES) : 0;
}

WEAK int rename(const char *from, const char *to) {
    struct file *file = find(from);
    if (!file)
        return fail(ENOENT);
    if (!*to || strlen(to) >= NAME)
        return fail(EINVAL);
    if (find(to) && find(to) != file)
        unlink(to);
    strcpy(file->name, to);
    return 0;
}

WEAK int ftruncate(int fd, off_t size) {
    struct open_file *f = opened(fd);
    if (!f)
        return fail(EBADF);
    if (size < 0)
        return fail(EINVAL);
    if (!grow(f->file, (size_t)size))
        return fail(ENOSPC);
    f->file->size = (size_t)size;
    return 0;
}

WEAK int fsync(int fd) {
    return opened(fd) ? 0 : fail(EBADF);
}

WEAK int isatty(int fd) {
    return fd >= 0 && fd < FIRST;
}
