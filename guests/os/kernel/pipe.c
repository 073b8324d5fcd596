/* pipe.c - a ring of bytes between processes. */
#include "guests/os/kernel/file.h"

#include <errno.h>
#include <signal.h>

enum { SIZE = 1024 };

struct pipe {
    uint32_t read, written; /* bytes, in all */
    bool has_reader, has_writer;
    int first; /* the writer whose turn it is; 0: anybody's */
    char bytes[SIZE];
};

int pipe_new(struct file *ends[2]) {
    struct pipe *p = page_alloc();
    ends[0] = file_new();
    ends[1] = file_new();
    if (!p || !ends[0] || !ends[1]) {
        for (int k = 0; k < 2; k++)
            if (ends[k])
                file_close(ends[k]);
        if (p)
            page_free(p);
        return p ? -ENFILE : -ENOMEM;
    }
    p->has_reader = p->has_writer = true;
    ends[0]->pipe = ends[1]->pipe = p;
    ends[0]->readable = true;
    ends[1]->writable = true;
    return 0;
}

int pipe_read(struct pipe *p, uint32_t to, uint32_t n) {
    while (p->read == p->written && p->has_writer && n) {
        if (current->killed)
            return -EINTR;
        sleep_on(p);
    }
    uint32_t left = p->written - p->read, done = 0;
    n = n < left ? n : left;
    for (uint32_t part; done < n; done += part) {
        uint32_t at = p->read % SIZE;
        part = n - done < SIZE - at ? n - done : SIZE - at;
        if (copy_out(&current->space, to + done, p->bytes + at, part) != 0)
            break;
        p->read += part;
    }
    wake(p);
    return done || !n ? (int)done : -EFAULT;
}

/* Sleeps until there is room, and it is our turn. If it is not, as another one was faster to fill
 * the pipe, we come first next time. */
static int await_room(struct pipe *p) {
    for (bool waited = false;; waited = true) {
        if (!p->has_reader)
            current->killed = SIGPIPE;
        if (current->killed) {
            if (p->first == current->pid)
                p->first = 0;
            wake(p);
            return p->has_reader ? -EINTR : -EPIPE;
        }
        bool turn = !p->first || p->first == current->pid;
        if (turn && p->written - p->read < SIZE) {
            p->first = 0;
            return 0;
        }
        if (turn && waited)
            p->first = current->pid;
        sleep_on(p); /* and wake nobody: two writers would wake each other for ever */
    }
}

int pipe_write(struct pipe *p, uint32_t from, uint32_t n) {
    uint32_t done = 0;
    while (done < n) {
        int error = await_room(p);
        if (error)
            return error;
        uint32_t at = p->written % SIZE, room = SIZE - (p->written - p->read), part = n - done;
        part = part < room ? part : room;
        part = part < SIZE - at ? part : SIZE - at;
        error = copy_in(&current->space, p->bytes + at, from + done, part);
        wake(p); /* who is woken runs when we sleep */
        if (error)
            break;
        p->written += part;
        done += part;
    }
    return done || !n ? (int)done : -EFAULT;
}

void pipe_close(struct pipe *p, bool writer) {
    *(writer ? &p->has_writer : &p->has_reader) = false;
    wake(p);
    if (!p->has_reader && !p->has_writer)
        page_free(p);
}
