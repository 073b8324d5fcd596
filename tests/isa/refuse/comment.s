        nop     /* this one goes on
        and on
