# ptorture.s - page-table torture: thousands of random changes to page tables and accesses
# through them, each compared with what the manual says must happen.
#
# Teaches: what paging promises exactly. A change to a page table is seen at once where no TLB
# entry stands in the way; where one does, the old entry rules until tlbi. The program keeps a
# TLB of its own, in software, by the manual's rules:
#   - an entry appears when a walk succeeds, and leaves only by tlbi and tlbia;
#   - an access that the entry denies, or a store through an entry without the dirty bit, walks
#     once more, and that walk's success replaces the entry;
#   - a walk that succeeds sets A, and D for a store; a denied one changes nothing.
# A VMM with shadow page tables must keep this up without the guest's help.
#
# Two roots with a table each, eight virtual pages in each, eight frames behind them: so aliases
# and remaps are frequent. The accesses run in rings 0 to 3; the rest runs in real mode.
# Every frame begins with `svc frame`, so that a jump to a page tells which frame was executed.
#
# Prints a checksum over all outcomes. Exit code: 0; 1 if an outcome was not as predicted.

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"

.ifndef ROUNDS
.equ ROUNDS, 20000
.endif

.equ STACK, 0x40000
.equ FRAMES, 0x40000            # eight frames of memory
.equ NFRAMES, 8
.equ NPAGES, 8
.equ WINDOW, 0x400000           # virtual: eight pages
.equ STUBS, 0x1000              # virtual: the code that makes the access
.equ V_BOUND, 0x800000
.equ RIGHTS, PTE_R + PTE_W + PTE_X

# Kinds of access.
.equ LOAD, 0
.equ STORE, 1
.equ JUMP, 2

        .text
        .globl  _start
_start:
        li      sp, STACK
        set_handler trap

# The frames: `svc number`, then a word of data.
        la      t0, svc_0
        lw      t0, 0(t0)
        li      t1, FRAMES
        li      t2, FRAMES + NFRAMES * PAGE
1:      sw      t0, 0(t1)
        sw      t0, 4(t1)
        addi    t0, t0, 1
        li      a0, PAGE
        add     t1, t1, a0
        bne     t1, t2, 1b

        li      s0, ROUNDS
        li      s1, 0           # checksum
        li      gp, 12345       # random numbers

# One round: a change, or an access.
round:  call    random
        andi    a0, a0, 15
        sltiu   t0, a0, 4
        bnez    t0, change_leaf
        li      t0, 4
        beq     a0, t0, forget_page
        li      t0, 5
        beq     a0, t0, change_root
        li      t0, 6
        bne     a0, t0, access
        call    random          # tlbia is rare, or nothing would ever be stale
        andi    a0, a0, 7
        beqz    a0, forget_all
        j       access

next:   addi    s0, s0, -1
        bnez    s0, round
        print   "ptorture: traps "
        la      t0, traps
        lw      a0, 0(t0)
        call    putdec
        print   ", through stale entries "
        la      t0, stale
        lw      a0, 0(t0)
        call    putdec
        print   ", checksum "
        mv      a0, s1
        call    puthex
        print   "\n"
        exit    0

# a0 = the next random number, 16 bits; gp is the state.
random: li      t0, 1103515245
        mul     gp, gp, t0
        li      t0, 12345
        add     gp, gp, t0
        srli    a0, gp, 16
        ret

# a1 = the leaf's address, a2 = the model TLB's entry, for a random root and page;
# a3 = the root's address, a4 = the virtual address, a5 = the root's entry of the window.
pick:   mv      tp, ra
        call    random
        andi    t1, a0, 1               # which root
        srli    t2, a0, 1
        andi    t2, t2, NPAGES - 1      # which page
        slli    a4, t2, 12
        li      t0, WINDOW
        add     a4, a4, t0
        slli    t0, t1, 3
        add     t2, t2, t0
        slli    t2, t2, 2               # 4 * (8 * root + page)
        la      a2, model
        add     a2, a2, t2
        slli    t0, t1, 12
        la      a1, windows
        add     a1, a1, t0
        la      a3, roots
        add     a3, a3, t0
        addi    a5, a3, 4 * (WINDOW >> 22)
        andi    t2, t2, 4 * (NPAGES - 1)
        add     a1, a1, t2
        jr      tp

