# jrst.s - a kernel that enters user mode by a jump.
#
# Teaches: jrst is control-sensitive in ring 0, where it enters ring 3, and innocent in user rings,
# where it only jumps: the PDP-10's JRST 1. Where it does not trap (profile pdp10), a kernel under
# trap-and-emulate, in a real ring above 0, only jumps, and its VMM goes on believing in virtual ring 0:
# what should be a process keeps the kernel's rights. A hybrid VMM interprets the kernel and is right.
#
# Exit code: 0; 1 if the process still has the rights of ring 0, 2 after another trap.

        .include "../lib/pg32.inc"
        .include "../lib/console.inc"
        .include "../lib/trap.inc"

        .text
        .globl  _start
_start:
        li      sp, 0x8000
        set_handler trap
        la      t0, process
        jrst    0(t0)

process:
        svc     1

trap:
        lw      t0, FRAME_CAUSE(zero)
        addi    t0, t0, -CAUSE_SVC
        bnez    t0, other
        li      sp, 0x8000
        lw      s0, FRAME_STATUS(zero)
        andi    s0, s0, RING
        print   "the process ran in ring "
        mv      a0, s0
        call    putdec
        print   "\n"
        seqz    s0, s0
        out     s0, POWER_EXIT

other:
        li      sp, 0x8000
        print   "an unexpected trap\n"
        exit    2
