        .include "no_such_file.inc"
        .include "no_such_file.inc"     # reported again: it is another place
        nop
