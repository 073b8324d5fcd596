# nano.s - one kind of operation, N times over: what `trapeze bench --nano` measures.
#
# After K. Adams and O. Agesen, "A Comparison of Software and Hardware Techniques for x86
# Virtualization", ASPLOS 2006, figure 4. Which: of these names one is 1, the others are 0 (-D);
# monitor/bench_nano.def is their list. Exit code: 0.
#
#   syscall     svc in ring 3, a handler in ring 0 that only goes back
#   in          a port is read, in ring 0
#   cr8wr       the interrupt mask is written, in ring 0
#   callret     call and return, in ring 0
#   pgfault     a page is touched that is not there; the handler maps it
#   divzero     an illegal instruction in ring 3, which the handler passes over
#   ptemod      a page-table entry is changed, in ring 0

        .include "lib/pg32.inc"

.equ ROOT,      0x100000
.equ TABLES,    0x200000        # the second-level tables, one behind the other
.equ LOW,       0x180000        # the one for the first 4 MiB, which lead to themselves
.equ PAGES,     0x40000000      # where the pages are that come by faults

.ifndef N
.equ N, 1000
.endif

        .globl  _start
_start: la      t0, handler
        sw      t0, 0x44(zero)          # the new PSW: real mode, ring 0
        li      s0, N
.if syscall || divzero
        la      t0, user
        lpsw    0(t0)
.elseif pgfault || ptemod
        call    map
        la      t0, paged
        lpsw    0(t0)
.endif
loop:
.if syscall
        svc     0
.elseif in
        in      a0, 0x20(zero)
.elseif cr8wr
        ppsw    zero
.elseif callret
        call    nothing
.elseif pgfault
        sw      s0, 0(s1)
        add     s1, s1, a4              # the next page
.elseif divzero
        .word   0
.else
        sw      a3, 0(a2)               # an entry that nobody uses
.endif
        addi    s0, s0, -1
        bnez    s0, loop
.if syscall || divzero
        svc     1
.endif
end:    out     zero, POWER_EXIT

nothing:
        ret

# Memory below 4 MiB is where it is; from PAGES on there are tables, and nothing in them.
map:    li      t0, LOW
        li      t1, 0x30f               # V R W X, every ring
        li      t2, 1024
        li      a0, 4096
1:      sw      t1, 0(t0)
        add     t1, t1, a0
        addi    t0, t0, 4
        addi    t2, t2, -1
        bnez    t2, 1b
        li      t0, ROOT
        li      t1, LOW + 1
        sw      t1, 0(t0)
        li      t1, TABLES + 1
        li      t2, 128
        addi    t0, t0, (PAGES >> 22) * 4
1:      sw      t1, 0(t0)
        add     t1, t1, a0
        addi    t0, t0, 4
        addi    t2, t2, -1
        bnez    t2, 1b
        li      s1, PAGES
        li      a2, LOW + 4 * 1000      # for ptemod
        li      a3, 0x3e830f
        li      a4, 4096
        li      a5, TABLES              # where the next page's entry is
        ret

# svc 1 ends; else over the instruction, or with a page.
handler:
.if pgfault
        li      t0, 0x20830f            # any frame will do
        sw      t0, 0(a5)
        addi    a5, a5, 4
.else
        lw      t0, 0x14(zero)
        addi    t0, t0, -1
.if syscall
        beqz    t0, end
.else
        lw      t1, 0x10(zero)
        addi    t1, t1, -8              # svc
        beqz    t1, end
.endif
        lw      t0, 4(zero)
        addi    t0, t0, 4
        sw      t0, 4(zero)
.endif
        lpsw    0(zero)

        .data
        .align  4
user:   .word   0x003, loop, 0, 0
paged:  .word   0x200, loop, ROOT, 0x80000000
