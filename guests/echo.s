# echo.s - echoes console input, a line at a time, in upper case, until the input ends.
#
# Teaches: input by interrupt. The main program sleeps in `idle` between lines; the handler
# takes the bytes as they arrive, collects a line, and says when it is complete.
#
# Exit code: 0.

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"

.equ STACK, 0x100000
.equ AVAILABLE, 1               # console.status
.equ ENDED, 2
.equ RX_INTERRUPT, 1            # console.control
.equ LINE, 256                  # a longer line is cut here
.equ NEWLINE, 10

        .text
        .globl  _start
_start:
        li      sp, STACK
        set_handler trap
        li      t0, RX_INTERRUPT
        out     t0, CONSOLE_CONTROL

# Interrupts are disabled while we look for work, so that none comes between look and sleep.
main:   ppsw    zero
        la      s0, complete
        lw      t0, 0(s0)
        bnez    t0, line
        idle
        li      t0, IE
        ppsw    t0              # the interrupt that ended the idle comes here
        j       main

# A line is there (or the input has ended): write it, and let the handler go on.
line:   mv      s1, t0
        la      t1, buffer
        la      t0, fill
        lw      t2, 0(t0)
        sw      zero, 0(t0)
        sw      zero, 0(s0)
        add     t2, t1, t2
1:      beq     t1, t2, 3f
        lbu     a0, 0(t1)
        addi    t1, t1, 1
        addi    t0, a0, -'a'
        sltiu   t0, t0, 26
        beqz    t0, 2f
        addi    a0, a0, 'A' - 'a'
2:      out     a0, CONSOLE_DATA
        j       1b
3:      addi    s1, s1, -ENDED
        beqz    s1, 4f
        li      t0, RX_INTERRUPT
        out     t0, CONSOLE_CONTROL
        j       main
4:      exit    0

# Input or its end. With a complete line the handler asks for no more interrupts, until the
# main program has taken the line.
trap:
        save_regs
        la      a1, buffer
        la      a2, fill
        lw      t2, 0(a2)
1:      in      t0, CONSOLE_STATUS
        andi    t1, t0, AVAILABLE
        beqz    t1, 3f
        in      t0, CONSOLE_DATA
        add     t1, a1, t2
        sb      t0, 0(t1)
        addi    t2, t2, 1
        li      t1, LINE
        beq     t2, t1, 2f
        li      t1, NEWLINE
        bne     t0, t1, 1b
2:      li      t0, AVAILABLE
        j       4f
3:      andi    t0, t0, ENDED
        beqz    t0, 5f
4:      la      t1, complete
        sw      t0, 0(t1)
        out     zero, CONSOLE_CONTROL
5:      sw      t2, 0(a2)
        return_from_trap

        .bss
        .align  2
complete:
        .space  4               # AVAILABLE: a line; ENDED: the last one, maybe empty
fill:   .space  4               # bytes in the buffer
buffer: .space  LINE
