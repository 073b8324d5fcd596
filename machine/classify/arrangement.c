/* arrangement.c - the devices of the machine under test: the states that they are tried in.
 *
 * Nothing here knows a device: what registers there are, their tables say.
 */
#include "machine/classify/parts.h"

#include <stdlib.h>

void devices_move(struct subject *s, uint8_t *blob, bool save) {
    for (int k = 0; k < PG_NDEVICES; k++) {
        size_t size = pg_devices[k]->state_size;
        if (save)
            memcpy(blob, s->m->bus.state[k], size);
        else
            memcpy(s->m->bus.state[k], blob, size);
        blob += size;
    }
}

uint64_t devices_digest(const struct subject *s) {
    const struct pg_bytes *output = &s->m->bus.plugs.output;
    uint64_t h = output->size;
    for (size_t k = 0; k < output->size; k++)
        h = classify_mix(h ^ output->data[k]);
    for (int k = 0; k < PG_NDEVICES; k++)
        for (size_t r = 0; r < pg_devices[k]->nregs; r++)
            h = classify_mix(h ^ pg_reg_get(&pg_devices[k]->regs[r], s->m->bus.state[k]));
    return h;
}

/* The arrangements: everything off; and four in which every register of a device that may be set
 * without an event coming soon is set. Which registers those are, the devices' tables say. */
bool devices_arrange(struct subject *s) {
    for (int k = 0; k < PG_NDEVICES; k++)
        s->devices_size += pg_devices[k]->state_size;
    for (unsigned a = 0; a < PG_NDEVICE_STATES; a++) {
        uint8_t *blob = s->devices[a] = calloc(1, s->devices_size);
        if (!blob)
            return false;
        pg_bus_reset(&s->m->bus);
        struct pg_env now = pg_env_begin(s->m);
        pg_bus_advance(&s->m->bus, &now); /* input that is there has arrived: no event is pending */
        for (int k = 0; a > 0 && k < PG_NDEVICES; k++)
            for (size_t r = 0; r < pg_devices[k]->nregs; r++) {
                const struct pg_reg *reg = &pg_devices[k]->regs[r];
                uint64_t was = pg_reg_get(reg, s->m->bus.state[k]);
                uint64_t value = reg->size == 8 ? PG_HORIZON - 1 - a : 1 + (a + r) % 2;
                struct pg_env env = pg_env_begin(s->m);
                if (k != (int)(a - 1) % PG_NDEVICES)
                    continue;
                pg_reg_set(reg, s->m->bus.state[k], value);
                if ((pg_devices[k]->valid && !pg_devices[k]->valid(s->m->bus.state[k], &env)) ||
                    (pg_devices[k]->pending && pg_devices[k]->pending(s->m->bus.state[k])))
                    pg_reg_set(reg, s->m->bus.state[k], was);
            }
        devices_move(s, blob, true);
        s->digests[a] = devices_digest(s);
    }
    return true;
}

void pg_trial_devices(struct pg_classifier *c, const struct pg_trial *trial,
                      pg_trial_register_fn *tell, void *context) {
    const struct subject *s = trial_subject(c, trial);
    const uint8_t *before = s->devices[trial->devices];
    struct pg_result result;
    pg_trial_run(c, trial, &result);
    for (int k = 0; k < PG_NDEVICES; k++) {
        for (size_t r = 0; r < pg_devices[k]->nregs; r++) {
            const struct pg_reg *reg = &pg_devices[k]->regs[r];
            tell(context, pg_devices[k], reg, pg_reg_get(reg, before),
                 pg_reg_get(reg, s->m->bus.state[k]));
        }
        before += pg_devices[k]->state_size;
    }
}
