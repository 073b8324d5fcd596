/* disk.c - the block device: one transfer at a time, by DMA (manual, section 8). */
#include "guests/os/fs.h"
#include "guests/os/kernel/kernel.h"

enum { READ = 1, WRITE = 2 };
enum { BUSY = 1, DONE = 2, ERRORS = 0x70 };
enum { SECTORS = FS_BLOCK / 512 };

static struct lock device;
static bool finished;
static uint32_t status;

/* The line is up once a transfer is done: note how it ended, and drop the line. */
void disk_interrupt(void) {
    uint32_t now = pg32_in(PG32_BLOCK_STATUS);
    if (now & DONE) {
        status = now;
        finished = true;
        pg32_out(PG32_BLOCK_STATUS, 0);
        wake(&finished);
    }
}

static void transfer(uint32_t command, uint32_t block, uint32_t address) {
    lock(&device);
    finished = false;
    pg32_out(PG32_BLOCK_SECTOR, block * SECTORS);
    pg32_out(PG32_BLOCK_ADDRESS, address);
    pg32_out(PG32_BLOCK_COUNT, SECTORS);
    pg32_out(PG32_BLOCK_COMMAND, command);
    while (!finished)
        sleep_on(&finished);
    if (status & ERRORS)
        panic(pg32_in(PG32_BLOCK_CAPACITY) ? "the disk refuses a transfer" : "there is no disk");
    unlock(&device);
}

void disk_read(uint32_t block, void *to) {
    transfer(READ, block, (uint32_t)to);
}

void disk_write(uint32_t block, const void *from) {
    transfer(WRITE, block, (uint32_t)from);
}
