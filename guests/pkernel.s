# pkernel.s - a small kernel: preempted processes under paging, with heaps that grow on demand.
#
# Teaches: a page table for each process; one kernel, mapped in all of them for ring 0 only, so
# that a trap needs no change of space; program pages shared, data pages private; and a heap
# and a stack without memory until they are touched: the page trap gives them a zeroed frame
# and lets the instruction run again. Process 2 reads the kernel's memory and is killed.
#
# Virtual addresses of a process:
#     0x00000000   the kernel, as in physical memory, ring 0
#     0x40000000   the program image: code shared, data a copy
#     0x40100000   the heap, 1 MiB, on demand
#     0x403f0000   the stack, 64 KiB down from 0x40400000, on demand
#
# Exit code: 0; 63 if the kernel itself trapped, 62 if memory ran out.

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"
        .include "lib/syscall.inc"

.equ KERNEL_STACK, 0x40000
.equ FRAMES, 0x40000            # physical: frames to give away, up to the end of memory
.equ NPROCESSES, 3
.equ SLICE, 20000

.ifndef WORK                    # how much the processes have to do
.equ WORK, 4
.endif

.equ USER, 0x40000000
.equ USER_ENTRY, 4 * (USER >> 22)     # offset in a root of the entry for USER
.equ HEAP, 0x40100000
.equ HEAP_END, 0x40200000
.equ STACK, 0x403f0000
.equ STACK_END, 0x40400000
.equ SPACE_END, 0xfffff000      # the highest BOUND there is

.equ USER_CODE, PTE_V + PTE_R + PTE_X + PTE_RING3
.equ USER_DATA, PTE_V + PTE_R + PTE_W + PTE_RING3
.equ KERNEL_PAGE, PTE_V + PTE_R + PTE_W + PTE_X

# Virtual address of a label in the user image.
.macro ula reg, label
        li      \reg, \label - user + USER
.endm

        .text
        .globl  _start
_start:
        li      sp, KERNEL_STACK
        print   "kernel: paging\n"

# The kernel's part of every space: memory as it is, up to 4 MiB, for ring 0.
        in      s0, POWER_MEMORY
        li      t0, 0x400000
        bleu    s0, t0, 1f
        mv      s0, t0
1:      la      t0, memory_end
        sw      s0, 0(t0)
        la      t0, kernel_table
        li      t1, KERNEL_PAGE
        add     s0, s0, t1
        li      t2, PAGE
2:      sw      t1, 0(t0)
        addi    t0, t0, 4
        add     t1, t1, t2
        bne     t1, s0, 2b

        la      s0, processes
        li      s1, 0
3:      call    new_space
        li      t0, MODE_PAGED + IE + 3
        sw      t0, P_PSW + 0(s0)
        ula     t0, user_start
        sw      t0, P_PSW + 4(s0)
        sw      a0, P_PSW + 8(s0)
        li      t0, SPACE_END
        sw      t0, P_PSW + 12(s0)
        li      t0, STACK_END
        sw      t0, P_REGS + 4 * 1(s0)  # sp
        sw      s1, P_REGS + 4 * 9(s0)  # a0: which process it is
        li      t0, READY
        sw      t0, P_STATE(s0)
        addi    s0, s0, P_SIZE
        addi    s1, s1, 1
        li      t0, NPROCESSES
        bne     s1, t0, 3b

# Into paged mode: the next instruction lies at the same address in the new space.
        addi    s0, s0, -P_SIZE         # the next one after the last is the first
        la      t0, current
        sw      s0, 0(t0)
        call    enter_space
        li      t0, MODE_PAGED
        sw      t0, FRAME_STATUS(zero)
        la      t0, schedule
        sw      t0, FRAME_PC(zero)
        lw      t0, P_PSW + 8(s0)
        sw      t0, FRAME_BASE(zero)
        li      t0, SPACE_END
        sw      t0, FRAME_BOUND(zero)
        lpsw    FRAME_PSW(zero)

# The process in s0 is about to run: traps shall stay in its space.
enter_space:
        li      t0, MODE_PAGED
        sw      t0, NEW_STATUS(zero)
        la      t0, trap
        sw      t0, NEW_PC(zero)
        lw      t0, P_PSW + 8(s0)
        sw      t0, NEW_BASE(zero)
        li      t0, SPACE_END
        sw      t0, NEW_BOUND(zero)
        ret

