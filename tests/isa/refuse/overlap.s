# Two sections in one place.
        nop
        .section .more, "ax", 0xff0
        .space  64
