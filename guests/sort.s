# sort.s - quicksort, recursive on the smaller part: branches that depend on data.
#
# Sorts COUNT random words ROUNDS times. Exit code: 0; 1 if the result is not in order, or not
# the same words.

        .include "lib/pg32.inc"
        .include "lib/console.inc"

.ifndef COUNT
.equ COUNT, 30000
.endif
.equ ROUNDS, 8

.equ STACK, 0x100000
.equ WORDS, 0x40000
.equ WORDS_END, WORDS + 4 * COUNT

        .text
        .globl  _start
_start:
        li      sp, STACK
        li      gp, ROUNDS
        li      tp, 1           # random numbers
        li      s1, 0           # checksum over all rounds

# Fill with random words; a2 = their sum.
round:  li      t0, WORDS
        li      t1, WORDS_END
        li      a0, 1664525
        li      a1, 1013904223
        li      a2, 0
1:      mul     tp, tp, a0
        add     tp, tp, a1
        sw      tp, 0(t0)
        add     a2, a2, tp
        addi    t0, t0, 4
        bne     t0, t1, 1b

        mv      s0, a2
        li      a0, WORDS
        li      a1, WORDS_END - 4
        call    sort

# In order? And the same sum?
        li      t0, WORDS
        li      t1, WORDS_END - 4
        lw      t2, 0(t0)
        mv      a2, t2
2:      lw      a0, 4(t0)
        bltu    a0, t2, wrong
        mv      t2, a0
        add     a2, a2, a0
        slli    a1, s1, 5
        sub     s1, a1, s1
        add     s1, s1, a0
        addi    t0, t0, 4
        bne     t0, t1, 2b
        bne     a2, s0, wrong
        addi    gp, gp, -1
        bnez    gp, round

        print   "sort: in order, checksum "
        mv      a0, s1
        call    puthex
        print   "\n"
        exit    0

wrong:  print   "sort: WRONG\n"
        exit    1

# Sort the words from a0 to a1, both included (Hoare's partition, pivot from the middle).
sort:   bgeu    a0, a1, 6f
        sub     t0, a1, a0
        srli    t0, t0, 3
        slli    t0, t0, 2
        add     t0, t0, a0
        lw      t0, 0(t0)       # pivot
        mv      a2, a0
        mv      a3, a1
1:      lw      t1, 0(a2)
        bgeu    t1, t0, 2f
        addi    a2, a2, 4
        j       1b
2:      lw      t2, 0(a3)
        bleu    t2, t0, 3f
        addi    a3, a3, -4
        j       2b
3:      bgtu    a2, a3, 4f
        sw      t2, 0(a2)
        sw      t1, 0(a3)
        addi    a2, a2, 4
        addi    a3, a3, -4
        bleu    a2, a3, 1b

# Parts are a0..a3 and a2..a1: the smaller by recursion, the larger by going on here, so that
# the stack stays small whatever the data.
4:      sub     t0, a3, a0
        sub     t1, a1, a2
        addi    sp, sp, -12
        sw      ra, 0(sp)
        bge     t0, t1, 5f
        sw      a2, 4(sp)
        sw      a1, 8(sp)
        mv      a1, a3
        call    sort_if
        j       7f
5:      sw      a0, 4(sp)
        sw      a3, 8(sp)
        mv      a0, a2
        call    sort_if
7:      lw      ra, 0(sp)
        lw      a0, 4(sp)
        lw      a1, 8(sp)
        addi    sp, sp, 12
        j       sort
6:      ret

# A part may be empty, its end before its start.
sort_if:
        bltu    a0, a1, sort
        ret
