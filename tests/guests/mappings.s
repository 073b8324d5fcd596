# mappings.s - reads so many pages that a host which mapped each by itself would have no mappings
# left (Linux: 65530 in a process) for anything else. All of them are the same frame.

        .include "../../guests/lib/pg32.inc"

.equ ROOT, 0x100000
.equ LEAF, 0x101000
.equ FRAME, 0x102000
.equ CODE, 0x100                # in the frame
.equ PAGES, 600000

_start: li      t0, ROOT        # every entry of the root leads to one table,
        li      a0, LEAF + PTE_V
1:      sw      a0, 0(t0)
        addi    t0, t0, 4
        li      t1, LEAF
        bne     t0, t1, 1b
        li      a0, FRAME + PTE_V + PTE_R + PTE_X # and each of that one's to one frame
2:      sw      a0, 0(t0)
        addi    t0, t0, 4
        li      t1, FRAME
        bne     t0, t1, 2b
        li      t0, code
        li      t1, code_end
        li      a0, FRAME + CODE
3:      lw      a1, 0(t0)
        sw      a1, 0(a0)
        addi    t0, t0, 4
        addi    a0, a0, 4
        bne     t0, t1, 3b
        lpsw    psw(zero)

code:   li      t0, 0
        li      t1, PAGES << 12
        lui     a1, 1
4:      lw      a0, 0(t0)
        add     t0, t0, a1
        bne     t0, t1, 4b
        out     zero, POWER_EXIT
code_end:

        .align  4
psw:    .word   MODE_PAGED, CODE, ROOT, 0xfffff000
