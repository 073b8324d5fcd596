#include "monitor/random.h"

#include "monitor/monitor.h"
#include "vmm/random_guest.h"
#include "vmm/torture.h"

#include <string.h>

static struct pg_image *make_random(uint64_t seed) {
    return pg_random_guest(seed, pg_random_style_of(seed));
}

const struct mon_random mon_random = {
    "random", make_random, pg_random_disk, PG_RANDOM_CODE, PG_RANDOM_CODE_END,
};
const struct mon_random mon_torture = {
    "torture", pg_torture_guest, pg_torture_disk, PG_TORTURE_CODE, PG_TORTURE_CODE_END,
};

const struct mon_random *mon_is_random(const char *operand, uint64_t *seed) {
    const struct mon_random *kinds[] = {&mon_random, &mon_torture};
    for (int k = 0; k < 2; k++) {
        size_t n = strlen(kinds[k]->name);
        if (strncmp(operand, kinds[k]->name, n) == 0 && operand[n] == ':' &&
            mon_number(operand + n + 1, UINT64_MAX, 0, seed))
            return kinds[k];
    }
    return NULL;
}
