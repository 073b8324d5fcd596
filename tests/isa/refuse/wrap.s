# A section that goes past the end of the address space.
        .section .top, "aw", 0xfffffff0
        .space  17
