/* file.h - the kernel's file system, from blocks to open files; each part uses those above it. */
#ifndef FILE_H
#define FILE_H

#include "guests/os/fs.h"
#include "guests/os/kernel/kernel.h"

#include <sys/stat.h>

/* ---- cache.c: blocks in memory, one user at a time */

struct buffer {
    uint32_t block;
    unsigned users;
    bool valid; /* holds what the disk holds, or newer */
    struct lock lock;
    struct buffer *older, *newer; /* by last use */
    uint8_t data[FS_BLOCK];
};

void cache_init(void);
struct buffer *buffer_get(uint32_t block); /* with its contents, for us alone until put */
void buffer_put(struct buffer *b);

/* ---- log.c: several writes as one: after a power cut all are there, or none */

/* Blocks that one operation may write. The greatest is a write of WRITE_AT_ONCE bytes: 4 blocks of
 * data, the block that holds their numbers, the inode, and each block of the bitmap. */
enum { LOG_OPERATION = 4 + 1 + 1 + FS_BITMAP };

void log_init(void); /* by the first process, once: finishes what was committed */
void log_begin(void);
void log_write(struct buffer *b); /* the block is to be written when the operation is committed */
void log_end(void);               /* when it returns and no other operation runs, all is on disk */

/* ---- block.c: which blocks are in use */

extern struct fs_super super;

void fs_init(void);         /* by the first process, once */
uint32_t block_alloc(void); /* zeroed; 0: the disk is full */
void block_free(uint32_t block);
uint32_t block_check(uint32_t block); /* itself, if a file may have it */

/* ---- inode.c: files without names */

struct inode {
    uint32_t number;
    unsigned users;
    struct lock lock; /* for all below */
    bool valid;       /* read from disk */
    struct fs_inode d;
};

int inode_alloc(enum fs_type type, struct inode **made); /* not locked */
struct inode *inode_get(uint32_t number);                /* a user more; not locked, not read */
struct inode *inode_share(struct inode *i);
void inode_put(struct inode *i);  /* a user less; without users and links it is removed */
void inode_lock(struct inode *i); /* and read it */
void inode_unlock(struct inode *i);
void inode_drop(struct inode *i); /* unlock and put */
void inode_update(struct inode *i);
void inode_truncate(struct inode *i);
void inode_reclaim(void); /* remove what lost its last name before a power cut */

/* To and from a process's memory, or the kernel's if `space` is NULL. Bytes done, or -errno. */
int inode_read(struct inode *i, struct space *space, uint32_t to, uint32_t offset, uint32_t n);
int inode_write(struct inode *i, struct space *space, uint32_t from, uint32_t offset, uint32_t n);

/* ---- directory.c: names */

uint32_t directory_find(struct inode *dir, const char *name, uint32_t *offset); /* 0: none */
int directory_add(struct inode *dir, const char *name, uint32_t number);
bool directory_empty(struct inode *dir);

/* The directory that holds a path's last part, and this part's name. It is locked, so that it
 * cannot be removed meanwhile. The root has an empty name in itself. */
int path_parent(const char *path, char name[FS_NAME + 1], struct inode **dir);

int path_find(const char *path, struct inode **found); /* what a path names, not locked */

/* ---- pipe.c */

struct pipe;
int pipe_new(struct file *ends[2]);
int pipe_read(struct pipe *p, uint32_t to, uint32_t n);
int pipe_write(struct pipe *p, uint32_t from, uint32_t n);
void pipe_close(struct pipe *p, bool writer);

/* ---- file.c: open files, which descriptors of one process or several share */

struct file {
    unsigned users;
    bool readable, writable, append;
    struct pipe *pipe;   /* one of */
    struct inode *inode; /* the two */
    uint32_t offset;     /* of a file: where the next read or write begins */
};

struct file *file_new(void);
struct file *file_share(struct file *f);
void file_close(struct file *f);
int file_read(struct file *f, uint32_t to, uint32_t n);
int file_write(struct file *f, uint32_t from, uint32_t n);
int file_seek(struct file *f, int32_t offset, int whence);
int file_stat(struct file *f, struct stat *st);

/* ---- name.c: system calls on paths */

int name_open(const char *path, int flags); /* a file descriptor */
int name_mkdir(const char *path);
int name_unlink(const char *path);
int name_chdir(const char *path);
int descriptor_new(struct file *f); /* the lowest free one of the current process */

#endif
