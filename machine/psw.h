/* psw.h - the program status word: mode M, program counter P and relocation R.
 *
 * Four words, {STATUS, PC, BASE, BOUND}. STATUS reads off in hex, a digit a field:
 *
 *     0x0000 M m F r    M  monitor mode (bit 12)
 *                       m  memory mode: 0 real, 1 relocation-bounds, 2 paged (bits 9:8)
 *                       F  flags: 1 interrupts enabled, 2 trace (bits 5:4)
 *                       r  ring, 0 the supervisor to 3 (bits 1:0)
 *
 * All other bits are reserved and must be zero, as must the low 12 bits of BASE and BOUND.
 * A PSW of four zero words is invalid too, so that a machine whose new PSW was never set
 * stops with a message at its first trap instead of running its own trap frame.
 */
#ifndef PG_PSW_H
#define PG_PSW_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PG_RING = 0x0003,
    PG_IE = 0x0010,
    PG_TRACE = 0x0020,
    PG_MODE = 0x0300,
    PG_MODE_REAL = 0x0000,
    PG_MODE_BOUNDS = 0x0100, /* relocation-bounds */
    PG_MODE_PAGED = 0x0200,
    PG_MON = 0x1000,
    PG_STATUS_BITS = PG_RING | PG_IE | PG_TRACE | PG_MODE | PG_MON,
};

struct pg_psw {
    uint32_t status, pc, base, bound;
};

/* Is this a PSW that may be loaded? If not, *word (may be NULL) is the first of its words
 * that is refused. */
static inline bool pg_psw_valid(const struct pg_psw *p, uint32_t *word) {
    uint32_t ignore;
    if (!word)
        word = &ignore;
    *word = p->status;
    if (p->status & ~(uint32_t)PG_STATUS_BITS || (p->status & PG_MODE) == PG_MODE)
        return false;
    if ((p->status | p->pc | p->base | p->bound) == 0)
        return false;
    *word = p->base;
    if (p->base & 0xfff)
        return false;
    *word = p->bound;
    return (p->bound & 0xfff) == 0;
}

/* The memory mode in words. */
static inline const char *pg_mode_name(uint32_t status) {
    static const char *const names[] = {"real", "bounds", "paged", "?"};
    return names[(status & PG_MODE) / PG_MODE_BOUNDS];
}

static inline unsigned pg_psw_ring(const struct pg_psw *p) {
    return p->status & PG_RING;
}

/* Supervisor means ring 0 or monitor mode: the states in which privileged instructions
 * complete. */
static inline bool pg_psw_supervisor(const struct pg_psw *p) {
    return pg_psw_ring(p) == 0 || p->status & PG_MON;
}

#endif
