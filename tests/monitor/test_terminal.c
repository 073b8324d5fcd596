/* trapeze at a terminal: live input, progress, colour, and the keys that stop it. */
#define _GNU_SOURCE
#include "tests/monitor/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, CTRL_Z = 26, PATIENCE_MS = 60000, SKIPPED = 77 };

/* A pseudo-terminal: `keyboard` is what a person sits at, `line` the program's end, which we hold
 * open as well, to look at its mode. */
struct terminal {
    int keyboard, line;
    char name[64];
    char seen[65536]; /* all that was shown */
    size_t n;
};

/* A new pseudo-terminal's keyboard end, or -1 if this host has none to give: a bare chroot, say. */
static int open_keyboard(void) {
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (fd >= 0 && (grantpt(fd) != 0 || unlockpt(fd) != 0 || !ptsname(fd))) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct terminal *terminal_new(void) {
    struct terminal *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->keyboard = open_keyboard();
    assert_true(t->keyboard >= 0);
    fcntl(t->keyboard, F_SETFD, FD_CLOEXEC);
    snprintf(t->name, sizeof t->name, "%s", ptsname(t->keyboard));
    t->line = open(t->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(t->line >= 0);
    return t;
}

static void terminal_free(struct terminal *t) {
    close(t->keyboard);
    close(t->line);
    free(t);
}

/* Collect what is shown for a moment. */
static void look(struct terminal *t, int milliseconds) {
    struct pollfd in = {.fd = t->keyboard, .events = POLLIN};
    while (poll(&in, 1, milliseconds) > 0 && t->n < sizeof t->seen - 1) {
        ssize_t n = read(t->keyboard, t->seen + t->n, sizeof t->seen - 1 - t->n);
        if (n <= 0)
            return;
        t->n += (size_t)n;
        milliseconds = 0;
    }
}

static void wait_for(struct terminal *t, const char *text) {
    for (int k = 0; k < PATIENCE_MS / 20 && !strstr(t->seen, text); k++)
        look(t, 20);
    assert_contains(t->seen, text);
}

static bool is_raw(const struct terminal *t) {
    struct termios mode;
    assert_int_equal(tcgetattr(t->line, &mode), 0);
    return !(mode.c_lflag & (ICANON | ECHO));
}

static void wait_for_raw(const struct terminal *t, bool raw) {
    for (int k = 0; k < PATIENCE_MS / 10 && is_raw(t) != raw; k++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(is_raw(t), raw);
}

static void type(const struct terminal *t, const char *keys) {
    assert_int_equal(write(t->keyboard, keys, strlen(keys)), strlen(keys));
}

static void press(const struct terminal *t, char key) {
    assert_int_equal(write(t->keyboard, &key, 1), 1);
}

/* Its end, with what it shows until then: a closed line would otherwise lose it. */
static struct ran finish_at(struct terminal *t, pid_t pid) {
    siginfo_t info;
    do {
        look(t, 10);
        info.si_pid = 0;
        assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    } while (info.si_pid == 0);
    look(t, 10);
    return finish(pid);
}

/* Everything on the terminal. */
static struct setting at(const struct terminal *t) {
    return (struct setting){.terminal = t->name, .type = true, .show = true, .complain = true};
}

static const char *const echo[] = {"run", "-I", SOURCE "/guests", SOURCE "/guests/echo.s", NULL};

static void the_keyboard_is_the_console(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = at(t);
    pid_t pid = start(&s, echo);
    wait_for_raw(t, true);
    type(t, "hello\n");
    wait_for(t, "HELLO\r\n");
    type(t, "again\n");
    wait_for(t, "AGAIN\r\n");
    press(t, CTRL_D);
    struct ran ran = finish_at(t, pid);
    assert_int_equal(ran.status, 0);
    assert_string_equal(t->seen, "HELLO\r\nAGAIN\r\n"); /* and no echo by the host */
    assert_false(is_raw(t));
    ran_free(&ran);
    terminal_free(t);
}

static void live_input_works_under_every_system(void **state) {
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    for (size_t k = 0; k < 5; k++) {
        struct terminal *t = terminal_new();
        struct setting s = at(t);
        pid_t pid = start(&s, ARGUMENTS("run", "-s", systems[k], "-I", SOURCE "/guests",
                                        SOURCE "/guests/echo.s"));
        wait_for_raw(t, true);
        type(t, "a line\n");
        wait_for(t, "A LINE\r\n");
        press(t, CTRL_D);
        struct ran ran = finish_at(t, pid);
        assert_int_equal(ran.status, 0);
        ran_free(&ran);
        terminal_free(t);
    }
}

static void ctrl_c_stops_a_run(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = at(t);
    write_text("spin.s", GUEST_SPIN);
    pid_t pid = start(&s, ARGUMENTS("run", "--stats", "spin.s"));
    wait_for(t, "*");
    press(t, CTRL_C);
    struct ran ran = finish_at(t, pid);
    assert_int_equal(ran.status, 130);
    assert_contains(t->seen, "\r\ntrapeze: spin: interrupted at T = "); /* on a line of its own */
    assert_contains(t->seen, "  direct  ");
    assert_false(is_raw(t));
    ran_free(&ran);
    terminal_free(t);
}

/* ... also while the guest waits for a key, and at once. */
static void ctrl_c_stops_a_wait(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = at(t);
    pid_t pid = start(&s, echo);
    wait_for_raw(t, true);
    type(t, "x\n");
    wait_for(t, "X\r\n");
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    press(t, CTRL_C);
    struct ran ran = finish_at(t, pid);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(ran.status, 130);
    assert_true(after.tv_sec - before.tv_sec < 5); /* 0.1 s, but on a machine that is free */
    assert_false(is_raw(t));
    ran_free(&ran);
    terminal_free(t);
}

static void other_endings_give_the_terminal_back(void **state) {
    static const int signals[] = {SIGTERM, SIGHUP, SIGQUIT};
    for (size_t k = 0; k < 3; k++) {
        struct terminal *t = terminal_new();
        struct setting s = at(t);
        pid_t pid = start(&s, echo);
        wait_for_raw(t, true);
        kill(pid, signals[k]);
        struct ran ran = finish_at(t, pid);
        assert_int_equal(ran.status, 130);
        assert_false(is_raw(t));
        ran_free(&ran);
        terminal_free(t);
    }
}

static void ctrl_z_gives_the_terminal_back_for_a_while(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = at(t);
    int status;
    pid_t pid = start(&s, echo);
    wait_for_raw(t, true);
    kill(pid, SIGTSTP); /* the key itself does nothing to a program that has no shell above it */
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    assert_false(is_raw(t));
    kill(pid, SIGCONT);
    wait_for_raw(t, true);
    type(t, "on\n");
    wait_for(t, "ON\r\n");
    press(t, CTRL_D);
    struct ran ran = finish_at(t, pid);
    assert_int_equal(ran.status, 0);
    ran_free(&ran);
    terminal_free(t);
}

/* With several guests nobody can say whose the keyboard is. */
static void several_guests_have_no_keyboard(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = at(t);
    struct ran ran =
        finish_at(t, start(&s, ARGUMENTS("run", "-I", SOURCE "/guests", echo[3], echo[3])));
    assert_int_equal(ran.status, 0); /* the input has ended */
    ran_free(&ran);
    terminal_free(t);
}

/* A long comparison shows how far it is; when interrupted, the table so far. */
static void compare_shows_progress_and_can_be_stopped(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = {.terminal = t->name, .complain = true};
    write_text("spin.s", GUEST_SPIN);
    pid_t pid = start(&s, ARGUMENTS("compare", "-m64K", "--systems", "te,bare", "spin.s"));
    wait_for(t, "\rspin under te: ");
    press(t, CTRL_C);
    struct ran ran = finish_at(t, pid);
    assert_int_equal(ran.status, 130);
    assert_contains(t->seen, "\r\033[Ktrapeze: spin: interrupted; this is as far as it came\r\n");
    assert_contains(ran.out, "           te\nresult                     interrupted\n"
                             "state                                -\nguest instructions");
    assert_contains(ran.out, "\nhost time ");
    assert_contains(ran.out, "\n  ratio to te                        -\n");
    ran_free(&ran);
    terminal_free(t);
}

static void quiet_means_no_progress(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = {.terminal = t->name, .complain = true};
    write_text("spin.s", GUEST_SPIN);
    pid_t pid = start(&s, ARGUMENTS("compare", "-m64K", "-q", "--systems", "interp", "--limit",
                                    "100M", "spin.s"));
    struct ran ran = finish_at(t, pid);
    assert_int_equal(ran.status, 0);
    assert_string_equal(t->seen, "");
    ran_free(&ran);
    terminal_free(t);
}

static void colour_is_for_terminals(void **state) {
    struct terminal *t = terminal_new();
    struct setting s = at(t);
    write_text("bad.s", "what\n");
    struct ran ran = finish_at(t, start(&s, ARGUMENTS("asm", "bad.s", "-o", "bad.elf")));
    assert_int_equal(ran.status, 69);
    assert_contains(t->seen, "bad.s:1:1: \033[1;31merror:\033[0m ");
    ran_free(&ran);
    write_text("seven.s", GUEST_EXIT(7));
    s.program = TRAPEZE_LIAR;
    ran =
        finish_at(t, start(&s, ARGUMENTS("compare", "-m64K", "--systems", "bare,liar", "seven.s")));
    assert_int_equal(ran.status, 71);
    assert_contains(t->seen, "\033[1;31m DIFFERS ");
    ran_free(&ran);
    terminal_free(t);
}

int main(void) {
    int keyboard = open_keyboard();
    if (keyboard < 0) {
        printf("no pseudo-terminals here (is /dev/pts mounted?): nothing was tested\n");
        return SKIPPED;
    }
    close(keyboard);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keyboard_is_the_console),
        cmocka_unit_test(live_input_works_under_every_system),
        cmocka_unit_test(ctrl_c_stops_a_run),
        cmocka_unit_test(ctrl_c_stops_a_wait),
        cmocka_unit_test(other_endings_give_the_terminal_back),
        cmocka_unit_test(ctrl_z_gives_the_terminal_back_for_a_while),
        cmocka_unit_test(several_guests_have_no_keyboard),
        cmocka_unit_test(compare_shows_progress_and_can_be_stopped),
        cmocka_unit_test(quiet_means_no_progress),
        cmocka_unit_test(colour_is_for_terminals),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
