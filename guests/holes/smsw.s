# smsw.s - a kernel that looks at its own ring.
#
# Teaches: gpsw is mode-sensitive, as SMSW and PUSHF are on x86. This program runs in ring 0 and
# knows it. Trap-and-emulate gives it a real ring above 0 instead, which does no harm as long as
# gpsw traps. Where it executes (profile x86) the program sees the ring it is really in.
#
#     trapeze verify --profile x86 guests/holes/smsw.s
#
# Exit code: 0; 1 if it finds itself in another ring than 0.

        .include "../lib/pg32.inc"
        .include "../lib/console.inc"

        .text
        .globl  _start
_start:
        li      sp, 0x8000
        gpsw    s0
        andi    s0, s0, RING
        print   "I am in ring "
        mv      a0, s0
        call    putdec
        print   "\n"
        snez    s0, s0
        out     s0, POWER_EXIT
