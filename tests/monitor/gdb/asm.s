        .globl  _start
_start: li      a0, 5
again:  addi    a0, a0, 1
        sw      a0, 0x800(zero)
        j       again
