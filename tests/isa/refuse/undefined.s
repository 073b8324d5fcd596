# Names that are defined nowhere: each is reported once, where it is first used.
        la      a0, mesage
        la      a1, mesage + 4
        j       looop
        lw      a2, %lo(nothing)(a0)
        .word   message - mesage
        beqz    a0, 1f
        bnez    a0, 1b
loop:   addi    a0, a0, count
        .data
message: .asciz "text"
