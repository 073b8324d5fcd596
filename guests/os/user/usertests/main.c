/* main.c - usertests [NAME]...: try every system call, and how each fails. All, or those named. */
#include "guests/os/user/usertests/tests.h"

#include "guests/os/os.h"

static const struct test {
    const char *name, *meaning;
    void (*run)(void);
} tests[] = {
#define X(name, meaning) {#name, meaning, test_##name},
#include "guests/os/user/usertests/tests.def"
#undef X
};

enum { TESTS = sizeof tests / sizeof *tests };

_Noreturn void test_fail(const char *file, int line, const char *what) {
    const char *name = strrchr(file, '/');
    printf("%s:%d: not so: %s (errno: %s)\n", name ? name + 1 : file, line, what, strerror(errno));
    fflush(stdout);
    _exit(1);
}

bool child(int *pid) {
    fflush(stdout);
    *pid = fork();
    CHECK(*pid >= 0);
    return *pid == 0;
}

bool exited(int pid, int code) {
    int status;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == code;
}

bool killed(int pid, int signal) {
    int status;
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

char *end_of_heap(int n) {
    CHECK(sbrk(2 * OS_PAGE - (ptrdiff_t)((uint32_t)sbrk(0) % OS_PAGE)) != (void *)-1);
    return (char *)sbrk(0) - n;
}

static char pattern(unsigned seed, size_t at) {
    return (char)(seed + at * 7 + at / 251);
}

void make_file(const char *path, size_t n, size_t part, unsigned seed) {
    static char bytes[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    CHECK(fd >= 0 && part <= sizeof bytes);
    for (size_t done = 0; done < n;) {
        size_t size = n - done < part ? n - done : part;
        for (size_t k = 0; k < size; k++)
            bytes[k] = pattern(seed, done + k);
        CHECK(write(fd, bytes, size) == (ssize_t)size);
        done += size;
    }
    CHECK(close(fd) == 0);
}

bool same_file(const char *path, size_t n, unsigned seed) {
    static char bytes[1000];
    size_t at = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY);
    bool same = fd >= 0;
    while (same && (got = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t k = 0; k < got; k++, at++)
            same = same && bytes[k] == pattern(seed, at);
    if (fd >= 0)
        close(fd);
    return same && at == n;
}

/* In a directory that must be empty at the end: what a test makes, it removes. */
static bool run(const struct test *test) {
    int pid;
    bool ok;
    printf("%-17s %s ... ", test->name, test->meaning);
    CHECK(mkdir("/t", 0777) == 0);
    if (child(&pid)) {
        CHECK(chdir("/t") == 0);
        test->run();
        fflush(stdout);
        _exit(0);
    }
    ok = exited(pid, 0);
    while (wait(NULL) > 0) /* init's part, if we were init */
        ;
    if (unlink("/t") != 0) {
        printf("leaves files behind\n");
        pid = fork();
        if (pid == 0)
            execv("/bin/rm", (char *[]){"rm", "-r", "/t", NULL});
        waitpid(pid, NULL, 0);
        return false;
    }
    if (ok)
        puts("ok");
    return ok;
}

static bool chosen(const struct test *test, int argc, char **argv) {
    for (int k = 1; k < argc; k++)
        if (strcmp(argv[k], test->name) == 0)
            return true;
    return argc == 1;
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0;
    if (argc > 1 && strcmp(argv[1], "--arguments") == 0) { /* exec_arguments's */
        bool good = argc == 5 && strcmp(argv[2], "") == 0 && strcmp(argv[3], "a b") == 0 &&
                    strlen(argv[4]) == 1000 && !argv[5];
        return good ? 42 : 1;
    }
    int before = free_pages();
    for (int k = 0; k < TESTS; k++)
        if (chosen(&tests[k], argc, argv)) {
            bool ok = run(&tests[k]);
            *(ok ? &passed : &failed) += 1;
        }
    if (free_pages() != before) {
        printf("%d pages of memory are lost\n", before - free_pages());
        failed++;
    }
    printf("usertests: %d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
