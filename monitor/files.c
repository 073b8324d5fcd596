/* files.c - whole files, in and out. */
#include "monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Wait for something to read, but not beyond an interrupt. */
static bool wait_for(int fd) {
    struct pollfd in = {.fd = fd, .events = POLLIN};
    while (!mon_interrupted())
        if (poll(&in, 1, 100) > 0)
            return true;
    return false;
}

uint8_t *mon_read_all(int fd, const char *name, size_t max, size_t *size, struct pg_error *err) {
    struct pg_bytes bytes = {0};
    uint8_t block[65536];
    ssize_t n = 0;
    bool ok = true;
    while (ok && wait_for(fd) && (n = read(fd, block, sizeof block)) > 0) {
        if (bytes.size + (size_t)n > max)
            ok = pg_fail(err, "%s: larger than %zu MiB", name, max >> 20);
        else if (!pg_bytes_add(&bytes, block, (size_t)n))
            ok = pg_fail(err, "the host is out of memory");
    }
    if (n < 0 && errno != EINTR)
        ok = pg_fail(err, "%s: %s", name, strerror(errno));
    if (ok && !bytes.data) /* an empty file is not NULL */
        ok = (bytes.data = malloc(1)) || pg_fail(err, "the host is out of memory");
    if (!ok) {
        free(bytes.data);
        return NULL;
    }
    *size = bytes.size;
    return bytes.data;
}

uint8_t *mon_read_file(const char *path, size_t max, size_t *size, struct pg_error *err) {
    int fd = open(path, O_RDONLY);
    uint8_t *bytes = NULL;
    struct stat st;
    if (fd < 0)
        pg_fail(err, "%s: %s", path, strerror(errno));
    else if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
        pg_fail(err, "%s: larger than %zu MiB", path, max >> 20);
    else
        bytes = mon_read_all(fd, path, max, size, err);
    if (fd >= 0)
        close(fd);
    return bytes;
}

static bool write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return true;
}

/* Through a new file beside it, so that an error leaves the old one whole. */
static bool replace(const char *path, mode_t mode, const void *data, size_t size) {
    size_t length = strlen(path);
    char *beside = malloc(length + sizeof ".XXXXXX");
    if (!beside)
        return false;
    memcpy(beside, path, length);
    memcpy(beside + length, ".XXXXXX", sizeof ".XXXXXX");
    int fd = mkstemp(beside);
    bool ok = fd >= 0;
    if (ok) {
        ok = fchmod(fd, mode) == 0 && write_all(fd, data, size);
        ok = close(fd) == 0 && ok;
        ok = ok && rename(beside, path) == 0;
        int code = errno;
        if (!ok)
            unlink(beside);
        errno = code;
    }
    free(beside);
    return ok;
}

bool mon_write_file(const char *path, const void *data, size_t size, struct pg_error *err) {
    struct stat st;
    bool ok;
    errno = 0;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        ok = access(path, W_OK) == 0 && replace(path, st.st_mode & 07777, data, size);
    } else { /* new, or a device, a pipe, a link: not to be replaced by a file */
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        ok = fd >= 0 && write_all(fd, data, size);
        int code = errno;
        if (fd >= 0 && close(fd) != 0 && ok) {
            code = errno;
            ok = false;
        }
        errno = code;
    }
    return ok || pg_fail(err, "%s: %s", path, strerror(errno ? errno : ENOMEM));
}

bool mon_same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool mon_is_a_source(const struct mon_args *args, const char *path) {
    bool is = false;
    for (size_t k = 0; k < args->noperands; k++)
        is |= mon_same_file(path, args->operands[k]);
    for (size_t k = 0; k < args->count[OPT_disk]; k++)
        is |= mon_same_file(path, args->values[OPT_disk][k]);
    for (size_t k = 0; k < args->count[OPT_input]; k++)
        is |= mon_same_file(path, args->values[OPT_input][k]);
    return is;
}
