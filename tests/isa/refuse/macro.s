# Macros: what is wrong with their definitions and calls.
        .macro
        .endm
        .macro  5
        .endm
        .macro  add a, b
        .endm
        .macro  .word a
        .endm
        .macro  twice a, a
        .endm
        .macro  dotted a.b
        .endm
        .macro  pair first, second
        .word   \first, \second
        .endm
        .macro  pair
        .endm
        pair    1
        pair    1, 2, 3
        pair    , 2
        pair    1, \x
        twice   1, 2
        .endm
