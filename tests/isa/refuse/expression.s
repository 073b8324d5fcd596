# Expressions that say nothing, or nothing that fits in 32 bits.
        .word   1 +
        .word   (1 + 2
        .word   1 2
        .word   * 3
        .word   1 / 0
        .word   1 % (2 - 2)
        .word   1 << 32
        .word   1 >> -1
        .word   0xffffffff + 1
        .word   -0x80000000 - 1
        .word   0x10000 * 0x10000
        .word   1 ? 2
        .word   %hi 5
        .word   %high(5)
        .word   a0 + 1
        .word   ()
        .word   1 + m1
