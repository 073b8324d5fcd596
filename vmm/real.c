/* real.c - the narrow interface between the firmware and the real machine. */
#include "vmm/real.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Far more steps than any time slice. */
enum { NO_TRAP_COMES = 1 << 25 };

struct pg_real {
    struct pg_machine *machine;
    const struct pg_engine *engine;
    void *state; /* the engine's */
    /* For pg_real_deny: the machine is then a copy on pages of its own. */
    bool denied;
    size_t pages; /* bytes of those pages; 0 while the machine is on the heap */
};

/* Open the machine to one of the functions below, and close it again. */
static struct pg_machine *enter(const struct pg_real *real) {
    if (real->denied)
        mprotect(real->machine, real->pages, PROT_READ | PROT_WRITE);
    return real->machine;
}

static void leave(const struct pg_real *real) {
    if (real->denied)
        mprotect(real->machine, real->pages, PROT_NONE);
}

struct pg_real *pg_real_open(const struct pg_engine *engine, const struct pg_profile *profile,
                             uint32_t memory, struct pg_error *err) {
    struct pg_real *real = calloc(1, sizeof *real);
    if (!real) {
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    real->engine = engine;
    real->machine = pg_machine_new(memory, err);
    if (!real->machine) {
        free(real);
        return NULL;
    }
    real->machine->firmware = true;
    struct pg_env env = pg_env_begin(real->machine); /* what happens at power-on happens now */
    pg_bus_advance(&real->machine->bus, &env);
    if (profile)
        real->machine->profile = profile;
    real->state = engine->open(real->machine);
    if (!real->state) {
        pg_machine_free(real->machine);
        free(real);
        pg_fail(err, "the host is out of memory");
        return NULL;
    }
    return real;
}

void pg_real_close(struct pg_real *real) {
    if (!real)
        return;
    pg_real_deny(real, false);
    real->engine->close(real->state);
    pg_machine_free(real->machine);
    free(real);
}

bool pg_real_run(struct pg_real *real) {
    struct pg_machine *m = enter(real);
    enum pg_stop stop = real->engine->run(real->state, m->cpu.T + NO_TRAP_COMES);
    leave(real);
    return stop == PG_STOP_FIRMWARE;
}

const struct pg_machine *pg_real_look(const struct pg_real *real) {
    return real->machine;
}

bool pg_real_run_watched(struct pg_real *real, pg_real_watch_fn *seen, void *context) {
    struct pg_machine *m = enter(real);
    bool go_on = seen(context, m);
    while (go_on && m->run == PG_RUNNING && !m->entered) {
        pg_step(m);
        go_on = seen(context, m);
    }
    bool entered = m->entered && go_on;
    m->entered = false;
    leave(real);
    return entered;
}

uint32_t pg_real_peek(const struct pg_real *real, uint32_t pa) {
    uint32_t value = pg_ram_read32(&enter(real)->ram, pa);
    leave(real);
    return value;
}

void pg_real_poke(struct pg_real *real, uint32_t pa, uint32_t value) {
    pg_ram_write32(&enter(real)->ram, pa, value);
    leave(real);
}

void pg_real_read(const struct pg_real *real, uint32_t pa, uint32_t *words, unsigned n) {
    const struct pg_machine *m = enter(real);
    for (unsigned k = 0; k < n; k++)
        words[k] = pg_ram_read32(&m->ram, pa + PG_WORD * k);
    leave(real);
}

void pg_real_write(struct pg_real *real, uint32_t pa, const uint32_t *words, unsigned n) {
    struct pg_machine *m = enter(real);
    for (unsigned k = 0; k < n; k++)
        pg_ram_put(&m->ram, pa + PG_WORD * k, words[k], PG_WORD);
    if (m->ram.watch[pa >> PG_PAGE_BITS])
        pg_ram_written(&m->ram, pa, PG_WORD * n);
    leave(real);
}

void pg_real_clear(struct pg_real *real, uint32_t pa, uint32_t size) {
    struct pg_machine *m = enter(real);
    memset(m->ram.bytes + pa, 0, size);
    pg_ram_written(&m->ram, pa, size);
    leave(real);
}

void pg_real_window(struct pg_real *real, uint32_t pa, uint32_t size, struct pg_ram *window) {
    pg_ram_view(window, &enter(real)->ram, pa, size);
    leave(real);
}

void pg_real_save(const struct pg_real *real, uint32_t r[PG_NREGS], uint32_t m[PG_NMREGS]) {
    const struct pg_machine *machine = enter(real);
    memcpy(r, machine->cpu.r, sizeof machine->cpu.r);
    memcpy(m, machine->cpu.m, sizeof machine->cpu.m);
    leave(real);
}

void pg_real_restore(struct pg_real *real, const uint32_t r[PG_NREGS],
                     const uint32_t m[PG_NMREGS]) {
    struct pg_machine *machine = enter(real);
    memcpy(machine->cpu.r, r, sizeof machine->cpu.r);
    memcpy(machine->cpu.m, m, sizeof machine->cpu.m);
    machine->cpu.r[0] = machine->cpu.m[0] = 0;
    leave(real);
}

void pg_real_out(struct pg_real *real, uint32_t port, uint32_t value) {
    struct pg_machine *m = enter(real);
    struct pg_env env = pg_env_begin(m);
    pg_bus_out(&m->bus, &env, port, value);
    pg_env_done(m, &env);
    leave(real);
}

void pg_real_tlbi(struct pg_real *real, uint32_t va) {
    pg_tlb_drop(&enter(real)->tlb, va >> PG_PAGE_BITS);
    leave(real);
}

void pg_real_tlbia(struct pg_real *real) {
    pg_tlb_clear(&enter(real)->tlb);
    leave(real);
}

void pg_real_smon(struct pg_real *real, uint32_t base, uint32_t bound) {
    struct pg_machine *m = enter(real);
    m->cpu.mon_base = base;
    m->cpu.mon_bound = bound;
    leave(real);
}

uint64_t pg_real_rdt(const struct pg_real *real) {
    uint64_t T = enter(real)->cpu.T;
    leave(real);
    return T;
}

/* The firmware has done something between two traps, so the storm rule, which is there to catch a
 * handler that traps at once, starts anew. */
void pg_real_lpsw(struct pg_real *real, const struct pg_psw *psw) {
    struct pg_machine *m = enter(real);
    m->cpu.psw = *psw;
    m->cpu.deliveries = 0;
    if (m->bus.user_matters)
        pg_refresh(m);
    leave(real);
}

/* Move the machine's struct to pages of its own, or back to the heap. The engine was told the old
 * place, so it is opened anew. */
static bool move(struct pg_real *real, bool to_pages) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (sizeof(struct pg_machine) + page - 1) / page * page;
    struct pg_machine *to;
    if (to_pages) {
        to = mmap(NULL, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (to == MAP_FAILED)
            return false;
    } else if (!(to = malloc(sizeof *to))) {
        return false;
    }
    struct pg_machine *from = real->machine;
    real->engine->close(real->state);
    *to = *from;
    real->machine = to;
    if (to_pages)
        free(from);
    else
        munmap(from, real->pages);
    real->pages = to_pages ? pages : 0;
    real->state = real->engine->open(to);
    return real->state != NULL;
}

bool pg_real_deny(struct pg_real *real, bool deny) {
    if (deny == real->denied)
        return true;
    if (deny) {
        if (!move(real, true))
            return false;
        real->denied = true;
        leave(real);
        return true;
    }
    enter(real);
    real->denied = false;
    return move(real, false);
}
