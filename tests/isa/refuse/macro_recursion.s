# A macro that never stops calling itself.
        .macro  forever
        nop
        forever
        .endm
        forever
        wrong
