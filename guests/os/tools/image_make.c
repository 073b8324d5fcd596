/* image_make.c - a new file system, and what is in it from the start. */
#include "guests/os/tools/image.h"

#include <stdlib.h>
#include <string.h>

static void mark_used(struct os_image *image, uint32_t block) {
    uint8_t *map = os_image_block(image, os_image_super(image)->bitmap_start);
    map[block / 8] |= (uint8_t)(1u << block % 8); /* the bitmap's blocks follow one another */
}

static bool is_used(const struct os_image *image, uint32_t block) {
    return os_image_block(image, os_image_super(image)->bitmap_start)[block / 8] >> block % 8 & 1;
}

static uint32_t block_new(struct os_image *image) {
    for (uint32_t n = os_image_super(image)->data_start; n < image->blocks; n++)
        if (!is_used(image, n)) {
            mark_used(image, n);
            return n;
        }
    return 0;
}

static uint32_t inode_new(struct os_image *image, enum fs_type type) {
    for (uint32_t n = FS_ROOT; n < os_image_super(image)->inodes; n++)
        if (os_image_inode(image, n)->type == FS_FREE) {
            *os_image_inode(image, n) = (struct fs_inode){.type = (uint16_t)type, .links = 1};
            return n;
        }
    return 0;
}

/* The k-th block of a file, a new one if it has none; 0: the image is full. */
static uint32_t block_for(struct os_image *image, struct fs_inode *i, uint32_t k) {
    uint32_t *up = &i->block[FS_DIRECT], *place = &i->block[k];
    if (k >= FS_DIRECT) {
        if (!*up && !(*up = block_new(image)))
            return 0;
        place = (uint32_t *)os_image_block(image, *up) + (k - FS_DIRECT);
    }
    if (!*place)
        *place = block_new(image);
    return *place;
}

static bool append(struct os_image *image, struct fs_inode *i, const void *bytes, size_t size,
                   struct pg_error *err) {
    const uint8_t *from = bytes;
    if (size > FS_FILE_BLOCKS * FS_BLOCK - i->size)
        return pg_fail(err, "larger than a file can be, %d bytes", FS_FILE_BLOCKS * FS_BLOCK);
    while (size > 0) {
        uint32_t block = block_for(image, i, i->size / FS_BLOCK), at = i->size % FS_BLOCK;
        size_t part = size < FS_BLOCK - at ? size : FS_BLOCK - at;
        if (!block)
            return pg_fail(err, "the image is full");
        memcpy(os_image_block(image, block) + at, from, part);
        i->size += (uint32_t)part;
        from += part;
        size -= part;
    }
    return true;
}

static bool add_entry(struct os_image *image, struct fs_inode *dir, const char *name, size_t length,
                      uint32_t number, struct pg_error *err) {
    struct fs_entry entry = {.inode = (uint16_t)number};
    memcpy(entry.name, name, length);
    return append(image, dir, &entry, sizeof entry, err);
}

static bool add_dots(struct os_image *image, uint32_t number, uint32_t parent,
                     struct pg_error *err) {
    struct fs_inode *dir = os_image_inode(image, number);
    return add_entry(image, dir, ".", 1, number, err) &&
           add_entry(image, dir, "..", 2, parent, err);
}

bool os_image_make(struct os_image *image, uint32_t blocks, uint32_t inodes, struct pg_error *err) {
    struct fs_super super = fs_layout(blocks, inodes);
    if (!super.magic)
        return pg_fail(err, "%u blocks and %u inodes: too few or too many", blocks, inodes);
    *image = (struct os_image){calloc(blocks, FS_BLOCK), blocks};
    if (!image->bytes)
        return pg_fail(err, "the host is out of memory");
    *os_image_super(image) = super;
    for (uint32_t k = 0; k < super.data_start; k++)
        mark_used(image, k);
    return add_dots(image, inode_new(image, FS_DIRECTORY), FS_ROOT, err);
}

bool os_image_add(struct os_image *image, const char *path, enum fs_type type, const void *bytes,
                  size_t size, struct pg_error *err) {
    char parent[256];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = strlen(name), before = (size_t)(name - path);
    if (!slash || length == 0 || length > FS_NAME || before >= sizeof parent)
        return pg_fail(err, "%s: not an absolute path whose last part has 1 to %d characters", path,
                       FS_NAME);
    memcpy(parent, path, before);
    parent[before] = '\0';
    struct fs_inode *dir = os_image_walk(image, parent);
    if (!dir || dir->type != FS_DIRECTORY)
        return pg_fail(err, "%s: there is no directory %s", path, parent);
    if (os_image_find(image, dir, name, length))
        return pg_fail(err, "%s: is there already", path);
    uint32_t number = inode_new(image, type);
    if (!number)
        return pg_fail(err, "%s: no inode is left", path);
    struct fs_inode *i = os_image_inode(image, number);
    i->device = type == FS_DEVICE;
    if (type == FS_DIRECTORY) {
        struct fs_entry *dot = os_image_find(image, dir, ".", 1);
        dir->links++; /* the new one's ".." */
        return add_dots(image, number, dot->inode, err) &&
               add_entry(image, dir, name, length, number, err);
    }
    return append(image, i, bytes, size, err) && add_entry(image, dir, name, length, number, err);
}
