/* image.c - where things are in an image of the file system. All numbers are little-endian. */
#include "guests/os/tools/image.h"

#include <stdlib.h>
#include <string.h>

uint8_t *os_image_block(const struct os_image *image, uint32_t block) {
    return image->bytes + (size_t)block * FS_BLOCK;
}

struct fs_super *os_image_super(const struct os_image *image) {
    return (struct fs_super *)os_image_block(image, 1);
}

struct fs_inode *os_image_inode(const struct os_image *image, uint32_t number) {
    uint32_t block = os_image_super(image)->inode_start + number / FS_INODES_PER_BLOCK;
    return (struct fs_inode *)os_image_block(image, block) + number % FS_INODES_PER_BLOCK;
}

uint32_t os_image_block_of(const struct os_image *image, const struct fs_inode *i, uint32_t k) {
    if (k < FS_DIRECT)
        return i->block[k];
    uint32_t up = i->block[FS_DIRECT];
    return up ? ((const uint32_t *)os_image_block(image, up))[k - FS_DIRECT] : 0;
}

struct fs_entry *os_image_find(const struct os_image *image, const struct fs_inode *dir,
                               const char *name, size_t length) {
    for (uint32_t at = 0; at < dir->size; at += sizeof(struct fs_entry)) {
        uint32_t block = os_image_block_of(image, dir, at / FS_BLOCK);
        struct fs_entry *entry = (struct fs_entry *)(os_image_block(image, block) + at % FS_BLOCK);
        if (block && entry->inode && strnlen(entry->name, FS_NAME) == length &&
            memcmp(entry->name, name, length) == 0)
            return entry;
    }
    return NULL;
}

struct fs_inode *os_image_walk(const struct os_image *image, const char *path) {
    struct fs_inode *i = os_image_inode(image, FS_ROOT);
    for (;;) {
        path += strspn(path, "/");
        size_t n = strcspn(path, "/");
        if (n == 0)
            return i;
        const struct fs_entry *entry =
            i->type == FS_DIRECTORY ? os_image_find(image, i, path, n) : NULL;
        if (!entry)
            return NULL;
        i = os_image_inode(image, entry->inode);
        path += n;
    }
}

uint8_t *os_image_read(const struct os_image *image, const char *path, size_t *size) {
    const struct fs_inode *i = os_image_walk(image, path);
    uint8_t *bytes = i && i->type == FS_FILE ? calloc(1, (size_t)i->size + 1) : NULL;
    if (!bytes)
        return NULL;
    for (uint32_t at = 0; at < i->size; at += FS_BLOCK) {
        uint32_t block = os_image_block_of(image, i, at / FS_BLOCK), left = i->size - at;
        if (block)
            memcpy(bytes + at, os_image_block(image, block), left < FS_BLOCK ? left : FS_BLOCK);
    }
    *size = i->size;
    return bytes;
}
