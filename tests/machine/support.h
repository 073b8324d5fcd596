/* support.h - what the machine's tests share: a machine with a handler, pokes, steps.
 *
 * Include this alone: it brings cmocka and what cmocka wants before it.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "machine/machine.h"

/* Where things lie in a machine made by machine_new. The rest is free. */
enum {
    MEMORY = 0x20000,
    CODE = 0x1000,
    HANDLER = 0x2000, /* the new PSW points here: ring 0, real mode; a row of nops */
    DATA = 0x4000,
    ROOT = 0x8000, /* by convention: a page table */
    TABLE = 0x9000,
};

/* A machine of MEMORY bytes in ring 0, real mode, at CODE, with a handler. */
struct pg_machine *machine_new(void);

void put_word(struct pg_machine *m, uint32_t pa, uint32_t word);
uint32_t word_at(const struct pg_machine *m, uint32_t pa);

/* The word of an instruction; fails the test if it cannot be encoded. */
uint32_t encode(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm);

/* Put an instruction at pa. */
void put_insn(struct pg_machine *m, uint32_t pa, enum pg_op op, unsigned d, unsigned a, unsigned b,
              int32_t imm);

void set_new_psw(struct pg_machine *m, uint32_t status, uint32_t pc, uint32_t base, uint32_t bound);
/* Begin anew with this PSW; forgets deliveries, so that a row of cases is no storm. */
void set_psw(struct pg_machine *m, uint32_t status, uint32_t pc, uint32_t base, uint32_t bound);
void steps(struct pg_machine *m, unsigned n);

/* Put the instruction at the pc (physical CODE), run one step. */
void run_insn(struct pg_machine *m, enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm);

/* Was a trap delivered with this frame? Compares every word of it, and T. */
#define assert_frame(m, psw, T, cause, value, insn)                                                \
    check_frame(m, psw, T, cause, value, insn, __FILE__, __LINE__)
void check_frame(const struct pg_machine *m, struct pg_psw psw, uint64_t T, enum pg_cause cause,
                 uint32_t value, uint32_t insn, const char *file, int line);

/* Port access as an instruction does it, without the instruction. */
uint32_t port_in(struct pg_machine *m, const char *name);
void port_out(struct pg_machine *m, const char *name, uint32_t value);

/* Are the machines equal in all that counts, TLB included? */
#define assert_same(x, y) check_same(x, y, __FILE__, __LINE__)
void check_same(const struct pg_machine *x, const struct pg_machine *y, const char *file, int line);

#endif
