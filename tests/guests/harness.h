/* harness.h - run a guest of guests/guests.def in a system on an engine, and look at how it
 * ended. */
#ifndef TESTS_GUESTS_HARNESS_H
#define TESTS_GUESTS_HARNESS_H

#include "machine/hash.h"
#include "vmm/system.h"

#include <stddef.h>

/* A file's contents, zero-terminated; free them. The test fails if it cannot be read. */
char *read_whole_file(const char *path, size_t *size);

/* A row of guests.def. */
struct guest {
    const char *name, *source;
    unsigned sectors;
    const char *input; /* "": none */
    unsigned status;
    const char *small; /* "": there is no small form */
};

extern const struct guest guests[];
extern const size_t nguests;

/* The guest with this name; the test fails if there is none. */
const struct guest *guest_by_name(const char *name);

/* Memory that every guest must be content with, and the limit for those that do not end. */
enum { GUEST_MEMORY = 1 << 20 };
#define GUEST_LIMIT 100000U

/* A guest ready to be run; release with guest_unload. */
struct loaded {
    const struct guest *guest;
    struct pg_setup setup;
    struct pg_image *image;
    char *input;
    uint8_t *disk;
};

/* Assemble the guest, in its small form if there is one and `small` says so, and prepare disk
 * and input. The test fails, with the assembler's messages, if that is not possible. */
struct loaded guest_load(const struct guest *guest, bool small);

/* The same with the program that the build has assembled. */
struct loaded guest_load_built(const struct guest *guest);

void guest_unload(struct loaded *loaded);

/* How a guest ended. Release with outcome_free. */
struct outcome {
    unsigned status; /* as `trapeze run` would exit */
    uint64_t T;
    char hash[PG_HASH_TEXT];
    char *output; /* zero-terminated */
};

/* Run n guests in one session to their ends. */
void guests_run(const struct pg_system *system, const struct pg_engine *engine,
                const struct loaded *loaded, size_t n, struct outcome *outcomes);
void outcome_free(struct outcome *outcome);

/* The test fails unless both ended alike: output, status, T, state hash. */
void assert_same_outcome(const struct outcome *expected, const struct outcome *seen);

/* The committed output, zero-terminated; free it. The test fails if there is none. */
char *expected_output(const struct guest *guest, bool small);

#endif
