/* machine.c - making, resetting and freeing a machine. */
#include "machine/machine.h"

#include <stdlib.h>

static struct pg_machine *finish(struct pg_machine *m, struct pg_error *err) {
    if (!pg_bus_init(&m->bus)) {
        pg_machine_free(m);
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    m->profile = &pg_profile_strict;
    pg_machine_reset(m, 0);
    return m;
}

struct pg_machine *pg_machine_new(uint32_t memory, struct pg_error *err) {
    if (memory < PG_MIN_MEMORY || memory % PG_PAGE) {
        pg_fail(err, "memory of %u bytes: it must be a multiple of %d and at least %d", memory,
                PG_PAGE, PG_MIN_MEMORY);
        return NULL;
    }
    struct pg_machine *m = calloc(1, sizeof *m);
    if (!m || !pg_ram_init(&m->ram, memory)) {
        free(m);
        pg_fail(err, "the host has no %u bytes of memory for the machine", memory);
        return NULL;
    }
    return finish(m, err);
}

struct pg_machine *pg_machine_view(const struct pg_ram *ram, struct pg_error *err) {
    struct pg_machine *m = calloc(1, sizeof *m);
    if (!m) {
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    m->ram = *ram;
    m->ram.owner = false;
    return finish(m, err);
}

void pg_machine_free(struct pg_machine *m) {
    if (!m)
        return;
    pg_tlb_free(&m->tlb);
    pg_bus_free(&m->bus);
    pg_ram_free(&m->ram);
    free(m);
}

bool pg_plug_disk(struct pg_machine *m, const void *bytes, size_t size, struct pg_error *err) {
    if (size % PG_SECTOR || size / PG_SECTOR > PG_MAX_SECTORS)
        return pg_fail(err, "a disk of %zu bytes: it must be a multiple of %d and at most %llu",
                       size, PG_SECTOR, (unsigned long long)PG_MAX_SECTORS * PG_SECTOR);
    if (!pg_plugs_disk(&m->bus.plugs, bytes, (uint32_t)(size / PG_SECTOR)))
        return pg_fail(err, "the host has no %zu bytes of memory for the disk", size);
    pg_refresh(m);
    return true;
}

void pg_machine_reset(struct pg_machine *m, uint32_t pc) {
    m->cpu = (struct pg_cpu){.psw = {.pc = pc}};
    pg_tlb_clear(&m->tlb);
    pg_bus_reset(&m->bus);
    m->run = PG_RUNNING;
    m->exit_code = 0;
    m->retired = m->traps = 0;
    m->entered = false;
    m->trap = (struct pg_trap){0};
    m->why = NULL;
    pg_refresh(m);
}
