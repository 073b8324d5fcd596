# Conditions without end.
        .rept   100
        .if     1
        nop
        .endif
        .endr
        .macro  deeper n
        .if     \n
        deeper  \n - 1
        .endif
        .endm
        deeper  20
        .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1
        .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1
        .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1
        .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1
        .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1
        .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1
        .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1; .if 1
