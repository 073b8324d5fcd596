# bytecode.s - an interpreter for a small stack machine: a jump through a table per byte.
#
# Teaches: what interpretation costs, a dozen instructions for one; and indirect jumps, which a
# binary translator must look up. The program in bytecode adds up n * n mod 7 for n from COUNT
# down to 1.
#
# Exit code: 0; 1 if the sum is not what a loop in machine code finds.

        .include "lib/pg32.inc"
        .include "lib/console.inc"

.ifndef COUNT
.equ COUNT, 200000
.endif

.equ STACK, 0x100000
.equ VALUES, 0x40000            # the stack machine's stack, growing up

# The bytecodes: an operation a byte, some with an operand after it.
.equ HALT, 0                    # end
.equ PUSH, 1                    # push the next byte
.equ LOAD, 2                    # push a variable, number in the next byte
.equ STORE, 3                   # pop into a variable
.equ ADD, 4                     # pop two, push the result
.equ SUB, 5
.equ MUL, 6
.equ MOD, 7
.equ LOOP, 8                    # pop; if it is not 0, go back as many bytes as the next byte says

        .text
        .globl  _start
_start:
        li      sp, STACK
        la      s0, program     # pc of the stack machine
        li      s1, VALUES      # its stack pointer
        la      gp, variables
        la      tp, operations
        li      t0, COUNT
        sw      t0, 0(gp)

next:   lbu     t0, 0(s0)
        addi    s0, s0, 1
        slli    t0, t0, 2
        add     t0, t0, tp
        lw      t0, 0(t0)
        jr      t0

op_push:
        lbu     t0, 0(s0)
        addi    s0, s0, 1
        sw      t0, 0(s1)
        addi    s1, s1, 4
        j       next
op_load:
        lbu     t0, 0(s0)
        addi    s0, s0, 1
        slli    t0, t0, 2
        add     t0, t0, gp
        lw      t0, 0(t0)
        sw      t0, 0(s1)
        addi    s1, s1, 4
        j       next
op_store:
        lbu     t0, 0(s0)
        addi    s0, s0, 1
        slli    t0, t0, 2
        add     t0, t0, gp
        addi    s1, s1, -4
        lw      t1, 0(s1)
        sw      t1, 0(t0)
        j       next

# The top two of the stack are in t0 (below) and t1; t0 becomes the result.
.macro binary operation
        lw      t0, -8(s1)
        lw      t1, -4(s1)
        addi    s1, s1, -4
        \operation t0, t0, t1
        sw      t0, -4(s1)
        j       next
.endm
op_add: binary  add
op_sub: binary  sub
op_mul: binary  mul
op_mod: binary  remu

op_loop:
        lbu     t0, 0(s0)
        addi    s0, s0, 1
        addi    s1, s1, -4
        lw      t1, 0(s1)
        beqz    t1, next
        sub     s0, s0, t0
        j       next

op_halt:
        print   "bytecode: sum "
        lw      a0, 4(gp)
        call    putdec
        print   "\n"

        li      t0, COUNT       # the same in machine code
        li      t2, 0
        li      a1, 7
1:      mul     t1, t0, t0
        remu    t1, t1, a1
        add     t2, t2, t1
        addi    t0, t0, -1
        bnez    t0, 1b
        lw      a0, 4(gp)
        bne     a0, t2, 2f
        exit    0
2:      exit    1

        .rodata
        .align  2
operations:
        .word   op_halt, op_push, op_load, op_store, op_add, op_sub, op_mul, op_mod, op_loop

# Variable 0 is n, variable 1 the sum.
program:
        .byte   LOAD, 0, LOAD, 0, MUL, PUSH, 7, MOD     # n * n mod 7
        .byte   LOAD, 1, ADD, STORE, 1                  # sum = that + sum
        .byte   LOAD, 0, PUSH, 1, SUB, STORE, 0         # n = n - 1
        .byte   LOAD, 0, LOOP, 24
        .byte   HALT

        .data
        .align  2
variables:
        .word   0, 0
