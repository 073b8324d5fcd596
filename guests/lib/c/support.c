/* support.c - what stands between a C program and the bare machine; `trapeze cc` compiles it beside
 * each program, by itself, so that the program's options do not reach it.
 *
 * What only some C libraries have is weak: a program may have an `open` or a `sleep` of its own.
 */
#define WEAK __attribute__((weak))

#include "../pg32.h"
#include "trap.c"

#include "start.c"

#include "files.c"

#include "console.c"

#include "system.c"
#include "time.c"

#include "atomic.c"
#include "longdouble.c"
