#include "lockstep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lockstep_open(struct lockstep *l, const struct pg_engine *engine, uint32_t memory) {
    *l = (struct lockstep){.engine = {pg_engines[0], engine}};
    for (int k = 0; k < 2; k++) {
        l->m[k] = pg_machine_new(memory, NULL);
        l->state[k] = l->m[k] ? l->engine[k]->open(l->m[k]) : NULL;
        if (!l->state[k])
            abort();
    }
}

void lockstep_close(struct lockstep *l) {
    for (int k = 0; k < 2; k++) {
        l->engine[k]->close(l->state[k]);
        pg_machine_free(l->m[k]);
    }
}

void lockstep_poke(struct lockstep *l, uint32_t pa, uint32_t value) {
    for (int k = 0; k < 2; k++)
        pg_ram_write32(&l->m[k]->ram, pa, value);
}

void lockstep_out(struct lockstep *l, uint32_t port, uint32_t value) {
    for (int k = 0; k < 2; k++) {
        struct pg_env env = pg_env_begin(l->m[k]);
        pg_bus_out(&l->m[k]->bus, &env, port, value);
        pg_env_done(l->m[k], &env);
    }
}

void lockstep_disk(struct lockstep *l, const uint8_t *bytes, uint32_t sectors) {
    for (int k = 0; k < 2; k++) {
        struct pg_plugs *plugs = &l->m[k]->bus.plugs;
        plugs->disk = malloc((size_t)sectors * 512);
        plugs->disk_written = calloc(sectors, 1);
        if (!plugs->disk || !plugs->disk_written)
            abort();
        memcpy(plugs->disk, bytes, (size_t)sectors * 512);
        plugs->disk_sectors = sectors;
    }
}

/* Note a difference; the first one stays. */
static void differ(struct lockstep *l, const char *what, unsigned index, uint64_t x, uint64_t y) {
    if (!l->difference[0])
        snprintf(l->difference, sizeof l->difference,
                 "%s[%u]: reference %" PRIx64 ", %s %" PRIx64 ", T %" PRIu64 " pc %x status %x",
                 what, index, x, l->engine[1]->name, y, l->m[0]->cpu.T, l->m[0]->cpu.psw.pc,
                 l->m[0]->cpu.psw.status);
}

#define SAME(field)                                                                                \
    do {                                                                                           \
        if (x->field != y->field)                                                                  \
            differ(l, #field, 0, (uint64_t)x->field, (uint64_t)y->field);                          \
    } while (0)

static void compare_cpu(struct lockstep *l, const struct pg_machine *x,
                        const struct pg_machine *y) {
    SAME(cpu.T);
    SAME(cpu.psw.pc);
    SAME(cpu.psw.status);
    SAME(cpu.psw.base);
    SAME(cpu.psw.bound);
    for (unsigned k = 0; k < PG_NREGS; k++)
        if (x->cpu.r[k] != y->cpu.r[k])
            differ(l, "r", k, x->cpu.r[k], y->cpu.r[k]);
    for (unsigned k = 0; k < PG_NMREGS; k++)
        if (x->cpu.m[k] != y->cpu.m[k])
            differ(l, "m", k, x->cpu.m[k], y->cpu.m[k]);
    SAME(cpu.mon_base);
    SAME(cpu.mon_bound);
    SAME(cpu.U);
    SAME(cpu.deliveries);
    SAME(run);
    SAME(exit_code);
    SAME(entered);
    SAME(next_pc);
    SAME(idle);
    SAME(trap.cause);
    SAME(trap.value);
    SAME(trap.insn);
    SAME(retired);
    if (x->why != y->why)
        differ(l, "why", 0, 0, 0);
}

static void compare_memory(struct lockstep *l, const struct pg_machine *x,
                           const struct pg_machine *y) {
    if (memcmp(x->ram.bytes, y->ram.bytes, x->ram.size) == 0)
        return;
    for (uint32_t pa = 0; pa < x->ram.size; pa += 4)
        if (pg_ram_read32(&x->ram, pa) != pg_ram_read32(&y->ram, pa))
            differ(l, "memory", pa, pg_ram_read32(&x->ram, pa), pg_ram_read32(&y->ram, pa));
}

static void compare_tlb(struct lockstep *l, const struct pg_machine *x,
                        const struct pg_machine *y) {
    size_t nx, ny;
    struct pg_tlb_entry *ex = pg_tlb_sorted(&x->tlb, &nx), *ey = pg_tlb_sorted(&y->tlb, &ny);
    if (nx != ny)
        differ(l, "TLB entries", 0, nx, ny);
    else if (nx && memcmp(ex, ey, nx * sizeof *ex) != 0)
        differ(l, "a TLB entry", 0, 0, 0);
    free(ex);
    free(ey);
}

static void compare_bus(struct lockstep *l, const struct pg_machine *x,
                        const struct pg_machine *y) {
    SAME(bus.lines);
    SAME(bus.next_event);
    SAME(bus.user_matters);
    for (unsigned k = 0; k < PG_NDEVICES; k++)
        if (memcmp(x->bus.state[k], y->bus.state[k], pg_devices[k]->state_size) != 0)
            differ(l, pg_devices[k]->name, k, 0, 0);
    const struct pg_plugs *px = &x->bus.plugs, *py = &y->bus.plugs;
    SAME(bus.plugs.output.size);
    if (px->output.size == py->output.size && px->output.size &&
        memcmp(px->output.data, py->output.data, px->output.size) != 0)
        differ(l, "output", 0, 0, 0);
    if (px->disk && (memcmp(px->disk, py->disk, (size_t)px->disk_sectors * 512) != 0 ||
                     memcmp(px->disk_written, py->disk_written, px->disk_sectors) != 0))
        differ(l, "disk", 0, 0, 0);
}

bool lockstep_run(struct lockstep *l, uint64_t until, enum pg_stop *stop) {
    enum pg_stop stops[2];
    for (int k = 0; k < 2; k++)
        stops[k] = l->engine[k]->run(l->state[k], until);
    compare_cpu(l, l->m[0], l->m[1]);
    compare_memory(l, l->m[0], l->m[1]);
    compare_tlb(l, l->m[0], l->m[1]);
    compare_bus(l, l->m[0], l->m[1]);
    if (stops[0] != stops[1])
        differ(l, "stop", 0, stops[0], stops[1]);
    if (stop)
        *stop = stops[0];
    return !l->difference[0];
}
