/* block.c - the file system as a whole, and which of its blocks are in use. */
#include "guests/os/kernel/file.h"

#include <string.h>

struct fs_super super;

static uint32_t hint; /* no block below it is free */

void fs_init(void) {
    struct buffer *b = buffer_get(1);
    memcpy(&super, b->data, sizeof super);
    buffer_put(b);
    if (super.magic != FS_MAGIC)
        panic("there is no file system on the disk");
    hint = super.data_start;
    log_init();
    inode_reclaim();
}

uint32_t block_alloc(void) {
    for (uint32_t n = hint; n < super.blocks;) {
        struct buffer *map = buffer_get(super.bitmap_start + n / FS_BITS_PER_BLOCK);
        do {
            uint8_t *byte = &map->data[n % FS_BITS_PER_BLOCK / 8], bit = 1u << n % 8;
            if (!(*byte & bit)) {
                *byte |= bit;
                hint = n + 1;
                log_write(map);
                buffer_put(map);
                struct buffer *b = buffer_get(n);
                memset(b->data, 0, FS_BLOCK);
                log_write(b);
                buffer_put(b);
                return n;
            }
        } while (++n < super.blocks && n % FS_BITS_PER_BLOCK);
        buffer_put(map);
    }
    return 0;
}

void block_free(uint32_t block) {
    struct buffer *map = buffer_get(super.bitmap_start + block / FS_BITS_PER_BLOCK);
    uint8_t *byte = &map->data[block % FS_BITS_PER_BLOCK / 8], bit = 1u << block % 8;
    if (!(*byte & bit))
        panic("a free block is freed");
    *byte &= (uint8_t)~bit;
    hint = block < hint ? block : hint;
    log_write(map);
    buffer_put(map);
}
