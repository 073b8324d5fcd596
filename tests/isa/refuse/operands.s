# Operands that do not fit the instruction.
        add     a0, a1
        add     a0, a1, a2, a3
        add     a0, a1, 5
        addi    a0, a1, a2
        addi    a0, a1
        add     a0 a1 a2
        lw      a0, 4(5)
        lw      a0, 4(a1
        lw      a0
        mput    a0, a1
        mput    m1, m2
        mlw     a0, 8
        idle    1
        svc
        beq     a0, a1
