#define _GNU_SOURCE /* the registers in ucontext_t */
#include "native/fault.h"
#include "native/frame.h"

#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

/* Handlers belong to the process, and so does what was there before. */
static struct sigaction before[2];

static struct sigaction *former(int number) {
    return &before[number == SIGBUS];
}

static uint8_t *gs(void) {
    uint64_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return (uint8_t *)(uintptr_t)base; // NOLINT(performance-no-int-to-ptr): that is what it is
}

void faults_leave(void) {
    __asm__ volatile("wrgsbase %0" : : "r"((uint64_t)0));
}

static void handle(int number, siginfo_t *info, void *host) {
    ucontext_t *context = host;
    greg_t *regs = context->uc_mcontext.gregs;
    /* The flag is still set here, and this is not generated code. */
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(uint64_t)HOST_AC);
    bool misaligned = number == SIGBUS && info->si_code == BUS_ADRALN, missing = number == SIGSEGV;
    uintptr_t at = (uintptr_t)regs[REG_RIP];
    uint8_t *window = gs();
    const struct faults *faults = window ? below_window(window)->faults : NULL;
    if (faults && at >= (uintptr_t)faults->begin && at < (uintptr_t)faults->end &&
        (misaligned || missing)) {
        uintptr_t va = (uintptr_t)info->si_addr - (uintptr_t)window;
        if (va > UINT32_MAX) /* not told; or the end of a misaligned access is behind the window */
            misaligned = true;
        const uint8_t *next =
            faults->fix(faults->context, faults->begin + (at - (uintptr_t)faults->begin),
                        misaligned, (uint32_t)va);
        regs[REG_RIP] = (greg_t)(uintptr_t)next;
    } else if (misaligned && regs[REG_EFL] & HOST_AC) {
        /* Another signal's handler, that came while generated code ran. */
        regs[REG_EFL] &= ~(greg_t)HOST_AC;
    } else {
        sigaction(number, former(number), NULL); /* and do it again */
    }
}

static void catch_one(int number) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) != 0 ||
        (now.sa_flags & SA_SIGINFO && now.sa_sigaction == handle))
        return;
    struct sigaction next = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&next.sa_mask);
    *former(number) = now;
    sigaction(number, &next, NULL);
}

void faults_catch(void) {
    catch_one(SIGSEGV);
    catch_one(SIGBUS);
}

/* Is the flag, once set, cleared by the handler when four bytes are read at an odd address? */
bool faults_see_misaligned(void) {
    const uint32_t words[2] = {0};
    uint64_t flags = __builtin_ia32_readeflags_u64();
    uint32_t value;
    __asm__ volatile("movl 1(%1), %0" : "=r"(value) : "r"(words), "m"(words));
    __builtin_ia32_writeeflags_u64(flags | HOST_AC);
    __asm__ volatile("movl 1(%1), %0" : "=r"(value) : "r"(words), "m"(words));
    bool seen = !(__builtin_ia32_readeflags_u64() & HOST_AC);
    __builtin_ia32_writeeflags_u64(flags);
    return seen;
}
