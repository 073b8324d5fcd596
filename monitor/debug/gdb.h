/* gdb.h - what the parts of the gdb server share: gdb.c understands packets, gdb_packet.c carries
 * them, gdb_registers.c and gdb_memory.c answer for the state, gdb_run.c goes on and back.
 *
 * A kernel and the programs that it runs have different code at the same addresses. So gdb is shown
 * two processes, as it can have a program of its own for each: process 1 is ring 0, process 2 is
 * rings 1 to 3. They have one thread each, of which the processor is in one at a time.
 */
#ifndef DEBUG_GDB_H
#define DEBUG_GDB_H

#include "monitor/debug/debug.h"

enum {
    GDB_PACKET = 0x4000, /* bytes between `$` and `#`, at most */
    GDB_STOPS = 256,
    GDB_KERNEL = 1, /* processes */
    GDB_USER = 2,
    /* gdb's numbers for signals */
    GDB_SIGINT = 2,
    GDB_SIGTRAP = 5,
    GDB_SIGABRT = 6,
    GDB_SIGTTIN = 21,
};

/* ---- gdb_packet.c */

struct gdb_link {
    int listener, fd; /* fd: of the present connection, or -1 */
    char path[108];   /* of a Unix socket, to be removed; or "" */
    bool acks;        /* each packet is acknowledged */
    bool closed;      /* by the other side */
    size_t n;         /* bytes in `in`, */
    size_t packet; /* of which so many, `packet`, were the last one: they go with the next call */
    uint8_t in[2 * GDB_PACKET];
    char last[2 * GDB_PACKET + 8]; /* what was sent last, to send again */
    size_t last_size;
};

/* A reply as it grows. What does not fit is left out, and `full` says so. */
struct gdb_text {
    char bytes[GDB_PACKET + 1];
    size_t n;
    bool full;
};

void gdb_clear(struct gdb_text *t);
void gdb_add(struct gdb_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gdb_add_hex(struct gdb_text *t, const void *bytes, size_t size);

/* Binary data: what would end a packet is escaped. False, and nothing is added, if it does not fit.
 */
bool gdb_add_binary(struct gdb_text *t, uint8_t byte);

/* A hex number at *at, of at least one digit and not above `max`, which is passed. False if there
 * is none. */
bool gdb_hex(const char **at, uint64_t max, uint64_t *value);

/* Pass this character; false if it does not stand there. */
bool gdb_skip(const char **at, char c);

/* A byte of two hex digits, which are passed. False if they do not stand there. */
bool gdb_byte(const char **at, uint8_t *byte);

/* As many bytes as the hex digits at `hex` give, at most `max`. False if that is not all of it. */
bool gdb_bytes(const char *hex, void *bytes, size_t max, size_t *size);

/* Listen, and say where on standard error. Returns 0, or an exit status after a message. */
int gdb_listen(struct gdb_link *link, const char *where);
void gdb_unlisten(struct gdb_link *link);

/* Wait for a connection. False: interrupted, or it cannot be. */
bool gdb_accept(struct gdb_link *link);
void gdb_hang_up(struct gdb_link *link);

enum gdb_arrival {
    GDB_ARRIVED,   /* *packet, *size; a zero byte is behind it */
    GDB_INTERRUPT, /* Ctrl-C: the byte 3 outside of packets */
    GDB_BAD,       /* a packet that is none, and could not be refused by NAK */
    GDB_GONE,      /* the connection is lost, or we were interrupted */
};

/* Wait for the next packet. It holds up to the next call. */
enum gdb_arrival gdb_receive(struct gdb_link *link, char **packet, size_t *size);

/* Send a packet. What cannot be sent shows as a lost connection at the next gdb_receive. */
void gdb_send(struct gdb_link *link, const char *bytes, size_t size);

/* Has Ctrl-C come, or is the connection lost? Does not wait. */
bool gdb_asked_to_stop(struct gdb_link *link);

/* ---- the server */

struct gdb_stop {
    int number; /* in stops.c; 0: free */
    unsigned type, process;
    uint32_t address, size;
};

struct gdb {
    struct debugger *d;
    struct gdb_link link;
    struct gdb_text reply;
    struct gdb_stop stops[GDB_STOPS];
    bool spaces;      /* two processes; else one, which is all rings */
    unsigned process; /* that gdb means: 0 is the one that the processor is in */
    unsigned resumed; /* that it means to go on or back in, where the packet does not say so */
    bool ends;        /* gdb has killed the guest, */
    unsigned killed;  /* or some of its processes: a bit each */
    bool back;        /* on the way back: the console is not shown again */
};

/* ---- gdb_registers.c: each appends its reply */

void gdb_describe(struct gdb_text *xml); /* the target description */
void gdb_read_all(struct gdb *g);
void gdb_read_one(struct gdb *g, const char *arguments);
void gdb_write_all(struct gdb *g, const char *arguments);
void gdb_write_one(struct gdb *g, const char *arguments);

/* ---- gdb_memory.c: processes, their memory, and stops at it */

/* The process that the processor is in. */
unsigned gdb_present(const struct gdb *g);

/* The process that gdb means. */
unsigned gdb_meant(const struct gdb *g);

/* The PSW of a process: the present one; or by a trap's frame, where it will go on (that of ring 0:
 * where traps go). False if there is none. */
bool gdb_psw(const struct gdb *g, unsigned process, struct pg_psw *psw);

void gdb_read_memory(struct gdb *g, const char *arguments);
void gdb_write_memory(struct gdb *g, const char *arguments);
void gdb_write_binary(struct gdb *g, const char *arguments, size_t size);
void gdb_add_stop(struct gdb *g, const char *arguments);
void gdb_remove_stop(struct gdb *g, const char *arguments);
void gdb_remove_all_stops(struct gdb *g);

/* ---- gdb_run.c */

void gdb_continue(struct gdb *g);

/* A step; with a range, to its end: until the pc is outside of [from, end). */
void gdb_step(struct gdb *g);
void gdb_step_range(struct gdb *g, uint32_t from, uint32_t end);
void gdb_step_back(struct gdb *g);
void gdb_continue_back(struct gdb *g);

/* Say to the person at gdb. */
void gdb_tell(struct gdb *g, const char *text, size_t size);

/* Make a stop reply: `what` is its reason, as the protocol has it, or "". */
void gdb_stopped(struct gdb *g, unsigned signal, const char *what, unsigned process);

#endif
