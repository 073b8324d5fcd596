# hello.s - the smallest guest that says something.
#
# Teaches: a program begins in ring 0 at its entry, output is a port, and the run ends when
# the exit code is written to power.exit. There is no operating system below it.

        .include "lib/pg32.inc"

        .text
        .globl  _start
_start:
        la      a1, greeting
1:      lbu     a0, 0(a1)
        beqz    a0, 2f
        out     a0, CONSOLE_DATA
        addi    a1, a1, 1
        j       1b
2:      out     zero, POWER_EXIT

        .rodata
greeting:
        .asciz  "Hello from PG32.\n"
