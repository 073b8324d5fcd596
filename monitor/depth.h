/* depth.h - `trapeze compare --depth N`: one guest, nested ever deeper. */
#ifndef PG_DEPTH_H
#define PG_DEPTH_H

#include "monitor/monitor.h"

enum { MON_DEPTHS = 8 }; /* the deepest that is tried */

/* A guest inside `depth` VMMs. */
struct mon_depth {
    size_t depth;
    struct mon_ending ending;
    uint64_t instructions, traps; /* of the whole machine */
    uint32_t entries[MON_DEPTHS]; /* the vmm_exits of each VMM, the outermost first */
    size_t output;                /* bytes on the console */
    bool equal;                   /* those of depth 0 */
    double seconds;               /* of processor time */
};

/* Run and print all depths. Returns the exit status. */
int mon_compare_depths(const struct mon_args *args, struct mon_plan *plan);

/* As JSON, by schema/depth.schema.json. Returns 0, or an exit status after a message. */
int mon_json_depths(const char *guest, const char *system, const char *engine,
                    const struct mon_depth *depths, size_t n);

#endif
