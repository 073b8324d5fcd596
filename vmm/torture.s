# torture.s - the trap handler of torture guests (vmm/torture.h), part of every one of them.
#
# It runs in ring 0, at its physical address, in any memory mode. It carries on whatever happens: it
# skips what trapped, repairs the page tables, or goes on elsewhere; it serves svc by a table, and
# changes from one context to another. What it decides, it decides by counters and tables, which
# differ from guest to guest. Names in capitals that are not set here come from vmm/torture.c.

.equ    SAVE,     0x100                 # the registers of what was interrupted, by number
.equ    OLD,      0x140                 # its PSW: nested traps overwrite the frame
.equ    SAVE2,    0x150                 # t0 of what the second handler interrupts
.equ    TRAPS,    0x160                 # counters, by kind
.equ    TICKS,    0x164
.equ    TRACES,   0x168
.equ    FAULTS,   0x170
.equ    NEXT,     0x174                 # the next PSW of the list to begin with, times 16
.equ    CURRENT,  0x178                 # the present context, times 128
.equ    REARM,    0x17c                 # steps to the next interrupt, not armed yet

# Causes, as a set, whose instruction can be left out; now and then it is looked at, too.
.equ    SKIPPED,  1<<CAUSE_ILLEGAL | 1<<CAUSE_PRIVILEGE | 1<<CAUSE_BRK | 1<<CAUSE_HVC | 1<<CAUSE_ALIGN | 1<<CAUSE_PORT | 1<<CAUSE_PSW | 1<<CAUSE_BOUND

# A context, in CONTEXTS: registers by number, with the PSW behind them.
.equ    CONTEXT_PSW, 64

        .section handler, "awx", HANDLER
handler:
        sw      t0, SAVE+20
        sw      t1, SAVE+24
        lw      t0, FRAME_CAUSE
        li      t1, SKIPPED
        srl     t1, t1, t0
        andi    t1, t1, 1
        beqz    t1, thorough
        lw      t0, TRAPS               # most traps are over soon
        addi    t0, t0, 1
        sw      t0, TRAPS
        andi    t0, t0, 31
        beqz    t0, thorough
        lw      t0, FRAME_PC
        addi    t0, t0, 4
        sw      t0, FRAME_PC
        lw      t0, SAVE+20
        lw      t1, SAVE+24
        lpsw    FRAME_PSW
thorough:
        sw      ra, SAVE+4
        sw      sp, SAVE+8
        sw      gp, SAVE+12
        sw      tp, SAVE+16
        sw      t2, SAVE+28
        sw      s0, SAVE+32
        sw      s1, SAVE+36
        sw      a0, SAVE+40
        sw      a1, SAVE+44
        sw      a2, SAVE+48
        sw      a3, SAVE+52
        sw      a4, SAVE+56
        sw      a5, SAVE+60
        lw      a0, FRAME_STATUS
        lw      a1, FRAME_PC
        lw      a2, FRAME_BASE
        lw      a3, FRAME_BOUND
        sw      a0, OLD
        sw      a1, OLD+4
        sw      a2, OLD+8
        sw      a3, OLD+12
        lw      a4, FRAME_CAUSE
        lw      a5, FRAME_VALUE
        lw      t0, TRAPS
        addi    t0, t0, 1
        sw      t0, TRAPS
        andi    t0, t0, NESTED_MASK
        bnez    t0, 1f
        jal     nested
1:      slli    a4, a4, 2
        la      t0, causes
        add     t0, t0, a4
        lw      t0, 0(t0)
        jr      t0

causes: .word   skip, interrupt, trace, elsewhere, elsewhere, fetch_page, elsewhere, skip
        .word   svc, skip, skip, skip, skip, skip, skip, page, tick

# ---- ways to go on

skip:   lw      t0, OLD+4
        addi    t0, t0, 4
        sw      t0, OLD+4
