# misaligned.s - loads that are misaligned now and then trap then, and only then; what stands behind
# them is executed once each time.

        .include "../../guests/lib/pg32.inc"

.equ DATA, 0x4000
.equ ROUNDS, 3000

_start: li      t0, handler
        sw      t0, NEW_PC(zero)
        li      s0, DATA
        li      s1, 0           # rounds
        li      a5, 0           # counts traps
        li      t2, 0x1234
        sw      t2, 0(s0)
        li      a2, 0           # sums of what is loaded
        li      a3, 0
round:  andi    t0, s1, 3       # three of four rounds are misaligned
        add     t0, t0, s0
        li      t1, 0
        lw      t1, 0(t0)
        add     a2, a2, t1
        li      t1, 0
        andi    t0, t0, -3      # one of two
        lh      t1, 0(t0)
        add     a3, a3, t1
        addi    s1, s1, 1
        li      t1, ROUNDS
        bne     s1, t1, round
        li      t0, 3 * ROUNDS / 4 + ROUNDS / 2
        bne     a5, t0, bad
        li      t0, ROUNDS / 4 * 0x1234
        bne     a2, t0, bad
        li      t0, ROUNDS / 2 * 0x1234
        bne     a3, t0, bad
        out     zero, POWER_EXIT
handler:
        addi    a5, a5, 1
        lw      a0, FRAME_CAUSE(zero)
        li      a1, CAUSE_ALIGN
        bne     a0, a1, bad
        lw      a0, FRAME_PC(zero)
        addi    a0, a0, 4
        sw      a0, FRAME_PC(zero)
        lpsw    FRAME_PSW(zero)
bad:    li      a0, 1
        out     a0, POWER_EXIT
