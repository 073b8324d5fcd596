/* inode.c - files without names: where their bytes are. */
#include "guests/os/kernel/file.h"

#include <errno.h>
#include <string.h>

enum { INODES = 64 }; /* in memory at a time */

static struct inode table[INODES];

/* ---- on disk */

static struct buffer *block_of_inode(uint32_t number) {
    return buffer_get(super.inode_start + number / FS_INODES_PER_BLOCK);
}

static struct fs_inode *place_of(struct buffer *b, uint32_t number) {
    return (struct fs_inode *)b->data + number % FS_INODES_PER_BLOCK;
}

void inode_update(struct inode *i) {
    struct buffer *b = block_of_inode(i->number);
    *place_of(b, i->number) = i->d;
    log_write(b);
    buffer_put(b);
}

int inode_alloc(enum fs_type type, struct inode **made) {
    for (uint32_t number = FS_ROOT; number < super.inodes; number++) {
        struct buffer *b = block_of_inode(number);
        struct fs_inode *d = place_of(b, number);
        if (d->type == FS_FREE) {
            struct inode *i = inode_get(number);
            if (i) {
                *d = (struct fs_inode){.type = type};
                log_write(b);
                i->valid = false;
            }
            buffer_put(b);
            *made = i;
            return i ? 0 : -ENFILE;
        }
        buffer_put(b);
    }
    return -ENOSPC;
}

/* ---- in memory */

struct inode *inode_get(uint32_t number) {
    struct inode *free = NULL;
    for (struct inode *i = table; i < table + INODES; i++) {
        if (i->users && i->number == number) {
            i->users++;
            return i;
        }
        if (!i->users)
            free = i;
    }
    if (free)
        *free = (struct inode){.number = number, .users = 1};
    return free;
}

struct inode *inode_share(struct inode *i) {
    i->users++;
    return i;
}

void inode_lock(struct inode *i) {
    lock(&i->lock);
    if (!i->valid) {
        struct buffer *b = block_of_inode(i->number);
        i->d = *place_of(b, i->number);
        buffer_put(b);
        if (i->d.type > FS_DEVICE || i->d.size > FS_FILE_BLOCKS * FS_BLOCK)
            panic("an inode is damaged");
        i->valid = true;
    }
}

void inode_unlock(struct inode *i) {
    unlock(&i->lock);
}

static void inode_remove(struct inode *i) {
    inode_truncate(i);
    i->d.type = FS_FREE;
    inode_update(i);
    i->valid = false;
}

void inode_put(struct inode *i) {
    if (i->users == 1 && i->valid && i->d.links == 0) {
        inode_lock(i); /* nobody else has it, and without a name nobody finds it */
        inode_remove(i);
        inode_unlock(i);
    }
    i->users--;
}

void inode_drop(struct inode *i) {
    inode_unlock(i);
    inode_put(i);
}

void inode_reclaim(void) {
    for (uint32_t number = FS_ROOT; number < super.inodes; number++) {
        struct inode *i = inode_get(number);
        log_begin();
        inode_lock(i);
        if (i->d.type == FS_FREE)
            i->valid = false; /* put has nothing to remove */
        inode_drop(i);
        log_end();
    }
}

/* ---- the bytes */

static void free_all(uint32_t *blocks, unsigned n) {
    for (unsigned k = 0; k < n; k++)
        if (blocks[k])
            block_free(blocks[k]);
}

void inode_truncate(struct inode *i) {
    uint32_t *blocks = i->d.block;
    if (blocks[FS_DIRECT]) {
        struct buffer *b = buffer_get(block_check(blocks[FS_DIRECT]));
        free_all((uint32_t *)b->data, FS_INDIRECT);
        buffer_put(b);
    }
    free_all(blocks, FS_DIRECT + 1);
    memset(blocks, 0, sizeof i->d.block);
    i->d.size = 0;
    inode_update(i);
}

/* The k-th block of a file; where there is none, a new one if `make`. 0: none, or the disk is
 * full. */
static uint32_t block_of(struct inode *i, uint32_t k, bool make) {
    uint32_t *direct = &i->d.block[k < FS_DIRECT ? k : FS_DIRECT];
    if (!*direct && make)
        *direct = block_alloc();
    block_check(*direct);
    if (k < FS_DIRECT || !*direct)
        return *direct;
    struct buffer *b = buffer_get(*direct);
    uint32_t *indirect = (uint32_t *)b->data + (k - FS_DIRECT), block = *indirect;
    if (!block && make && (block = block_alloc())) {
        *indirect = block;
        log_write(b);
    }
    buffer_put(b);
    return block_check(block);
}

/* From the kernel's memory, or a process's. */
static int give(struct space *space, uint32_t to, const void *from, size_t n) {
    if (space)
        return copy_out(space, to, from, n);
    memcpy((void *)to, from, n);
    return 0;
}

static int take(struct space *space, void *to, uint32_t from, size_t n) {
    if (space)
        return copy_in(space, to, from, n);
    memcpy(to, (const void *)from, n);
    return 0;
}

static uint32_t in_block(uint32_t offset, uint32_t n) {
    uint32_t left = FS_BLOCK - offset % FS_BLOCK;
    return n < left ? n : left;
}

int inode_read(struct inode *i, struct space *space, uint32_t to, uint32_t offset, uint32_t n) {
    static const uint8_t hole[FS_BLOCK]; /* seeked over, and never written */
    if (offset >= i->d.size)
        return 0;
    n = n < i->d.size - offset ? n : i->d.size - offset;
    for (uint32_t done = 0, part; done < n; done += part) {
        uint32_t at = offset + done, block = block_of(i, at / FS_BLOCK, false);
        struct buffer *b = block ? buffer_get(block) : NULL;
        part = in_block(at, n - done);
        int error = give(space, to + done, (b ? b->data : hole) + at % FS_BLOCK, part);
        if (b)
            buffer_put(b);
        if (error)
            return done ? (int)done : error;
    }
    return (int)n;
}

int inode_write(struct inode *i, struct space *space, uint32_t from, uint32_t offset, uint32_t n) {
    const uint32_t max = FS_FILE_BLOCKS * FS_BLOCK;
    uint32_t done = 0;
    int error = 0;
    if (offset > max || n > max - offset)
        return -EFBIG;
    for (uint32_t part; done < n; done += part) {
        uint32_t at = offset + done, block = block_of(i, at / FS_BLOCK, true);
        if (!block) {
            error = -ENOSPC;
            break;
        }
        struct buffer *b = buffer_get(block);
        part = in_block(at, n - done);
        error = take(space, b->data + at % FS_BLOCK, from + done, part);
        if (!error)
            log_write(b);
        buffer_put(b);
        if (error)
            break;
    }
    if (offset + done > i->d.size && done)
        i->d.size = offset + done;
    inode_update(i); /* its blocks may be new, even if nothing was written */
    return done || !error ? (int)done : error;
}
