        .byte   0, 0
_start: .half   0
