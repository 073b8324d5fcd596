# .bss holds zeros only.
        .bss
buffer: .space  16
        .word   5
        .asciz  "text"
        .space  16, 1
        .space  16, 0
        nop
        .word   0
