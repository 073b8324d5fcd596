/* syscall.c - the system calls: fetch the arguments, and call who does it. */
#include "guests/os/kernel/file.h"

#include <errno.h>
#include <string.h>

/* The arguments, as they stand in a0, a1, a2. */
struct args {
    uint32_t a, b, c;
};

static int path_at(uint32_t address, char path[OS_PATH]) {
    int n = copy_string(&current->space, path, address, OS_PATH);
    return n < 0 ? n : n == 0 ? -ENOENT : 0;
}

static struct file *opened(uint32_t fd) {
    return fd < OS_OPEN_FILES ? current->files[fd] : NULL;
}

static int sys_fork(const struct args *args) {
    return process_fork();
}

_Noreturn static int sys__exit(const struct args *args) {
    process_exit((int)(args->a & 0xff) << 8);
}

static int sys_waitpid(const struct args *args) {
    return process_wait((int)args->a, args->b, (int)args->c);
}

/* The arguments of a new program, one behind the other in a page; their total size. */
static int fetch_strings(uint32_t argv, char *page, int *argc) {
    size_t size = 0;
    for (*argc = 0;; ++*argc) {
        uint32_t string;
        int error = copy_in(&current->space, &string, argv + 4 * (uint32_t)*argc, sizeof string);
        if (error || !string)
            return error ? error : (int)size;
        int n = copy_string(&current->space, page + size, string, OS_PAGE - size);
        if (n < 0)
            return n == -ENAMETOOLONG ? -E2BIG : n;
        size += (size_t)n + 1;
    }
}

static int sys_execv(const struct args *args) {
    char path[OS_PATH];
    int argc, error = path_at(args->a, path);
    if (error)
        return error;
    char *page = page_alloc();
    if (!page)
        return -ENOMEM;
    int size = fetch_strings(args->b, page, &argc);
    int result = size < 0 ? size : exec(path, page, argc, (size_t)size);
    page_free(page);
    return result;
}

static int sys_kill(const struct args *args) {
    return process_kill((int)args->a, (int)args->b);
}

static int sys_getpid(const struct args *args) {
    return current->pid;
}

static int sys_sbrk(const struct args *args) {
    return space_grow(&current->space, (int)args->a);
}

static int sys_sleep(const struct args *args) {
    return process_sleep(args->a);
}

static int sys_uptime(const struct args *args) {
    return (int)(pg32_rdt() / OS_TICK);
}

static int sys_open(const struct args *args) {
    char path[OS_PATH];
    int error = path_at(args->a, path);
    return error ? error : name_open(path, (int)args->b);
}

static int sys_close(const struct args *args) {
    struct file *f = opened(args->a);
    if (!f)
        return -EBADF;
    current->files[args->a] = NULL;
    file_close(f);
    return 0;
}

static int sys_read(const struct args *args) {
    struct file *f = opened(args->a);
    return f ? file_read(f, args->b, args->c) : -EBADF;
}

static int sys_write(const struct args *args) {
    struct file *f = opened(args->a);
    return f ? file_write(f, args->b, args->c) : -EBADF;
}

static int sys_lseek(const struct args *args) {
    struct file *f = opened(args->a);
    return f ? file_seek(f, (int32_t)args->b, (int)args->c) : -EBADF;
}

static int sys_dup(const struct args *args) {
    struct file *f = opened(args->a);
    int fd = f ? descriptor_new(f) : -EBADF;
    if (fd >= 0)
        file_share(f);
    return fd;
}

static int sys_pipe(const struct args *args) {
    struct file *ends[2];
    int fd[2] = {-1, -1};
    int error = pipe_new(ends);
    if (error)
        return error;
    if ((fd[0] = descriptor_new(ends[0])) >= 0 && (fd[1] = descriptor_new(ends[1])) >= 0 &&
        copy_out(&current->space, args->a, fd, sizeof fd) == 0)
        return 0;
    error = fd[0] < 0 || fd[1] < 0 ? -EMFILE : -EFAULT;
    for (int k = 0; k < 2; k++) {
        if (fd[k] >= 0)
            current->files[fd[k]] = NULL;
        file_close(ends[k]);
    }
    return error;
}

static int sys_fstat(const struct args *args) {
    struct file *f = opened(args->a);
    struct stat st;
    memset(&st, 0, sizeof st); /* nothing of the kernel's stack shows between the fields */
    int error = f ? file_stat(f, &st) : -EBADF;
    return error ? error : copy_out(&current->space, args->b, &st, sizeof st);
}

static int sys_mkdir(const struct args *args) {
    char path[OS_PATH];
    int error = path_at(args->a, path);
    return error ? error : name_mkdir(path);
}

static int sys_unlink(const struct args *args) {
    char path[OS_PATH];
    int error = path_at(args->a, path);
    return error ? error : name_unlink(path);
}

static int sys_chdir(const struct args *args) {
    char path[OS_PATH];
    int error = path_at(args->a, path);
    return error ? error : name_chdir(path);
}

static int sys_processes(const struct args *args) {
    return process_list(args->a, (int)args->b);
}

static int sys_free_pages(const struct args *args) {
    return (int)pages_free();
}

_Noreturn static int sys_halt(const struct args *args) {
    for (;;)
        pg32_out(PG32_POWER_EXIT, args->a & 0xff);
}

static int (*const calls[])(const struct args *) = {
#define X(number, name, meaning) [number] = sys_##name,
#include "guests/os/syscall.def"
#undef X
};

void syscall(struct frame *frame) {
    struct args args = {frame->r[A0], frame->r[A1], frame->r[A2]};
    uint32_t number = frame->value;
    bool known = number < sizeof calls / sizeof *calls && calls[number];
    frame->psw.pc += 4; /* a gate's old pc is its own */
    int result = known ? calls[number](&args) : -ENOSYS;
    frame->r[A0] = (uint32_t)result;
}
