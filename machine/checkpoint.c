#include "machine/checkpoint.h"

#include <stdlib.h>

/* A page of memory or disk, or a piece of the output. */
struct page {
    unsigned users; /* checkpoints */
    uint8_t bytes[PG_PAGE];
};

/* Bytes in pages; NULL for a page of zeros. */
struct paged {
    struct page **pages;
    size_t n, size;
};

struct pg_checkpoint {
    struct pg_cpu cpu;
    enum pg_run run;
    uint32_t exit_code;
    struct pg_trap trap;
    const char *why;
    uint64_t retired, traps;
    struct pg_tlb_entry *tlb;
    size_t ntlb;
    void *state[PG_NDEVICES];
    struct paged memory, disk, disk_written, output;
    size_t own; /* bytes not shared */
};

/* ---- bytes in pages */

static size_t in_page(size_t at, size_t size) {
    return size - at < PG_PAGE ? size - at : PG_PAGE;
}

/* One page: none if zero, the other's if equal, else a new one. */
static bool take_page(struct page **place, const uint8_t *bytes, size_t size, struct page *like) {
    if (like && memcmp(like->bytes, bytes, size) == 0) {
        like->users++;
        *place = like;
        return true;
    }
    if (pg_is_zero(bytes, size))
        return true;
    *place = malloc(sizeof **place);
    if (!*place)
        return false;
    (*place)->users = 1;
    memcpy((*place)->bytes, bytes, size);
    return true;
}

static bool take_bytes(struct pg_checkpoint *c, struct paged *to, const uint8_t *bytes, size_t size,
                       const struct paged *like) {
    to->size = size;
    to->n = (size + PG_PAGE - 1) / PG_PAGE;
    to->pages = calloc(to->n + 1, sizeof *to->pages);
    if (!to->pages)
        return false;
    for (size_t k = 0; k < to->n; k++) {
        size_t at = k * PG_PAGE;
        struct page *other = like && k < like->n ? like->pages[k] : NULL;
        if (!take_page(&to->pages[k], bytes + at, in_page(at, size), other))
            return false;
        if (to->pages[k] && to->pages[k] != other)
            c->own += sizeof(struct page);
    }
    c->own += to->n * sizeof *to->pages;
    return true;
}

static void free_bytes(struct paged *paged) {
    for (size_t k = 0; paged->pages && k < paged->n; k++)
        if (paged->pages[k] && --paged->pages[k]->users == 0)
            free(paged->pages[k]);
    free(paged->pages);
}

/* Copy what differs; `changed` is told of it, unless it is NULL. */
static void give_bytes(uint8_t *to, const struct paged *from, struct pg_ram *ram) {
    static const uint8_t zero[PG_PAGE];
    for (size_t k = 0; k < from->n; k++) {
        size_t at = k * PG_PAGE, size = in_page(at, from->size);
        const uint8_t *bytes = from->pages[k] ? from->pages[k]->bytes : zero;
        if (memcmp(to + at, bytes, size) != 0) {
            memcpy(to + at, bytes, size);
            if (ram)
                pg_ram_written(ram, (uint32_t)at, (uint32_t)size);
        }
    }
}

/* ---- the whole */

static bool take_devices(struct pg_checkpoint *c, const struct pg_machine *m) {
    for (int k = 0; k < PG_NDEVICES; k++) {
        c->state[k] = malloc(pg_devices[k]->state_size);
        if (!c->state[k])
            return false;
        memcpy(c->state[k], m->bus.state[k], pg_devices[k]->state_size);
    }
    return true;
}

struct pg_checkpoint *pg_checkpoint_take(const struct pg_machine *m,
                                         const struct pg_checkpoint *like) {
    const struct pg_plugs *plugs = &m->bus.plugs;
    struct pg_checkpoint *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->cpu = m->cpu;
    c->run = m->run;
    c->exit_code = m->exit_code;
    c->trap = m->trap;
    c->why = m->why;
    c->retired = m->retired;
    c->traps = m->traps;
    c->tlb = pg_tlb_sorted(&m->tlb, &c->ntlb);
    size_t disk = (size_t)plugs->disk_sectors * PG_SECTOR;
    if (c->ntlb != m->tlb.live || !take_devices(c, m) ||
        !take_bytes(c, &c->memory, m->ram.bytes, m->ram.size, like ? &like->memory : NULL) ||
        !take_bytes(c, &c->disk, plugs->disk, disk, like ? &like->disk : NULL) ||
        !take_bytes(c, &c->disk_written, plugs->disk_written, plugs->disk_sectors,
                    like ? &like->disk_written : NULL) ||
        !take_bytes(c, &c->output, plugs->output.data, plugs->output.size,
                    like ? &like->output : NULL)) {
        pg_checkpoint_free(c);
        return NULL;
    }
    return c;
}

void pg_checkpoint_free(struct pg_checkpoint *c) {
    if (!c)
        return;
    free(c->tlb);
    for (int k = 0; k < PG_NDEVICES; k++)
        free(c->state[k]);
    free_bytes(&c->memory);
    free_bytes(&c->disk);
    free_bytes(&c->disk_written);
    free_bytes(&c->output);
    free(c);
}

static bool restore_output(struct pg_bytes *output, const struct paged *from) {
    if (output->size < from->size) {
        uint8_t *room = calloc(1, from->size - output->size);
        bool ok = room && pg_bytes_add(output, room, from->size - output->size);
        free(room);
        if (!ok)
            return false;
    }
    output->size = from->size;
    give_bytes(output->data, from, NULL);
    return true;
}

bool pg_checkpoint_restore(struct pg_machine *m, const struct pg_checkpoint *c) {
    struct pg_plugs *plugs = &m->bus.plugs;
    if (!restore_output(&plugs->output, &c->output))
        return false;
    m->cpu = c->cpu;
    m->run = c->run;
    m->exit_code = c->exit_code;
    m->trap = c->trap;
    m->why = c->why;
    m->retired = c->retired;
    m->traps = c->traps;
    pg_tlb_clear(&m->tlb);
    for (size_t k = 0; k < c->ntlb; k++)
        if (!pg_tlb_put(&m->tlb, c->tlb[k].root, c->tlb[k].page, c->tlb[k].pte))
            return false;
    for (int k = 0; k < PG_NDEVICES; k++)
        memcpy(m->bus.state[k], c->state[k], pg_devices[k]->state_size);
    give_bytes(m->ram.bytes, &c->memory, &m->ram);
    give_bytes(plugs->disk, &c->disk, NULL);
    give_bytes(plugs->disk_written, &c->disk_written, NULL);
    pg_refresh(m);
    return true;
}

uint64_t pg_checkpoint_T(const struct pg_checkpoint *c) {
    return c->cpu.T;
}

size_t pg_checkpoint_size(const struct pg_checkpoint *c) {
    return sizeof *c + c->own + c->ntlb * sizeof *c->tlb;
}