# Take a frame and fill it with zeros: a0 = its physical address. Frames are not given back.
new_frame:
        la      t0, next_frame
        lw      a0, 0(t0)
        la      t1, memory_end
        lw      t1, 0(t1)
        bgeu    a0, t1, 2f
        li      t1, PAGE
        add     t1, a0, t1
        sw      t1, 0(t0)
        mv      t0, a0
1:      sw      zero, 0(t0)
        sw      zero, 4(t0)
        sw      zero, 8(t0)
        sw      zero, 12(t0)
        addi    t0, t0, 16
        bne     t0, t1, 1b
        ret
2:      print   "kernel: out of memory\n"
        exit    62

# Make the space of a process: a0 = its root.
new_space:
        addi    sp, sp, -16
        sw      ra, 0(sp)
        sw      s0, 4(sp)
        call    new_frame
        sw      a0, 8(sp)               # the root
        la      t0, kernel_table + PTE_V
        sw      t0, 0(a0)
        call    new_frame
        sw      a0, 12(sp)              # the table for USER and the 4 MiB from there
        lw      t1, 8(sp)
        addi    t0, a0, PTE_V
        sw      t0, USER_ENTRY(t1)

        la      t0, user                # code: the same frames for all
        la      t1, user_data
        li      t2, USER_CODE
1:      add     a1, t0, t2
        sw      a1, 0(a0)
        addi    a0, a0, 4
        li      a1, PAGE
        add     t0, t0, a1
        bne     t0, t1, 1b

        mv      s0, a0                  # data: a frame of its own, and a copy. One page
        call    new_frame
        li      t0, USER_DATA
        add     t0, t0, a0
        sw      t0, 0(s0)
        la      t0, user_data
        la      t1, user_end
2:      lw      t2, 0(t0)
        sw      t2, 0(a0)
        addi    t0, t0, 4
        addi    a0, a0, 4
        bne     t0, t1, 2b

        lw      a0, 8(sp)
        lw      s0, 4(sp)
        lw      ra, 0(sp)
        addi    sp, sp, 16
        ret

# Is [a0, a0 + a1) inside the image, which is always mapped? The kernel can use the process's
# addresses, since it runs in its space. (It must not trap: heap and stack are refused.)
user_range:
        li      t0, USER
        bltu    a0, t0, 1f
        ula     t0, user_end
        bgtu    a1, t0, 1f
        sub     t0, t0, a1
        bgtu    a0, t0, 1f
        ret
1:      li      a0, 0
        ret

# A page trap on the heap or the stack is a demand for memory.
kernel_trap:
        lw      t0, FRAME_CAUSE(zero)
        li      t1, CAUSE_PAGE
        bne     t0, t1, kill
        lw      s0, FRAME_VALUE(zero)
        li      t0, HEAP
        bltu    s0, t0, kill
        li      t0, HEAP_END
        bltu    s0, t0, 1f
        li      t0, STACK
        bltu    s0, t0, kill
        li      t0, STACK_END
        bgeu    s0, t0, kill
1:      call    new_frame
        lw      t0, FRAME_BASE(zero)    # root -> table -> entry, all in the kernel's reach
        lw      t0, USER_ENTRY(t0)
        addi    t0, t0, -PTE_V
        srli    t1, s0, 12
        andi    t1, t1, 0x3ff
        slli    t1, t1, 2
        add     t0, t0, t1
        lw      t2, 0(t0)
        bnez    t2, kill                # mapped, and trapped all the same: a true fault
        li      t1, USER_DATA
        add     a0, a0, t1
        sw      a0, 0(t0)               # no tlbi: what was not there is in no TLB
        la      t0, demands
        lw      t1, 0(t0)
        addi    t1, t1, 1
        sw      t1, 0(t0)
        return_from_trap                # and do the instruction again

# At the end of the run: what the processes demanded. Touching is all it takes, so these are
# the pages they used, and not a page more.
report: addi    sp, sp, -4
        sw      ra, 0(sp)
        print   "kernel: pages given on demand "
        la      t0, demands
        lw      a0, 0(t0)
        call    putdec
        print   "\n"
        lw      ra, 0(sp)
        addi    sp, sp, 4
        ret

        .data
next_frame:
        .word   FRAMES
memory_end:
        .word   0
demands:
        .word   0

        .bss
        .align  12
kernel_table:
        .space  PAGE

        .include "lib/process.inc"

# ---- what the processes run, in ring 3

        .include "lib/user.inc"

user_start:
        beqz    a0, sieve
        addi    a0, a0, -1
        beqz    a0, matrix
        j       rogue

