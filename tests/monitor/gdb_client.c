#include "tests/monitor/gdb_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 };

void pause_for(long milliseconds) {
    nanosleep(
        &(struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000},
        NULL);
}

double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void connect_client(struct client *c) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "./gdb.socket"};
    for (int k = 0; k < PATIENCE_MS / 10; k++) {
        c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(c->fd >= 0);
        if (connect(c->fd, (struct sockaddr *)&address, sizeof address) == 0)
            break;
        close(c->fd);
        c->fd = -1;
        pause_for(10);
    }
    assert_true(c->fd >= 0);
    c->acks = true;
}

struct client *client_new(const char *const *arguments) {
    struct client *c = calloc(1, sizeof *c);
    assert_non_null(c);
    unlink("gdb.socket"); /* of a test that has failed */
    c->pid = start(&(struct setting){0}, arguments);
    connect_client(c);
    return c;
}

void put(struct client *c, const void *bytes, size_t size) {
    assert_int_equal(send(c->fd, bytes, size, MSG_NOSIGNAL), size);
}

int get(struct client *c) {
    struct pollfd in = {.fd = c->fd, .events = POLLIN};
    uint8_t byte;
    if (poll(&in, 1, PATIENCE_MS) != 1)
        fail_msg("no answer");
    return recv(c->fd, &byte, 1, 0) == 1 ? byte : -1;
}

void put_packet(struct client *c, const char *data, size_t size) {
    char sum[4];
    uint8_t total = 0;
    for (size_t k = 0; k < size; k++)
        total = (uint8_t)(total + (uint8_t)data[k]);
    snprintf(sum, sizeof sum, "#%02x", total);
    put(c, "$", 1);
    put(c, data, size);
    put(c, sum, 3);
}

void get_packet(struct client *c) {
    size_t n = 0;
    int byte;
    while ((byte = get(c)) != '$')
        assert_true(byte == '+');
    while ((byte = get(c)) != '#') {
        assert_true(byte >= 0 && n < sizeof c->reply - 1);
        c->reply[n++] = (char)byte;
    }
    c->reply[n] = '\0';
    get(c);
    get(c);
    if (c->acks)
        send(c->fd, "+", 1, MSG_NOSIGNAL); /* the server may have gone */
}

static unsigned hex_digit(char digit) {
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a' + 10);
}

void get_reply(struct client *c) {
    size_t n = 0;
    for (get_packet(c); c->reply[0] == 'O' && c->reply[1] != 'K'; get_packet(c))
        for (const char *at = c->reply + 1; at[0] && at[1] && n < sizeof c->told - 1; at += 2)
            c->told[n++] = (char)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
    c->told[n] = '\0';
}

const char *ask(struct client *c, const char *packet) {
    put_packet(c, packet, strlen(packet));
    get_reply(c);
    return c->reply;
}

const char *monitor(struct client *c, const char *command) {
    char packet[1024] = "qRcmd,";
    for (const char *at = command; *at; at++)
        snprintf(packet + strlen(packet), 3, "%02x", (uint8_t)*at);
    check(c, packet, "OK");
    return c->told;
}

void client_ended(struct client *c) {
    struct ran ran = finish(c->pid);
    if (ran.status != 0)
        fail_msg("exit status %d: %s", ran.status, ran.err);
    assert_string_equal(ran.err, "listening on ./gdb.socket\n");
    assert_int_equal(access("gdb.socket", F_OK), -1);
    ran_free(&ran);
    close(c->fd);
    free(c);
}

void client_end(struct client *c) {
    put_packet(c, "k", 1);
    client_ended(c);
}
