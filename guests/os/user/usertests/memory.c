/* memory.c - what a process may reach, and sbrk. */
#include "guests/os/user/usertests/tests.h"

#include "guests/lib/pg32.h"
#include "guests/os/os.h"

static void write_to(uint32_t address) {
    *(volatile int *)address = 1;
}

static void use_port(uint32_t port) {
    pg32_out(port, 0);
}

static void jump_to(uint32_t address) {
    ((void (*)(void))address)();
}

static void load_psw(uint32_t address) {
    pg32_lpsw((void *)address);
}

static void misaligned(uint32_t address) {
    *(volatile int *)(address | 1) = 1;
}

static int variable;

void test_faults(void) {
    const struct {
        void (*act)(uint32_t);
        uint32_t with;
    } faults[] = {
        {write_to, 0},
        {write_to, 0x40}, /* the trap's new PSW */
        {write_to, (uint32_t)test_faults},
        {write_to, OS_USER_TOP},
        {write_to, 0xfffffffc},
        {write_to, OS_USER_TOP - OS_STACK - OS_PAGE},
        {jump_to, 0},
        {jump_to, (uint32_t)&variable},
        {jump_to, OS_USER_TOP},
        {use_port, PG32_POWER_EXIT},
        {load_psw, (uint32_t)test_faults & ~15u},
        {misaligned, (uint32_t)&variable},
    };
    int pid;
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        if (child(&pid)) {
            faults[k].act(faults[k].with);
            _exit(0);
        }
        CHECK(killed(pid, SIGSEGV));
    }
}

/* n pages deep. */
static __attribute__((noinline)) int descend(int n) {
    volatile char page[OS_PAGE];
    page[0] = (char)n;
    int deeper = n > 1 ? descend(n - 1) : 0;
    return deeper + (page[0] == (char)n);
}

void test_stack(void) {
    int pid;
    CHECK(descend(OS_STACK / OS_PAGE - 2) == OS_STACK / OS_PAGE - 2);
    if (child(&pid))
        _exit(descend(OS_STACK / OS_PAGE + 2) == 0);
    CHECK(killed(pid, SIGSEGV));
}

void test_sbrk_zero(void) {
    for (int round = 0; round < 3; round++) {
        char *new = sbrk(3 * OS_PAGE + 100);
        CHECK(new != (void *)-1);
        for (int k = 0; k < 3 * OS_PAGE + 100; k++)
            CHECK(new[k] == 0 || (uint32_t) & new[k] % OS_PAGE >= (uint32_t) new % OS_PAGE);
        memset(new, 0x55, 3 * OS_PAGE + 100);
        CHECK(sbrk(-(3 * OS_PAGE + 100)) == new + 3 * OS_PAGE + 100);
        CHECK(sbrk(0) == new);
    }
}

void test_sbrk_limits(void) {
    char *here = sbrk(0);
    int pid;
    errno = 0;
    CHECK(sbrk(0x7fffffff) == (void *)-1 && errno == ENOMEM);
    CHECK(sbrk(-0x7fffffff) == (void *)-1);
    CHECK(sbrk(OS_USER_TOP - OS_STACK) == (void *)-1);
    CHECK(sbrk(0) == here);
    CHECK(sbrk(1 << 26) == here); /* more than there is: nobody has touched it */
    here[(1 << 26) - 1] = 1;
    CHECK(sbrk(-(1 << 26)) == here + (1 << 26));
    if (child(&pid)) {
        here[OS_PAGE] = 1; /* given back */
        _exit(0);
    }
    CHECK(killed(pid, SIGSEGV));
}

void test_sbrk_fork(void) {
    char *page = sbrk(OS_PAGE);
    int pid;
    strcpy(page, "parent");
    if (child(&pid)) {
        CHECK(strcmp(page, "parent") == 0);
        strcpy(page, "child");
        _exit(0);
    }
    CHECK(exited(pid, 0));
    CHECK(strcmp(page, "parent") == 0);
}

void test_memory_all(void) {
    for (int round = 0; round < 2; round++) {
        int pid, before = free_pages();
        CHECK(before > 0);
        if (child(&pid)) {
            size_t size = (size_t)(before + 100) * OS_PAGE;
            char *all = sbrk((ptrdiff_t)size);
            CHECK(all != (void *)-1);
            for (size_t k = 0; k < size; k += OS_PAGE)
                all[k] = 1;
            _exit(0);
        }
        CHECK(killed(pid, SIGSEGV));
        CHECK(free_pages() == before);
    }
}

void test_bad_pointers(void) {
    static const uint32_t bad[] = {0,           0x40,       OS_USER_TOP - 2,
                                   OS_USER_TOP, 0xfffffff0, OS_USER_TOP - OS_STACK - OS_PAGE};
    int ends[2];
    CHECK(pipe(ends) == 0);
    int fd = open("file", O_RDWR | O_CREAT, 0666);
    CHECK(fd >= 0 && write(fd, "0123456789", 10) == 10);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        void *p = (void *)bad[k];
        CHECK_ERROR(open(p, O_RDONLY), bad[k] == OS_USER_TOP - 2 ? ENOENT : EFAULT);
        CHECK_ERROR(execv(p, (char *[]){NULL}), bad[k] == OS_USER_TOP - 2 ? ENOENT : EFAULT);
        CHECK_ERROR(execv("/bin/echo", p), EFAULT);
        CHECK_ERROR(lseek(fd, 0, SEEK_SET) + read(fd, p, 10), EFAULT);
        CHECK_ERROR(lseek(fd, 0, SEEK_SET) + write(fd, p, 10), EFAULT);
        CHECK_ERROR(write(ends[1], p, 10), EFAULT);
        CHECK_ERROR(write(1, p, 10), EFAULT);
        CHECK_ERROR(fstat(fd, p), EFAULT);
        CHECK_ERROR(pipe(p), EFAULT);
        CHECK_ERROR(processes(p, 1), EFAULT);
    }
    CHECK_ERROR(lseek(fd, 0, SEEK_SET) + read(fd, (void *)test_bad_pointers, 4), EFAULT); /* code */
    close(fd);
    CHECK(unlink("file") == 0);
}

void test_pages_in_call(void) {
    char *pages = sbrk(4 * OS_PAGE);
    int fd = open("file", O_RDWR | O_CREAT, 0666);
    CHECK(write(fd, pages + 100, 3 * OS_PAGE) == 3 * OS_PAGE);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    pages = sbrk(4 * OS_PAGE);
    CHECK(read(fd, pages + 200, 3 * OS_PAGE) == 3 * OS_PAGE);
    close(fd);
    CHECK(unlink("file") == 0);
}
