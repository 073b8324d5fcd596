# popf.s - a kernel that turns interrupts on.
#
# Teaches: ppsw is control-sensitive, as POPF is on x86: in user mode POPF leaves the interrupt flag
# as it is and does not trap either (profile x86: ignore). A kernel under trap-and-emulate, in a
# real ring above 0, then believes that it has turned interrupts on, and no interrupt ever comes.
# With a profile that lets ppsw execute it is worse: the guest turns the real machine's interrupts
# off, and the VMM has lost control of the processor.
#
# Exit code: 0; 1 if the timer's interrupt does not come, 2 after another trap.

        .include "../lib/pg32.inc"
        .include "../lib/console.inc"
        .include "../lib/trap.inc"

        .text
        .globl  _start
_start:
        li      sp, 0x8000
        set_handler trap
        li      t0, 500
        out     t0, TIMER_DELTA
        li      t0, IE
        ppsw    t0                      # interrupts on
        li      t0, 2000
1:      addi    t0, t0, -1
        bnez    t0, 1b
        ppsw    zero                    # and off
        print   "no interrupt came\n"
        exit    1

trap:
        lw      t0, FRAME_CAUSE(zero)
        addi    t0, t0, -CAUSE_INTERRUPT
        bnez    t0, 2f
        print   "the timer's interrupt came\n"
        exit    0
2:      print   "an unexpected trap\n"
        exit    2
