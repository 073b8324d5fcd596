# rdtsc.s - a kernel that measures itself with a clock.
#
# Teaches: rdt is resource-sensitive: time is what a VMM spends and must not show. The kernel
# touches pages for the first time and counts what that took. On a machine of its own it is one step
# an instruction. Under trap-and-emulate each first touch is a page fault that only the VMM sees,
# since the shadow page table has no entry yet; it takes time on the real machine. Where rdt does
# not trap (timing.profile, beside this file) the kernel reads the real clock and finds the VMM.
#
#     trapeze verify --profile guests/holes/timing.profile guests/holes/rdtsc.s
#
# Exit code: 0; 1 if more time passed than the instructions take.

        .include "../lib/pg32.inc"
        .include "../lib/console.inc"
        .include "../lib/trap.inc"

.equ ROOT, 0x10000
.equ TABLE, 0x11000
.equ FIRST, 0x18000                     # the pages that are touched
.equ PAGES, 8

        .text
        .globl  _start
_start:
        li      sp, 0x8000
        li      t0, TABLE + PTE_V       # map the first 32 pages as they are
        li      t1, ROOT
        sw      t0, 0(t1)
        li      t0, TABLE
        li      t1, PTE_V + PTE_R + PTE_W + PTE_X
        li      t2, 32
1:      sw      t1, 0(t0)
        li      s0, PAGE
        add     t1, t1, s0
        addi    t0, t0, 4
        addi    t2, t2, -1
        bnez    t2, 1b
        la      t0, psw
        lpsw    0(t0)                   # paging on

        .align  12                      # all that is measured lies in one page
paged:  li      t0, FIRST
        li      t1, FIRST + PAGES * PAGE
        li      t2, PAGE
        rdt     s0, 0
1:      lw      zero, 0(t0)             # the loop: three steps for each page
        add     t0, t0, t2
        bltu    t0, t1, 1b
        rdt     s1, 0                   # and one for the first rdt
        sub     s1, s1, s0
        addi    s1, s1, -(3 * PAGES + 1)
        print   "steps that nobody took: "
        mv      a0, s1
        call    putdec
        print   "\n"
        snez    s1, s1
        out     s1, POWER_EXIT

        .data
psw:    .word   MODE_PAGED, paged, ROOT, 0x20000
