# Names of registers are names of nothing else.
a0:     nop
        .set    t1, 5
m3:     nop
        .globl  sp
        .set    ., 5
x15 = 3
