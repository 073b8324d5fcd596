# Errors of both passes come in the order of the text.
        addi    a0, a0, 70000
        wrong
        .byte   256
        .word   (
        j       nowhere
