#define _GNU_SOURCE
#include "tests/monitor/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { KILL_AFTER = 60 };

static char directory[256];

int enter_directory(void **state) {
    const char *tmp = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/trapeze-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    return remove(path);
}

int leave_directory(void **state) {
    return chdir("/") == 0 ? nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

void write_bytes(const char *path, const void *data, size_t size) {
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

void write_text(const char *path, const char *text) {
    write_bytes(path, text, strlen(text));
}

char *read_text(const char *path, size_t *size) {
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t n = 0, room = 0;
    if (!in)
        return NULL;
    do {
        room += 4096;
        text = realloc(text, room + 1);
        assert_non_null(text);
        n += fread(text + n, 1, room - n, in);
    } while (n == room);
    fclose(in);
    text[n] = '\0';
    if (size)
        *size = n;
    return text;
}

/* ---- in the child */

static void connect_to(int fd, const char *path, int flags) {
    int opened = open(path, flags, 0666);
    if (opened < 0 || dup2(opened, fd) < 0)
        _exit(199);
    if (opened > STDERR_FILENO)
        close(opened);
}

/* A path that a test names must be there: if it were made, then a /dev/full that somebody has
 * removed would become a file, which is never full. */
static void connect_all(const struct setting *s) {
    const int anew = O_WRONLY | O_CREAT | O_TRUNC;
    const char *in = s->input ? "standard.in" : s->input_path ? s->input_path : "/dev/null";
    connect_to(STDIN_FILENO, in, O_RDONLY);
    if (s->output_path)
        connect_to(STDOUT_FILENO, s->output_path, O_WRONLY | O_TRUNC);
    else
        connect_to(STDOUT_FILENO, "standard.out", anew);
    connect_to(STDERR_FILENO, "standard.err", anew);
    if (s->terminal) {
        setsid();
        int tty = open(s->terminal, O_RDWR);
        if (tty < 0 || ioctl(tty, TIOCSCTTY, 0) != 0 || (s->type && dup2(tty, 0) < 0) ||
            (s->show && dup2(tty, 1) < 0) || (s->complain && dup2(tty, 2) < 0))
            _exit(198);
        close(tty);
    }
    if (s->input_closed)
        close(STDIN_FILENO);
    if (s->output_closed)
        close(STDOUT_FILENO);
}

pid_t start(const struct setting *s, const char *const *arguments) {
    const char *argv[32] = {s->program ? s->program : TRAPEZE};
    size_t n = 1;
    for (; arguments[n - 1]; n++) {
        assert_true(n < 31);
        argv[n] = arguments[n - 1];
    }
    if (s->input)
        write_text("standard.in", s->input);
    unlink("standard.out");
    unlink("standard.err");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        connect_all(s);
        alarm(KILL_AFTER);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(197);
    }
    return pid;
}

struct ran finish(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    struct ran ran = {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)};
    ran.out = read_text("standard.out", NULL);
    ran.err = read_text("standard.err", NULL);
    return ran;
}

void ran_free(struct ran *ran) {
    free(ran->out);
    free(ran->err);
}

struct ran execute(const struct setting *setting, const char *const *arguments) {
    return finish(start(setting, arguments));
}

/* Is it the text that is expected, NULL: any? */
static bool as_expected(const char *seen, const char *expected) {
    return !expected || (seen && strcmp(seen, expected) == 0);
}

void expect_in(const struct setting *setting, int status, const char *out, const char *err,
               const char *const *arguments) {
    struct ran ran = execute(setting, arguments);
    bool right = ran.status == status && as_expected(ran.out, out) && as_expected(ran.err, err);
    if (!right) /* said here, as a failed assertion does not come back to free them */
        print_error("exit status %d, not %d\nstandard output: %s\nstandard error: %s\n", ran.status,
                    status, ran.out ? ran.out : "-", ran.err ? ran.err : "-");
    if (!right && out)
        print_error("expected on standard output: %s\n", out);
    if (!right && err)
        print_error("expected on standard error: %s\n", err);
    ran_free(&ran);
    assert_true(right);
}

void assert_contains(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no `%s` in:\n%s", part, text);
}

void wait_for_output(const char *path) {
    struct stat st;
    for (int k = 0; k < 6000; k++) {
        if (stat(path, &st) == 0 && st.st_size > 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fail_msg("nothing was written to %s", path);
}
