# Two definitions of one name.
loop:   nop
        .data
loop:   .word   0
        .set    loop, 5
        .set    size, 5
size:   .word   size
        .rept   3
again:  .word   0
        .endr
