# vmm.s - a virtual machine monitor that is itself a guest: trap-and-emulate, written for PG32.
#
# Teaches: theorem 2 of Popek & Goldberg (1974), recursion. It gives its guest a machine like the one
# it runs on, only smaller; so the guest may be this program again, with a guest of its own. It has
# the parts that the paper names: a dispatcher D (trap, in this file), an allocator A, which alone
# decides the real relocation (enter.inc), and an interpretive routine v_i for each privileged
# instruction (emulate.inc, ports.inc). Everything else its guest executes itself, in a real ring
# above 0, at full speed.
#
# Memory: page 0 holds the trap frame and the virtual machine's state, then come this program and its
# data, and from guest_base to the end of memory the guest's memory. The guest's address 0 is
# guest_base. `trapeze nest vmm.elf GUEST -o OUT` puts a guest there.
#
# With TOWER defined (tower.s) the guest is a copy of this program, in which there is a copy, ...
#
# The guest may use real and relocation-bounds mode, its timer, console and power port. Its time is
# its own and exact: T counts the instructions it retires and the traps it takes, none of ours, since
# the real timer can count only what is executed in rings above 0.
#
# Exit codes: the guest's own, or
#   58  there is no guest: this program was not nested
#   59  no memory is left for a guest
#   60  the guest did what this VMM does not do: paging, monitor mode, the disk
#   61  the guest's machine check-stopped: a trap without a valid new PSW, or a storm of traps

        .include "../lib/pg32.inc"
        .include "../lib/console.inc"
        .include "../lib/trap.inc"

# ---- the virtual machine, in page 0, where stores relative to r0 reach it
# (its general registers are in the save area of trap.inc while it does not have the processor)

.equ V_PSW, 0x100
.equ V_STATUS, V_PSW
.equ V_PC, V_PSW + 4
.equ V_BASE, V_PSW + 8
.equ V_BOUND, V_PSW + 12
.equ V_TLO, 0x110               # its T
.equ V_THI, 0x114
.equ V_ULO, 0x118               # its U
.equ V_UHI, 0x11c
.equ V_SIZE, 0x120              # bytes of its memory
.equ V_DELIVERIES, 0x124        # traps since an instruction last retired
.equ V_MBASE, 0x128             # its monitor pair
.equ V_MBOUND, 0x12c
.equ T_DEADLINE_LO, 0x130       # its timer
.equ T_DEADLINE_HI, 0x134
.equ T_MODE, 0x138
.equ T_PENDING, 0x13c
.equ C_CONTROL, 0x140           # its console interrupts, if 1
.equ REAL_U, 0x144              # low word of the real U when we last looked
.equ REAL_PSW, 0x150            # the PSW that it runs under

# Where its memory begins. All of ours lies below 2^15, so that our own words, too, are reached
# relative to r0.
.equ guest_base, 0x8000

# The least that a guest can run in: its page 0, and one for its program.
.ifdef TOWER
.equ LEAST, guest_base
.else
.equ LEAST, 2 * PAGE
.endif

.equ PSW_BITS, RING + IE + TRACE + MODE + MON
.equ STORM, 64

# fail CODE, "TEXT": say why, and end the run.
.macro fail code, text
        print   \text
        exit    \code
.endm

        .text
        .globl  _start
_start:
        li      sp, guest_base          # our stack, below the guest

# A decides first of all how much memory there is to give.
        in      s1, POWER_MEMORY
        li      t0, guest_base + LEAST
        bgeu    s1, t0, 1f
        fail    59, "vmm: no memory is left for a guest\n"
1:      li      t0, guest_base
        sub     s1, s1, t0
        lw      s0, guest_entry(zero)
        li      t1, -1
        bne     s0, t1, 2f
.ifdef TOWER
        call    copy_self
.else
        fail    58, "vmm: there is no guest; make one with trapeze nest\n"
.endif

# The guest's machine is as it is at power-on: all zero, and the pc at the guest's entry.
2:      sw      s1, V_SIZE(zero)
        sw      s0, V_PC(zero)
        set_handler trap
        in      t0, TIMER_ULO
        sw      t0, REAL_U(zero)
        j       resume

# ---- D, the dispatcher: every trap of the real machine comes here

trap:
        save_regs
        li      sp, guest_base
        lw      t0, vmm_exits(zero)
        addi    t0, t0, 1
        sw      t0, vmm_exits(zero)
        lw      t0, FRAME_PC(zero)
        sw      t0, V_PC(zero)

# What it has executed itself, the real U tells; so much has its T grown, and its U in user rings.
        in      t0, TIMER_ULO
        lw      t1, REAL_U(zero)
        sw      t0, REAL_U(zero)
        sub     s0, t0, t1
        beqz    s0, 1f
        sw      zero, V_DELIVERIES(zero)
        mv      a0, s0
        call    pass_time
        mv      a0, s0
        call    pass_user_time

1:      lw      t0, FRAME_CAUSE(zero)
        li      t1, CAUSE_INTERRUPT
        beq     t0, t1, resume          # its time has come, or its input: resume sees to it
        li      t1, CAUSE_PRIVILEGE
        bne     t0, t1, reflect
        lw      t0, V_STATUS(zero)
        andi    t0, t0, RING
        beqz    t0, emulate             # its ring 0 may do that: by the v_i

# Everything else the guest has to deal with itself, as on a machine of its own.
reflect:
        lw      a0, FRAME_CAUSE(zero)
        lw      a1, FRAME_VALUE(zero)
        lw      a2, FRAME_INSN(zero)
        call    deliver
        j       resume

        .include "time.inc"
        .include "deliver.inc"
        .include "enter.inc"
        .include "emulate.inc"
        .include "ports.inc"
.ifdef TOWER
        .include "copy.inc"
.endif

        .data
        .globl  guest_entry
guest_entry:                            # what nest looks for: it puts the guest's first pc here,
        .word   -1
        .word   guest_base              # and the guest there

        .globl  vmm_exits
vmm_exits:                              # how often the guest came back to us; for who looks on
        .word   0
