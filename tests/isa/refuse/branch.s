# Targets that cannot be reached.
        beq     a0, a1, far
        beqz    a0, here + 2
        j       0x80000000
        call    -4096
        mbeq    m1, m2, far
here:   .space  0x20000
far:    beq     a0, a1, here
