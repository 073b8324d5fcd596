# nowhere.s - jumps to an address outside memory, without a trap handler.
#
# Teaches: a trap whose new PSW was never set check-stops the machine (status 65).

        .text
        .globl  _start
_start:
        li      t0, 0xfffffffc
        jr      t0
