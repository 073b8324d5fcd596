# sieve.s - the sieve of Eratosthenes: a benchmark of loads, stores and short loops.
#
# Counts the primes below LIMIT, ROUNDS times. Exit code: 0; 1 if the count is wrong.

        .include "lib/pg32.inc"
        .include "lib/console.inc"

.ifdef SMALL
.equ ROUNDS, 1
.equ LIMIT, 40000
.equ PRIMES, 4203               # below LIMIT
.else
.equ ROUNDS, 10
.equ LIMIT, 400000
.equ PRIMES, 33860
.endif

.equ STACK, 0x100000
.equ FLAGS, 0x40000             # a byte for each number: 0 while it may be prime

        .text
        .globl  _start
_start:
        li      sp, STACK
        li      gp, ROUNDS
        li      a0, FLAGS
        li      a1, FLAGS + LIMIT

round:  mv      t0, a0
1:      sw      zero, 0(t0)
        addi    t0, t0, 4
        bne     t0, a1, 1b

        li      s1, 0           # primes found
        li      s0, 2           # candidate
        li      a2, LIMIT
        li      a3, 1
2:      add     t0, a0, s0
        lbu     t1, 0(t0)
        bnez    t1, 4f
        addi    s1, s1, 1
        add     t0, t0, s0      # strike out its multiples
        bgeu    t0, a1, 4f
3:      sb      a3, 0(t0)
        add     t0, t0, s0
        bltu    t0, a1, 3b
4:      addi    s0, s0, 1
        bne     s0, a2, 2b

        addi    gp, gp, -1
        bnez    gp, round

        print   "sieve: primes below "
        li      a0, LIMIT
        call    putdec
        print   ": "
        mv      a0, s1
        call    putdec
        print   "\n"
        li      t0, PRIMES
        bne     s1, t0, 1f
        exit    0
1:      exit    1
