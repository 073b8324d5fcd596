/* fs.h - the file system as it lies on the disk, for the kernel and for the tools that make and
 * check images.
 *
 *   block 0   1       2 ...                                          blocks - 1
 *   | unused | super | log: header, FS_LOG blocks | inodes | bitmap | data |
 *
 * All numbers are little-endian. A block is two sectors; only a sector is sure to be written whole,
 * and the log's header, which is what commits, fits into one.
 */
#ifndef OS_FS_H
#define OS_FS_H

#include <stdint.h>

enum {
    FS_BLOCK = 1024,
    FS_MAGIC = 0x53464750, /* "PGFS" */
    FS_LOG = 30,           /* blocks in the log, without its header */
    FS_DIRECT = 12,        /* data blocks named in the inode itself */
    FS_INDIRECT = FS_BLOCK / 4,
    FS_FILE_BLOCKS = FS_DIRECT + FS_INDIRECT,
    FS_BITMAP = 4, /* blocks of the bitmap at most: one operation of the log may change them all */
    FS_NAME = 30,  /* longest name in a directory; a shorter one is padded with zeros */
    FS_ROOT = 1,   /* the root directory's inode; number 0 means none */
};

enum fs_type { FS_FREE, FS_DIRECTORY, FS_FILE, FS_DEVICE };

struct fs_super {
    uint32_t magic;
    uint32_t blocks;    /* in the whole image */
    uint32_t inodes;    /* numbers below this */
    uint32_t log_start; /* the log's header */
    uint32_t inode_start;
    uint32_t bitmap_start; /* a bit for each block of the image, 1: in use */
    uint32_t data_start;
};

struct fs_inode {
    uint16_t type;   /* enum fs_type */
    uint16_t device; /* of FS_DEVICE: 1, the console */
    uint16_t links;  /* names of it in directories */
    uint16_t unused;
    uint32_t size;                 /* in bytes */
    uint32_t block[FS_DIRECT + 1]; /* 0: none; the last one holds FS_INDIRECT more numbers */
};

/* A directory is a file of these; inode 0: unused. The first two are "." and "..". */
struct fs_entry {
    uint16_t inode;
    char name[FS_NAME];
};

/* Committed are the n blocks that follow the header; block[k] says where the k-th belongs. */
struct fs_log_header {
    uint32_t n;
    uint32_t block[FS_LOG];
};

enum {
    FS_INODES_PER_BLOCK = FS_BLOCK / sizeof(struct fs_inode),
    FS_BITS_PER_BLOCK = FS_BLOCK * 8,
    FS_MAX_BLOCKS = FS_BITMAP * FS_BITS_PER_BLOCK,
};

/* The super block of a file system with so many blocks and inodes; all zeros if there cannot be
 * one. There is one layout only, so what is read can be held against it. */
static inline struct fs_super fs_layout(uint32_t blocks, uint32_t inodes) {
    struct fs_super s = {FS_MAGIC, blocks, inodes, .log_start = 2};
    if (blocks > FS_MAX_BLOCKS || inodes < 2 || inodes > UINT16_MAX)
        return (struct fs_super){0};
    s.inode_start = s.log_start + 1 + FS_LOG;
    s.bitmap_start = s.inode_start + (inodes + FS_INODES_PER_BLOCK - 1) / FS_INODES_PER_BLOCK;
    s.data_start = s.bitmap_start + (blocks + FS_BITS_PER_BLOCK - 1) / FS_BITS_PER_BLOCK;
    return s.data_start < blocks ? s : (struct fs_super){0};
}

#endif
