# rings.s - a walk through all four rings: down by lpsw, back up by svc.
#
# Teaches: a program gives privilege away by loading a PSW, and gets it back only through a
# trap, at a place that ring 0 chose. In each ring it tries gpsw, which reads STATUS. gpsw is
# sensitive: by the strict profile it traps in rings 1 to 3; by a profile that lets it
# execute (as x86 did with SMSW) the user program sees the ring it is really in.
#
# Exit code: 0; 1 if a trap came that nobody expected.

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"

.equ STACK, 0x100000
.equ UNSEEN, -1                 # what gpsw leaves behind if it does nothing

        .text
        .globl  _start
_start:
        li      sp, STACK
        set_handler trap
        print   "ring 0: STATUS is "
        gpsw    a0
        call    puthex
        print   "\n"
        li      s0, 1           # the ring to visit next

visit:
        la      t0, psw
        sw      s0, 0(t0)       # STATUS: this ring, real mode, no interrupts
        la      t1, user
        sw      t1, 4(t0)
        lpsw    0(t0)           # down

# What runs in rings 1, 2 and 3.
user:
        li      a0, UNSEEN
        gpsw    a0              # traps, or shows STATUS
        svc     1               # up: a0 is what we saw

trap:
        save_regs
        li      sp, STACK
        lw      s1, FRAME_CAUSE(zero)
        print   "ring "
        lw      a0, FRAME_STATUS(zero)
        andi    a0, a0, RING
        call    putdec
        li      t0, CAUSE_PRIVILEGE
        beq     s1, t0, refused
        li      t0, CAUSE_SVC
        beq     s1, t0, back
        print   ": unexpected trap "
        mv      a0, s1
        call    putdec
        print   "\n"
        exit    1

# gpsw was refused: step over it and let the user ring go on.
refused:
        print   ": gpsw is refused\n"
        lw      t0, FRAME_PC(zero)
        addi    t0, t0, 4
        sw      t0, FRAME_PC(zero)
        return_from_trap

# The user ring is done.
back:
        print   ": back by svc, having seen "
        lw      a0, SAVE_A0(zero)
        li      t0, UNSEEN
        beq     a0, t0, 1f
        call    puthex
        j       2f
1:      print   "nothing"
2:      print   "\n"
        lw      s0, SAVE + 4 * 8(zero)
        addi    s0, s0, 1
        li      t0, 4
        bne     s0, t0, visit
        exit    0

        .data
psw:    .word   0, 0, 0, 0
