# A program cannot start in data.
        .data
_start: .word   0
