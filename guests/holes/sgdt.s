# sgdt.s - a process that asks where in memory it lies.
#
# Teaches: grel is location-sensitive, as SGDT and SIDT are on x86, and so user-sensitive: a program
# in ring 3 sees it. The kernel gives a process a BASE and asks it what BASE it sees. Under a VMM
# the real BASE is another one. Where grel does not trap, not even a hybrid VMM can hide that;
# binary translation of user code can.
#
# Exit code: 0; 1 if the process sees another BASE than the kernel gave it, 2 after another trap.

        .include "../lib/pg32.inc"
        .include "../lib/console.inc"
        .include "../lib/trap.inc"

.equ PROCESS, 0x20000                   # where the process lies

        .text
        .globl  _start
_start:
        li      sp, 0x8000
        set_handler trap
        la      t0, process             # copy it there
        la      t1, process_end
        li      t2, PROCESS
1:      lw      s0, 0(t0)
        sw      s0, 0(t2)
        addi    t0, t0, 4
        addi    t2, t2, 4
        bltu    t0, t1, 1b
        la      t0, psw
        lpsw    0(t0)

# In ring 3, address 0 of its space.
process:
        grel    a0, 0
        svc     1                       # a0 is what it saw
process_end:

trap:
        lw      t0, FRAME_CAUSE(zero)
        li      t1, CAUSE_PRIVILEGE
        beq     t0, t1, refused
        li      t1, CAUSE_SVC
        bne     t0, t1, other
        li      sp, 0x8000
        mv      s0, a0
        print   "the process sees BASE "
        mv      a0, s0
        call    puthex
        print   "\n"
        li      t0, PROCESS
        sub     s0, s0, t0
        snez    s0, s0
        out     s0, POWER_EXIT

# Where grel traps, the kernel answers in its place.
refused:
        lw      a0, FRAME_BASE(zero)
        lw      t0, FRAME_PC(zero)
        addi    t0, t0, 4
        sw      t0, FRAME_PC(zero)
        lpsw    FRAME_PSW(zero)

other:
        li      sp, 0x8000
        print   "an unexpected trap\n"
        exit    2

        .data
psw:    .word   MODE_BOUNDS + 3, 0, PROCESS, PAGE
