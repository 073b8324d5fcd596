/* gdb_packet.c - packets: `$data#checksum`, over a TCP or a Unix socket. */
#include "monitor/debug/gdb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- text */

void gdb_clear(struct gdb_text *t) {
    t->n = 0;
    t->bytes[0] = '\0';
    t->full = false;
}

void gdb_add(struct gdb_text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(t->bytes + t->n, sizeof t->bytes - t->n, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof t->bytes - t->n) {
        t->bytes[t->n] = '\0';
        t->full = true;
    } else {
        t->n += (size_t)n;
    }
}

void gdb_add_hex(struct gdb_text *t, const void *bytes, size_t size) {
    const uint8_t *b = bytes;
    for (size_t k = 0; k < size; k++)
        gdb_add(t, "%02x", b[k]);
}

bool gdb_add_binary(struct gdb_text *t, uint8_t byte) {
    bool escaped = byte == '#' || byte == '$' || byte == '}' || byte == '*';
    if (t->n + 2 >= sizeof t->bytes) {
        t->full = true;
        return false;
    }
    if (escaped)
        t->bytes[t->n++] = '}';
    t->bytes[t->n++] = (char)(escaped ? byte ^ 0x20 : byte);
    t->bytes[t->n] = '\0';
    return true;
}

/* A hex digit's value, or -1. */
static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool gdb_hex(const char **at, uint64_t max, uint64_t *value) {
    const char *begin = *at;
    for (*value = 0; digit_of(**at) >= 0; ++*at) {
        uint64_t digit = (uint64_t)digit_of(**at);
        if (digit > max || *value > (max - digit) / 16)
            return false;
        *value = *value * 16 + digit;
    }
    return *at > begin;
}

bool gdb_skip(const char **at, char c) {
    bool there = **at == c;
    *at += there;
    return there;
}

bool gdb_byte(const char **at, uint8_t *byte) {
    int high = digit_of((*at)[0]), low = high < 0 ? -1 : digit_of((*at)[1]);
    if (low < 0)
        return false;
    *byte = (uint8_t)(high << 4 | low);
    *at += 2;
    return true;
}

bool gdb_bytes(const char *hex, void *bytes, size_t max, size_t *size) {
    uint8_t *b = bytes;
    for (*size = 0; *hex; ++*size)
        if (*size == max || !gdb_byte(&hex, &b[*size]))
            return false;
    return true;
}

/* ---- connections */

static int listen_unix(struct gdb_link *link, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat is;
    if (strlen(path) >= sizeof address.sun_path)
        return mon_fail(MON_USAGE, "--gdb %s: too long for the name of a socket", path);
    strcpy(address.sun_path, path);
    /* A socket that nobody listens at is left over from a program that was killed. */
    if (lstat(path, &is) == 0 && S_ISSOCK(is.st_mode)) {
        int probe = socket(AF_UNIX, SOCK_STREAM, 0);
        if (probe >= 0 && connect(probe, (struct sockaddr *)&address, sizeof address) != 0 &&
            errno == ECONNREFUSED)
            unlink(path);
        if (probe >= 0)
            close(probe);
    }
    link->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->listener < 0 ||
        bind(link->listener, (struct sockaddr *)&address, sizeof address) != 0)
        return mon_fail(MON_USAGE, "--gdb %s: %s", path, strerror(errno));
    strcpy(link->path, path);
    if (listen(link->listener, 1) != 0)
        return mon_fail(MON_USAGE, "--gdb %s: %s", path, strerror(errno));
    fprintf(stderr, "listening on %s\n", path);
    return 0;
}

