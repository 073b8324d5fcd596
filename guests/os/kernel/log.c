/* log.c - several writes as one: after a power cut all of an operation's are there, or none.
 *
 * What an operation changes stays in the cache until it ends. Then, once no other operation runs,
 * all changed blocks are written to the log, and then the log's header, which says where they
 * belong: this one write is what commits. Only then they go where they belong, and a header
 * without blocks ends it. After a power cut in between, log_init does the second half again.
 *
 * After Gray and Reuter, "Transaction Processing", chapter 9: a redo log with group commit.
 */
#include "guests/os/kernel/file.h"

#include <string.h>

static uint32_t start;      /* the header's block */
static unsigned operations; /* that have begun and not ended */
static bool committing;
static uint32_t commits; /* so far */
static struct lock gate; /* to begin in turn: who writes without end does not keep others out */

/* What is on disk is a block; only its first sector has meaning. */
static union {
    struct fs_log_header header;
    uint8_t block[FS_BLOCK];
} image;

/* From the log to where they belong. */
static void install(void) {
    for (uint32_t k = 0; k < image.header.n; k++) {
        struct buffer *b = buffer_get(image.header.block[k]);
        disk_write(b->block, b->data);
        b->users--; /* log_write's */
        buffer_put(b);
    }
    image.header.n = 0;
    disk_write(start, image.block);
}

void log_init(void) {
    start = super.log_start;
    disk_read(start, image.block);
    if (image.header.n > FS_LOG)
        panic("the log is damaged");
    for (uint32_t k = 0; k < image.header.n; k++) {
        struct buffer *b = buffer_get(image.header.block[k]);
        disk_read(start + 1 + k, b->data);
        b->users++;
        buffer_put(b);
    }
    if (image.header.n)
        install();
}

static void commit(void) {
    for (uint32_t k = 0; k < image.header.n; k++) {
        struct buffer *b = buffer_get(image.header.block[k]);
        disk_write(start + 1 + k, b->data);
        buffer_put(b);
    }
    disk_write(start, image.block);
    install();
}

void log_begin(void) {
    lock(&gate);
    while (committing || image.header.n + (operations + 1) * LOG_OPERATION > FS_LOG)
        sleep_on(&commits);
    operations++;
    unlock(&gate);
}

void log_write(struct buffer *b) {
    uint32_t k = 0;
    while (k < image.header.n && image.header.block[k] != b->block)
        k++;
    if (k < image.header.n)
        return;
    if (image.header.n == FS_LOG || operations == 0)
        panic("an operation is too large for the log, or there is none");
    image.header.block[image.header.n++] = b->block;
    b->users++; /* it stays in the cache */
}

/* The caller holds no lock: whoever runs still may wait for it. */
void log_end(void) {
    uint32_t before = commits;
    if (--operations > 0) {
        wake(&commits); /* there may be room for another one */
        while (commits == before)
            sleep_on(&commits);
        return;
    }
    if (image.header.n) {
        committing = true;
        commit();
        committing = false;
    }
    commits++;
    wake(&commits);
}
