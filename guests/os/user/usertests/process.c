/* process.c - fork, exec, exit, wait, kill, sleep. */
#include "guests/os/user/usertests/tests.h"

#include "guests/os/os.h"

#include <elf.h>

void test_fork_wait(void) {
    for (int code = 0; code < 256; code += 51) {
        int pid;
        if (child(&pid))
            _exit(code);
        CHECK(pid > 1 && pid != getpid());
        CHECK(exited(pid, code));
    }
    CHECK_ERROR(wait(NULL), ECHILD);
    CHECK_ERROR(waitpid(1, NULL, 0), ECHILD);
}

void test_wait_for_one(void) {
    int fast, slow, status;
    if (child(&slow)) {
        sleep(3);
        _exit(3);
    }
    if (child(&fast))
        _exit(1);
    CHECK(waitpid(slow, &status, WNOHANG) == 0);
    CHECK(waitpid(slow, &status, 0) == slow && WEXITSTATUS(status) == 3);
    CHECK(wait(&status) == fast && WEXITSTATUS(status) == 1);
    CHECK_ERROR(waitpid(-1, &status, WNOHANG), ECHILD);
}

void test_orphans(void) {
    int middle, ends[2];
    char byte;
    CHECK(pipe(ends) == 0);
    if (child(&middle)) {
        int lost;
        if (child(&lost)) {
            sleep(1); /* the middle one is gone by then */
            write(ends[1], "x", 1);
            _exit(0);
        }
        _exit(0);
    }
    CHECK(exited(middle, 0));
    close(ends[1]);
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x');
    CHECK(read(ends[0], &byte, 1) == 0);
    sleep(1); /* init waits for it */
}

void test_fork_all(void) {
    for (int round = 0; round < 2; round++) {
        int pid, n = 0, ends[2];
        char byte;
        CHECK(pipe(ends) == 0);
        while ((pid = fork()) > 0)
            n++;
        if (pid == 0) { /* all wait for the end of the pipe */
            close(ends[1]);
            read(ends[0], &byte, 1);
            _exit(7);
        }
        CHECK(errno == EAGAIN && n > 10);
        close(ends[0]);
        close(ends[1]);
        for (int status; n > 0; n--)
            CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    }
}

void test_kill_asleep(void) {
    for (int way = 0; way < 3; way++) {
        int pid, ends[2];
        char byte;
        CHECK(pipe(ends) == 0);
        if (child(&pid)) {
            int other;
            if (way == 0)
                sleep(1000000);
            if (way == 1)
                read(ends[0], &byte, 1);
            if (way == 2 && child(&other)) {
                close(ends[1]);
                read(ends[0], &byte, 1);
                _exit(0);
            }
            if (way == 2)
                wait(NULL);
            _exit(0);
        }
        sleep(1);
        CHECK(kill(pid, SIGTERM) == 0);
        CHECK(killed(pid, SIGTERM));
        close(ends[0]);
        close(ends[1]); /* the child's child ends */
    }
    sleep(1);
}

void test_kill_running(void) {
    int pid[2];
    for (int k = 0; k < 2; k++)
        if (child(&pid[k]))
            for (volatile unsigned n = 0;; n++)
                ;
    sleep(2);
    for (int k = 0; k < 2; k++) {
        CHECK(kill(pid[k], SIGKILL) == 0);
        CHECK(killed(pid[k], SIGKILL));
    }
}

void test_kill_writing(void) {
    static char invisible[OS_PAGE * 16];
    int pid;
    memset(invisible, '\r', sizeof invisible);
    if (child(&pid))
        _exit(write(1, invisible, sizeof invisible) < 0);
    sleep(1);
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(killed(pid, SIGKILL));
}

void test_kill_errors(void) {
    CHECK_ERROR(kill(1, SIGKILL), EPERM);
    CHECK_ERROR(kill(99999, SIGKILL), ESRCH);
    CHECK_ERROR(kill(getpid(), 99), EINVAL);
    CHECK_ERROR(kill(getpid(), -1), EINVAL);
    CHECK(kill(getpid(), 0) == 0);
}

void test_sleep_uptime(void) {
    int before = uptime();
    CHECK(sleep(5) == 0);
    int slept = uptime() - before;
    CHECK(slept >= 5 && slept <= 6);
    CHECK(sleep(0) == 0);
}

void test_exec_arguments(void) {
    static char word[1001];
    int pid;
    memset(word, 'w', 1000);
    if (child(&pid)) {
        execv("/bin/usertests", (char *[]){"usertests", "--arguments", "", "a b", word, NULL});
        _exit(1);
    }
    CHECK(exited(pid, 42));
}

void test_exec_errors(void) {
    static char huge[4096];
    char *none[] = {"x", NULL}, *too_large[] = {"x", huge, NULL};
    memset(huge, 'h', sizeof huge - 1);
    CHECK_ERROR(execv("/bin/no such program", none), ENOENT);
    CHECK_ERROR(execv("/bin", none), EACCES);
    CHECK_ERROR(execv("/dev/console", none), EACCES);
    CHECK_ERROR(execv("/bin/echo", too_large), E2BIG);
    make_file("text", 100, 100, 1);
    CHECK_ERROR(execv("text", none), ENOEXEC);
    make_file("text", 1, 1, 1);
    CHECK_ERROR(execv("text", none), ENOEXEC);

    /* a program that is cut off */
    static char bytes[512];
    int from = open("/bin/echo", O_RDONLY), to = open("text", O_WRONLY | O_TRUNC);
    CHECK(read(from, bytes, sizeof bytes) == sizeof bytes);
    CHECK(write(to, bytes, sizeof bytes) == sizeof bytes);
    close(from);
    close(to);
    CHECK_ERROR(execv("text", none), ENOEXEC);
    CHECK(unlink("text") == 0);
}

void test_no_such_call(void) {
    int result;
    __asm__ volatile(".insn i 0x0b, 4, x0, 999(x0)\n\tmv %0, a0" : "=r"(result) : : "a0", "memory");
    CHECK(result == -ENOSYS);
    __asm__ volatile("ecall\n\tmv %0, a0" : "=r"(result) : : "a0", "memory"); /* svc 0 */
    CHECK(result == -ENOSYS);
}

/* A program of three segments, of which the second one is empty and the third one is not allowed.
 */
static void make_damaged(const char *path) {
    static char bytes[3 * OS_PAGE];
    Elf32_Ehdr e;
    int from = open("/bin/echo", O_RDONLY), to = open(path, O_WRONLY | O_CREAT, 0666);
    CHECK(from >= 0 && to >= 0 && read(from, &e, sizeof e) == sizeof e);
    e.e_phoff = sizeof e;
    e.e_phnum = 3;
    const Elf32_Phdr p[3] = {
        {.p_type = PT_LOAD, .p_vaddr = OS_PAGE, .p_filesz = 3 * OS_PAGE, .p_memsz = 3 * OS_PAGE},
        {.p_type = PT_LOAD, .p_vaddr = 3 * OS_PAGE},
        {.p_type = PT_LOAD, .p_vaddr = 0, .p_memsz = OS_PAGE},
    };
    memcpy(bytes, &e, sizeof e);
    memcpy(bytes + sizeof e, p, sizeof p);
    CHECK(write(to, bytes, sizeof bytes) == sizeof bytes);
    close(from);
    close(to);
}

void test_exec_damaged(void) {
    char *none[] = {"x", NULL};
    make_damaged("program");
    int before = free_pages();
    CHECK_ERROR(execv("program", none), ENOEXEC);
    CHECK(free_pages() == before);
    CHECK(unlink("program") == 0);
}
