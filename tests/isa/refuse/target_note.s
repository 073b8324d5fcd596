# The disassembler's note behind a target has to be closed; comparing needs parentheses.
        j       0x1000 <main
        j       0x1000 <main> 5
        beq     a0, a1, 1 < 2
main:
