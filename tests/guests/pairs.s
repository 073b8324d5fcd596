# pairs.s - two programs in ring 0 give the processor to each other by lpsw, while the monitor pair
# changes: each reads the monitor space of the pair as it is.

        .include "../../guests/lib/pg32.inc"

.equ FIRST, 0x200               # their PSWs
.equ SECOND, 0x210
.equ SPACE, 0x40000             # the two monitor spaces, of
.equ SIZE, 0x10000
.equ BASE, 0x1000               # of the second program, which runs in bounds mode

_start: li      t1, SPACE
        sw      t1, 0(t1)
        li      t1, SPACE + SIZE
        sw      t1, 0(t1)
        li      t0, first
        sw      t0, FIRST + 4(zero)
        li      t1, BASE        # both find the first one's PSW at this address of their own
        sw      t0, FIRST + 4(t1)
        li      t0, MODE_BOUNDS
        sw      t0, SECOND(zero)
        li      t0, second - BASE
        sw      t0, SECOND + 4(zero)
        sw      t1, SECOND + 8(zero)
        li      t0, 0x100000
        sw      t0, SECOND + 12(zero)
        li      s0, SPACE
        li      s1, SIZE
        li      a4, 100
first:  addi    a4, a4, -1
        beq     a4, zero, done
        li      t0, 2 * SPACE + SIZE
        sub     s0, t0, s0
        smon    s0, s1
        lw      t0, SECOND(zero)
        lpsw    SECOND(zero)
        .align  4
second: lw      t0, FIRST(zero)
        mlw     a0, 0(m0)
        bne     a0, s0, bad
        lpsw    FIRST(zero)
bad:    li      a0, 1
        out     a0, POWER_EXIT
done:   out     zero, POWER_EXIT
