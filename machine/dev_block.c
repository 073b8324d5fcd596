/* dev_block.c - a disk of 512-byte sectors with DMA and a completion interrupt.
 *
 * A command is checked when it is given and completes, atomically, COST steps later: data
 * moves at the completion and not before. A command that is out of range completes with an
 * error status and moves nothing.
 */
#include "machine/device.h"

enum {
    SECTOR = 0x30,
    ADDRESS = 0x31,
    COUNT = 0x32,
    COMMAND = 0x33,
    STATUS = 0x34,
    CAPACITY = 0x35,
};
enum { READ = 1, WRITE = 2 };
enum { BUSY = 0x1, DONE = 0x2, BAD_SECTOR = 0x10, BAD_ADDRESS = 0x20, BAD_COMMAND = 0x40 };
enum { COST = 1000, COST_SECTOR = 100 };

struct block {
    uint32_t sector, address, count; /* as written, for the next command */
    uint32_t command;                /* in progress: READ, WRITE or 0 */
    uint32_t at_sector, at_address, at_count;
    uint32_t status;
    uint64_t due; /* T of the completion, while BUSY */
};

static const struct pg_reg regs[] = {
    PG_REG(struct block, sector, "first sector of the next command"),
    PG_REG(struct block, address, "physical address of the next command"),
    PG_REG(struct block, count, "sectors of the next command"),
    PG_REG(struct block, command, "command in progress: 1 read, 2 write, 0 none or refused"),
    PG_REG(struct block, at_sector, "first sector of the command in progress"),
    PG_REG(struct block, at_address, "physical address of the command in progress"),
    PG_REG(struct block, at_count, "sectors of the command in progress"),
    PG_REG(struct block, status, "as port block.status reads"),
    PG_REG(struct block, due, "T at which the command in progress completes"),
};

static const struct pg_port ports[] = {
    {SECTOR, PG_INOUT | PG_POSTED | PG_STEADY, "block.sector", "first sector"},
    {ADDRESS, PG_INOUT | PG_POSTED | PG_STEADY, "block.address", "physical address in memory"},
    {COUNT, PG_INOUT | PG_POSTED | PG_STEADY, "block.count", "number of sectors of 512 bytes"},
    {COMMAND, PG_OUT, "block.command",
     "1: read from disk to memory, 2: write from memory to disk; completes 1000 + 100 x count "
     "steps later. Ignored, with status 0x40, while busy"},
    {STATUS, PG_INOUT | PG_STEADY, "block.status",
     "in: 1 busy, 2 done, with 0x10 sectors out of range, 0x20 memory out of range, 0x40 bad "
     "command. out: clears all but busy and drops the line"},
    {CAPACITY, PG_IN | PG_STEADY, "block.capacity", "sectors on the disk, 0 if there is none"},
};

/* Check ranges against the disk and memory; nothing here can overflow. */
static uint32_t range_error(const struct pg_env *env, uint32_t sector, uint32_t address,
                            uint32_t count) {
    uint32_t capacity = env->plugs->disk_sectors;
    if (sector > capacity || count > capacity - sector)
        return BAD_SECTOR;
    if (count > UINT32_MAX / PG_SECTOR || !pg_ram_has(env->ram, address, count * PG_SECTOR))
        return BAD_ADDRESS;
    return 0;
}

static uint32_t refusal(const struct block *b, const struct pg_env *env, uint32_t command) {
    if (command != READ && command != WRITE)
        return BAD_COMMAND;
    return range_error(env, b->sector, b->address, b->count);
}

static void start(struct block *b, const struct pg_env *env, uint32_t command) {
    if (b->status & BUSY) {
        b->status |= BAD_COMMAND;
        return;
    }
    uint32_t error = refusal(b, env, command);
    b->command = error ? 0 : command;
    b->at_sector = b->sector;
    b->at_address = b->address;
    b->at_count = error ? 0 : b->count;
    b->status = BUSY | error;
    b->due = env->clock.T + COST + (uint64_t)COST_SECTOR * b->at_count;
}

static uint32_t block_in(void *state, struct pg_env *env, unsigned port) {
    const struct block *b = state;
    switch (port) {
    case SECTOR: return b->sector;
    case ADDRESS: return b->address;
    case COUNT: return b->count;
    case STATUS: return b->status;
    default: return env->plugs->disk_sectors;
    }
}

static void block_out(void *state, struct pg_env *env, unsigned port, uint32_t value) {
    struct block *b = state;
    switch (port) {
    case SECTOR: b->sector = value; break;
    case ADDRESS: b->address = value; break;
    case COUNT: b->count = value; break;
    case COMMAND: start(b, env, value); break;
    default: b->status &= BUSY; break;
    }
}

static uint64_t block_next(const void *state, const struct pg_env *env) {
    const struct block *b = state;
    return b->status & BUSY ? b->due : PG_NEVER;
}

static void block_advance(void *state, struct pg_env *env) {
    struct block *b = state;
    struct pg_plugs *plugs = env->plugs;
    size_t size = (size_t)b->at_count * PG_SECTOR, at = (size_t)b->at_sector * PG_SECTOR;
    if (b->command) { /* the disk may have been exchanged in between */
        uint32_t error = range_error(env, b->at_sector, b->at_address, b->at_count);
        b->status |= error;
        size = error ? 0 : size;
    }
    if (b->command == READ && size) {
        memcpy(env->ram->bytes + b->at_address, plugs->disk + at, size);
        pg_ram_written(env->ram, b->at_address, (uint32_t)size);
    } else if (b->command == WRITE && size) {
        memcpy(plugs->disk + at, env->ram->bytes + b->at_address, size);
        memset(plugs->disk_written + b->at_sector, 1, b->at_count);
    }
    b->command = 0;
    b->status = (b->status & ~(uint32_t)BUSY) | DONE;
}

static bool block_pending(const void *state) {
    return ((const struct block *)state)->status & DONE;
}

/* Ranges are checked again at the completion. */
static bool block_valid(const void *state, const struct pg_env *env) {
    const struct block *b = state;
    const uint32_t bits = BUSY | DONE | BAD_SECTOR | BAD_ADDRESS | BAD_COMMAND;
    const uint64_t longest = COST + (uint64_t)COST_SECTOR * PG_MAX_SECTORS;
    return (b->status & ~bits) == 0 && b->command <= WRITE && (!b->command || b->status & BUSY) &&
           (!(b->status & BUSY) || b->due <= env->clock.T + longest);
}

const struct pg_device pg_device_block = {
    .name = "block",
    .line = 2,
    .state_size = sizeof(struct block),
    .regs = regs,
    .nregs = sizeof regs / sizeof *regs,
    .ports = ports,
    .nports = sizeof ports / sizeof *ports,
    .in = block_in,
    .out = block_out,
    .next = block_next,
    .advance = block_advance,
    .pending = block_pending,
    .valid = block_valid,
};
