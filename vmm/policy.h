/* policy.h - what a VMM may leave to the machine, from what the classifier finds out. */
#ifndef PG_POLICY_H
#define PG_POLICY_H

#include "machine/profile.h"

/* Does the profile leave user rings an instruction that is user-sensitive and not privileged? Then
 * theorem 3's condition is not met, and user code cannot be executed directly. Takes some
 * milliseconds for each instruction that the profile does not let trap; none for `strict`. */
bool pg_has_user_sensitive(const struct pg_profile *profile);

#endif
