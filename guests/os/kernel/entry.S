# entry.S - where the machine enters the kernel: at power-on, and by traps.
#
# There is no scratch register. But stores relative to x0 reach low memory (kernel.h, struct
# low_memory), whatever the registers hold.

.equ FRAME_PSW,   64
.equ FRAME_CAUSE, 80
.equ USER_SP,     0x60
.equ FRAME,       0x64
.equ LEAVE,       0x70

.globl low_memory
.set low_memory, 0

.macro kernel_pointers
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la tp, __tls_base
.endm

# Power-on: real mode, ring 0, interrupts off.
.section .text.start, "ax"
.globl _start
.type _start, @function
_start:
    kernel_pointers
    la sp, boot_stack_end
    call main
    j .
.size _start, . - _start

.text
# A trap: save the registers in the process's frame, and call trap(frame) on the kernel stack,
# which begins right below the frame.
.globl trap_entry
.type trap_entry, @function
trap_entry:
    sw sp, USER_SP(zero)
    lw sp, FRAME(zero)
    sw ra, 4(sp)
    sw gp, 12(sp)
    sw tp, 16(sp)
    sw t0, 20(sp)
    sw t1, 24(sp)
    sw t2, 28(sp)
    sw s0, 32(sp)
    sw s1, 36(sp)
    sw a0, 40(sp)
    sw a1, 44(sp)
    sw a2, 48(sp)
    sw a3, 52(sp)
    sw a4, 56(sp)
    sw a5, 60(sp)
    lw t0, USER_SP(zero)
    sw t0, 8(sp)
    lw t0, 0x00(zero) # old PSW
    lw t1, 0x04(zero)
    lw t2, 0x08(zero)
    lw a0, 0x0c(zero)
    sw t0, FRAME_PSW + 0(sp)
    sw t1, FRAME_PSW + 4(sp)
    sw t2, FRAME_PSW + 8(sp)
    sw a0, FRAME_PSW + 12(sp)
    lw t0, 0x10(zero) # cause, value
    lw t1, 0x14(zero)
    sw t0, FRAME_CAUSE + 0(sp)
    sw t1, FRAME_CAUSE + 4(sp)
    kernel_pointers
    mv a0, sp
    call trap

# Back to the process: the registers, then all of the PSW at once.
leave: # sp: the frame
    lw t0, FRAME_PSW + 0(sp)
    lw t1, FRAME_PSW + 4(sp)
    lw t2, FRAME_PSW + 8(sp)
    lw a0, FRAME_PSW + 12(sp)
    sw t0, LEAVE + 0(zero)
    sw t1, LEAVE + 4(zero)
    sw t2, LEAVE + 8(zero)
    sw a0, LEAVE + 12(zero)
    lw ra, 4(sp)
    lw gp, 12(sp)
    lw tp, 16(sp)
    lw t0, 20(sp)
    lw t1, 24(sp)
    lw t2, 28(sp)
    lw s0, 32(sp)
    lw s1, 36(sp)
    lw a0, 40(sp)
    lw a1, 44(sp)
    lw a2, 48(sp)
    lw a3, 52(sp)
    lw a4, 56(sp)
    lw a5, 60(sp)
    lw sp, 8(sp)
    .insn i 0x0b, 2, x0, LEAVE(x0) # lpsw
.size trap_entry, . - trap_entry

# A new process: switch_to comes here, with nothing on the kernel stack but the frame.
.globl process_entry
.type process_entry, @function
process_entry:
    call process_begin
    j leave
.size process_entry, . - process_entry

# switch_to(from, to): what the compiler expects a call to keep goes to *from, and comes from *to.
.globl switch_to
.type switch_to, @function
switch_to:
    sw ra, 0(a0)
    sw sp, 4(a0)
    sw s0, 8(a0)
    sw s1, 12(a0)
    lw ra, 0(a1)
    lw sp, 4(a1)
    lw s0, 8(a1)
    lw s1, 12(a1)
    ret
.size switch_to, . - switch_to

.bss
.balign 16
    .space 4096
boot_stack_end:
