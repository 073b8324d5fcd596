/* profile.h - what the sensitive instructions do in user rings.
 *
 * A machine obeys one profile. `strict`, the default, makes every sensitive instruction
 * privileged. A profile is a small text file, the built-in ones (profiles/NAME.profile) too.
 * Manual: section "Profiles".
 */
#ifndef PG_PROFILE_H
#define PG_PROFILE_H

#include "isa/diag.h"
#include "isa/isa.h"

enum pg_user_action {
    PG_USER_TRAP,    /* the privilege trap */
    PG_USER_EXECUTE, /* exec_i, with the true ring */
    PG_USER_IGNORE,  /* the pc moves on, nothing else */
};
enum { PG_NACTIONS = PG_USER_IGNORE + 1 };

/* Their names, as a profile file writes them. */
extern const char *const pg_user_actions[PG_NACTIONS];

enum { PG_PROFILE_NAME = 32, PG_PROFILE_MAX = 1 << 16 /* bytes of a file */ };

struct pg_profile {
    char name[PG_PROFILE_NAME];
    uint8_t user[PG_NOPS]; /* enum pg_user_action; read for sensitive instructions only */
};

extern const struct pg_profile pg_profile_strict;

/* The built-in profiles; the list ends with a NULL name. */
struct pg_profile_text {
    const char *name, *text;
};
extern const struct pg_profile_text pg_profile_texts[];

/* Read a profile: lines of `INSTRUCTION ACTION`, one `name NAME`, comments from # on. `file` stands
 * in diagnostics, and its last part without extension is the name of a profile that gives none.
 * What is not listed traps. False if there is an error; *profile is then not changed. */
bool pg_profile_parse(const char *text, size_t size, const char *file, struct pg_profile *profile,
                      struct pg_diagnostics *diags);

/* The built-in profile with this name. False if there is none. */
bool pg_profile_builtin(const char *name, struct pg_profile *profile);

#endif
