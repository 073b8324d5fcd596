/* pipe.c - pipes and file descriptors. */
#include "guests/os/user/usertests/tests.h"

#include "guests/os/os.h"

void test_pipe_bytes(void) {
    enum { ALL = 20000 };
    static unsigned char bytes[1500];
    int pid, ends[2];
    CHECK(pipe(ends) == 0);
    if (child(&pid)) {
        close(ends[0]);
        for (int done = 0, part = 1; done < ALL; part = part % 1400 + 97) {
            int n = ALL - done < part ? ALL - done : part;
            for (int k = 0; k < n; k++)
                bytes[k] = (unsigned char)((done + k) % 251);
            CHECK(write(ends[1], bytes, (size_t)n) == n);
            done += n;
        }
        _exit(0);
    }
    close(ends[1]);
    int n, all = 0;
    for (int part = 1; (n = read(ends[0], bytes, (size_t)part)) > 0; part = part % 1400 + 131)
        for (int k = 0; k < n; k++, all++)
            CHECK(bytes[k] == all % 251);
    CHECK(n == 0 && all == ALL);
    close(ends[0]);
    CHECK(exited(pid, 0));
}

void test_pipe_ends(void) {
    int pid, ends[2];
    char byte = 'x';
    CHECK(pipe(ends) == 0);
    CHECK_ERROR(read(ends[1], &byte, 1), EBADF);
    CHECK_ERROR(write(ends[0], &byte, 1), EBADF);
    CHECK_ERROR(lseek(ends[0], 0, SEEK_SET), ESPIPE);
    CHECK(write(ends[1], &byte, 1) == 1);
    close(ends[1]);
    CHECK(read(ends[0], &byte, 1) == 1); /* what was written is still there */
    CHECK(read(ends[0], &byte, 1) == 0);
    close(ends[0]);
    if (child(&pid)) {
        CHECK(pipe(ends) == 0);
        close(ends[0]);
        write(ends[1], &byte, 1); /* nobody can ever read it */
        _exit(0);
    }
    CHECK(killed(pid, SIGPIPE));
}

void test_pipe_two(void) {
    int pid[2], ends[2], count[2] = {0, 0};
    char byte;
    CHECK(pipe(ends) == 0);
    for (int k = 0; k < 2; k++)
        if (child(&pid[k])) {
            for (int n = 0; n < 3000; n++)
                CHECK(write(ends[1], k ? "b" : "a", 1) == 1);
            _exit(0);
        }
    close(ends[1]);
    while (read(ends[0], &byte, 1) == 1) {
        CHECK(byte == 'a' || byte == 'b');
        count[byte == 'b']++;
    }
    CHECK(count[0] == 3000 && count[1] == 3000);
    close(ends[0]);
    CHECK(exited(pid[0], 0) && exited(pid[1], 0));
}

void test_descriptors(void) {
    int fd, n = 0, ends[2];
    while ((fd = dup(0)) >= 0)
        n++;
    CHECK(errno == EMFILE && n == OS_OPEN_FILES - 3);
    CHECK_ERROR(open("/", O_RDONLY), EMFILE);
    CHECK_ERROR(open("file", O_WRONLY | O_CREAT, 0666), EMFILE);
    CHECK_ERROR(pipe(ends), EMFILE);
    close(OS_OPEN_FILES - 1);
    CHECK_ERROR(pipe(ends), EMFILE); /* it needs two */
    CHECK(dup(0) == OS_OPEN_FILES - 1);
    for (fd = 3; fd < OS_OPEN_FILES; fd++)
        CHECK(close(fd) == 0);
    CHECK_ERROR(open("file", O_RDONLY), ENOENT); /* nothing was made */
    for (int k = 0; k < 5; k++) {
        const int bad[] = {3, OS_OPEN_FILES, 1000, -1, -2147483647 - 1};
        CHECK_ERROR(close(bad[k]), EBADF);
        CHECK_ERROR(read(bad[k], &fd, 1), EBADF);
        CHECK_ERROR(write(bad[k], &fd, 1), EBADF);
        CHECK_ERROR(dup(bad[k]), EBADF);
        CHECK_ERROR(lseek(bad[k], 0, SEEK_SET), EBADF);
    }
}

void test_dup_shares(void) {
    char bytes[4];
    int pid;
    make_file("file", 12, 12, 1);
    int fd = open("file", O_RDONLY), copy = dup(fd), other = open("file", O_RDONLY);
    CHECK(read(fd, bytes, 4) == 4);
    if (child(&pid)) {
        CHECK(read(copy, bytes, 4) == 4);
        _exit(0);
    }
    CHECK(exited(pid, 0));
    close(fd);
    CHECK(lseek(copy, 0, SEEK_CUR) == 8);
    CHECK(lseek(other, 0, SEEK_CUR) == 0);
    close(copy);
    close(other);
    CHECK(unlink("file") == 0);
}

void test_read_nothing(void) {
    int ends[2], console = open("/dev/console", O_RDONLY);
    CHECK(read(console, ends, 0) == 0);
    CHECK(pipe(ends) == 0 && read(ends[0], ends, 0) == 0);
    close(console);
    close(ends[0]);
    close(ends[1]);
}

static bool asleep(int pid) {
    struct os_process rows[32];
    int n = processes(rows, 32), k = 0;
    while (k < n && rows[k].pid != pid)
        k++;
    return k < n && strcmp(rows[k].state, "asleep") == 0;
}

/* Two write more than there is room for. They sleep until somebody reads, and then both get on. */
void test_pipe_full(void) {
    static char bytes[1024];
    int pid[2], ends[2], n, seen[2] = {0, 0};
    CHECK(pipe(ends) == 0);
    for (int k = 0; k < 2; k++)
        if (child(&pid[k])) {
            memset(bytes, 'a' + k, sizeof bytes);
            for (int round = 0; round < 50; round++)
                CHECK(write(ends[1], bytes, sizeof bytes) == sizeof bytes);
            _exit(0);
        }
    close(ends[1]);
    sleep(2);
    CHECK(asleep(pid[0]) && asleep(pid[1]));
    for (int most = 0; (n = (int)read(ends[0], bytes, sizeof bytes)) > 0;) {
        for (int at = 0; at < n; at++)
            seen[bytes[at] - 'a']++;
        most = abs(seen[0] - seen[1]) > most ? abs(seen[0] - seen[1]) : most;
        CHECK(most <= 5000);
    }
    CHECK(seen[0] == 51200 && seen[1] == 51200);
    close(ends[0]);
    CHECK(exited(pid[0], 0) && exited(pid[1], 0));
}

void test_pipe_half(void) {
    char bytes[1000] = {0};
    int pid, ends[2];
    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], bytes, 1000) == 1000 && read(ends[0], bytes, 1000) == 1000);
    if (child(&pid)) {
        int n = (int)read(ends[0], bytes, 1000);
        _exit(n > 0 ? n : 0);
    }
    sleep(1);
    int n = (int)write(ends[1], end_of_heap(50), 100);
    CHECK(n < 0 ? errno == EFAULT : n <= 50);
    if (n > 0)
        sleep(1);
    else
        CHECK(write(ends[1], "x", 1) == 1);
    CHECK(exited(pid, n > 0 ? n : 1));
    close(ends[0]);
    close(ends[1]);
}
