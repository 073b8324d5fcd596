/* classify.h - what the parts of `trapeze classify` share. */
#ifndef PG_MONITOR_CLASSIFY_H
#define PG_MONITOR_CLASSIFY_H

#include "machine/classify/classify.h"
#include "monitor/monitor.h"

/* The instructions of a profile, classified. */
struct classification {
    struct pg_profile profile;
    uint64_t seed;
    struct pg_classifier *classifier;
    struct pg_verdict *verdicts; /* by instruction */
};

/* Print all that was found out about one instruction, with the witnesses in full. */
void mon_explain_class(const struct classification *q, enum pg_op op);

/* The verdicts on all instructions as one object, by schema/classify.schema.json. Returns 0, or an
 * exit status after a message. */
int mon_json_classify(const struct classification *q);

#endif
