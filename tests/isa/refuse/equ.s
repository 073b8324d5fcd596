# Names that are defined by themselves, or by what is wrong.
        .equ    first, second
        .equ    second, first
        .word   first, second
        .equ    bad, 1 +
        .word   bad, bad + 1
        .equ    lost, nowhere + 1
        .word   lost, lost
        .equ    zero_div, 1 / unset
        .equ    unset, 0
        .word   zero_div
