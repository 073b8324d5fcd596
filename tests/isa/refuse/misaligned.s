# An instruction after an odd number of bytes; the ones behind it are not reported again.
        .byte   1
        nop
        nop
        .align  2
        nop
        .byte   1
        li      a0, 0x12345678
