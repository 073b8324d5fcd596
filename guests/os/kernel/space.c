/* space.c - the memory of a process: its page table, and what comes on demand. */
#include "guests/os/kernel/kernel.h"

#include <errno.h>
#include <string.h>

/* A page table's entry (manual, section 5). */
enum { VALID = 1, RIGHTS = CAN_READ | CAN_WRITE | CAN_EXECUTE, USER = 0x300, ENTRIES = 1024 };

static uint32_t frame_of(uint32_t entry) {
    return entry & ~(uint32_t)(OS_PAGE - 1);
}

static uint32_t page_of(uint32_t address) {
    return address & ~(uint32_t)(OS_PAGE - 1);
}

bool space_init(struct space *space) {
    *space = (struct space){.root = page_alloc(), .heap = OS_PAGE, .brk = OS_PAGE};
    return space->root;
}

/* The entry for an address; NULL if there is no table for it, and none is to be made or can be. */
static uint32_t *entry_of(const struct space *space, uint32_t address, bool make) {
    uint32_t *up = &space->root[address >> 22];
    if (!(*up & VALID)) {
        uint32_t *table = make ? page_alloc() : NULL;
        if (!table)
            return NULL;
        *up = (uint32_t)table | VALID;
    }
    uint32_t *table = (uint32_t *)frame_of(*up);
    return &table[address / OS_PAGE % ENTRIES];
}

char *space_add(struct space *space, uint32_t address, unsigned rights) {
    uint32_t *entry = entry_of(space, address, true);
    if (!entry)
        return NULL;
    if (!(*entry & VALID)) {
        char *page = page_alloc();
        if (!page)
            return NULL;
        *entry = (uint32_t)page | USER | VALID;
    }
    *entry |= rights; /* the TLB asks again after a denial: no tlbi */
    return (char *)frame_of(*entry);
}

/* Go through all valid entries, from below: call visit until it says no. */
static bool each_page(const struct space *space,
                      bool (*visit)(uint32_t address, uint32_t *entry, void *with), void *with) {
    const uint32_t stack = OS_USER_TOP - OS_STACK, table = OS_PAGE * ENTRIES; /* bytes */
    for (uint32_t at = OS_PAGE; at < OS_USER_TOP;) {
        uint32_t *entry = entry_of(space, at, false);
        if (entry && *entry & VALID && !visit(at, entry, with))
            return false;
        at = entry ? at + OS_PAGE : (at | (table - 1)) + 1;
        if (at >= space->brk && at < stack)
            at = stack; /* nothing is in between */
    }
    return true;
}

static bool free_one(uint32_t address, uint32_t *entry, void *with) {
    page_free((void *)frame_of(*entry));
    return true;
}

void space_free(struct space *space) {
    if (!space->root)
        return;
    each_page(space, free_one, NULL);
    for (uint32_t up = 0; up <= OS_USER_TOP >> 22; up++)
        if (space->root[up] & VALID)
            page_free((void *)frame_of(space->root[up]));
    page_free(space->root);
    pg32_tlbia(); /* the root may be another space's next time, and its entries are by root */
    space->root = NULL;
}

static bool copy_one(uint32_t address, uint32_t *entry, void *with) {
    char *page = space_add(with, address, *entry & RIGHTS);
    if (page)
        memcpy(page, (void *)frame_of(*entry), OS_PAGE);
    return page;
}

int space_copy(struct space *to, const struct space *from) {
    to->heap = from->heap;
    to->brk = from->brk;
    return each_page(from, copy_one, to) ? 0 : -ENOMEM;
}

static bool count_one(uint32_t address, uint32_t *entry, void *with) {
    ++*(unsigned *)with;
    return true;
}

unsigned space_pages(const struct space *space) {
    unsigned n = 0;
    if (space->root)
        each_page(space, count_one, &n);
    return n;
}

bool space_demand(struct space *space, uint32_t address) {
    bool heap = address >= space->heap && address < space->brk;
    bool stack = address >= OS_USER_TOP - OS_STACK && address < OS_USER_TOP;
    if (!heap && !stack)
        return false;
    const uint32_t *entry = entry_of(space, address, false);
    if (entry && *entry & VALID)
        return false; /* it is there: the right is missing */
    return space_add(space, address, CAN_READ | CAN_WRITE);
}

int space_grow(struct space *space, int by) {
    uint32_t old = space->brk, brk = old + (uint32_t)by;
    uint32_t end = OS_USER_TOP - OS_STACK - OS_PAGE; /* a page between, for overflows */
    if (by < 0 ? brk > old || brk < space->heap : brk < old || brk > end)
        return -ENOMEM;
    space->brk = brk;
    for (uint32_t at = page_of(brk + OS_PAGE - 1); at < old; at += OS_PAGE) {
        uint32_t *entry = entry_of(space, at, false);
        if (entry && *entry & VALID) {
            page_free((void *)frame_of(*entry));
            *entry = 0;
            pg32_tlbi((void *)at);
        }
    }
    return (int)old;
}

/* Where the byte at an address is in physical memory; NULL if the process may not do that. */
static char *reach(struct space *space, uint32_t address, unsigned right) {
    if (address >= OS_USER_TOP)
        return NULL;
    const uint32_t *entry = entry_of(space, address, false);
    if (!entry || !(*entry & VALID)) {
        if (!space_demand(space, address))
            return NULL;
        entry = entry_of(space, address, false);
    }
    return *entry & right ? (char *)frame_of(*entry) + address % OS_PAGE : NULL;
}

/* How much of n bytes from an address on lies in its page. */
static size_t in_page(uint32_t address, size_t n) {
    size_t left = OS_PAGE - address % OS_PAGE;
    return n < left ? n : left;
}

static bool reach_all(struct space *space, uint32_t address, size_t n, unsigned right) {
    for (size_t done = 0; done < n; done += in_page(address + done, n - done))
        if (!reach(space, address + done, right))
            return false;
    return true;
}

int copy_out(struct space *space, uint32_t to, const void *from, size_t n) {
    if (!reach_all(space, to, n, CAN_WRITE))
        return -EFAULT;
    for (size_t done = 0, part; done < n; done += part) {
        part = in_page(to + done, n - done);
        memcpy(reach(space, to + done, CAN_WRITE), (const char *)from + done, part);
    }
    return 0;
}

int copy_in(struct space *space, void *to, uint32_t from, size_t n) {
    if (!reach_all(space, from, n, CAN_READ))
        return -EFAULT;
    for (size_t done = 0, part; done < n; done += part) {
        part = in_page(from + done, n - done);
        memcpy((char *)to + done, reach(space, from + done, CAN_READ), part);
    }
    return 0;
}

int copy_string(struct space *space, char *to, uint32_t from, size_t max) {
    for (size_t n = 0; n < max; n++) {
        const char *byte = reach(space, from + n, CAN_READ);
        if (!byte)
            return -EFAULT;
        to[n] = *byte;
        if (!*byte)
            return (int)n;
    }
    return -ENAMETOOLONG;
}
