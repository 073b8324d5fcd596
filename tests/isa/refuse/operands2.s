# The same for mnemonics with several forms, and for pseudo-instructions.
        jal
        jal     5, here
        jalr
        jalr    ra, t0, 4
        ret     a0
        li      a0
        li      5, a0
        mv      a0, 5
        nop     nop
        j       a0
        jr      here
        beqz    here
here:   bgt     a0, 5, here
        lui     sp, ra
        sw      a0, here(here)
        lw      m1, (sp)
