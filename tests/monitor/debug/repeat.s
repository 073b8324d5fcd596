# A function is called ten times: for the debugger's commands that take how often.
        li      sp, 0x8000
        li      s0, 0
        li      s1, 10
loop:   call    f
        addi    s0, s0, 1
        bne     s0, s1, loop
        out     s0, 0(zero)
f:      ret
