/* fault.h - signals that generated code raises: SIGSEGV where a window has no page, SIGBUS where an
 * address is misaligned.
 *
 * A signal handler has no context of its own. It finds one by the base of gs, which no other code
 * of the process uses: generated code sets it to its window, below which stands whose it is. A
 * signal from elsewhere goes to whoever handled it before.
 */
#ifndef PG_NATIVE_FAULT_H
#define PG_NATIVE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Who cares for the signals of some generated code. */
struct faults {
    const uint8_t *begin, *end; /* of that code */
    /* The instruction at `at` could not access va (which is not known if it is misaligned). Gives
     * where to go on, which is `at` itself to try again. Runs between two host instructions of the
     * thread itself, so it may do whatever could be done by a call there. */
    const uint8_t *(*fix)(void *context, const uint8_t *at, bool misaligned, uint32_t va);
    void *context;
};

/* Handle the process's signals from now on, if it does not yet. */
void faults_catch(void);

/* This thread will run no generated code for now: its window is about to go. */
void faults_leave(void);

/* Can the host tell misaligned accesses by itself? Then generated code need not look. Call after
 * faults_catch. */
bool faults_see_misaligned(void);

/* The flag by which x86-64 does so, AC: Intel's manual, volume 3, 6.15, "Alignment Check". It is
 * set while generated code runs. */
enum { HOST_AC = 1 << 18 };

#endif