# Write a leaf: any frame, ring and rights; sometimes not valid; A and D as they come.
change_leaf:
        call    pick
        call    random
        andi    t0, a0, NFRAMES - 1
        slli    t0, t0, 12
        li      t1, FRAMES
        add     t1, t1, t0
        srli    t0, a0, 3
        andi    t0, t0, 0x30f
        or      t1, t1, t0
        srli    t0, a0, 13
        beqz    t0, 1f                  # one in eight stays as random left it
        ori     t1, t1, PTE_V + PTE_R
1:      srli    t0, a0, 8
        andi    t0, t0, PTE_A + PTE_D
        or      t1, t1, t0
        sw      t1, 0(a1)
        j       next

# Turn a root's entry for the window off, or on again.
change_root:
        call    pick
        call    random
        lw      t0, 0(a5)
        andi    a0, a0, 3
        beqz    a0, 1f
        ori     t0, t0, PTE_V
        sw      t0, 0(a5)
        j       next
1:      andi    t0, t0, ~PTE_V
        sw      t0, 0(a5)
        j       next

# tlbi: a page in every space.
forget_page:
        call    pick
        tlbi    a4
        srli    t0, a4, 10
        andi    t0, t0, 4 * (NPAGES - 1)
        la      t1, model
        add     t1, t1, t0
        sw      zero, 0(t1)
        sw      zero, 4 * NPAGES(t1)
        j       next

forget_all:
        tlbia
        la      t0, model
        li      t1, 2 * NPAGES
1:      sw      zero, 0(t0)
        addi    t0, t0, 4
        addi    t1, t1, -1
        bnez    t1, 1b
        j       next

# An access: predict it, do it, compare. It is described in memory by `want`:
#     kind, ring, trap cause (svc: the access works), value, leaf afterwards
access: call    pick
        call    random
        andi    t0, a0, 3               # ring
        srli    t1, a0, 2
        andi    t1, t1, 3               # kind: stores are twice as frequent
        li      t2, JUMP
        bleu    t1, t2, 1f
        li      t1, STORE
1:      la      tp, want
        sw      t1, W_KIND(tp)
        sw      t0, W_RING(tp)
        slli    t2, t1, 2
        la      a0, needs
        add     a0, a0, t2
        lw      a0, 0(a0)               # the right it needs

# Does the model's entry grant it?
        lw      t1, 0(a2)
        call    allows
        beqz    t2, 2f
        lw      t2, W_KIND(tp)
        addi    t2, t2, -STORE
        bnez    t2, granted
        andi    t2, t1, PTE_D
        bnez    t2, granted

# No: walk the tables.
2:      lw      t1, 0(a5)
        andi    t1, t1, PTE_V
        beqz    t1, denied
        lw      t1, 0(a1)
        call    allows
        beqz    t2, denied
        ori     t1, t1, PTE_A
        lw      t2, W_KIND(tp)
        addi    t2, t2, -STORE
        bnez    t2, 3f
        ori     t1, t1, PTE_D
3:      sw      t1, 0(a2)               # the model's new entry
        sw      t1, W_LEAF(tp)          # and the leaf as it must be afterwards
        j       works

# Granted by the entry, whatever the leaf says today.
granted:
        lw      t2, 0(a1)
        sw      t2, W_LEAF(tp)
        beq     t1, t2, works
        la      t2, stale
        lw      a0, 0(t2)
        addi    a0, a0, 1
        sw      a0, 0(t2)

# The access works, on the frame in t1.
works:  li      t2, PTE_FRAME
        and     t1, t1, t2
        sw      t1, W_FRAME(tp)
        lw      t0, W_KIND(tp)
        lw      t2, 4(t1)               # the value that a load must see
        li      a0, JUMP
        bne     t0, a0, 4f
        lw      t2, 0(t1)               # a jump comes back by the frame's own svc
        andi    t2, t2, NFRAMES - 1
        sw      t2, W_VALUE(tp)
        j       5f
4:      sw      t2, W_DATA(tp)
        li      t2, DONE
        sw      t2, W_VALUE(tp)
5:      li      t2, CAUSE_SVC
        sw      t2, W_CAUSE(tp)
        j       doit

denied: lw      t2, 0(a1)
        sw      t2, W_LEAF(tp)
        lw      t0, W_KIND(tp)
        addi    t2, t0, -JUMP
        li      t1, CAUSE_FETCH_PAGE
        beqz    t2, 6f
        li      t1, CAUSE_PAGE
6:      sw      t1, W_CAUSE(tp)
        mv      t1, a4
        beqz    t2, 7f
        addi    t1, a4, 4
