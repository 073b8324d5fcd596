/* test_mistake.c - does lockstep with the reference find the mistake in this VMM?
 *
 *     test_mistake SYSTEM      it must
 *     test_mistake none        no system may differ: there is no mistake
 */
#include "vmm/lockstep.h"
#include "vmm/random_guest.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 2000, SEEDS_WITHOUT = 36, STEPS = 20000, EVERY = 4000 };

/* What the lockstep says of one random guest: 1 a difference, 0 none, -1 it cannot be run. */
static int try(uint64_t seed, const struct pg_system *system) {
    uint8_t disk[PG_RANDOM_SECTORS * PG_SECTOR];
    struct pg_error err = {""};
    struct pg_image *image = pg_random_guest(seed, pg_random_style_of(seed));
    pg_random_disk(seed, disk);
    struct pg_setup setup = {.image = image,
                             .memory = PG_RANDOM_MEMORY,
                             .disk = disk,
                             .disk_sectors = PG_RANDOM_SECTORS,
                             .input = (const uint8_t *)"some input\n",
                             .input_size = 11};
    struct pg_lockstep_plan plan = {.engine = pg_engines[1], .setup = &setup, .audit = true};
    for (int k = 0; pg_systems[k]; k++)
        if (!system || system == pg_systems[k])
            plan.systems[plan.n++] = pg_systems[k];
    struct pg_lockstep *l = pg_lockstep_open(&plan, &err);
    size_t differ = 0;
    for (uint64_t T = EVERY; l && T <= STEPS && !differ; T += EVERY)
        differ = pg_lockstep_run(l, T);
    for (size_t k = 0; l && differ && k < plan.n; k++)
        if (pg_lockstep_part(l, k)->differs)
            printf("seed %d, %s: %s\n", (int)seed, plan.systems[k]->name,
                   pg_lockstep_part(l, k)->difference);
    if (l)
        pg_lockstep_close(l);
    else
        printf("%s\n", err.text);
    pg_image_free(image);
    return !l ? -1 : differ > 0;
}

int main(int argc, char **argv) {
    const struct pg_system *system = argc == 2 ? pg_system_by_name(argv[1]) : NULL;
    int found = 0;
    for (uint64_t seed = 1; seed <= (system ? SEEDS : SEEDS_WITHOUT) && !found; seed++)
        found = try(seed, system);
    if (!found)
        printf("no difference\n");
    return found == (system != NULL) ? 0 : 1;
}
