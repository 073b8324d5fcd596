# odd_pc.s - lpsw of a PSW whose pc is 1: it is loaded, and the next fetch traps.

        .include "../../guests/lib/pg32.inc"

.equ PSW, 0x200

_start: li      t0, handler
        sw      t0, NEW_PC(zero)
        li      t0, 1
        sw      t0, PSW + 4(zero)
        li      s0, 100
again:  lw      t0, PSW(zero)
        lpsw    PSW(zero)
handler:
        lw      a0, FRAME_CAUSE(zero)
        li      a1, CAUSE_FETCH_ALIGN
        bne     a0, a1, bad
        lw      a0, FRAME_PC(zero)
        li      a1, 1
        bne     a0, a1, bad
        addi    s0, s0, -1
        bne     s0, zero, again
        out     zero, POWER_EXIT
bad:    li      a0, 1
        out     a0, POWER_EXIT
