# Conditions.
        .else
        .endif
        .elseif 1
        .if
        wrong                   # not read: nobody knows
        .else
        wrong
        .endif
        .if     1 +
        .endif
        .if     unknown
        .endif
        .if     here
        .endif
        .ifdef
        .endif
        .ifdef  5
        .endif
        .ifdef  here there
        .endif
        .if     1
        .else
        .else
        wrong                   # not read
        .endif
        .if     0
        .else
        .elseif 1
        .endif
        .if     0
        .elseif unknown
        wrong                   # not read
        .endif
here:   .if     1
        .if     0
        .word   "
