/* trace.h - trace files: what --trace writes, for one guest or several.
 *
 * A trace file has a part for each guest and system that is traced. Events are kept in memory, in
 * the order of T, and written when all have ended. The parts share --trace-size evenly: of each the
 * first events are kept, the later ones counted. Manual: section 11, "Traces".
 */
#ifndef MON_TRACE_H
#define MON_TRACE_H

#include "monitor/monitor.h"
#include "vmm/trace.h"

/* What is kept of one guest under one system. The tracer goes into its setup. */
struct mon_trace_part {
    struct pg_tracer tracer;
    char name[64];
    const struct pg_system *system;
    const struct pg_image *image;  /* for the names of places; outlives the trace */
    struct pg_trace_event *events; /* T ascending */
    size_t n, room, most;
    uint64_t dropped, first_dropped_T;
    uint64_t T; /* the guest's at the end */
    char ending[32];
};

struct mon_trace;

/* Make the trace that the options ask for, of so many parts. *trace is NULL if they ask for none.
 * Returns 0, or an exit status after a message. The file is created at once. */
int mon_trace_open(const struct mon_args *args, size_t nparts, struct mon_trace **trace);

/* Part k, which now belongs to this guest and system, to be put into its setup; NULL without a
 * trace. */
struct pg_tracer *mon_trace_begin(struct mon_trace *trace, size_t k, const char *name,
                                  const struct pg_system *system, const struct pg_image *image);

/* How the guest of part k ended. */
void mon_trace_end(struct mon_trace *trace, size_t k, const struct mon_result *result);

/* Write the file, say what was dropped, and free all. Returns 0, or an exit status after a message;
 * 0 without a trace. */
int mon_trace_close(struct mon_trace *trace);

/* ---- the two forms: trace_text.c, trace_json.c */

/* The file while it is written: each part has its share of bytes. */
struct mon_trace_out {
    FILE *file;
    size_t left;  /* bytes that may still be written for this part */
    bool started; /* JSON: something stands before, so a comma is due */
};

/* The smallest share of a part: its heading and end always fit. */
enum { MON_TRACE_LEAST = 4096, MON_TRACE_RESERVE = 2048 };

/* Write one line of an event, unless it is longer than what is left. */
bool mon_trace_line(struct mon_trace_out *out, const char *line);

/* Where an address is, as `symbol+offset`; "" if no symbol is known. */
const char *mon_trace_place(const struct mon_trace_part *part, uint32_t pc, char *text,
                            size_t size);

/* The event's instruction; "" if it has none. */
const char *mon_trace_insn(const struct pg_trace_event *event, char *text, size_t size);

/* Write a part, or as much of it as fits; returns how many of its events were written. */
size_t mon_trace_text(const struct mon_trace_part *part, struct mon_trace_out *out);
size_t mon_trace_json(const struct mon_trace_part *part, size_t number, struct mon_trace_out *out);

/* What a part ends with: how many of its events are not in the file. */
void mon_trace_text_end(const struct mon_trace_part *part, uint64_t dropped,
                        struct mon_trace_out *out);

/* Before the first part and after the last. */
void mon_trace_json_begin(struct mon_trace_out *out);
void mon_trace_json_end(struct mon_trace_out *out, uint64_t dropped);

#endif