resume: lw      t0, OLD
        lw      t1, OLD+4
        lw      t2, OLD+8
        lw      a0, OLD+12
        sw      t0, FRAME_STATUS
        sw      t1, FRAME_PC
        sw      t2, FRAME_BASE
        sw      a0, FRAME_BOUND
        lw      t0, REARM
        beqz    t0, 1f
        out     t0, TIMER_DELTA
        sw      zero, REARM
1:      lw      ra, SAVE+4
        lw      sp, SAVE+8
        lw      gp, SAVE+12
        lw      tp, SAVE+16
        lw      t0, SAVE+20
        lw      t1, SAVE+24
        lw      t2, SAVE+28
        lw      s0, SAVE+32
        lw      s1, SAVE+36
        lw      a0, SAVE+40
        lw      a1, SAVE+44
        lw      a2, SAVE+48
        lw      a3, SAVE+52
        lw      a4, SAVE+56
        lw      a5, SAVE+60
        lpsw    FRAME_PSW

# With the next PSW of the list.
elsewhere:
        lw      t0, NEXT
        addi    t0, t0, 16
        andi    t0, t0, 16 * BEGINNINGS - 1
        sw      t0, NEXT
        la      t1, LIST
        add     t1, t1, t0
        lw      t2, 4(t1)
with:   lw      t0, 0(t1)               # the PSW at t1, but its pc in t2
        lw      a0, 8(t1)
        lw      a1, 12(t1)
        sw      t0, OLD
        sw      t2, OLD+4
        sw      a0, OLD+8
        sw      a1, OLD+12
        j       resume

# ---- interrupts: the next context, in one of several ways

interrupt:
        out     zero, TIMER_CONTROL
        out     zero, BLOCK_STATUS
        out     zero, CONSOLE_CONTROL
        lw      t0, TICKS
        addi    t0, t0, 1
        sw      t0, TICKS
        andi    t1, t0, 63
        slli    t1, t1, 2
        la      t2, INTERVALS
        add     t2, t2, t1
        lw      t1, 0(t2)
        sw      t1, REARM
yield:  lw      t0, TICKS
        andi    t0, t0, 31
        la      t1, ACTIONS
        add     t1, t1, t0
        lbu     t0, 0(t1)
        beqz    t0, resume              # 0: nothing
        addi    t0, t0, -1
        beqz    t0, elsewhere           # 1
        lw      t1, CURRENT
        la      a0, CONTEXTS
        add     a1, a0, t1
        addi    t1, t1, 128
        andi    t1, t1, 128 * NCONTEXTS - 1
        sw      t1, CURRENT
        add     a0, a0, t1
        addi    t0, t0, -1
        addi    a2, zero, CONTEXT_PSW   # 2: with the PSW alone, so that registers go astray
        beqz    t0, exchange
        addi    a2, zero, 0             # 3: with all registers
exchange:                               # save to a1, load from a0, from offset a2 on
        add     a1, a1, a2
        add     a0, a0, a2
        addi    a2, a2, SAVE
1:      lw      t0, 0(a2)
        sw      t0, 0(a1)
        lw      t0, 0(a0)
        sw      t0, 0(a2)
        addi    a0, a0, 4
        addi    a1, a1, 4
        addi    a2, a2, 4
        slti    t0, a2, OLD + 16
        bnez    t0, 1b
        j       resume

# ---- other traps

# After a while, no more of them.
trace:  lw      t0, TRACES
        addi    t0, t0, 1
        sw      t0, TRACES
        andi    t0, t0, 31
        bnez    t0, resume
        lw      t0, OLD
        andi    t0, t0, ~TRACE
        sw      t0, OLD
        j       resume

tick:   li      t0, 1000
        mput    m7, t0
        j       resume

# A page that cannot be had is mapped again, as in the masters, or is done without.
fetch_page:
        lw      t0, FAULTS
        addi    t0, t0, 1
        sw      t0, FAULTS
        andi    t0, t0, 7
        beqz    t0, elsewhere
        la      ra, elsewhere
        j       repair
