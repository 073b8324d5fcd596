/* file.c - the contents of files. */
#include "guests/os/user/usertests/tests.h"

#include "guests/os/fs.h"

enum { LARGEST = FS_FILE_BLOCKS * FS_BLOCK };

void test_write_read(void) {
    static const size_t sizes[] = {0,    1,    511,       1023,          1024,
                                   1025, 5000, 12 * 1024, 12 * 1024 + 1, 30000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (size_t part = 1000; part <= 4096; part += 1548) {
            make_file("file", sizes[k], part, (unsigned)k);
            CHECK(same_file("file", sizes[k], (unsigned)k));
        }
    CHECK(unlink("file") == 0);
}

void test_append_trunc(void) {
    char bytes[16];
    int fd = open("file", O_WRONLY | O_CREAT | O_APPEND, 0666);
    int other = open("file", O_WRONLY | O_APPEND);
    CHECK(fd >= 0 && other >= 0);
    CHECK(write(fd, "one", 3) == 3 && write(other, "two", 3) == 3 && write(fd, "six", 3) == 3);
    close(fd);
    close(other);
    fd = open("file", O_RDONLY);
    CHECK(read(fd, bytes, sizeof bytes) == 9 && memcmp(bytes, "onetwosix", 9) == 0);
    CHECK_ERROR(write(fd, bytes, 1), EBADF);
    other = open("file", O_WRONLY | O_TRUNC);
    CHECK_ERROR(read(other, bytes, 1), EBADF);
    CHECK(read(fd, bytes, 1) == 0 && lseek(fd, 0, SEEK_END) == 0);
    close(fd);
    close(other);
    CHECK(unlink("file") == 0);
}

void test_seek_holes(void) {
    char byte = 1;
    int fd = open("file", O_RDWR | O_CREAT, 0666);
    CHECK(lseek(fd, 100000, SEEK_SET) == 100000 && write(fd, "x", 1) == 1);
    CHECK(lseek(fd, 0, SEEK_END) == 100001);
    for (int at = 0; at < 100000; at += 9973) {
        CHECK(lseek(fd, at, SEEK_SET) == at);
        CHECK(read(fd, &byte, 1) == 1 && byte == 0);
    }
    CHECK(lseek(fd, -1, SEEK_END) == 100000 && read(fd, &byte, 1) == 1 && byte == 'x');
    CHECK(read(fd, &byte, 1) == 0);
    CHECK_ERROR(lseek(fd, -1, SEEK_SET), EINVAL);
    CHECK_ERROR(lseek(fd, 0, 3), EINVAL);
    close(fd);
    CHECK(unlink("file") == 0);
}

void test_write_fault(void) {
    int fd = open("file", O_RDWR | O_CREAT, 0666);
    char *end = end_of_heap(50), bytes[200];
    memset(end, 'x', 50);
    memset(bytes, 'a', sizeof bytes);
    CHECK(write(fd, bytes, 100) == 100 && lseek(fd, 20, SEEK_SET) == 20);
    CHECK_ERROR(write(fd, end, 100), EFAULT); /* half of it is there */
    CHECK(lseek(fd, 150, SEEK_SET) == 150 && write(fd, "b", 1) == 1);
    CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, bytes, sizeof bytes) == 151);
    for (int k = 0; k < 150; k++)
        CHECK(bytes[k] == (k < 100 ? 'a' : 0));
    close(fd);
    CHECK(unlink("file") == 0);
}

void test_largest(void) {
    make_file("file", LARGEST, 4096, 5);
    CHECK(same_file("file", LARGEST, 5));
    int fd = open("file", O_WRONLY | O_APPEND);
    CHECK_ERROR(write(fd, "x", 1), EFBIG);
    close(fd);
    CHECK(unlink("file") == 0);
}

void test_unlinked_open(void) {
    char bytes[10];
    make_file("file", 10, 10, 3);
    int fd = open("file", O_RDWR);
    CHECK(unlink("file") == 0);
    CHECK_ERROR(open("file", O_RDONLY), ENOENT);
    CHECK(read(fd, bytes, 10) == 10 && write(fd, bytes, 10) == 10);
    make_file("file", 10, 10, 4); /* another one of that name */
    CHECK(lseek(fd, 0, SEEK_END) == 20);
    close(fd);
    CHECK(same_file("file", 10, 4));
    CHECK(unlink("file") == 0);
}

void test_writers(void) {
    enum { PROCESSES = 4 };
    char name[] = "w0";
    int pid[PROCESSES];
    for (int k = 0; k < PROCESSES; k++)
        if (child(&pid[k])) {
            name[1] = (char)('0' + k);
            for (int round = 0; round < 4; round++) {
                make_file(name, 5000, 777, (unsigned)(k + round));
                CHECK(same_file(name, 5000, (unsigned)(k + round)));
                CHECK(unlink(name) == 0);
            }
            _exit(0);
        }
    for (int k = 0; k < PROCESSES; k++)
        CHECK(exited(pid[k], 0));
}

/* While a child is at its work, we get our turn, too: it does not end before we do. */
static void check_turns(void (*work)(void)) {
    int pid;
    if (child(&pid)) {
        for (int n = 0; n < 100; n++)
            work();
        _exit(0);
    }
    sleep(1);
    work();
    CHECK(waitpid(pid, NULL, WNOHANG) == 0);
    CHECK(exited(pid, 0));
}

static void write_one(void) {
    int fd = open("file", O_WRONLY);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
}

static void read_one(void) {
    static int at;
    char byte;
    int fd = open("file", O_RDONLY);
    for (int k = 0; k < 10; k++, at = (at + 1024) % 200000)
        CHECK(fd >= 0 && lseek(fd, at, SEEK_SET) == at && read(fd, &byte, 1) == 1);
    close(fd);
}

void test_turns(void) {
    make_file("file", 200000, 4096, 1);
    check_turns(write_one);
    check_turns(read_one);
    CHECK(unlink("file") == 0);
}

/* How many bytes there is room for. */
static size_t fill(void) {
    static char bytes[3072];
    char name[] = "a";
    size_t all = 0;
    for (; name[0] <= 'z'; name[0]++) {
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
        size_t size = 0;
        ssize_t n = 0;
        CHECK(fd >= 0);
        while (size < LARGEST - sizeof bytes && (n = write(fd, bytes, sizeof bytes)) > 0)
            size += (size_t)n;
        CHECK(n > 0 || errno == ENOSPC);
        all += size;
        close(fd);
        if (n < 0)
            break;
    }
    for (; name[0] >= 'a'; name[0]--)
        CHECK(unlink(name) == 0);
    return all;
}

void test_disk_full(void) {
    size_t room = fill();
    CHECK(room > 10000);
    CHECK(fill() == room);
}

void test_inodes_all(void) {
    char name[16];
    for (int round = 0; round < 2; round++) {
        int n = 0, fd;
        for (;; n++) {
            snprintf(name, sizeof name, "i%d", n);
            fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
            if (fd < 0)
                break;
            close(fd);
        }
        CHECK(errno == ENOSPC && n > 10);
        CHECK_ERROR(mkdir("dir", 0777), ENOSPC);
        while (n-- > 0) {
            snprintf(name, sizeof name, "i%d", n);
            CHECK(unlink(name) == 0);
        }
    }
}
