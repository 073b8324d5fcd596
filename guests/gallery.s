# gallery.s - every trap cause there is, each provoked on purpose and looked at.
#
# Teaches: what makes a machine trap, and what the hardware writes into the frame: the old PSW
# (whose pc is the trapping instruction's for gates and faults, the next one's for trace and
# interrupts), the cause, a value, the instruction word.
#
# Each exhibit is a record: the PSW to start it with and what its frame must then hold. The
# program loads the PSW straight from the record. Exit code: 0, or the number of exhibits
# whose frame was not as expected (at most 63).

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"

.equ STACK, 0x100000
.equ FAR, 0xfffffffc            # outside any memory

# Offsets in an exhibit's record.
.equ X_PSW, 0                   # STATUS, PC, BASE, BOUND to start with
.equ X_CAUSE, 16
.equ X_VALUE, 20
.equ X_OLD_PC, 24
.equ X_WORD, 28                 # address of the instruction that the frame shows, or 0
.equ X_NAME, 32
.equ X_SIZE, 36

.macro exhibit name, status, pc, base, bound, cause, value, old_pc, word
        .rodata
8:      .asciz  \name
        .data
        .word   \status, \pc, \base, \bound, \cause, \value, \old_pc, \word, 8b
        .text
.endm

        .text
        .globl  _start
_start:
        li      sp, STACK
        set_handler trap
        print   "cause             value    instruction\n"
        la      s0, exhibits
        li      s1, 0           # exhibits not as expected

next:
        la      t0, exhibits_end
        beq     s0, t0, done
        la      t0, current
        sw      s0, 0(t0)
        sw      s1, 4(t0)
        lpsw    X_PSW(s0)       # the exhibit; it comes back through `trap`

trap:
        li      sp, STACK       # nobody needs the old registers
        la      t0, current
        lw      s0, 0(t0)
        lw      s1, 4(t0)
        out     zero, TIMER_CONTROL     # drops the timer's line, if it was the timer

        lw      a0, X_NAME(s0)
        call    puts
        lw      a0, FRAME_VALUE(zero)
        call    puthex
        li      a0, ' '
        call    putchar
        lw      a0, FRAME_INSN(zero)
        call    puthex

        # The frame against the record.
        lw      t0, FRAME_CAUSE(zero)
        lw      t1, X_CAUSE(s0)
        bne     t0, t1, wrong
        lw      t0, FRAME_VALUE(zero)
        lw      t1, X_VALUE(s0)
        bne     t0, t1, wrong
        lw      t0, FRAME_PC(zero)
        lw      t1, X_OLD_PC(s0)
        bne     t0, t1, wrong
        lw      t0, FRAME_STATUS(zero)
        lw      t1, X_PSW + 0(s0)
        bne     t0, t1, wrong
        lw      t0, FRAME_BASE(zero)
        lw      t1, X_PSW + 8(s0)
        bne     t0, t1, wrong
        lw      t0, FRAME_BOUND(zero)
        lw      t1, X_PSW + 12(s0)
        bne     t0, t1, wrong
        lw      t0, X_WORD(s0)
        beqz    t0, 1f
        lw      t0, 0(t0)
1:      lw      t1, FRAME_INSN(zero)
        bne     t0, t1, wrong
        print   " ok\n"
2:      addi    s0, s0, X_SIZE
        j       next

wrong:
        print   " NOT as expected: cause "
        lw      a0, FRAME_CAUSE(zero)
        call    putdec
        print   ", old pc "
        lw      a0, FRAME_PC(zero)
        call    puthex
        print   "\n"
        addi    s1, s1, 1
        j       2b

done:
        li      t0, 63
        bleu    s1, t0, 1f
        mv      s1, t0
1:      out     s1, POWER_EXIT

        .bss
current:
        .space  8               # the exhibit's record, and s1

        .data
exhibits:
        .text

# ---- gates: they trap from every ring

g_svc:  svc     7
g_brk:  brk     1
g_hvc:  hvc     2
        exhibit "svc, ring 0       ", 0, g_svc, 0, 0, CAUSE_SVC, 7, g_svc, g_svc
        exhibit "svc, ring 3       ", 3, g_svc, 0, 0, CAUSE_SVC, 7, g_svc, g_svc
        exhibit "brk               ", 3, g_brk, 0, 0, CAUSE_BRK, 1, g_brk, g_brk
        exhibit "hvc               ", 3, g_hvc, 0, 0, CAUSE_HVC, 2, g_hvc, g_hvc

# ---- instructions that may not be, or not here

i_zero: .word   0
i_ones: .word   0xffffffff
        exhibit "illegal, zero     ", 3, i_zero, 0, 0, CAUSE_ILLEGAL, 0, i_zero, i_zero
        exhibit "illegal, ones     ", 0, i_ones, 0, 0, CAUSE_ILLEGAL, 0xffffffff, i_ones, i_ones

p_idle: idle
p_gpsw: gpsw    a0
        exhibit "privilege, ring 1 ", 1, p_idle, 0, 0, CAUSE_PRIVILEGE, 0, p_idle, p_idle
        exhibit "privilege, ring 3 ", 3, p_gpsw, 0, 0, CAUSE_PRIVILEGE, 0, p_gpsw, p_gpsw

# ---- operands

o_word: lw      a0, 2(zero)
o_half: sh      a0, 1(zero)
        exhibit "align, word       ", 3, o_word, 0, 0, CAUSE_ALIGN, 2, o_word, o_word
        exhibit "align, half-word  ", 0, o_half, 0, 0, CAUSE_ALIGN, 1, o_half, o_half

