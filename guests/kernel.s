# kernel.s - a small kernel: preempted processes under relocation-bounds.
#
# Teaches: what the machine gives a kernel, and no more: a trap that changes the ring, a timer
# that takes the processor back, and R = (BASE, BOUND), which gives each process addresses of
# its own from 0 and nothing outside them. Three processes run copies of one program image at
# different places of physical memory. Process 2 oversteps its bound and is killed.
#
# By far the most instructions run in the processes, and none of those is privileged: this is
# the guest to look at for what direct execution saves.
#
# Exit code: 0; 63 if the kernel itself trapped.

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"
        .include "lib/syscall.inc"

.equ KERNEL_STACK, 0x40000
.equ PLACES, 0x40000            # physical: where the processes' memories begin
.equ USER_SIZE, 0x4000          # bytes each: the image, and the stack at the end
.equ NPROCESSES, 3
.equ SLICE, 20000

.ifndef WORK                    # how much the processes have to do
.equ WORK, 4
.endif

# Virtual address of a label in the user image.
.macro ula reg, label
        li      \reg, \label - user
.endm

        .text
        .globl  _start
_start:
        li      sp, KERNEL_STACK
        set_handler trap
        print   "kernel: relocation-bounds\n"
        la      s0, processes
        li      s1, 0
        li      gp, PLACES

# Copy the image to the process's memory and make an entry for it.
1:      la      t0, user
        mv      t1, gp
        la      t2, user_end
2:      lw      a0, 0(t0)
        sw      a0, 0(t1)
        addi    t0, t0, 4
        addi    t1, t1, 4
        bne     t0, t2, 2b

        li      t0, MODE_BOUNDS + IE + 3
        sw      t0, P_PSW + 0(s0)
        ula     t0, user_start
        sw      t0, P_PSW + 4(s0)
        sw      gp, P_PSW + 8(s0)
        li      t0, USER_SIZE
        sw      t0, P_PSW + 12(s0)
        sw      t0, P_REGS + 4 * 1(s0)  # sp: the end of its memory
        sw      s1, P_REGS + 4 * 9(s0)  # a0: which process it is
        li      t0, READY
        sw      t0, P_STATE(s0)

        li      t0, USER_SIZE
        add     gp, gp, t0
        addi    s0, s0, P_SIZE
        addi    s1, s1, 1
        li      t0, NPROCESSES
        bne     s1, t0, 1b

        addi    s0, s0, -P_SIZE         # the next one after the last is the first
        la      t0, current
        sw      s0, 0(t0)
        j       schedule

# The PSW is all there is to a space under relocation-bounds: the switch has loaded it.
enter_space:
        ret

# Is [a0, a0 + a1) inside the bound? Then it lies at BASE + a0.
user_range:
        lw      t0, FRAME_BOUND(zero)
        bgtu    a1, t0, 1f
        sub     t0, t0, a1
        bgtu    a0, t0, 1f
        lw      t0, FRAME_BASE(zero)
        add     a0, a0, t0
        ret
1:      li      a0, 0
        ret

# Nothing but calls and the timer is to be expected.
kernel_trap:
        j       kill

# At the end of the run the kernel has nothing to add.
report: ret

        .include "lib/process.inc"

# ---- what the processes run, in ring 3, at virtual addresses from 0

        .include "lib/user.inc"

user_start:
        beqz    a0, primes
        addi    a0, a0, -1
        beqz    a0, collatz
        j       rogue

# Count the primes by trial division.
.equ PRIMES_STEP, 5000 * WORK
.equ PRIMES, 3 * PRIMES_STEP
primes: li      s0, 2           # the next candidate
        li      s1, 0           # primes found
        li      gp, PRIMES_STEP
1:      li      t0, 2
2:      mul     t1, t0, t0
        bgt     t1, s0, 3f      # no divisor up to the root: a prime
        remu    t1, s0, t0
        beqz    t1, 4f
        addi    t0, t0, 1
        j       2b
3:      addi    s1, s1, 1
4:      addi    s0, s0, 1
        bne     s0, gp, 1b
        uprint  "primes below "
        mv      a0, s0
        call    uputdec
        uprint  ": "
        mv      a0, s1
        call    uputdec
        uprint  "\n"
        li      t0, PRIMES_STEP
        add     gp, gp, t0
        li      t0, PRIMES
        bleu    gp, t0, 1b
        li      a0, 0
        svc     SYS_EXIT

# Find the number whose Collatz sequence is the longest.
.equ COLLATZ_STEP, 500 * WORK
.equ COLLATZ, 4 * COLLATZ_STEP
collatz:
        li      s0, 1           # the number
        li      s1, 0           # the longest sequence yet
        li      tp, 0           # and its number
        li      gp, COLLATZ_STEP
1:      mv      t0, s0
        li      t1, 0
        li      a1, 1
2:      beq     t0, a1, 4f
        addi    t1, t1, 1
        andi    t2, t0, 1
        srli    t0, t0, 1
        beqz    t2, 2b
        slli    t2, t0, 1       # it was odd: 3n + 1 = 3(2h + 1) + 1 = 6h + 4
        add     t0, t0, t2
        slli    t0, t0, 1
        addi    t0, t0, 4
        j       2b
4:      bleu    t1, s1, 5f
        mv      s1, t1
        mv      tp, s0
5:      addi    s0, s0, 1
        bne     s0, gp, 1b
        uprint  "longest Collatz sequence from below "
        mv      a0, s0
        call    uputdec
        uprint  ": from "
        mv      a0, tp
        call    uputdec
        uprint  ", "
        mv      a0, s1
        call    uputdec
        uprint  " steps\n"
        svc     SYS_YIELD
        li      t0, COLLATZ_STEP
        add     gp, gp, t0
        li      t0, COLLATZ
        bleu    gp, t0, 1b
        li      a0, 0
        svc     SYS_EXIT

# Try what a process must not be able to do.
rogue:  svc     SYS_TIME
        mv      s0, a0
        li      a0, USER_SIZE - 2       # two bytes are ours, the rest is not
        li      a1, 8
        svc     SYS_WRITE
        bgez    a0, 1f
        uprint  "rogue: the kernel does not read what is not ours\n"
1:      svc     SYS_TIME
        bleu    a0, s0, 2f
        uprint  "rogue: time goes on\n"
2:      uprint  "rogue: now a store behind our bound\n"
        li      t0, USER_SIZE
        sw      t0, 0(t0)
        uprint  "rogue: it worked!\n"
        li      a0, 1
        svc     SYS_EXIT

        .section .user_data
        .align  2
user_end:
