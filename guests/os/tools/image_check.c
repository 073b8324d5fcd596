/* image_check.c - is a file system whole? Nothing in the image is believed before it is checked. */
#include "guests/os/tools/image.h"

#include <stdlib.h>
#include <string.h>

struct check {
    const struct os_image *image;
    struct fs_super super;
    uint8_t *used;    /* by block: something holds it */
    uint16_t *names;  /* by inode: entries that name it, beside "." */
    uint16_t *parent; /* by inode, of a directory: the one that it was found in; 0: not yet found */
    struct pg_error *err;
};

static bool check_super(struct check *c) {
    const struct fs_super *s = &c->super;
    if (c->image->blocks < 3 || s->magic != FS_MAGIC)
        return pg_fail(c->err, "no file system");
    if (s->blocks != c->image->blocks)
        return pg_fail(c->err, "the file system has %u blocks, the image %u", s->blocks,
                       c->image->blocks);
    struct fs_super good = fs_layout(s->blocks, s->inodes);
    if (memcmp(s, &good, sizeof good) != 0)
        return pg_fail(c->err, "the super block is damaged");
    const struct fs_log_header *log = (const void *)os_image_block(c->image, s->log_start);
    if (log->n != 0)
        return pg_fail(c->err, "%u blocks in the log wait for the kernel to be started", log->n);
    return true;
}

/* A block of an inode: in the data, marked as used, and nobody else's. */
static bool check_block(struct check *c, uint32_t number, uint32_t block) {
    const uint8_t *map = os_image_block(c->image, c->super.bitmap_start);
    if (block < c->super.data_start || block >= c->super.blocks)
        return pg_fail(c->err, "inode %u: block %u is not one of the data", number, block);
    if (!(map[block / 8] >> block % 8 & 1))
        return pg_fail(c->err, "inode %u: block %u is marked as free", number, block);
    if (c->used[block])
        return pg_fail(c->err, "inode %u: block %u is used twice", number, block);
    c->used[block] = 1;
    return true;
}

static bool check_blocks(struct check *c, uint32_t number) {
    const struct fs_inode *i = os_image_inode(c->image, number);
    uint32_t last = (i->size + FS_BLOCK - 1) / FS_BLOCK; /* none behind the end */
    if (i->size > FS_FILE_BLOCKS * FS_BLOCK)
        return pg_fail(c->err, "inode %u: its size is %u", number, i->size);
    uint32_t up = i->block[FS_DIRECT];
    if (up && !check_block(c, number, up))
        return false;
    for (uint32_t k = 0; k < FS_FILE_BLOCKS; k++) {
        uint32_t block = os_image_block_of(c->image, i, k);
        if (block && !check_block(c, number, block))
            return false;
        if (!block && k < last && i->type == FS_DIRECTORY)
            return pg_fail(c->err, "inode %u: a directory with a hole", number);
    }
    return true;
}

static bool check_inode(struct check *c, uint32_t number) {
    const struct fs_inode *i = os_image_inode(c->image, number);
    if (i->type == FS_FREE)
        return true;
    if (i->type > FS_DEVICE)
        return pg_fail(c->err, "inode %u: its type is %u", number, i->type);
    if (i->type == FS_DIRECTORY && i->size % sizeof(struct fs_entry) != 0)
        return pg_fail(c->err, "inode %u: a directory of %u bytes", number, i->size);
    return check_blocks(c, number);
}

