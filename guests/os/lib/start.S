# start.S - where a user program begins: argc in a0, argv in a1, the stack set up (exec.c).
.section .text.start, "ax"
.globl _start
.type _start, @function
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la tp, __tls_base
    call begin
.size _start, . - _start
