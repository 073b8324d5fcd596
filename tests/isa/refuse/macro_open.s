        nop
        .macro  open
        nop
