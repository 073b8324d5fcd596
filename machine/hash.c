#include "machine/hash.h"

#include "machine/pack.h"

/* Numbers enter the hash in little-endian order, whatever the host's. */
static void add(struct pg_sha256 *h, uint64_t value, unsigned size) {
    uint8_t bytes[8];
    pg_le_put(bytes, value, size);
    pg_sha256_add(h, bytes, size);
}

static void add_cpu(struct pg_sha256 *h, const struct pg_cpu *cpu) {
    for (int k = 0; k < PG_NREGS; k++)
        add(h, cpu->r[k], 4);
    for (int k = 0; k < PG_NMREGS; k++)
        add(h, cpu->m[k], 4);
    const uint32_t words[] = {cpu->psw.status, cpu->psw.pc,    cpu->psw.base,  cpu->psw.bound,
                              cpu->mon_base,   cpu->mon_bound, cpu->deliveries};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        add(h, words[k], 4);
    add(h, cpu->T, 8);
    add(h, cpu->U, 8);
}

static void add_devices(struct pg_sha256 *h, const struct pg_bus *bus) {
    for (int k = 0; k < PG_NDEVICES; k++)
        for (size_t r = 0; r < pg_devices[k]->nregs; r++) {
            const struct pg_reg *reg = &pg_devices[k]->regs[r];
            add(h, pg_reg_get(reg, bus->state[k]), reg->size);
        }
}

static void add_sized(struct pg_sha256 *h, const void *data, uint64_t size) {
    add(h, size, 8);
    if (size)
        pg_sha256_add(h, data, size);
}

void pg_state_hash(const struct pg_machine *m, char text[PG_HASH_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    const struct pg_plugs *plugs = &m->bus.plugs;
    struct pg_sha256 h;
    uint8_t digest[PG_SHA256_SIZE];
    pg_sha256_begin(&h);
    add_cpu(&h, &m->cpu);
    add(&h, m->run, 4);
    add(&h, m->exit_code, 4);
    add_devices(&h, &m->bus);
    add_sized(&h, m->ram.bytes, m->ram.size);
    add_sized(&h, plugs->disk, (uint64_t)plugs->disk_sectors * PG_SECTOR);
    add_sized(&h, plugs->output.data, plugs->output.size);
    pg_sha256_end(&h, digest);
    for (int k = 0; k < PG_SHA256_SIZE; k++) {
        text[2 * k] = digits[digest[k] >> 4];
        text[2 * k + 1] = digits[digest[k] & 15];
    }
    text[2 * PG_SHA256_SIZE] = '\0';
}
