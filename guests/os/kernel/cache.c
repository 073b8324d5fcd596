/* cache.c - disk blocks in memory: each at most once, and lent to one process at a time. */
#include "guests/os/kernel/file.h"

enum { BUFFERS = 64 }; /* more than FS_LOG, whose blocks stay until they are committed */

static struct buffer buffers[BUFFERS];
static struct buffer ends; /* of the list by last use: newest.older ... oldest.newer */

static void take_out(struct buffer *b) {
    b->older->newer = b->newer;
    b->newer->older = b->older;
}

static void put_in_as_newest(struct buffer *b) {
    b->newer = &ends;
    b->older = ends.older;
    ends.older->newer = b;
    ends.older = b;
}

void cache_init(void) {
    ends.older = ends.newer = &ends;
    for (struct buffer *b = buffers; b < buffers + BUFFERS; b++)
        put_in_as_newest(b);
}

/* The block's buffer; else the one that has not been used for longest. NULL: all are in use. */
static struct buffer *choose(uint32_t block) {
    for (struct buffer *b = ends.older; b != &ends; b = b->older)
        if (b->block == block && (b->valid || b->users))
            return b;
    for (struct buffer *b = ends.newer; b != &ends; b = b->newer)
        if (b->users == 0) {
            b->block = block;
            b->valid = false;
            return b;
        }
    return NULL;
}

struct buffer *buffer_get(uint32_t block) {
    struct buffer *b;
    while (!(b = choose(block)))
        sleep_on(buffers);
    b->users++;
    lock(&b->lock);
    if (!b->valid) {
        disk_read(block, b->data);
        b->valid = true;
    }
    return b;
}

void buffer_put(struct buffer *b) {
    unlock(&b->lock);
    if (--b->users == 0) {
        take_out(b);
        put_in_as_newest(b);
        wake(buffers);
    }
}