/* Only this host may come: whoever speaks with us is given all that the guest has. */
static int listen_tcp(struct gdb_link *link, const char *text) {
    uint64_t port;
    if (!mon_number(text, 65535, 0, &port))
        return mon_fail(MON_USAGE, "--gdb %s: expected a port, 0 to 65535, or a path with a /",
                        text);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int yes = 1;
    link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->listener < 0 ||
        setsockopt(link->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(link->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(link->listener, 1) != 0 ||
        getsockname(link->listener, (struct sockaddr *)&address, &size) != 0)
        return mon_fail(MON_USAGE, "--gdb %s: %s", text, strerror(errno));
    fprintf(stderr, "listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    return 0;
}

int gdb_listen(struct gdb_link *link, const char *where) {
    link->fd = link->listener = -1;
    return strchr(where, '/') ? listen_unix(link, where) : listen_tcp(link, where);
}

void gdb_unlisten(struct gdb_link *link) {
    gdb_hang_up(link);
    if (link->listener >= 0)
        close(link->listener);
    if (*link->path)
        unlink(link->path);
    link->listener = -1;
}

bool gdb_accept(struct gdb_link *link) {
    int yes = 1;
    while (!mon_interrupted()) {
        link->fd = accept(link->listener, NULL, NULL);
        if (link->fd >= 0)
            break;
        if (errno != EINTR && errno != ECONNABORTED) {
            mon_fail(MON_INTERNAL, "gdb: %s", strerror(errno));
            return false;
        }
    }
    if (link->fd < 0)
        return false;
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes); /* not of a Unix socket */
    link->acks = true;
    link->closed = false;
    link->n = link->packet = link->last_size = 0;
    return true;
}

void gdb_hang_up(struct gdb_link *link) {
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

/* ---- receiving */

/* More bytes; with `wait`, at least one, unless the connection is lost or we are interrupted. */
static bool fill(struct gdb_link *link, bool wait) {
    struct pollfd in = {.fd = link->fd, .events = POLLIN};
    int ready;
    if (link->n == sizeof link->in || link->closed)
        return false;
    do
        ready = poll(&in, 1, wait ? 1000 : 0);
    while (wait && (ready == 0 || (ready < 0 && errno == EINTR)) && !mon_interrupted());
    if (ready <= 0)
        return false;
    ssize_t n = recv(link->fd, link->in + link->n, sizeof link->in - link->n, 0);
    if (n <= 0) {
        link->closed = n == 0 || errno != EINTR;
        return false;
    }
    link->n += (size_t)n;
    return true;
}

static void drop(struct gdb_link *link, size_t n) {
    link->n -= n;
    memmove(link->in, link->in + n, link->n);
}

static void put(struct gdb_link *link, const char *bytes, size_t size) {
    while (size && !link->closed) {
        ssize_t n = send(link->fd, bytes, size, MSG_NOSIGNAL);
        if (n < 0 && (errno != EINTR || mon_interrupted())) {
            link->closed = true;
        } else if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
}

/* What stands before a packet; Ctrl-C ends it. */
static bool skip_to_packet(struct gdb_link *link) {
    size_t k = 0;
    while (k < link->n && link->in[k] != '$' && link->in[k] != 3) {
        if (link->in[k] == '-')
            put(link, link->last, link->last_size);
        k++;
    }
    drop(link, k);
    return link->n && link->in[0] == 3;
}

/* Where in the buffer the packet's # is, 0: not yet there. One that begins anew within goes. */
static size_t find_end(struct gdb_link *link) {
    for (size_t k = 1; k < link->n; k++) {
        if (link->in[k] == '#')
            return k + 2 < link->n ? k : 0;
        if (link->in[k] == '$') {
            drop(link, k);
            k = 0;
        }
    }
    return 0;
}

static bool sum_is_right(const uint8_t *in, size_t end) {
    uint8_t sum = 0;
    for (size_t k = 1; k < end; k++)
        sum = (uint8_t)(sum + in[k]);
    return digit_of((char)in[end + 1]) == sum >> 4 && digit_of((char)in[end + 2]) == (sum & 15);
}

/* Bytes that are no packet. */
static bool refuse(struct gdb_link *link, size_t n) {
    drop(link, n);
    if (link->acks)
        put(link, "-", 1);
    return !link->acks;
}

enum gdb_arrival gdb_receive(struct gdb_link *link, char **packet, size_t *size) {
    drop(link, link->packet);
    link->packet = 0;
    for (;;) {
        if (skip_to_packet(link)) {
            drop(link, 1);
            return GDB_INTERRUPT;
        }
        size_t end = find_end(link);
        if (end && (end > GDB_PACKET || !sum_is_right(link->in, end))) {
            if (refuse(link, end + 3))
                return GDB_BAD;
        } else if (end) {
            if (link->acks)
                put(link, "+", 1);
            link->in[end] = '\0';
            *packet = (char *)link->in + 1;
            *size = end - 1;
            link->packet = end + 3;
            return GDB_ARRIVED;
        } else if (link->n == sizeof link->in) {
            if (refuse(link, link->n))
                return GDB_BAD;
        } else if (!fill(link, true) && (link->closed || mon_interrupted())) {
            return GDB_GONE;
        }
    }
}

void gdb_send(struct gdb_link *link, const char *bytes, size_t size) {
    uint8_t sum = 0;
    if (size + 4 > sizeof link->last)
        return;
    for (size_t k = 0; k < size; k++)
        sum = (uint8_t)(sum + (uint8_t)bytes[k]);
    link->last[0] = '$';
    memcpy(link->last + 1, bytes, size);
    snprintf(link->last + 1 + size, 4, "#%02x", sum);
    link->last_size = size + 4;
    put(link, link->last, link->last_size);
}

bool gdb_asked_to_stop(struct gdb_link *link) {
    drop(link, link->packet);
    link->packet = 0;
    fill(link, false);
    if (!link->closed && skip_to_packet(link)) {
        drop(link, 1);
        return true;
    }
    return link->closed;
}
