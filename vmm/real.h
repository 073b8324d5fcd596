/* real.h - the real machine as its ring-0 firmware sees it: the narrow interface.
 *
 * The VMM is firmware written in C. It is entered at power-on and when a real trap has stored the
 * old PSW in real low memory, and it leaves by lpsw. Between the two it may do what a ring-0
 * program could do, and this header is all of it: physical memory, ports, tlbi, the monitor pair,
 * the clock, the registers as the trap left them. struct pg_real is opaque to the VMM; the file
 * that knows it (real.c) is the only one here that sees the real struct pg_machine.
 *
 * Firmware retires no instructions and takes no T.
 */
#ifndef PG_REAL_H
#define PG_REAL_H

#include "interp/engine.h"

struct pg_real;

/* A real machine of this much memory with firmware in ring 0, run by `engine`. */
struct pg_real *pg_real_open(const struct pg_engine *engine, const struct pg_profile *profile,
                             uint32_t memory, struct pg_error *err);
void pg_real_close(struct pg_real *real);

/* Leave the firmware and execute until the next trap enters it. False if the real machine can run
 * no more (check-stop), a fault of the VMM's; or if no trap comes any more, because the guest has
 * got at the real machine's interrupts. */
bool pg_real_run(struct pg_real *real);

/* Physical memory: a word, n words of one page, a cleared range, or a window for a virtual
 * machine's memory. */
uint32_t pg_real_peek(const struct pg_real *real, uint32_t pa);
void pg_real_poke(struct pg_real *real, uint32_t pa, uint32_t value);
void pg_real_read(const struct pg_real *real, uint32_t pa, uint32_t *words, unsigned n);
void pg_real_write(struct pg_real *real, uint32_t pa, const uint32_t *words, unsigned n);
void pg_real_clear(struct pg_real *real, uint32_t pa, uint32_t size);
void pg_real_window(struct pg_real *real, uint32_t pa, uint32_t size, struct pg_ram *window);

/* The registers, general and monitor, that the trap left and that lpsw will go on with. */
void pg_real_save(const struct pg_real *real, uint32_t r[PG_NREGS], uint32_t m[PG_NMREGS]);
void pg_real_restore(struct pg_real *real, const uint32_t r[PG_NREGS], const uint32_t m[PG_NMREGS]);

/* The instructions of the same names. */
void pg_real_out(struct pg_real *real, uint32_t port, uint32_t value);
void pg_real_tlbi(struct pg_real *real, uint32_t va);
void pg_real_tlbia(struct pg_real *real);
void pg_real_smon(struct pg_real *real, uint32_t base, uint32_t bound);
uint64_t pg_real_rdt(const struct pg_real *real);
void pg_real_lpsw(struct pg_real *real, const struct pg_psw *psw);

/* ---- for those who look on from outside (verify), not for the VMM */

/* The real machine, to look at. */
const struct pg_machine *pg_real_look(const struct pg_real *real);

/* Like pg_real_run, but step by step, whatever the engine: `seen` looks at the machine before the
 * first step and after each; false from it stops the run, which then returns false. */
typedef bool pg_real_watch_fn(void *context, const struct pg_machine *real);
bool pg_real_run_watched(struct pg_real *real, pg_real_watch_fn *seen, void *context);

/* For tests: while denied, the memory that holds the real machine's own state is inaccessible to
 * any code but the functions above; a VMM that reaches past them dies of SIGSEGV. False if the
 * host cannot do that. */
bool pg_real_deny(struct pg_real *real, bool deny);

#endif
