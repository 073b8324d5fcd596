/* profile.h - what the sensitive instructions do in user rings.
 *
 * A machine obeys one profile. `strict`, the default, makes every sensitive instruction
 * privileged. Manual: section "Profiles".
 */
#ifndef PG_PROFILE_H
#define PG_PROFILE_H

#include "isa/isa.h"

enum pg_user_action {
    PG_USER_TRAP,    /* the privilege trap */
    PG_USER_EXECUTE, /* exec_i, with the true ring */
    PG_USER_IGNORE,  /* the pc moves on, nothing else */
};

struct pg_profile {
    char name[32];
    uint8_t user[PG_NOPS]; /* enum pg_user_action; read for sensitive instructions only */
};

extern const struct pg_profile pg_profile_strict;

#endif