static bool check_entry(struct check *c, uint32_t dir, uint32_t k, const struct fs_entry *entry) {
    const char *dots[] = {".", ".."};
    uint32_t number = entry->inode;
    if (k < 2) {
        uint32_t want = k == 0 ? dir : dir == FS_ROOT ? FS_ROOT : c->parent[dir];
        if (strncmp(entry->name, dots[k], FS_NAME) != 0 || number != want)
            return pg_fail(c->err, "directory %u: \"%s\" is not there, or names inode %u", dir,
                           dots[k], number);
        c->names[number] += k == 1 && dir != FS_ROOT;
        return true;
    }
    if (!number)
        return true;
    if (number >= c->super.inodes || os_image_inode(c->image, number)->type == FS_FREE)
        return pg_fail(c->err, "directory %u: %.*s names inode %u, which is not in use", dir,
                       FS_NAME, entry->name, number);
    const struct fs_inode *i = os_image_inode(c->image, dir);
    size_t length = strnlen(entry->name, FS_NAME);
    if (length == 0 || memchr(entry->name, '/', length) ||
        os_image_find(c->image, i, entry->name, length) != entry)
        return pg_fail(c->err, "directory %u: the name %.*s is empty, wrong, or there twice", dir,
                       FS_NAME, entry->name);
    c->names[number]++;
    if (os_image_inode(c->image, number)->type == FS_DIRECTORY) {
        if (c->parent[number] || number == FS_ROOT)
            return pg_fail(c->err, "directory %u has two names", number);
        c->parent[number] = (uint16_t)dir;
    }
    return true;
}

static bool check_directory(struct check *c, uint32_t dir) {
    const struct fs_inode *i = os_image_inode(c->image, dir);
    uint32_t n = i->size / sizeof(struct fs_entry);
    if (n < 2)
        return pg_fail(c->err, "directory %u: without \".\" and \"..\"", dir);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t at = k * sizeof(struct fs_entry);
        const uint8_t *block =
            os_image_block(c->image, os_image_block_of(c->image, i, at / FS_BLOCK));
        if (!check_entry(c, dir, k, (const struct fs_entry *)(block + at % FS_BLOCK)))
            return false;
    }
    return true;
}

/* From the root down, until no directory is found any more: each has one parent, so this ends. */
static bool check_tree(struct check *c) {
    uint8_t *done = calloc(c->super.inodes, 1);
    bool more = true, ok = done;
    c->parent[FS_ROOT] = FS_ROOT;
    if (os_image_inode(c->image, FS_ROOT)->type != FS_DIRECTORY)
        ok = pg_fail(c->err, "there is no root directory");
    c->names[FS_ROOT] = 1; /* it needs no name */
    while (ok && more) {
        more = false;
        for (uint32_t k = FS_ROOT; ok && k < c->super.inodes; k++)
            if (os_image_inode(c->image, k)->type == FS_DIRECTORY && c->parent[k] && !done[k]) {
                done[k] = 1;
                more = true;
                ok = check_directory(c, k);
            }
    }
    free(done);
    return ok;
}

/* Nothing is lost: what is marked as used is used, and what is there has as many names as it says.
 */
static bool check_counts(struct check *c) {
    const uint8_t *map = os_image_block(c->image, c->super.bitmap_start);
    for (uint32_t k = FS_ROOT; k < c->super.inodes; k++) {
        const struct fs_inode *i = os_image_inode(c->image, k);
        if (i->type != FS_FREE && (i->links != c->names[k] || !i->links))
            return pg_fail(c->err, "inode %u: %u names, and it says %u", k, c->names[k], i->links);
    }
    for (uint32_t k = c->super.data_start; k < c->super.blocks; k++)
        if (map[k / 8] >> k % 8 & 1 && !c->used[k])
            return pg_fail(c->err, "block %u is lost: marked as used, and in no file", k);
    return true;
}

bool os_image_check(const struct os_image *image, struct pg_error *err) {
    struct check c = {.image = image, .err = err};
    if (image->blocks >= 3)
        c.super = *os_image_super(image);
    if (!check_super(&c))
        return false;
    c.used = calloc(c.super.blocks, 1);
    c.names = calloc(c.super.inodes, sizeof *c.names);
    c.parent = calloc(c.super.inodes, sizeof *c.parent);
    bool ok = c.used && c.names && c.parent;
    if (!ok)
        pg_fail(err, "the host is out of memory");
    for (uint32_t k = FS_ROOT; ok && k < c.super.inodes; k++)
        ok = check_inode(&c, k);
    ok = ok && check_tree(&c) && check_counts(&c);
    free(c.used);
    free(c.names);
    free(c.parent);
    return ok;
}
