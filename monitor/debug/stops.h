/* stops.h - a stop, for stops.c, which makes them, and stops_hit.c, which tells whether they are
 * hit. */
#ifndef DEBUG_STOPS_H
#define DEBUG_STOPS_H

#include "monitor/debug/debug.h"

enum kind {
    AT_PC,
    AT_RING,
    AT_TRAP,
    AT_EXIT,
    AT_INSN,
    AT_SENSITIVE,
    AT_PORT,
    AT_COUNT,
    AT_VALUE,
    AT_RANGE
};

enum { ANY = -1 };
#define NOWHERE UINT32_MAX

struct stop {
    int number;
    enum kind kind;
    bool disabled, temporary;
    uint64_t hits, ignore;
    char *what, *condition, *commands; /* as typed; condition and commands may be NULL */
    uint32_t from, end;                /* AT_PC: an address; AT_RANGE: an interval */
    int user;                          /* AT_PC: 1 in rings 1 to 3 only, 0 in ring 0 only, ANY */
    const struct pg_image *program;    /* AT_PC: where its code is; NULL: anywhere */
    int old_ring, new_ring;            /* AT_RING */
    int which;                         /* a cause, an instruction, a port; ANY */
    uint64_t T;                        /* AT_COUNT */
    bool reads, writes;                /* AT_RANGE */
    bool has_value;                    /* AT_RANGE: stop only if it holds */
    uint64_t value;                    /* this; AT_VALUE: what it was */
    bool known;                        /* AT_VALUE: it had a value */
    uint8_t *bytes;                    /* AT_RANGE: what was there */
    uint32_t *where;                   /* AT_RANGE: the physical address of each byte, from when */
    uint32_t low, high;                /* the stop was set; NOWHERE if there was none; and bounds */
    char reason[96];
};

struct stops {
    struct stop *all;
    size_t n;
    int last_number;
    /* How things were before the step. */
    uint64_t traps, T;
    uint32_t status;
    uint64_t exits[PG_NCAUSES];
    bool looks;          /* some stop wants to know the next instruction */
    struct pg_insn insn; /* which was this */
    bool has_insn;
    uint32_t r[PG_NREGS];
};

#endif
