# Unknown instructions: the nearest name is suggested, if one is near.
        adi     a0, a0, 1
        bqez    a0, here
        frobnicate a0
        .macro  push reg
        addi    sp, sp, -4
        sw      \reg, 0(sp)
        .endm
        psuh    a0
here:   SUBI    a0, a0, 1
        jump    here
