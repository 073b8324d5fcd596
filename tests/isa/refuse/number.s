# Numbers that are none.
        .word   0x
        .word   0b102
        .word   089
        .word   12ab
        .word   0xfg
        .word   4294967296
        .word   0x100000000
        .word   0b
        .word   1.5
        .word   ''
        .word   'ab'
        .word   '\q'
        .word   'a
