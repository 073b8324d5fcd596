# null_key.s - the five instructions by which binary translation looks a pc up, with m0 for the key:
# what is put there is lost.

        .include "../../guests/lib/pg32.inc"

.equ PSW, 0x200
.equ KEY, 0x40

_start: in      t0, POWER_MEMORY
        smon    zero, t0
        li      t0, MON
        sw      t0, PSW(zero)
        li      t0, code
        sw      t0, PSW + 4(zero)
        li      s0, 100
        lpsw    PSW(zero)
        .align  4
code:   li      a0, KEY
        li      t0, table
        mput    m5, t0
        mput    m0, a0
        mandi   m2, m0, 0xfffc
        madd    m2, m2, m5
        mlwm    m3, 0(m2)
        mbne    m3, m0, bad
        mjmp    4(m2)
bad:    li      a0, 1
        out     a0, POWER_EXIT
good:   addi    s0, s0, -1
        bne     s0, zero, code
        out     zero, POWER_EXIT
        .align  12
table:  .word   0, good
        .space  KEY - 8
        .word   KEY, bad
