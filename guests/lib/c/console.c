/* console.c - standard input and output: the console, until freopen puts a file in its place. */
#include <stdio.h>

static int elsewhere[FIRST] = {-1, -1, -1}; /* a file's descriptor, for each of the three */

static int standard_fd(FILE *file) {
    return file == stdin ? 0 : file == stdout ? 1 : 2;
}

static int put(char c, FILE *file) {
    int fd = elsewhere[standard_fd(file)];
    if (fd >= 0)
        return write(fd, &c, 1) == 1 ? (unsigned char)c : _FDEV_ERR;
    pg32_out(PG32_CONSOLE_DATA, (unsigned char)c);
    return (unsigned char)c;
}

/* The next byte of the console; waits for one. */
static int get_console(void) {
    for (;;) {
        uint32_t byte = pg32_in(PG32_CONSOLE_DATA);
        if (byte != UINT32_MAX)
            return (int)byte;
        if (pg32_in(PG32_CONSOLE_STATUS) & 2)
            return EOF;
        pg32_idle();
    }
}

static int get(FILE *file) {
    int fd = elsewhere[standard_fd(file)];
    unsigned char c;
    if (fd < 0)
        return get_console();
    return read(fd, &c, 1) == 1 ? c : _FDEV_EOF;
}

static FILE console[FIRST] = {FDEV_SETUP_STREAM(NULL, get, NULL, _FDEV_SETUP_READ),
                              FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE),
                              FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE)};
FILE *const stdin = &console[0];
FILE *const stdout = &console[1];
FILE *const stderr = &console[2];

/* read and write of descriptors 0 to 2 (files.c). */
static ssize_t read_console(char *to, size_t n) {
    size_t k = 0;
    while (k < n) {
        int c = get_console();
        if (c == EOF)
            break;
        to[k++] = (char)c;
        if (c == '\n')
            break;
    }
    return (ssize_t)k;
}

static ssize_t write_console(const char *from, size_t n) {
    for (size_t k = 0; k < n; k++)
        pg32_out(PG32_CONSOLE_DATA, (unsigned char)from[k]);
    return (ssize_t)n;
}

/* The C library's freopen knows only streams of its own making. */
FILE *__real_freopen(const char *name, const char *mode, FILE *file);
FILE *__wrap_freopen(const char *name, const char *mode, FILE *file) {
    int flags = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    if (file != stdin && file != stdout && file != stderr)
        return __real_freopen(name, mode, file);
    if (!name)
        return NULL;
    int fd = open(name, *mode == 'r'   ? flags
                        : *mode == 'w' ? flags | O_CREAT | O_TRUNC
                                       : flags | O_CREAT | O_APPEND);
    int *place = &elsewhere[standard_fd(file)];
    if (*place >= 0)
        close(*place);
    *place = fd;
    clearerr(file);
    return fd >= 0 ? file : NULL;
}
