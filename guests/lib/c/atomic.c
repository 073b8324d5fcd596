/* atomic.c - what _Atomic and __atomic_... come to on a machine without atomic instructions: one
 * processor, so an interrupt is all that could come between. In a user ring, where IE cannot be
 * changed, nothing keeps interrupts away.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { RING = 0xf, IE = 0x10 };

static uint32_t keep_interrupts_away(void) {
    uint32_t status = pg32_gpsw();
    if (status & IE && !(status & RING))
        pg32_ppsw(status & ~(uint32_t)IE);
    return status;
}

static void let_interrupts_come(uint32_t status) {
    if (status & IE && !(status & RING))
        pg32_ppsw(status);
}

/* The names are the compiler's own, so they are given as the assembler's. */
#define NAME(OP, N) __asm__("__atomic_" #OP "_" #N)

#define WEAK_ALIAS(NEW, OLD) __asm__(".weak " #NEW "\n.set " #NEW ", " #OLD);

/* __atomic_OP_N, and what the older __sync functions call it: they have no memory order. */
#define UPDATE(N, T, OP, OLDER, NEW, RESULT)                                                       \
    WEAK T pg32_##OP##_##N(volatile T *, T, int) NAME(OP, N);                                      \
    T pg32_##OP##_##N(volatile T *at, T value, int order) {                                        \
        uint32_t status = keep_interrupts_away();                                                  \
        T before = *at, after = (T)(NEW);                                                          \
        *at = after;                                                                               \
        let_interrupts_come(status);                                                               \
        (void)before;                                                                              \
        return RESULT;                                                                             \
    }                                                                                              \
    WEAK_ALIAS(__sync_##OLDER##_##N, __atomic_##OP##_##N)

#define UPDATES(N, T, OP, NEW)                                                                     \
    UPDATE(N, T, fetch_##OP, fetch_and_##OP, NEW, before)                                          \
    UPDATE(N, T, OP##_fetch, OP##_and_fetch, NEW, after)

#define SIZE(N, T)                                                                                 \
    UPDATES(N, T, add, before + value)                                                             \
    UPDATES(N, T, sub, before - value)                                                             \
    UPDATES(N, T, and, before &value)                                                              \
    UPDATES(N, T, or, before | value)                                                              \
    UPDATES(N, T, xor, before ^ value)                                                             \
    UPDATES(N, T, nand, ~(before & value))                                                         \
    UPDATE(N, T, exchange, lock_test_and_set, value, before)                                       \
    WEAK T pg32_load_##N(const volatile void *, int) NAME(load, N);                                \
    T pg32_load_##N(const volatile void *at, int order) {                                          \
        uint32_t status = keep_interrupts_away();                                                  \
        T value = *(const volatile T *)at;                                                         \
        let_interrupts_come(status);                                                               \
        return value;                                                                              \
    }                                                                                              \
    WEAK void pg32_store_##N(volatile void *, T, int) NAME(store, N);                              \
    void pg32_store_##N(volatile void *at, T value, int order) {                                   \
        uint32_t status = keep_interrupts_away();                                                  \
        *(volatile T *)at = value;                                                                 \
        let_interrupts_come(status);                                                               \
    }                                                                                              \
    WEAK bool pg32_compare_exchange_##N(volatile void *, void *, T, bool, int, int)                \
        NAME(compare_exchange, N);                                                                 \
    bool pg32_compare_exchange_##N(volatile void *at, void *expected, T value, bool weak,          \
                                   int order, int failure) {                                       \
        uint32_t status = keep_interrupts_away();                                                  \
        T seen = *(volatile T *)at;                                                                \
        bool equal = seen == *(T *)expected;                                                       \
        if (equal)                                                                                 \
            *(volatile T *)at = value;                                                             \
        else                                                                                       \
            *(T *)expected = seen;                                                                 \
        let_interrupts_come(status);                                                               \
        return equal;                                                                              \
    }                                                                                              \
    WEAK T pg32_swap_##N(volatile void *, T, T) __asm__("__sync_val_compare_and_swap_" #N);        \
    T pg32_swap_##N(volatile void *at, T old, T value) {                                           \
        pg32_compare_exchange_##N(at, &old, value, false, 0, 0);                                   \
        return old;                                                                                \
    }                                                                                              \
    WEAK bool pg32_swapped_##N(volatile void *, T, T) __asm__("__sync_bool_compare_and_swap_" #N); \
    bool pg32_swapped_##N(volatile void *at, T old, T value) {                                     \
        return pg32_compare_exchange_##N(at, &old, value, false, 0, 0);                            \
    }

SIZE(1, uint8_t)
SIZE(2, uint16_t)
SIZE(4, uint32_t)
SIZE(8, uint64_t)

/* ---- of any size */

static void swap(size_t n, volatile void *at, const void *value, void *before) {
    uint32_t status = keep_interrupts_away();
    if (before)
        memmove(before, (void *)at, n);
    if (value)
        memmove((void *)at, value, n);
    let_interrupts_come(status);
}

WEAK void pg32_load(size_t, volatile void *, void *, int) __asm__("__atomic_load");
void pg32_load(size_t n, volatile void *at, void *value, int order) {
    swap(n, at, NULL, value);
}

WEAK void pg32_store(size_t, volatile void *, const void *, int) __asm__("__atomic_store");
void pg32_store(size_t n, volatile void *at, const void *value, int order) {
    swap(n, at, value, NULL);
}

WEAK void pg32_exchange(size_t, volatile void *, const void *, void *,
                        int) __asm__("__atomic_exchange");
void pg32_exchange(size_t n, volatile void *at, const void *value, void *before, int order) {
    swap(n, at, value, before);
}

WEAK bool pg32_compare_exchange(size_t, volatile void *, void *, const void *, int,
                                int) __asm__("__atomic_compare_exchange");
bool pg32_compare_exchange(size_t n, volatile void *at, void *expected, const void *value,
                           int order, int failure) {
    uint32_t status = keep_interrupts_away();
    bool equal = memcmp((void *)at, expected, n) == 0;
    memcpy(equal ? (void *)at : expected, equal ? value : (void *)at, n);
    let_interrupts_come(status);
    return equal;
}

WEAK bool pg32_is_lock_free(size_t, const volatile void *) __asm__("__atomic_is_lock_free");
bool pg32_is_lock_free(size_t n, const volatile void *at) {
    return n == 1 || n == 2 || n == 4 || n == 8;
}
