/* trap.c - the traps of a C program. Most are faults, which check-stop the machine. Two kinds are
 * taken care of here and the program goes on: calls of gcc's nested functions, and, if main runs in
 * a user ring (start.c), the privileged and sensitive instructions of this support.
 *
 * The machine's trap frame and new PSW are in page 0 (manual, section 7), and the program's
 * registers are kept there, too. The handler runs in ring 0 and real mode.
 */
#include <stdbool.h>

struct low_memory {
    struct pg32_psw old;
    uint32_t cause, value, insn, unused, t[2], reserved[6];
    struct pg32_psw new;
    uint32_t free[12], r[16];
};
extern struct low_memory low_memory; /* pg32.ld */
_Static_assert(__builtin_offsetof(struct low_memory, new) == 0x40, "as the machine has it");
_Static_assert(__builtin_offsetof(struct low_memory, r) == 0x80, "where `trap` saves them");

enum { CAUSE_ILLEGAL = 6, CAUSE_PRIVILEGE = 7, T0 = 5, T2 = 7 };

static char trap_stack[256] __attribute__((aligned(16), used));

/* clang-format off */
__attribute__((naked, used)) static void trap(void) {
    __asm__ volatile(
        ".irp n,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\tsw x\\n, 0x80 + 4 * \\n(zero)\n\t.endr\n\t"
        "la sp, trap_stack + 256\n\tcall handle_trap\n\t"
        ".irp n,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\tlw x\\n, 0x80 + 4 * \\n(zero)\n\t.endr\n\t"
        ".insn i 0x0b, 2, x0, 0(zero)");
}
/* clang-format on */

/* When the address of a nested function is taken, gcc has the program write four words on its stack
 * as it runs: RISC-V's instructions, since no transcoder sees them.
 *
 *     lui t2, chain    lui t0, function    addi t2, t2, chain    jr function(t0)
 *
 * The first is no instruction of PG32's below 256 MiB. Do what the four would. */
static bool call_nested(void) {
    const uint32_t *code = (const uint32_t *)low_memory.old.pc;
    if ((code[0] & 0xfff) != 0x3b7 || (code[1] & 0xfff) != 0x2b7 ||
        (code[2] & 0xfffff) != 0x38393 || (code[3] & 0xfffff) != 0x28067)
        return false;
    low_memory.r[T2] = (code[0] & ~0xfffU) + (uint32_t)((int32_t)code[2] >> 20);
    low_memory.r[T0] = code[1] & ~0xfffU;
    low_memory.old.pc = low_memory.r[T0] + (uint32_t)((int32_t)code[3] >> 20);
    return true;
}

/* What a user ring may not: done here for it. The fields of a word: manual, section 5. */
static bool carry_out(void) {
    enum { GPSW = 0x90, RDT = 0x95, IN = 0xa1, OUT = 0xa2, IDLE = 0xa3 };
    uint32_t insn = low_memory.insn, result = 0;
    uint32_t *d = &low_memory.r[insn >> 20 & 0xf], a = low_memory.r[insn >> 16 & 0xf];
    uint32_t port = a + (uint32_t)(int16_t)insn;
    switch (insn >> 24) {
    case GPSW: result = low_memory.old.status; break;
    case RDT: result = (uint32_t)(pg32_rdt() >> (insn & 1 ? 32 : 0)); break;
    case IN: result = pg32_in(port); break;
    case OUT: pg32_out(port, *d), result = *d; break;
    case IDLE: pg32_idle(); break;
    default: return false;
    }
    if (d != low_memory.r)
        *d = result;
    low_memory.old.pc += sizeof insn;
    return true;
}

/* With any other trap the handler takes itself away and lets it happen again, which check-stops. So
 * does a trap in the handler. */
__attribute__((used)) static void handle_trap(void) {
    low_memory.new.pc = 0;
    if ((low_memory.cause == CAUSE_ILLEGAL && call_nested()) ||
        (low_memory.cause == CAUSE_PRIVILEGE && carry_out()))
        low_memory.new.pc = (uint32_t)trap;
}
