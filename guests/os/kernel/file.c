/* file.c - open files: what a descriptor means, and how far one has read or written. */
#include "guests/os/kernel/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 64 };

/* So much is written in one operation: it lies in 4 blocks at most (file.h, LOG_OPERATION). */
enum { WRITE_AT_ONCE = 3 * FS_BLOCK };

static struct file files[FILES];

struct file *file_new(void) {
    for (struct file *f = files; f < files + FILES; f++)
        if (!f->users) {
            *f = (struct file){.users = 1};
            return f;
        }
    return NULL;
}

struct file *file_share(struct file *f) {
    f->users++;
    return f;
}

void file_close(struct file *f) {
    if (f->users > 1) {
        f->users--;
        return;
    }
    if (f->pipe)
        pipe_close(f->pipe, f->writable);
    if (f->inode) {
        log_begin();
        inode_put(f->inode);
        log_end();
    }
    f->users = 0;
}

int file_read(struct file *f, uint32_t to, uint32_t n) {
    if (!f->readable)
        return -EBADF;
    if (f->pipe)
        return pipe_read(f->pipe, to, n);
    inode_lock(f->inode);
    if (f->inode->d.type == FS_DEVICE) {
        inode_unlock(f->inode); /* others may write while we wait */
        return console_read(to, n);
    }
    int done = inode_read(f->inode, &current->space, to, f->offset, n);
    if (done > 0)
        f->offset += (uint32_t)done;
    inode_unlock(f->inode);
    return done;
}

/* As one operation. */
static int write_part(struct file *f, uint32_t from, uint32_t n) {
    log_begin();
    inode_lock(f->inode);
    if (f->append)
        f->offset = f->inode->d.size;
    int done = inode_write(f->inode, &current->space, from, f->offset, n);
    if (done > 0)
        f->offset += (uint32_t)done;
    inode_unlock(f->inode);
    log_end();
    return done;
}

int file_write(struct file *f, uint32_t from, uint32_t n) {
    if (!f->writable)
        return -EBADF;
    if (f->pipe)
        return pipe_write(f->pipe, from, n);
    if (f->inode->d.type == FS_DEVICE)
        return console_write(from, n);
    uint32_t done = 0;
    while (done < n) {
        uint32_t part = n - done < WRITE_AT_ONCE ? n - done : WRITE_AT_ONCE;
        int written = write_part(f, from + done, part);
        if (written < 0)
            return done ? (int)done : written;
        done += (uint32_t)written;
        if ((uint32_t)written < part || current->killed)
            break;
    }
    return (int)done;
}

int file_seek(struct file *f, int32_t offset, int whence) {
    if (f->pipe || f->inode->d.type == FS_DEVICE)
        return -ESPIPE;
    int64_t from = whence == SEEK_CUR ? f->offset : whence == SEEK_END ? f->inode->d.size : 0;
    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return -EINVAL;
    if (from + offset < 0 || from + offset > FS_FILE_BLOCKS * FS_BLOCK)
        return -EINVAL;
    f->offset = (uint32_t)(from + offset);
    return (int)f->offset;
}

int file_stat(struct file *f, struct stat *st) {
    static const mode_t modes[] = {0, S_IFDIR | 0755, S_IFREG | 0755, S_IFCHR | 0666};
    if (f->pipe) {
        st->st_mode = S_IFIFO | 0600;
        return 0;
    }
    inode_lock(f->inode);
    st->st_ino = (ino_t)f->inode->number;
    st->st_mode = modes[f->inode->d.type % 4];
    st->st_nlink = f->inode->d.links;
    st->st_size = (off_t)f->inode->d.size;
    st->st_blksize = FS_BLOCK;
    inode_unlock(f->inode);
    return 0;
}
