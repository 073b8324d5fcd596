#include "vmm/policy.h"

#include "machine/classify/classify.h"

bool pg_has_user_sensitive(const struct pg_profile *profile) {
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_rows[op].cls == PG_CLASS_sensitive && profile->user[op] != PG_USER_TRAP &&
            pg_user_sensitive(profile, (enum pg_op)op))
            return true;
    return false;
}