o_in:   in      a0, 0x7f
o_out:  out     a0, POWER_MEMORY
        exhibit "port, unclaimed   ", 0, o_in, 0, 0, CAUSE_PORT, 0x7f, o_in, o_in
        exhibit "port, wrong way   ", 0, o_out, 0, 0, CAUSE_PORT, POWER_MEMORY, o_out, o_out

        .rodata
        .align  2
bad_status:
        .word   0x80, 0, 0, 0   # a reserved bit
bad_base:
        .word   0, 0, 0x801, 0  # not a multiple of the page size
        .text
o_psw1: la      a1, bad_status
1:      lpsw    0(a1)
        exhibit "psw, STATUS       ", 0, o_psw1, 0, 0, CAUSE_PSW, 0x80, 1b, 1b
o_psw2: la      a1, bad_base
1:      lpsw    0(a1)
        exhibit "psw, BASE         ", 0, o_psw2, 0, 0, CAUSE_PSW, 0x801, 1b, 1b
o_mon:  li      a0, 4
1:      smon    zero, a0
        exhibit "psw, monitor pair ", 0, o_mon, 0, 0, CAUSE_PSW, 4, 1b, 1b

o_tick: tick    1               # the budget m7 is zero at power-on
        exhibit "tick              ", 0, o_tick, 0, 0, CAUSE_TICK, 1, o_tick, o_tick

# ---- memory, real

b_load: li      a1, FAR
1:      lw      a0, 0(a1)
        exhibit "bound, real       ", 0, b_load, 0, 0, CAUSE_BOUND, FAR, 1b, 1b
b_jump: li      a1, FAR
        jr      a1
        exhibit "fetch_bound, real ", 3, b_jump, 0, 0, CAUSE_FETCH_BOUND, FAR, FAR, 0
b_half: la      a1, b_half + 2
        jr      a1
        exhibit "fetch_align       ", 3, b_half, 0, 0, CAUSE_FETCH_ALIGN, b_half + 2, b_half + 2, 0

# ---- the box: a page of code that runs relocated, from its own address 0 or through a page
# table. An instruction's physical address is its label, its virtual one label - box + origin.

        .section .box, "ax"
box:
r_load: li      a1, PAGE - 4
        lw      a0, 0(a1)       # the last word inside
r_l:    lw      a0, 4(a1)       # the first outside
r_jump: li      a1, PAGE
        jr      a1
q_none: li      a1, V_NOTHING
q_n:    lw      a0, 0(a1)
q_ro:   li      a1, V_READ_ONLY
        lw      a0, 0(a1)
q_r:    sw      a0, 4(a1)
q_ring: li      a1, V_RING0
q_g:    lw      a0, 8(a1)
q_exec: li      a1, V_EXECUTE
q_x:    lbu     a0, 3(a1)
q_bnd:  li      a1, V_BOUND
q_b:    lw      a0, 0(a1)
q_jump: li      a1, V_READ_ONLY + 0x10
        jr      a1
        .align  12
        .text

.equ R_STATUS, MODE_BOUNDS + 3
        exhibit "bound, box        ", R_STATUS, r_load - box, box, PAGE, CAUSE_BOUND, PAGE, r_l - box, r_l
        exhibit "fetch_bound, box  ", R_STATUS, r_jump - box, box, PAGE, CAUSE_FETCH_BOUND, PAGE, PAGE, 0

# ---- memory, paged

.equ V_BOX, 0x1000              # the virtual pages, in the order of `table`
.equ V_READ_ONLY, 0x2000
.equ V_RING0, 0x3000
.equ V_EXECUTE, 0x4000
.equ V_NOTHING, 0x5000
.equ V_BOUND, 0x400000
.equ Q_STATUS, MODE_PAGED + 3

        .section .tables, "aw"
root:   .word   table + PTE_V
        .align  12
table:  .word   0
        .word   box + PTE_V + PTE_R + PTE_X + PTE_RING3
        .word   spare + PTE_V + PTE_R + PTE_RING3
        .word   spare + PTE_V + PTE_R + PTE_W + PTE_X
        .word   spare + PTE_V + PTE_X + PTE_RING3
        .align  12
spare:  .space  PAGE
        .text

.macro paged name, label, cause, value, insn
        exhibit \name, Q_STATUS, \label - box + V_BOX, root, V_BOUND, \cause, \value, \insn - box + V_BOX, \insn
.endm
        paged   "page, no entry    ", q_none, CAUSE_PAGE, V_NOTHING, q_n
        paged   "page, read-only   ", q_ro, CAUSE_PAGE, V_READ_ONLY + 4, q_r
        paged   "page, ring        ", q_ring, CAUSE_PAGE, V_RING0 + 8, q_g
        paged   "page, unreadable  ", q_exec, CAUSE_PAGE, V_EXECUTE + 3, q_x
        paged   "bound, paged      ", q_bnd, CAUSE_BOUND, V_BOUND, q_b
        exhibit "fetch_page        ", Q_STATUS, q_jump - box + V_BOX, root, V_BOUND, CAUSE_FETCH_PAGE, V_READ_ONLY + 0x10, V_READ_ONLY + 0x10, 0

# ---- events

t_step: nop
        exhibit "trace             ", TRACE, t_step, 0, 0, CAUSE_TRACE, 0, t_step + 4, t_step

t_irq:  li      t0, 1
        out     t0, TIMER_DELTA # due when this instruction has retired
1:      nop
        exhibit "interrupt         ", IE, t_irq, 0, 0, CAUSE_INTERRUPT, LINE_TIMER, 1b, 0

        .data
exhibits_end:
