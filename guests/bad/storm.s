# storm.s - a trap storm: the first instruction of the handler is illegal, so that handling a
# trap raises the next one.
#
# Teaches: after 64 deliveries without an instruction retired the machine check-stops, where
# real hardware would spin for ever. Ends with a check-stop (status 65 of `trapeze run`).

        .include "../lib/pg32.inc"

        .text
        .globl  _start
_start:
        la      t0, handler
        sw      t0, NEW_PC(zero)
        svc     0
handler:
        .word   0               # illegal
