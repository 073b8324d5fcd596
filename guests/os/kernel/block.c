/* block.c - the file system as a whole, and which of its blocks are in use. */
#include "guests/os/kernel/file.h"

#include <string.h>

struct fs_super super;

static uint32_t hint; /* blocks below it are hardly free: where to begin to look */

void fs_init(void) {
    struct buffer *b = buffer_get(1);
    memcpy(&super, b->data, sizeof super);
    buffer_put(b);
    if (super.magic != FS_MAGIC)
        panic("there is no file system on the disk");
    struct fs_super good = fs_layout(super.blocks, super.inodes);
    if (memcmp(&super, &good, sizeof good) != 0)
        panic("the super block is damaged");
    hint = super.data_start;
    log_init();
    inode_reclaim();
}

static uint32_t zeroed(uint32_t block) {
    struct buffer *b = buffer_get(block);
    memset(b->data, 0, FS_BLOCK);
    log_write(b);
    buffer_put(b);
    return block;
}

static uint32_t alloc_from(uint32_t first) {
    for (uint32_t n = first; n < super.blocks;) {
        struct buffer *map = buffer_get(super.bitmap_start + n / FS_BITS_PER_BLOCK);
        do {
            uint8_t *byte = &map->data[n % FS_BITS_PER_BLOCK / 8], bit = 1u << n % 8;
            if (!(*byte & bit)) {
                *byte |= bit;
                hint = n + 1;
                log_write(map);
                buffer_put(map);
                return zeroed(n);
            }
        } while (++n < super.blocks && n % FS_BITS_PER_BLOCK);
        buffer_put(map);
    }
    return 0;
}

uint32_t block_alloc(void) {
    uint32_t block = alloc_from(hint);
    return block ? block : alloc_from(super.data_start); /* one may have been freed as we looked */
}

uint32_t block_check(uint32_t block) {
    if (block && (block < super.data_start || block >= super.blocks))
        panic("a file has a block that is none of the data's");
    return block;
}

void block_free(uint32_t block) {
    struct buffer *map = buffer_get(super.bitmap_start + block_check(block) / FS_BITS_PER_BLOCK);
    uint8_t *byte = &map->data[block % FS_BITS_PER_BLOCK / 8], bit = 1u << block % 8;
    if (!(*byte & bit))
        panic("a free block is freed");
    *byte &= (uint8_t)~bit;
    hint = block < hint ? block : hint;
    log_write(map);
    buffer_put(map);
}
