/* pg32.h - PG32's own instructions, from C and from gcc's assembly.
 *
 * A PG32 program in C is an RV32EM program whose words are transcoded as it loads
 * (isa/transcode.h). What RISC-V does not have stands in its custom opcodes, by the rows of
 * isa/rv32.def. Ports and bits are in the manual, sections 4 and 8.
 */
#ifndef PG32_H
#define PG32_H

#include "pg32_ports.h"

#include <stdint.h>

/* The four words of a PSW. */
struct pg32_psw {
    uint32_t status, pc, base, bound;
};

static inline uint32_t pg32_in(uint32_t port) {
    uint32_t value;
    __asm__ volatile(".insn i 0x0b, 0, %0, 0(%1)" : "=r"(value) : "r"(port) : "memory");
    return value;
}

static inline void pg32_out(uint32_t port, uint32_t value) {
    __asm__ volatile(".insn i 0x0b, 1, %0, 0(%1)" : : "r"(value), "r"(port) : "memory");
}

/* Load a PSW: go on at its pc, in its ring and memory mode. Does not come back. */
static inline void pg32_lpsw(const struct pg32_psw *psw) {
    __asm__ volatile(".insn i 0x0b, 2, x0, 0(%0)" : : "r"(psw) : "memory");
    __builtin_unreachable();
}

/* Gates, by a constant number from 0 to 2047. */
#define pg32_svc(n) __asm__ volatile(".insn i 0x0b, 4, x0, %0(x0)" : : "i"(n) : "memory")
#define pg32_brk(n) __asm__ volatile(".insn i 0x0b, 5, x0, %0(x0)" : : "i"(n) : "memory")
#define pg32_hvc(n) __asm__ volatile(".insn i 0x0b, 6, x0, %0(x0)" : : "i"(n) : "memory")

/* STATUS. */
static inline uint32_t pg32_gpsw(void) {
    uint32_t value;
    __asm__ volatile(".insn r 0x2b, 0, 0, %0, x0, x0" : "=r"(value));
    return value;
}

/* Set IE and TRACE of STATUS. */
static inline void pg32_ppsw(uint32_t flags) {
    __asm__ volatile(".insn r 0x2b, 0, 1, x0, %0, x0" : : "r"(flags) : "memory");
}

static inline uint32_t pg32_base(void) {
    uint32_t value;
    __asm__ volatile(".insn r 0x2b, 0, 2, %0, x0, x0" : "=r"(value));
    return value;
}

static inline uint32_t pg32_bound(void) {
    uint32_t value;
    __asm__ volatile(".insn r 0x2b, 1, 2, %0, x0, x0" : "=r"(value));
    return value;
}

/* The rights of the present ring at an address: R 2, W 4, X 8. */
static inline uint32_t pg32_probe(const void *address) {
    uint32_t value;
    __asm__ volatile(".insn r 0x2b, 0, 3, %0, %1, x0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

/* T. */
static inline uint64_t pg32_rdt(void) {
    uint32_t low, high, again;
    do {
        __asm__ volatile(".insn r 0x2b, 1, 4, %0, x0, x0" : "=r"(high));
        __asm__ volatile(".insn r 0x2b, 0, 4, %0, x0, x0" : "=r"(low));
        __asm__ volatile(".insn r 0x2b, 1, 4, %0, x0, x0" : "=r"(again));
    } while (again != high);
    return (uint64_t)high << 32 | low;
}

/* Wait for an event. */
static inline void pg32_idle(void) {
    __asm__ volatile(".insn r 0x2b, 0, 5, x0, x0, x0" : : : "memory");
}

/* Forget the TLB's entries for the page of an address; for all. */
static inline void pg32_tlbi(const void *address) {
    __asm__ volatile(".insn r 0x2b, 0, 6, x0, %0, x0" : : "r"(address) : "memory");
}

static inline void pg32_tlbia(void) {
    __asm__ volatile(".insn r 0x2b, 0, 7, x0, x0, x0" : : : "memory");
}

#endif
