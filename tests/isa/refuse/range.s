# Immediates that do not fit. None is bent until it does.
        addi    a0, a1, 70000
        addi    a0, a1, 32768
        addi    a0, a1, -32769
        addi    a0, a1, 0xffffffff
        slli    a0, a1, 32
        slli    a0, a1, -1
        lui     a0, 0x100000
        lui     a0, -1
        lw      a0, 32768(a1)
        svc     65536
        svc     -1
        grel    a0, 2
        mandi   m1, m2, -1
        tick    65536
        andi    a0, a0, big
        .set    big, 0x8000
