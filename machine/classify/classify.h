/* classify.h - the classes of Popek & Goldberg, derived by experiment.
 *
 * An instruction is run on many pairs of states, by pg_perform and pg_retire, that is by the very
 * functions that define it; what its class is follows from how the results compare. Nothing here
 * knows an instruction by name. Manual: "Classification and the theorems", with all departures from
 * the paper. Also after: N. Penneman et al., "Formal virtualization requirements for the ARM
 * architecture", J. Systems Architecture 59(3), 2013, for resource sensitivity.
 */
#ifndef PG_CLASSIFY_H
#define PG_CLASSIFY_H

#include "machine/machine.h"

enum pg_property {
#define X(name, letter, words) PG_PROPERTY_##name,
#include "machine/classify/property.def"
#undef X
    PG_NPROPERTIES
};

struct pg_property_row {
    const char *name;
    char letter;
    const char *words;
};
extern const struct pg_property_row pg_properties[PG_NPROPERTIES];

/* How virtual addresses lead to memory in a state under test. Those with the same family and bound
 * are relocated forms of one another: one map, other places. See subject.c. */
enum pg_map {
    PG_MAP_REAL,
    PG_MAP_BOUNDS,
    PG_MAP_BOUNDS_ELSEWHERE,
    PG_MAP_PAGED,
    PG_MAP_PAGED_SCATTERED,
    PG_MAP_TLB,       /* paged, all of the map in the TLB and in the tables */
    PG_MAP_TLB_ALONE, /* paged, the same map in the TLB, but nothing in the tables */
    PG_MAP_RIGHTS,    /* paged, with pages of all kinds of rights */
    PG_MAP_RIGHTS_SCATTERED,
    PG_NMAPS
};

enum { PG_NDEVICE_STATES = 5 }; /* arrangements of the devices that are tried */

/* A state under test, and the instruction: enough to make it again. */
struct pg_trial {
    struct pg_insn insn;
    struct pg_cpu cpu; /* memory mode, BASE and BOUND follow from the layout */
    enum pg_map map;
    unsigned devices; /* which arrangement */
};

/* A store that the instruction made: where, as an offset in what the map leads to. */
struct pg_stored {
    uint32_t place, value, size;
};

/* What became of it. */
struct pg_result {
    enum pg_outcome outcome;
    struct pg_trap trap; /* if it trapped */
    struct pg_cpu cpu;
    enum pg_run run;
    uint32_t exit_code;
    bool tlb_lost;    /* an entry left the TLB */
    uint64_t devices; /* digest of the devices' registers and the console output */
    uint64_t devices_before;
    struct pg_stored stored[4];
    unsigned nstored;
};

/* Two trials that show a property; for control-sensitivity one, and the second is not used. */
struct pg_witness {
    bool found;
    enum pg_property kind; /* of a user-sensitive one: control, location or resource */
    struct pg_trial trial[2];
    struct pg_result result[2];
    char what[96]; /* the first thing that differs, in words */
};

/* What was found out about one instruction. */
struct pg_verdict {
    enum pg_op op;
    bool is[PG_NPROPERTIES];
    bool gate;       /* it traps from every state, and always by the same cause of its own */
    bool sensitive;  /* control, location, mode or resource */
    uint64_t states; /* tried, all different */
    uint64_t pairs;  /* of a user and a supervisor state, compared for privilege */
    struct pg_witness witness[PG_NPROPERTIES]; /* of privileged: a pair that shows it */
};

enum { PG_CLASSIFY_STATES = 100000 }; /* at least so many for a full verdict */
#define PG_CLASSIFY_SEED 1974

/* An apparatus for experiments; free with pg_classifier_close. NULL if the host is out of memory.
 */
struct pg_classifier *pg_classifier_open(const struct pg_profile *profile, uint64_t seed);
void pg_classifier_close(struct pg_classifier *c);

/* Try at least `states` states of the instruction. With `until`, stop at the first witness of that
 * property (PG_NPROPERTIES: never). The same seed gives the same verdict. */
void pg_classify(struct pg_classifier *c, enum pg_op op, uint64_t states, enum pg_property until,
                 struct pg_verdict *verdict);

/* What an instruction of this format is varied in, as one line. */
void pg_classify_varied(enum pg_op op, char *text, size_t size);

/* A theorem's condition, and what breaks it. */
struct pg_theorem {
    bool holds;
    size_t n;
    enum pg_op broken_by[PG_NOPS];
};

/* Theorems 1, 2 and 3 from the verdicts on all instructions, in theorems[0..2]. */
void pg_theorems(const struct pg_verdict verdicts[PG_NOPS], struct pg_theorem theorems[3]);

/* The class that the verdicts amount to: `all` for a profile that lets every sensitive instruction
 * execute. To be compared with the class that insn.def declares. */
enum pg_class pg_derived_class(const struct pg_verdict *all);

/* Is it user-sensitive and not privileged under the profile? Tries few states, and stops at the
 * first witness: some milliseconds. */
bool pg_user_sensitive(const struct pg_profile *profile, enum pg_op op);

/* One sentence on the instruction's class under a profile, such as "`gpsw` is behaviour-sensitive
 * by mode and not privileged in profile x86". */
void pg_class_sentence(const struct pg_verdict *verdict, const char *profile, char *text,
                       size_t size);

#endif
