# A small text that repeats into a large one.
        .rept   10000000
        .rept   10000000
        .word   1, 2, 3, 4
        .endr
        .endr
