# Sections.
        .section
        .section 5
        .section .vectors, ax
        .section .vectors, "rx"
        .section .vectors, "ax", 2
        .section .vectors, "ax", later
        .section .vectors, "ax", 0x100 5
        .section .vectors, "ax", 0x100
        nop
        .section .vectors, "aw", 0x100
        nop
        .section .vectors, "ax", 0x200
        nop
        .section .vectors
        .set    later, 0x100
