# smc.s - self-modifying code, in all the ways that an engine or a translator could miss.
#
# Teaches: on PG32 a store is seen by the very next fetch; there is no instruction cache to
# flush. Whoever keeps decoded or translated copies of code must notice every such store.
#
# Exit code: the number of checks that failed.

        .include "lib/pg32.inc"
        .include "lib/console.inc"

.equ STACK, 0x100000

# check "TEXT", N: is s1 equal to N? s0 counts the failures.
.macro check text, n
        print   \text
        li      a2, \n
        call    verdict
.endm

        .text
        .globl  _start
_start:
        li      sp, STACK
        li      s0, 0

# The next instruction is replaced just before it runs.
        la      t0, add_2
        lw      t0, 0(t0)
        la      t1, 1f
        li      s1, 10
        sw      t0, 0(t1)
1:      addi    s1, s1, 1       # becomes addi s1, s1, 2
        check   "next instruction", 12

# A loop changes its own body: +1 until the counter is at 500, then +2.
        li      s1, 0
        li      t2, 1000
        la      t0, add_2
        lw      t0, 0(t0)
        la      t1, 1f
        li      a0, 500
1:      addi    s1, s1, 1
        addi    t2, t2, -1
        bne     t2, a0, 2f
        sw      t0, 0(t1)
2:      bnez    t2, 1b
        check   "loop body", 1500

# The immediate of an instruction is a variable: a store to half a word, each time round.
        li      s1, 0
        li      t2, 100
        la      t1, 1f
2:      sh      t2, 0(t1)
1:      addi    s1, s1, 0
        addi    t2, t2, -1
        bnez    t2, 2b
        check   "immediate", 5050

# A function is written into data and called: li s1, n; ret, for n = 1 .. 50.
        li      t2, 0
        li      gp, 0
1:      addi    gp, gp, 1
        la      t0, template
        lw      t1, 0(t0)
        add     t1, t1, gp
        la      a1, scratch
        sw      t1, 0(a1)
        lw      t1, 4(t0)
        sw      t1, 4(a1)
        jalr    ra, 0(a1)
        add     t2, t2, s1
        addi    t0, gp, -50
        bnez    t0, 1b
        mv      s1, t2
        check   "generated function", 1275

# A routine on another page is patched from here, between calls.
        li      s1, 0
        call    far
        la      t0, add_2
        lw      t0, 0(t0)
        la      t1, far_add
        sw      t0, 0(t1)
        call    far
        check   "another page", 3

# Code that stores to data on its own page: nothing changes, however often.
        li      s1, 0
        call    mixed
        lw      s1, mixed_count - mixed(a1)
        check   "code and data on one page", 2000

# A branch is turned round while the loop runs: what was chained must come apart.
        li      s1, 0
        li      t2, 300
        la      t1, 2f
        la      t0, never
        lw      t0, 0(t0)
1:      addi    t2, t2, -1
        li      a0, 100
        bne     t2, a0, 2f
        sw      t0, 0(t1)       # from now on the branch is never taken
2:      beq     zero, zero, 3f
        addi    s1, s1, 1
3:      bnez    t2, 1b
        check   "branch", 101

# Illegal until it is written: the word before a label is filled in, then run.
        la      t0, add_2
        lw      t0, 0(t0)
        li      t2, 8
        la      t1, gap
1:      sw      t0, 0(t1)
        addi    t1, t1, 4
        addi    t2, t2, -1
        bnez    t2, 1b
        li      s1, 0
        j       gap
gap:    .word   0, 0, 0, 0, 0, 0, 0, 0
        check   "filled gap", 16

        out     s0, POWER_EXIT

# Print whether s1 is a2, and count.
verdict:
        la      a0, good
        beq     s1, a2, 1f
        addi    s0, s0, 1
        la      a0, bad
1:      j       puts

        .rodata
good:   .asciz  ": ok\n"
bad:    .asciz  ": FAILED\n"
        .align  2
add_2:  addi    s1, s1, 2
never:  bne     zero, zero, never + 8
template:
        addi    s1, zero, 0
        ret

        .bss
        .align  2
scratch:
        .space  8

        .section .far, "awx"
far:
far_add:
        addi    s1, s1, 1
        ret

        .section .mixed, "awx"
mixed:  la      a1, mixed
        li      t2, 1000
1:      lw      t0, mixed_count - mixed(a1)
        addi    t0, t0, 2
        sw      t0, mixed_count - mixed(a1)
        addi    t2, t2, -1
        bnez    t2, 1b
        ret
mixed_count:
        .word   0
