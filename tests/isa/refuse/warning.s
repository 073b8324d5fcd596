# A warning alone would not stop the program; an error does.
        .data
        .byte   1
        .word   2
        .half   3
        .word   4
        .word   nowhere
