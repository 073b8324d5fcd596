# Local labels that are not there.
        j       1b
1:      j       1f
        j       2f
        j       100b
100:    nop
3f:     nop
