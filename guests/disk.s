# disk.s - copies sectors of the disk, by DMA, with interrupts.
#
# Teaches: a device that reads and writes memory by itself; a command, an idle processor, and
# an interrupt when the work is done; and that a refused command completes too, with a status.
# Sectors 0..15 go to 32..47 in commands of 4, and are then read back and compared.
#
# Needs a disk of at least 64 sectors. Exit code: 0; 1 if a check failed; 2 without such a disk.

        .include "lib/pg32.inc"
        .include "lib/console.inc"
        .include "lib/trap.inc"

.equ STACK, 0x100000
.equ SECTOR, 512
.equ READ, 1                    # block.command
.equ WRITE, 2
.equ BUSY, 0x01                 # block.status
.equ DONE, 0x02
.equ BAD_SECTOR, 0x10
.equ BAD_ADDRESS, 0x20
.equ BAD_COMMAND, 0x40

.equ FROM, 0
.equ TO, 32
.equ SECTORS, 16
.equ AT_ONCE, 4

# disk COMMAND, SECTOR, ADDRESS, COUNT: do it and wait; a0 = its status.
.macro disk command, sector, address, count
        li      a0, \sector
        li      a1, \address
        li      a2, \count
        li      a3, \command
        call    command_and_wait
.endm

# expect "TEXT", STATUS: is a0 that?
.macro expect text, status
        mv      s1, a0
        print   \text
        li      a1, \status
        call    verdict
.endm

        .text
        .globl  _start
_start:
        li      sp, STACK
        set_handler trap
        in      t0, BLOCK_CAPACITY
        sltiu   t0, t0, 64
        beqz    t0, 1f
        print   "disk: needs a disk of at least 64 sectors\n"
        exit    2

# Copy, AT_ONCE sectors a time.
1:      li      gp, 0
2:      addi    a0, gp, FROM
        la      a1, buffer
        li      a2, AT_ONCE
        li      a3, READ
        call    command_and_wait
        li      t0, DONE
        bne     a0, t0, failed
        addi    a0, gp, TO
        la      a1, buffer
        li      a2, AT_ONCE
        li      a3, WRITE
        call    command_and_wait
        li      t0, DONE
        bne     a0, t0, failed
        addi    gp, gp, AT_ONCE
        li      t0, SECTORS
        bne     gp, t0, 2b
        print   "disk: 16 sectors copied\n"

# Read both back and compare.
        disk    READ, FROM, first, SECTORS
        expect  "disk: read the originals", DONE
        disk    READ, TO, second, SECTORS
        expect  "disk: read the copies", DONE
        la      t0, first
        la      t1, second
        li      s1, 0                   # checksum
1:      lw      a0, 0(t0)
        lw      a1, 0(t1)
        bne     a0, a1, failed
        slli    t2, s1, 5
        sub     s1, t2, s1
        add     s1, s1, a0
        addi    t0, t0, 4
        addi    t1, t1, 4
        la      t2, first + SECTORS * SECTOR
        bne     t0, t2, 1b
        print   "disk: equal, checksum "
        mv      a0, s1
        call    puthex
        print   "\n"

# What the device must refuse; each refusal is a completion with an interrupt.
        in      t0, BLOCK_CAPACITY
        addi    a0, t0, -1
        la      a1, buffer
        li      a2, 2
        li      a3, READ
        call    command_and_wait
        expect  "disk: past the last sector", DONE + BAD_SECTOR
        disk    READ, 0xffffffff, buffer, 2
        expect  "disk: sector number that wraps", DONE + BAD_SECTOR
        disk    READ, 0, 0xfffffe00, 2
        expect  "disk: outside memory", DONE + BAD_ADDRESS
        disk    3, 0, buffer, 1
        expect  "disk: unknown command", DONE + BAD_COMMAND
        disk    READ, 0, buffer, 0
        expect  "disk: nothing to do", DONE

# A second command while one is in progress is ignored, and remembered in the status.
        ppsw    zero
        li      t0, 1
        out     zero, BLOCK_SECTOR
        la      t1, buffer
        out     t1, BLOCK_ADDRESS
        out     t0, BLOCK_COUNT
        li      t1, READ
        out     t1, BLOCK_COMMAND
        in      a0, BLOCK_STATUS
        expect  "disk: busy", BUSY
        li      t1, WRITE
        out     t1, BLOCK_COMMAND
        call    wait
        expect  "disk: command while busy", DONE + BAD_COMMAND

        print   "disk: interrupts "
        la      t0, interrupts
        lw      a0, 0(t0)
        call    putdec
        print   "\n"
        exit    0

# Give the command: a0 = sector, a1 = address, a2 = count, a3 = command. Wait for its end:
# a0 = its status.
command_and_wait:
        out     a0, BLOCK_SECTOR
        out     a1, BLOCK_ADDRESS
        out     a2, BLOCK_COUNT
        out     a3, BLOCK_COMMAND

# Interrupts are disabled while we look, or one could come between the look and the idle, and
# we would sleep for ever. A pending line ends idle even so.
wait:   la      t0, status
1:      ppsw    zero
        lw      a0, 0(t0)
        bnez    a0, 2f
        idle
        li      t1, IE
        ppsw    t1
        j       1b
2:      sw      zero, 0(t0)
        ret

# The interrupt: keep the status for the waiting program, and drop the line.
trap:
        save_regs
        lw      t0, FRAME_CAUSE(zero)
        li      t1, CAUSE_INTERRUPT
        bne     t0, t1, failed
        in      t0, BLOCK_STATUS
        la      t1, status
        sw      t0, 0(t1)
        out     zero, BLOCK_STATUS
        la      t1, interrupts
        lw      t0, 0(t1)
        addi    t0, t0, 1
        sw      t0, 0(t1)
        return_from_trap

# s1 against a1.
verdict:
        bne     s1, a1, failed
        la      a0, good
        j       puts
failed: print   ": FAILED\n"
        exit    1

        .rodata
good:   .asciz  ": ok\n"

        .data
status: .word   0
interrupts:
        .word   0

        .bss
        .align  12
buffer: .space  AT_ONCE * SECTOR
first:  .space  SECTORS * SECTOR
second: .space  SECTORS * SECTOR