7:      sw      t1, W_VALUE(tp)
        sw      zero, W_FRAME(tp)

# Do it: the stub for the kind, in the ring, in the space.
doit:   la      t1, psw
        lw      t0, W_RING(tp)
        li      t2, MODE_PAGED
        or      t0, t0, t2
        sw      t0, 0(t1)
        lw      t0, W_KIND(tp)
        slli    t0, t0, 3
        li      t2, STUBS
        add     t0, t0, t2
        sw      t0, 4(t1)
        sw      a3, 8(t1)
        li      t2, V_BOUND
        sw      t2, 12(t1)
        mv      a0, s0                  # what a store writes
        lpsw    0(t1)

# The stubs, two words each, at virtual page STUBS of both spaces.
        .section .stubs, "ax"
.equ DONE, 99
stubs:  lw      a0, 4(a4)
        svc     DONE
        sw      a0, 4(a4)
        svc     DONE
        jr      a4
svc_0:  svc     0
        .text

# Back: registers are as they were, but for a0 after a load.
trap:   lw      t0, FRAME_CAUSE(zero)
        lw      t1, W_CAUSE(tp)
        bne     t0, t1, wrong
        lw      t0, FRAME_VALUE(zero)
        lw      t1, W_VALUE(tp)
        bne     t0, t1, wrong
        lw      t0, 0(a1)               # A and D
        lw      t1, W_LEAF(tp)
        bne     t0, t1, wrong
        lw      t2, W_FRAME(tp)
        beqz    t2, trapped
        lw      t0, W_KIND(tp)
        li      t1, JUMP
        beq     t0, t1, 1f
        lw      t1, 4(t2)               # a store: the frame has the new word
        bnez    t0, 2f
        lw      t1, W_DATA(tp)          # a load: a0 is the word the frame had
2:      bne     a0, t1, wrong
1:      lw      t0, FRAME_VALUE(zero)

# Mix the outcome into the checksum.
mix:    slli    t1, s1, 5
        sub     s1, t1, s1
        add     s1, s1, t0
        lw      t0, 0(a1)
        xor     s1, s1, t0
        j       next

trapped:
        la      t1, traps
        lw      t2, 0(t1)
        addi    t2, t2, 1
        sw      t2, 0(t1)
        lw      t0, FRAME_CAUSE(zero)
        j       mix

wrong:  mv      gp, a4
        print   "ptorture: not as predicted, rounds left "
        mv      a0, s0
        call    putdec
        print   ", kind "
        lw      a0, W_KIND(tp)
        call    putdec
        print   ", ring "
        lw      a0, W_RING(tp)
        call    putdec
        print   ", address "
        mv      a0, gp
        call    puthex
        print   "\n  cause, value, leaf: predicted "
        lw      a0, W_CAUSE(tp)
        call    putdec
        print   ", "
        lw      a0, W_VALUE(tp)
        call    puthex
        print   "; seen "
        lw      a0, FRAME_CAUSE(zero)
        call    putdec
        print   ", "
        lw      a0, FRAME_VALUE(zero)
        call    puthex
        print   "\n"
        exit    1

# t2 = 1 if entry t1 lets ring t0 use the right in a0, else 0.
allows: andi    t2, t1, PTE_V
        beqz    t2, 1f
        and     t2, t1, a0
        beqz    t2, 1f
        srli    t2, t1, 8
        andi    t2, t2, 3
        sltu    t2, t2, t0
        xori    t2, t2, 1
1:      ret

        .rodata
        .align  2
needs:  .word   PTE_R, PTE_W, PTE_X     # by kind

.equ W_KIND, 0
.equ W_RING, 4
.equ W_CAUSE, 8
.equ W_VALUE, 12
.equ W_LEAF, 16
.equ W_FRAME, 20                        # physical, 0 if the access must trap
.equ W_DATA, 24

        .data
psw:    .word   0, 0, 0, 0
want:   .space  28
model:  .space  4 * 2 * NPAGES          # the TLB as it must be: a leaf, or 0
traps:  .word   0
stale:  .word   0

# Two roots: entry 0 leads to the stubs, entry 1 to the window.
        .section .tables, "aw"
roots:  .word   low + PTE_V, windows + PTE_V
        .align  12
        .word   low + PTE_V, windows + PAGE + PTE_V
        .align  12
windows:
        .space  2 * PAGE
low:    .word   0, stubs + PTE_V + PTE_R + PTE_X + PTE_RING3
        .align  12
