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

/* How virtual addresses lead to memory in a state under test; pg_map_words tells it. */
enum pg_map {
#define X(name, words, mode, first, scattered, table, filled, in_tlb, rights) PG_MAP_##name,
#include "machine/classify/map.def"
#undef X
    PG_NMAPS
};
extern const char *const pg_map_words[PG_NMAPS];

enum { PG_NDEVICE_STATES = 5 }; /* arrangements of the devices that are tried */

/* A state under test, and the instruction: enough to make it again. */
struct pg_trial {
    struct pg_insn insn;
    struct pg_cpu cpu; /* memory mode, BASE and BOUND follow from the layout */
    enum pg_map map;
    unsigned devices; /* which arrangement */
};

/* A store that the instruction made: where, as an offset in what the map leads to, or PG_UNMAPPED.
 */
enum { PG_NSTORED = 4 };
#define PG_UNMAPPED UINT32_MAX
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
    struct pg_stored stored[PG_NSTORED];
    unsigned nstored; /* all; more than fit are only counted */
};

/* The first thing in which two results differ (or, of control-sensitivity, a state before and
 * after), in words. */
struct pg_difference {
    const char *name;
    char value[2][64];
};

/* Two trials that show a property; for control-sensitivity one, and the second is not used. */
struct pg_witness {
    bool found;
    enum pg_property kind; /* of a user-sensitive one: control, location or resource */
    struct pg_trial trial[2];
    struct pg_result result[2];
    struct pg_difference difference;
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
#define PG_CLASSIFY_MOST 0xffffffffU  /* more are not all different */
#define PG_CLASSIFY_SEED 1974

/* An apparatus for experiments; free with pg_classifier_close. NULL if the host is out of memory.
 */
struct pg_classifier *pg_classifier_open(const struct pg_profile *profile, uint64_t seed);
void pg_classifier_close(struct pg_classifier *c);

/* Try at least `states` states of the instruction, at most PG_CLASSIFY_MOST. With `until`, stop at
 * the first witness of that property (PG_NPROPERTIES: never). The same seed gives the same verdict.
 */
void pg_classify(struct pg_classifier *c, enum pg_op op, uint64_t states, enum pg_property until,
                 struct pg_verdict *verdict);

/* What an instruction of this format is varied in, as one line. */
void pg_classify_varied(enum pg_op op, char *text, size_t size);

/* Make the state, run the instruction, note the result, and put everything back. A witness of a
 * classifier with the same profile and seed gives its result again. */
void pg_trial_run(struct pg_classifier *c, const struct pg_trial *trial, struct pg_result *result);

/* Run it, and tell of each device register what it was before and after. */
typedef void pg_trial_register_fn(void *context, const struct pg_device *device,
                                  const struct pg_reg *reg, uint64_t before, uint64_t after);
void pg_trial_devices(struct pg_classifier *c, const struct pg_trial *trial,
                      pg_trial_register_fn *tell, void *context);

/* What maps the page of va before the instruction: the entry in the table and the one in the TLB,
 * 0 for none. False if the state is not paged, or its map or BOUND ends before va. */
bool pg_trial_page(const struct pg_trial *trial, uint32_t va, uint32_t *table, uint32_t *tlb);

/* Does the witness have two trials? Those of control-sensitivity have one. */
bool pg_witness_has_two(const struct pg_witness *w);

/* The difference as "a0: 0x00000000, or 0x00000001". */
void pg_witness_text(const struct pg_witness *w, char *text, size_t size);

/* Why the witness shows the property, in one sentence such as "`gpsw`, in ring 0: a0 = 0x00000000;
 * in ring 1: a0 = 0x00000001. What it does depends on the mode." */
void pg_witness_sentence(const struct pg_witness *w, char *text, size_t size);

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
 * first witness: some milliseconds. True, the safe answer, if the host is out of memory. */
bool pg_user_sensitive(const struct pg_profile *profile, enum pg_op op);

/* One sentence on the instruction's class under a profile, such as "`gpsw` is behaviour-sensitive
 * by mode and not privileged in profile x86". */
void pg_class_sentence(const struct pg_verdict *verdict, const char *profile, char *text,
                       size_t size);

#endif
