# strings.s - strlen, strcmp, memcpy and a hash over generated words: bytes and small loops.
#
# Exit code: 0; 1 if a check fails.

        .include "lib/pg32.inc"
        .include "lib/console.inc"

.ifndef ROUNDS
.equ ROUNDS, 120
.endif

.equ STACK, 0x100000
.equ TEXT, 0x40000              # the words, each with a zero byte
.equ COPY, 0x50000
.equ COUNT, 1000                # words

        .text
        .globl  _start
_start:
        li      sp, STACK

# Make the words: 3 to 10 letters each.
        li      tp, 42
        li      t0, TEXT
        li      s0, COUNT
1:      call    random
        andi    t1, a0, 7
        addi    t1, t1, 3
2:      call    random
        li      t2, 26
        remu    a0, a0, t2
        addi    a0, a0, 'a'
        sb      a0, 0(t0)
        addi    t0, t0, 1
        addi    t1, t1, -1
        bnez    t1, 2b
        sb      zero, 0(t0)
        addi    t0, t0, 1
        addi    s0, s0, -1
        bnez    s0, 1b
        la      t1, text_size
        li      t2, TEXT
        sub     t0, t0, t2
        sw      t0, 0(t1)

        li      gp, ROUNDS
        li      s1, 0           # hash of all that was seen
round:  li      a0, COPY        # copy the text, an odd place as target now and then
        andi    t0, gp, 3
        add     a0, a0, t0
        mv      s0, a0
        li      a1, TEXT
        la      a2, text_size
        lw      a2, 0(a2)
        call    memcpy

        li      tp, COUNT
        li      a5, TEXT
        mv      a4, s0
word:   mv      a0, a4          # each copy must equal its original
        mv      a1, a5
        call    strcmp
        bnez    a0, wrong
        mv      a0, a4
        call    strhash
        add     s1, s1, a0
        mv      a0, a5
        call    strlen
        addi    a0, a0, 1
        mv      t2, a5
        add     a5, a5, a0
        add     a4, a4, a0
        addi    tp, tp, -1
        beqz    tp, 1f
        mv      a0, t2          # how neighbours compare goes into the hash
        mv      a1, a5
        call    strcmp
        slti    a0, a0, 0
        add     s1, s1, a0
        j       word
1:      slli    t0, s1, 3
        xor     s1, s1, t0
        addi    gp, gp, -1
        bnez    gp, round

        print   "strings: bytes "
        la      a0, text_size
        lw      a0, 0(a0)
        call    putdec
        print   ", hash "
        mv      a0, s1
        call    puthex
        print   "\n"
        exit    0

wrong:  print   "strings: a copy is not its original\n"
        exit    1

# a0 = the next random number, 16 bits; tp is the state. Changes t2.
random: li      t2, 1103515245
        mul     tp, tp, t2
        li      t2, 12345
        add     tp, tp, t2
        srli    a0, tp, 16
        ret

# Copy a2 bytes from a1 to a0; by words if both are aligned.
memcpy: or      t0, a0, a1
        andi    t0, t0, 3
        bnez    t0, 2f
1:      sltiu   t0, a2, 4
        bnez    t0, 2f
        lw      t0, 0(a1)
        sw      t0, 0(a0)
        addi    a0, a0, 4
        addi    a1, a1, 4
        addi    a2, a2, -4
        j       1b
2:      beqz    a2, 4f
        add     a2, a2, a1
3:      lbu     t0, 0(a1)
        sb      t0, 0(a0)
        addi    a0, a0, 1
        addi    a1, a1, 1
        bne     a1, a2, 3b
4:      ret

# a0 = length of the string at a0.
strlen: mv      t0, a0
1:      lbu     t1, 0(t0)
        addi    t0, t0, 1
        bnez    t1, 1b
        sub     a0, t0, a0
        addi    a0, a0, -1
        ret

# a0 < 0, 0 or > 0 as the string at a0 is before, equal to or after the one at a1.
strcmp: lbu     t0, 0(a0)
        lbu     t1, 0(a1)
        bne     t0, t1, 1f
        addi    a0, a0, 1
        addi    a1, a1, 1
        bnez    t0, strcmp
1:      sub     a0, t0, t1
        ret

# a0 = hash of the string at a0 (FNV-1a).
strhash:
        li      t0, 0x811c9dc5
        li      t2, 16777619
1:      lbu     t1, 0(a0)
        beqz    t1, 2f
        xor     t0, t0, t1
        mul     t0, t0, t2
        addi    a0, a0, 1
        j       1b
2:      mv      a0, t0
        ret

        .data
text_size:
        .word   0
