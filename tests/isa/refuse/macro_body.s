# Mistakes inside macros are shown where they are, with the calls that led there.
        .macro  inner reg, value
        addi    \reg, \reg, \value
        addi    \reg, \reg, \valeu
        .endm
        .macro  outer reg
        inner   \reg, 1 +
        inner   \reg, 5
        .endm
        outer   a0
        outer   foo
