# badport.s - writes to a port that no device answers, without a trap handler.
#
# Teaches: an unclaimed port is never silent; it traps, and here nobody handles it (status 65).

        .text
        .globl  _start
_start:
        out     zero, 0x7f
