# translate.s - BLOCKS blocks of code, one behind the other, gone through TIMES times: what the first
# time costs more than the others is what an engine pays for code that it has not seen. Each block
# has eight instructions, as a compiler's code has them: arithmetic, a load, a store, a branch that
# is taken and one that is not. Exit code: 0.

        .include "lib/pg32.inc"

        .globl  _start
_start: la      sp, word
        li      s0, TIMES
again:
        .rept   BLOCKS
        lw      t0, 0(sp)
        add     t1, t0, s0
        beqz    s0, 1f                  # never
        xor     a0, a0, t1
1:      sw      a0, 4(sp)
        srli    t2, a0, 3
        bnez    s0, 2f                  # always
2:      sub     a1, a1, t2
        .endr
        addi    s0, s0, -1
        beqz    s0, end
        j       again
end:    out     zero, POWER_EXIT

        .data
word:   .word   1, 0