# The sieve of Eratosthenes, a byte a number, in heap pages that come as they are touched.
.equ LIMIT, 30000 * WORK
.equ ROUNDS, WORK
sieve:  li      s0, 0           # round
1:      li      gp, HEAP
        li      s1, LIMIT
        add     s1, gp, s1      # end
        li      t2, 1
        mv      t0, gp
2:      sb      zero, 0(t0)
        addi    t0, t0, 1
        bne     t0, s1, 2b
        li      t0, 2           # candidate
        li      a1, 0           # primes
3:      add     t1, gp, t0
        lbu     a0, 0(t1)
        bnez    a0, 5f
        addi    a1, a1, 1
4:      add     t1, t1, t0
        bgeu    t1, s1, 5f
        sb      t2, 0(t1)
        j       4b
5:      addi    t0, t0, 1
        li      t1, LIMIT
        bne     t0, t1, 3b
        mv      s1, a1
        uprint  "sieve: round "
        mv      a0, s0
        call    uputdec
        uprint  ", primes "
        mv      a0, s1
        call    uputdec
        uprint  "\n"
        addi    s0, s0, 1
        li      t0, ROUNDS
        bne     s0, t0, 1b
        li      a0, 0
        svc     SYS_EXIT

# Multiply matrices of words over and over: C = A x B, then A = C.
.equ N, 40
.equ ROW, 4 * N
.equ MATRIX, ROW * N
.equ PRODUCTS, 2 * WORK
matrix: li      s0, HEAP
        li      a0, 0
        li      t1, MATRIX
1:      add     t0, s0, t1              # memory is zero when it comes: nobody else's data
        lw      t2, 0(s0)
        or      a0, a0, t2
        slli    t2, s0, 7
        xor     t2, t2, s0
        sw      t2, 0(s0)               # A, and behind it B
        xori    t2, t2, 0x155
        sw      t2, 0(t0)
        addi    s0, s0, 4
        li      t2, HEAP + MATRIX
        bne     s0, t2, 1b
        beqz    a0, 2f
        uprint  "matrix: the heap was not zero\n"
        li      a0, 1
        svc     SYS_EXIT
2:      li      s1, PRODUCTS
product:
        li      s0, HEAP                # row of A
        li      tp, HEAP + 2 * MATRIX   # element of C
1:      li      gp, 0                   # column of B
2:      li      t0, HEAP + MATRIX
        add     t0, t0, gp
        mv      t1, s0
        addi    a2, s0, ROW
        li      a1, 0
3:      lw      a0, 0(t1)
        lw      t2, 0(t0)
        mul     a0, a0, t2
        add     a1, a1, a0
        addi    t1, t1, 4
        addi    t0, t0, ROW
        bne     t1, a2, 3b
        sw      a1, 0(tp)
        addi    tp, tp, 4
        addi    gp, gp, 4
        li      t0, ROW
        bne     gp, t0, 2b
        addi    s0, s0, ROW
        li      t0, HEAP + MATRIX
        bne     s0, t0, 1b

        li      t0, HEAP                # A = C, and its checksum in gp
        li      t1, HEAP + 2 * MATRIX
        li      t2, HEAP + MATRIX
        li      gp, 0
4:      lw      a0, 0(t1)
        add     a0, a0, s1
        sw      a0, 0(t0)
        slli    a1, gp, 5
        sub     gp, a1, gp
        add     gp, gp, a0
        addi    t0, t0, 4
        addi    t1, t1, 4
        bne     t0, t2, 4b
        uprint  "matrix: checksum "
        mv      a0, gp
        call    uputdec
        uprint  "\n"
        svc     SYS_YIELD
        addi    s1, s1, -1
        bnez    s1, product
        li      a0, 0
        svc     SYS_EXIT

# Try what a process must not be able to do.
rogue:  ula     t0, rogue_word
        lw      t1, 0(t0)
        addi    t1, t1, 1
        sw      t1, 0(t0)       # our own copy
        li      a0, NEW_PSW     # the kernel would do it if nobody checked
        li      a1, 16
        svc     SYS_WRITE
        bgez    a0, 1f
        uprint  "rogue: the kernel does not read what is not ours\n"
1:      uprint  "rogue: now a load from the kernel's memory\n"
        lw      t0, NEW_PC(zero)
        uprint  "rogue: it worked!\n"
        li      a0, 1
        svc     SYS_EXIT

        .section .user_data
        .align  2
rogue_word:
        .word   0
user_end:
