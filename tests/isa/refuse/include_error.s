# An error in an included file shows how we came there.
        .include "include_error.inc"
        trouble a0
        j       nowhere
