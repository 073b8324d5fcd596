# edges.s - what random guests hardly ever come to; for test_recursion.
#
# It shows nothing by itself: the test compares its whole state with a bare machine's. ENDING says
# how it ends: 0 in a storm of traps; idle, 1 with a timer that counts U, 2 with a deadline that never
# comes, 3 with input that it has not read; asking for 4 monitor mode, 5 monitor space, 6 the disk.

        .include "../../guests/lib/pg32.inc"

.equ PSW, 0x200
.equ HIGH, 0x4000               # where the code for a relocation by HIGH is
.equ LANDING, 0x6000            # and that which comes after 63 traps

# lpsw of these four words; s1 is where a trap that cannot be skipped goes.
.macro load_psw status, pc, base, bound
        li      t0, \status
        sw      t0, PSW(zero)
        li      t0, \pc
        sw      t0, PSW + 4(zero)
        li      t0, \base
        sw      t0, PSW + 8(zero)
        li      t0, \bound
        sw      t0, PSW + 12(zero)
        lpsw    PSW(zero)
.endm

# Idle until T is this.
.macro pass_until high, low
        li      t0, \low
        out     t0, TIMER_LO
        li      t0, \high
        out     t0, TIMER_HI
        li      t0, 1
        out     t0, TIMER_CONTROL
        idle
.endm

        .text
        .globl  _start
_start:
        la      t0, handler
        sw      t0, NEW_PC(zero)
        in      s0, POWER_MEMORY

# A PSW that must not be loaded, or is not all there. The frame's unused word becomes 0.
        sw      s0, FRAME_INSN + 4(zero)
        lpsw    2(zero)
        load_psw MODE, 0x1000, 0, 0
        load_psw 0x40, 0x1000, 0, 0
        load_psw 0, 0, 0, 0
        load_psw 0, 0x1000, 0x800, 0
        load_psw 0, 0x1000, 0, 0x10
        lpsw    -4(s0)
        lpsw    0(s0)
        li      t0, -8
        lpsw    0(t0)
        probe   a0, t0
        probe   a1, s0
        addi    t0, s0, -1
        probe   a2, t0

# Relocated, in ring 0: a bound that the PSW crosses, and data past it.
        la      s1, 1f
        load_psw MODE_BOUNDS, bounded - PAGE, PAGE, 3 * PAGE
bounded:
        li      t1, 3 * PAGE
        lpsw    -8(t1)
        lpsw    0(t1)
        lw      a3, -4(t1)
        lw      a4, 0(t1)
        sb      a4, 0(t1)
        probe   a0, t1
        addi    t1, t1, -1
        probe   a1, t1
        gpsw    a2
        grel    a3, 0
        grel    a4, 1
        svc     1

# A relocation that ends where memory does, and one that goes round.
1:      la      s1, 1f
        load_psw MODE_BOUNDS, high - HIGH, HIGH, 0xfffff000
        .section .high, "ax", HIGH
high:   li      t1, HIGH
        sub     t1, s0, t1              # the end of memory
        lw      a0, -4(t1)
        lw      a1, 0(t1)
        lpsw    -8(t1)
        probe   a2, t1
        li      t1, PSW - HIGH          # PSW, if the sum were to wrap
        lw      a0, 0(t1)
        lpsw    0(t1)
        probe   a1, t1
        svc     2
        .text

# Nothing is mapped from the end of memory on; not even if a VMM's addition wraps to itself.
1:      la      s1, 1f
        sw      s0, PSW + 8(zero)
        lpsw    PSW(zero)
1:      la      s1, 1f
        load_psw MODE_BOUNDS, 0x1000, -0x8000, 0x8000
1:      la      s1, 1f
        load_psw MODE_BOUNDS + 3, 0, -0x7000, 0x7000

# Ports the wrong way round, and registers that keep only some bits.
1:      in      a0, POWER_EXIT
        in      a0, TIMER_DELTA
        in      a0, BLOCK_COMMAND
        out     a0, BLOCK_CAPACITY
        out     a0, POWER_MEMORY
        out     a0, CONSOLE_STATUS
        out     a0, TIMER_UHI
        li      t0, 3
        out     t0, TIMER_CONTROL
        in      a1, TIMER_CONTROL
        li      t0, 2
        out     t0, TIMER_CONTROL
        in      a0, TIMER_CONTROL
        li      t0, -2
        out     t0, CONSOLE_CONTROL
        in      a2, CONSOLE_CONTROL
        in      a3, BLOCK_CAPACITY
        out     t0, TIMER_LO
        out     t0, TIMER_HI
        in      a4, TIMER_LO
        in      a5, TIMER_HI

# jrst clears bit 0, and leaves ring 0.
        la      s1, 1f
        la      t0, 2f
        jrst    1(t0)
2:      svc     6

# More traps than make a storm, with nothing between them that a VMM emulates.
1:      li      a5, 100
        la      s1, 1f
1:      addi    a5, a5, -1
        beqz    a5, 2f
        svc     3

# An interrupt that is due when the low word of T has gone round; its handler moves no pc.
.equ TOP, 0x70000000 + (LANDING - 0x24) / 4
2:      pass_until TOP - 1, 0xffffff00
        li      t0, 0x140
        out     t0, TIMER_DELTA
        li      t0, IE
        ppsw    t0
        li      a5, 0x200
3:      addi    a5, a5, -1
        bnez    a5, 3b
        ppsw    zero
        rdt     a0, 0
        rdt     a1, 1

# A deadline that is past by the high word alone.
        li      t0, -1
        out     t0, TIMER_LO
        out     zero, TIMER_HI
        li      t0, 1
        out     t0, TIMER_CONTROL
        in      a0, TIMER_CONTROL
        out     zero, TIMER_CONTROL

# 63 traps in a row are no storm: traps go to the frame's T, which is no instruction until its low word
# has become 0x20000000 by them, addi; and the high word, TOP, is a jump to LANDING.
        li      t0, 0x20
        sw      t0, NEW_PC(zero)
        pass_until TOP, 0x20000000 - 62
        svc     4

        .section .landing, "ax", LANDING
        out     zero, TIMER_CONTROL
        rdt     a0, 0
.if ENDING == 1
        li      t0, 100
        out     t0, TIMER_UDELTA
        idle
.endif
.if ENDING == 2
        li      t0, -1
        out     t0, TIMER_HI
        li      t0, 1
        out     t0, TIMER_CONTROL
        idle
.endif
.if ENDING == 3
        idle
.endif
.if ENDING == 4
        load_psw MON, 0x1000, 0, 0
.endif
.if ENDING == 5
        tick    1
.endif
.if ENDING == 6
        out     a0, BLOCK_SECTOR
.endif
        li      t0, -4
        sw      t0, NEW_PC(zero)
        svc     5
        .text

# Skip what trapped; a gate or a fetch goes on at s1; an interrupt goes back.
handler:
        lw      gp, FRAME_CAUSE(zero)
        li      tp, CAUSE_INTERRUPT
        beq     gp, tp, 2f
        li      tp, CAUSE_SVC
        beq     gp, tp, 3f
        li      tp, CAUSE_FETCH_BOUND
        beq     gp, tp, 3f
        lw      gp, FRAME_PC(zero)
        addi    gp, gp, 4
        sw      gp, FRAME_PC(zero)
1:      lpsw    FRAME_PSW(zero)
2:      out     zero, TIMER_CONTROL
        j       1b
3:      jr      s1
