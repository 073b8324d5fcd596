# clock.s - reads the clock, T, while its low word runs over.
#
# Teaches: T has 64 bits and a register 32, so that a clock must be read as high, low, high, until both
# high words agree. The timer and `idle` bring T near 2^32 without waiting.
#
# Exit code: 0; 1 if the clock ever went back.

        .include "lib/pg32.inc"
        .include "lib/console.inc"

.equ STACK, 0x8000
.equ TIMES, 60

        .globl  _start
_start: li      sp, STACK
        li      a0, 0xffffff80
        out     a0, TIMER_LO
        out     zero, TIMER_HI
        li      a0, 1
        out     a0, TIMER_CONTROL
        idle                            # to the deadline; the interrupt stays off
        out     zero, TIMER_CONTROL
        li      s0, TIMES
        li      s1, 0                   # the last reading: low, and high in gp
        li      gp, 0
loop:   call    clock
        bltu    a1, gp, back            # the high word went back
        bne     a1, gp, later
        bgeu    s1, a0, back            # the same, and the low word did not go on
later:  mv      gp, a1
        mv      s1, a0
        addi    s0, s0, -1
        bnez    s0, loop
        la      a0, good
        call    puts
        mv      a0, gp
        addi    a0, a0, '0'
        out     a0, CONSOLE_DATA
        li      a0, '\n'
        out     a0, CONSOLE_DATA
        out     zero, POWER_EXIT

back:   la      a0, bad
        call    puts
        li      a0, 1
        out     a0, POWER_EXIT

# a1:a0 = T
clock:  rdt     a1, 1
        rdt     a0, 0
        rdt     a2, 1
        bne     a1, a2, clock
        ret

        .rodata
good:   .asciz  "the clock went on, and its high word is now "
bad:    .asciz  "the clock went back\n"
