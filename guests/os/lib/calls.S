/* calls.S - the system calls: a stub for each row of syscall.def. */
#define X(number, name, meaning) \
    .globl name; .type name, @function; name: .insn i 0x0b, 4, x0, number(x0); j result;

.text
#include "guests/os/syscall.def"

/* -4095 to -1 is an error. */
.type result, @function
result:
    li t0, -4095
    bgeu a0, t0, 1f
    ret
1:  tail os_error
