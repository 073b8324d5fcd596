# Values that their places cannot hold.
        .data
        .byte   255, 256, -128, -129
        .byte   300
        .half   65535, 65536, -32769
        .space  4, 256
        .balign 16, -129
        .word   later
        .set    later, 0x7fffffff + 1
