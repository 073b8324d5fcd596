# timer.s - the timer is exact to the step.
#
# Teaches: T is the only clock and grows by one for each instruction retired and each trap
# delivered. An interrupt set for T = d is delivered before the first instruction that would
# start at T >= d: exactly at d, if interrupts are enabled by then. The second mode counts only
# instructions retired in rings >= 1, which is what somebody needs who runs others.
#
# Exit code: the number of checks that failed.

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"

.equ STACK, 0x100000
.equ ON_T, 1                    # timer.control: fire when T reaches the deadline
.equ PENDING, 0x10              # timer.control: it has fired

.equ RESUME, 0x60               # in low memory: where the handler goes on

# enable: let interrupts in.
.macro enable
        li      t0, IE
        ppsw    t0
.endm

# check "TEXT": is a1 what was expected, a2?
.macro check text
        sub     s1, a1, a2
        print   \text
        call    verdict
.endm

        .text
        .globl  _start
_start:
        li      sp, STACK
        li      s0, 0           # failed checks
        set_handler trap

# Armed with a distance: the interrupt comes in the middle of a loop.
        enable
        rdt     gp, 0           # reads T = gp
        li      t1, 1000        # begins at gp + 1
        out     t1, TIMER_DELTA # begins at gp + 2: the deadline is gp + 1002
        call    wait
        lw      a1, FRAME_TLO(zero)
        addi    a2, gp, 1002
        check   "delta: interrupt exactly at T + delta"
        in      a1, TIMER_LO
        addi    a2, gp, 1002
        check   "delta: the deadline can be read"

# Armed with an absolute deadline.
        enable
        rdt     gp, 0
        addi    t1, gp, 500
        out     t1, TIMER_LO
        rdt     t1, 1
        out     t1, TIMER_HI
        li      t1, ON_T
        out     t1, TIMER_CONTROL
        call    wait
        lw      a1, FRAME_TLO(zero)
        addi    a2, gp, 500
        check   "absolute: interrupt exactly at the deadline"

# The machine sleeps: idle lets T jump to the deadline, not a step further.
        la      t0, 1f
        sw      t0, RESUME(zero)
        enable
        li      t1, 30000
        rdt     gp, 0
        out     t1, TIMER_DELTA # the deadline is gp + 30001
        idle
        j       failed          # not reached: the interrupt comes first
1:      lw      a1, FRAME_TLO(zero)
        li      t1, 30001
        add     a2, gp, t1
        check   "idle: woken exactly at the deadline"

# With interrupts disabled the line waits; it interrupts as soon as they are enabled.
        la      t0, 1f
        sw      t0, RESUME(zero)
        ppsw    zero
        li      t1, 10
        out     t1, TIMER_DELTA
        .rept   20
        nop
        .endr
        in      a1, TIMER_CONTROL
        li      a2, PENDING
        check   "disabled: the line is pending"
        enable
2:      j       failed
1:      lw      a1, FRAME_PC(zero)
        la      a2, 2b
        check   "disabled: interrupt right after they are enabled"

# U counts in ring 3 only: what ring 0 does in between brings the deadline no nearer.
        la      t0, 1f
        sw      t0, RESUME(zero)
        in      gp, TIMER_ULO
        li      t1, 100
        out     t1, TIMER_UDELTA
        .rept   300
        nop
        .endr
        la      t0, user_psw
        lpsw    0(t0)
user:   .rept   200
        nop
        .endr
        j       user
1:      lw      a1, FRAME_PC(zero)
        la      a2, user + 4 * 100
        check   "user: interrupt after exactly 100 instructions in ring 3"
        in      a1, TIMER_ULO
        addi    a2, gp, 100
        check   "user: U has grown by 100"

        out     s0, POWER_EXIT

failed: print   "not interrupted\n"
        exit    63

# Print the verdict of a check: s1 is 0 if it holds.
verdict:
        la      a0, good
        beqz    s1, 1f
        addi    s0, s0, 1
        la      a0, bad
1:      j       puts
        .rodata
good:   .asciz  ": ok\n"
bad:    .asciz  ": FAILED\n"
        .text

# Spin until the interrupt comes, then return.
wait:   sw      ra, RESUME(zero)
1:      addi    t2, t2, 1
        j       1b

# The handler drops the line and goes on at RESUME, in ring 0, interrupts disabled. The frame
# stays for the checks.
trap:   out     zero, TIMER_CONTROL
        lw      t0, RESUME(zero)
        jr      t0

        .data
user_psw:
        .word   IE + 3, user, 0, 0
