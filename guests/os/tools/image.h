/* image.h - the kernel's file system from the host's side: make images, check them, read files. */
#ifndef OS_IMAGE_H
#define OS_IMAGE_H

#include "guests/os/fs.h"
#include "isa/error.h"

#include <stddef.h>

/* An image in memory; `bytes` is malloc'd. */
struct os_image {
    uint8_t *bytes;
    uint32_t blocks; /* of FS_BLOCK bytes */
};

/* An empty file system of so many blocks and inodes; the caller frees image->bytes. */
bool os_image_make(struct os_image *image, uint32_t blocks, uint32_t inodes, struct pg_error *err);

/* Add a directory, a device or a file at an absolute path, whose directory is there. */
bool os_image_add(struct os_image *image, const char *path, enum fs_type type, const void *bytes,
                  size_t size, struct pg_error *err);

/* Is everything in the image as it should be, the log empty, nothing lost, and nothing used twice?
 * The image may hold anything. */
bool os_image_check(const struct os_image *image, struct pg_error *err);

/* The contents of a file, malloc'd; NULL if there is no such file. The image has been checked. */
uint8_t *os_image_read(const struct os_image *image, const char *path, size_t *size);

/* ---- for the functions above */

struct fs_super *os_image_super(const struct os_image *image);
struct fs_inode *os_image_inode(const struct os_image *image, uint32_t number);
uint8_t *os_image_block(const struct os_image *image, uint32_t block);

/* The k-th block of a file; 0: none. */
uint32_t os_image_block_of(const struct os_image *image, const struct fs_inode *i, uint32_t k);

/* The entry of that name in a directory; NULL if there is none. */
struct fs_entry *os_image_find(const struct os_image *image, const struct fs_inode *dir,
                               const char *name, size_t length);

/* The inode of a path; NULL if there is none. */
struct fs_inode *os_image_walk(const struct os_image *image, const char *path);

#endif
