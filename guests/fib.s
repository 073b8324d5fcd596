# fib.s - Fibonacci numbers by naive recursion: a benchmark of calls, returns and the stack.
#
# Exit code: 0; 1 if the recursive result is not the iterative one.

        .include "lib/pg32.inc"
        .include "lib/console.inc"

.ifndef NUMBER
.equ NUMBER, 30
.endif

.equ STACK, 0x100000

        .text
        .globl  _start
_start:
        li      sp, STACK
        li      a0, NUMBER
        call    fib
        mv      s0, a0
        print   "fib: "
        li      a0, NUMBER
        call    putdec
        print   " -> "
        mv      a0, s0
        call    putdec
        print   "\n"

        li      t0, 0           # the same in a loop
        li      t1, 1
        li      t2, NUMBER
1:      add     a0, t0, t1
        mv      t0, t1
        mv      t1, a0
        addi    t2, t2, -1
        bnez    t2, 1b
        bne     t0, s0, 2f
        exit    0
2:      exit    1

# a0 = fib(a0) = fib(a0 - 1) + fib(a0 - 2); fib(0) = 0, fib(1) = 1.
fib:    sltiu   t0, a0, 2
        bnez    t0, 1f
        addi    sp, sp, -8
        sw      ra, 0(sp)
        sw      a0, 4(sp)
        addi    a0, a0, -1
        call    fib
        lw      t0, 4(sp)
        sw      a0, 4(sp)
        addi    a0, t0, -2
        call    fib
        lw      t0, 4(sp)
        add     a0, a0, t0
        lw      ra, 0(sp)
        addi    sp, sp, 8
1:      ret