page:   lw      t0, FAULTS
        addi    t0, t0, 1
        sw      t0, FAULTS
        andi    t0, t0, 3
        beqz    t0, skip
        la      ra, skip
repair: lw      t0, OLD+8               # the space: its number in t0
        li      t1, ROOTS
        sub     t0, t0, t1
        srli    t0, t0, 12
        slti    t1, t0, SPACES
        beqz    t1, elsewhere
        srli    t1, a5, 22              # its leaf in a0, the master in a1
        la      a0, LEAVES
        la      a1, MASTER_LOW
        slli    t2, t0, 12
        beqz    t1, 1f
        addi    t2, t1, -1023
        beqz    t2, 2f
        jr      ra
2:      la      a0, HIGH_LEAVES
        la      a1, MASTER_HIGH
        srli    t2, t0, 1
        slli    t2, t2, 12
1:      add     a0, a0, t2
        li      t2, ROOTS
        slli    t0, t0, 12
        add     t2, t2, t0
        slli    t1, t1, 2
        add     t2, t2, t1
        ori     t1, a0, PTE_V
        sw      t1, 0(t2)
        srli    t1, a5, 12
        andi    t1, t1, 1023
        slli    t1, t1, 2
        add     a0, a0, t1
        add     a1, a1, t1
        lw      t1, 0(a1)
        bnez    t1, 1f
        jr      ra
1:      sw      t1, 0(a0)
        lw      t0, FAULTS
        andi    t0, t0, 1
        beqz    t0, resume
        tlbi    a5
        j       resume

# ---- svc: {what, a, b, c} from the table of services

svc:    lw      t0, OLD+4
        addi    t0, t0, 4
        sw      t0, OLD+4
        andi    a5, a5, 63
        slli    a5, a5, 4
        la      t0, SERVICES
        add     t0, t0, a5
        lw      a0, 4(t0)
        lw      a1, 8(t0)
        lw      a2, 12(t0)
        lw      t0, 0(t0)
        slli    t0, t0, 2
        la      t1, services
        add     t1, t1, t0
        lw      t1, 0(t1)
        jr      t1

services:
        .word   resume, patch, move, store, forget_page, forget, jump, arm, mode, yield, nest

patch:  lw      t0, OLD(a0)             # a word of the PSW
        and     t0, t0, a1
        or      t0, t0, a2
        sw      t0, OLD(a0)
        j       resume
move:   la      t1, LIST                # the same pc under the PSW number a
        add     t1, t1, a0
        lw      t2, OLD+4
        j       with
store:  sw      a1, 0(a0)               # a word of memory: of a page table, or code
        beqz    a2, resume
        tlbi    a2
        j       resume
forget_page:
        lw      t0, SAVE+16             # of the address in tp
        tlbi    t0
        j       resume
forget: tlbia
        j       resume
jump:   sw      a0, OLD+4
        j       resume
arm:    sw      a0, REARM
        j       resume
mode:   la      t1, MODES               # the handler's own memory mode from now on
        add     t1, t1, a0
        lw      t0, 0(t1)
        lw      t2, 8(t1)
        lw      a0, 12(t1)
        sw      t0, NEW_STATUS
        sw      t2, NEW_BASE
        sw      a0, NEW_BOUND
        j       resume
nest:   jal     nested
        j       resume

# ---- traps of the handler itself, which a second handler takes

nested: la      t0, second
        sw      t0, NEW_PC
        svc     7
        .word   0
        lw      t1, 1
        in      t1, 0xff
        lw      t1, -4
        sw      t1, -8
        lpsw    -16
        brk     3
        lui     t1, 0x7ffff
        lpsw    0(t1)
        lpsw    invalid
        hvc     9
        la      t0, handler
        sw      t0, NEW_PC
        ret
second: sw      t0, SAVE2
        lw      t0, FRAME_PC
        addi    t0, t0, 4
        sw      t0, FRAME_PC
        lw      t0, SAVE2
        lpsw    FRAME_PSW

invalid:
        .word   -1, 0, 0, 0             # a PSW with reserved bits
