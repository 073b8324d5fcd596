/* path.c - names and directories. */
#include "guests/os/user/usertests/tests.h"

#include "guests/os/fs.h"

void test_open_errors(void) {
    make_file("file", 3, 3, 0);
    CHECK_ERROR(open("none", O_RDONLY), ENOENT);
    CHECK_ERROR(open("", O_RDONLY), ENOENT);
    CHECK_ERROR(open("none/file", O_RDWR | O_CREAT, 0666), ENOENT);
    CHECK_ERROR(open("file/x", O_RDONLY), ENOTDIR);
    CHECK_ERROR(open("file/x", O_RDWR | O_CREAT, 0666), ENOTDIR);
    CHECK_ERROR(open("/", O_WRONLY), EISDIR);
    CHECK_ERROR(open(".", O_RDWR | O_CREAT, 0666), EISDIR);
    CHECK_ERROR(open("file", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
    CHECK_ERROR(open("/", O_RDWR | O_CREAT, 0666), EISDIR);
    CHECK(unlink("file") == 0);
}

static bool is_directory(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static unsigned links(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (unsigned)st.st_nlink : 0;
}

void test_directories(void) {
    CHECK(mkdir("a", 0777) == 0 && mkdir("a/b", 0777) == 0 && mkdir("/t/a/b/c", 0777) == 0);
    CHECK(links("a") == 2 && links("a/b") == 2 && links("a/b/c") == 1);
    CHECK(chdir("a/b") == 0);
    make_file("c/file", 20, 20, 1);
    CHECK(same_file("/t/a/b/c/file", 20, 1) && same_file("../../a//b/./c/file", 20, 1));
    CHECK(chdir("c/..") == 0 && chdir("..") == 0 && is_directory("b/c"));
    CHECK(unlink("b/c/file") == 0 && unlink("b/c") == 0 && unlink("b") == 0);
    CHECK(links("../a") == 1 && chdir("/t") == 0);
    CHECK(unlink("a") == 0);
    CHECK(is_directory("/../../t"));
}

void test_directory_errors(void) {
    CHECK(mkdir("d", 0777) == 0);
    make_file("d/file", 1, 1, 1);
    CHECK_ERROR(mkdir("d", 0777), EEXIST);
    CHECK_ERROR(mkdir("d/file", 0777), EEXIST);
    CHECK_ERROR(mkdir("/", 0777), EEXIST);
    CHECK_ERROR(mkdir("none/d", 0777), ENOENT);
    CHECK_ERROR(mkdir("", 0777), ENOENT);
    CHECK_ERROR(chdir("none"), ENOENT);
    CHECK_ERROR(chdir("d/file"), ENOTDIR);
    CHECK_ERROR(unlink("none"), ENOENT);
    CHECK_ERROR(unlink("d"), ENOTEMPTY);
    CHECK_ERROR(unlink("d/."), EINVAL);
    CHECK_ERROR(unlink("d/.."), EINVAL);
    CHECK_ERROR(unlink("/"), EINVAL);
    CHECK(unlink("d/file") == 0 && unlink("d") == 0);
}

void test_removed_cwd(void) {
    CHECK(mkdir("d", 0777) == 0 && chdir("d") == 0);
    CHECK(unlink("/t/d") == 0);
    CHECK_ERROR(open("file", O_RDWR | O_CREAT, 0666), ENOENT);
    CHECK_ERROR(mkdir("d", 0777), ENOENT);
    CHECK_ERROR(chdir(".."), ENOENT);
    CHECK(chdir("/t") == 0);
}

void test_long_names(void) {
    char name[FS_NAME + 2], path[200];
    memset(name, 'n', sizeof name);
    name[FS_NAME + 1] = '\0';
    CHECK_ERROR(mkdir(name, 0777), ENAMETOOLONG);
    name[FS_NAME] = '\0';
    CHECK(mkdir(name, 0777) == 0 && is_directory(name));
    name[FS_NAME - 1] = '\0';
    CHECK(!is_directory(name)); /* a shorter one is another one */
    name[FS_NAME - 1] = 'n';
    CHECK(unlink(name) == 0);
    memset(path, '/', sizeof path);
    path[127] = '\0';
    CHECK(is_directory(path));
    path[127] = '/';
    path[128] = '\0';
    CHECK_ERROR(chdir(path), ENAMETOOLONG);
}

void test_many_names(void) {
    char name[16];
    for (int k = 0; k < 60; k++) {
        snprintf(name, sizeof name, "n%d", k);
        make_file(name, 1, 1, (unsigned)k);
    }
    for (int k = 0; k < 60; k += 2) {
        snprintf(name, sizeof name, "n%d", k);
        CHECK(unlink(name) == 0);
    }
    for (int k = 0; k < 60; k++) {
        snprintf(name, sizeof name, "n%d", k);
        CHECK(same_file(name, 1, (unsigned)k) == (k % 2 == 1));
    }
    for (int k = 1; k < 60; k += 2) {
        snprintf(name, sizeof name, "n%d", k);
        CHECK(unlink(name) == 0);
    }
}

void test_same_name(void) {
    int pid[3];
    for (int k = 0; k < 3; k++)
        if (child(&pid[k])) {
            for (int n = 0; n < 15; n++) {
                int fd = open("same", O_RDWR | O_CREAT, 0666);
                CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
                CHECK(unlink("same") == 0 || errno == ENOENT);
            }
            _exit(0);
        }
    for (int k = 0; k < 3; k++)
        CHECK(exited(pid[k], 0));
    CHECK(unlink("same") == 0 || errno == ENOENT);
}

void test_stat_types(void) {
    struct stat st;
    int ends[2];
    CHECK(stat("/dev/console", &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(stat("/", &st) == 0 && S_ISDIR(st.st_mode) && st.st_ino == FS_ROOT);
    make_file("file", 77, 77, 1);
    CHECK(stat("file", &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 77 && st.st_nlink == 1);
    CHECK(unlink("file") == 0);
    CHECK(pipe(ends) == 0 && fstat(ends[0], &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK_ERROR(fstat(9, &st), EBADF);
    close(ends[0]);
    close(ends[1]);
}
