# verr.s - a kernel that asks what a process may do.
#
# Teaches: probe is mode-sensitive, as LAR and VERR are on x86: its answer depends on the ring; and
# location-sensitive, since it reads the page tables themselves, where a VMM has shadows of its
# own. The kernel asks about a page that is for ring 0 only. Under trap-and-emulate, in a real ring
# above 0 and on shadow page tables, a probe that does not trap gives another answer.
#
# Exit code: 0; 1 if the answer is wrong.

        .include "../lib/pg32.inc"
        .include "../lib/console.inc"
        .include "../lib/trap.inc"

.equ ROOT, 0x10000
.equ TABLE, 0x11000
.equ ASKED, 0xf000                      # the page asked about, not touched before

        .text
        .globl  _start
_start:
        li      sp, 0x8000
        li      t0, TABLE + PTE_V       # map the first 32 pages as they are, for ring 0
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

paged:  li      t0, ASKED
        probe   s0, t0
        print   "rights of the page: "
        mv      a0, s0
        call    puthex
        print   "\n"
        addi    s0, s0, -(PTE_R + PTE_W + PTE_X)
        snez    s0, s0
        out     s0, POWER_EXIT

        .data
psw:    .word   MODE_PAGED, paged, ROOT, 0x20000
