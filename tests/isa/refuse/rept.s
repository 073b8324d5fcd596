        .endr
        .rept
        .endr
        .rept   unknown
        wrong                   # not read
        .endr
        .rept   2 3
        .endr
        .rept   2
        .if     1
        nop
        .endr
        .rept   5
        nop
