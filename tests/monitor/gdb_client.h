/* gdb_client.h - a client of `trapeze debug --gdb`: packets, as gdb sends them and as it would not.
 * A test fails where something does not come, or not as the protocol has it. */
#ifndef TESTS_MONITOR_GDB_CLIENT_H
#define TESTS_MONITOR_GDB_CLIENT_H

#include "tests/monitor/execute.h"

enum { PACKET = 0x4000 }; /* bytes that the server takes in one */

/* A connection. */
struct client {
    int fd;
    pid_t pid; /* of the server */
    bool acks;
    char reply[2 * PACKET]; /* the last packet that came, */
    char told[65536];       /* and the text that O packets before it had */
};

void pause_for(long milliseconds);
double seconds(void);

/* Start a server with these arguments, which has to listen at ./gdb.socket, and connect to it. */
struct client *client_new(const char *const *arguments);
#define serve(system, ...)                                                                         \
    client_new(ARGUMENTS("debug", "-ethreaded", "-m64K", "--system", system, "--gdb",              \
                         "./gdb.socket", __VA_ARGS__))

/* Connect to the server once more. */
void connect_client(struct client *c);

/* Kill the guest, so that the server ends. */
void client_end(struct client *c);

/* The server ends, or has ended, as it should. */
void client_ended(struct client *c);

/* ---- bytes */

void put(struct client *c, const void *bytes, size_t size);

/* The next byte, or -1 at the end of the connection. */
int get(struct client *c);

/* ---- packets */

void put_packet(struct client *c, const char *data, size_t size);

/* The next packet from the server; acknowledgements before it are skipped. */
void get_packet(struct client *c);

/* The next one that answers; text for the person is collected. */
void get_reply(struct client *c);

/* Send a packet; returns the answer. */
const char *ask(struct client *c, const char *packet);
#define check(c, packet, reply) assert_string_equal(ask(c, packet), reply)

/* A console command; returns what it wrote. */
const char *monitor(struct client *c, const char *command);

#endif
