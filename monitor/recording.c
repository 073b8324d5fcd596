#include "monitor/recording.h"

#include "machine/sha256.h"
#include "machine/snapshot.h"

#include <stdlib.h>
#include <string.h>

static const char magic[8] = "PG32REC1";
enum { FIRST_MARK = 1000000, MAX_FILE = 0x7fffffff };

void recording_free(struct recording *r) {
    free(r->start.data);
    free(r->log.bytes.data);
    free(r->log.arrivals);
    pg_checkpoint_free(r->from);
}

bool recording_begin(struct recording *r, const struct pg_machine *m, struct pg_error *err) {
    return pg_snapshot_save(m, &r->start, err);
}

uint64_t recording_next(uint64_t now) {
    uint64_t T = FIRST_MARK;
    while (T <= now && T < PG_HORIZON / 2)
        T *= 2;
    return T;
}

void recording_note(struct recording *r, const struct pg_machine *m) {
    if (r->nmarks == RECORDING_MARKS)
        r->nmarks--; /* cannot be: T has 64 bits */
    struct recording_mark *mark = &r->marks[r->nmarks++];
    mark->T = m->cpu.T;
    pg_state_hash(m, mark->hash);
}

bool recording_agrees(const struct recording *r, const struct pg_machine *m, struct pg_error *err) {
    char hash[PG_HASH_TEXT];
    uint64_t good = 0;
    for (size_t k = 0; k < r->nmarks && r->marks[k].T <= m->cpu.T; k++) {
        if (r->marks[k].T < m->cpu.T) {
            good = r->marks[k].T;
            continue;
        }
        pg_state_hash(m, hash);
        if (strcmp(hash, r->marks[k].hash) != 0)
            return pg_fail(err,
                           "this run is not the one that was recorded: they agree at T = %llu, and "
                           "at T = %llu they do not",
                           (unsigned long long)good, (unsigned long long)m->cpu.T);
        return true;
    }
    return true;
}

/* ---- writing */

static bool put(struct pg_bytes *out, uint64_t value) {
    uint8_t bytes[8];
    for (int k = 0; k < 8; k++)
        bytes[k] = (uint8_t)(value >> 8 * k);
    return pg_bytes_add(out, bytes, sizeof bytes);
}

static bool put_input(struct pg_bytes *out, const struct pg_input *in) {
    bool ok = put(out, in->open) && put(out, in->end_T) && put(out, in->narrivals);
    for (size_t k = 0; ok && k < in->narrivals; k++)
        ok = put(out, in->arrivals[k].T) && put(out, in->arrivals[k].upto);
    return ok && (in->bytes.size == 0 || pg_bytes_add(out, in->bytes.data, in->bytes.size));
}

static void digest_of(const uint8_t *bytes, size_t size, uint8_t digest[PG_SHA256_SIZE]) {
    struct pg_sha256 h;
    pg_sha256_begin(&h);
    pg_sha256_add(&h, bytes, size);
    pg_sha256_end(&h, digest);
}

bool recording_write(const struct recording *r, const struct pg_machine *m, const char *path,
                     struct pg_error *err) {
    struct pg_bytes out = {0};
    uint8_t digest[PG_SHA256_SIZE];
    bool ok = pg_bytes_add(&out, magic, sizeof magic) && put(&out, r->start.size) &&
              pg_bytes_add(&out, r->start.data, r->start.size) && put(&out, r->nmarks);
    for (size_t k = 0; ok && k < r->nmarks; k++)
        ok = put(&out, r->marks[k].T) && pg_bytes_add(&out, r->marks[k].hash, PG_HASH_TEXT - 1);
    ok = ok && put_input(&out, &m->bus.plugs.input);
    if (ok) {
        digest_of(out.data, out.size, digest);
        ok = pg_bytes_add(&out, digest, sizeof digest);
    }
    if (!ok)
        pg_fail(err, "the host is out of memory");
    ok = ok && mon_write_file(path, out.data, out.size, err);
    free(out.data);
    return ok;
}

/* ---- reading */

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

static const uint8_t *get_bytes(struct reader *in, uint64_t size) {
    const uint8_t *at = in->at;
    if (in->failed || size > (uint64_t)(in->end - in->at)) {
        in->failed = true;
        return NULL;
    }
    in->at += size;
    return at;
}

static uint64_t get(struct reader *in) {
    const uint8_t *b = get_bytes(in, 8);
    uint64_t value = 0;
    for (int k = 0; b && k < 8; k++)
        value |= (uint64_t)b[k] << 8 * k;
    return value;
}

static bool get_marks(struct recording *r, struct reader *in) {
    uint64_t n = get(in), last = 0;
    if (in->failed || n == 0 || n > RECORDING_MARKS)
        return false;
    for (r->nmarks = 0; r->nmarks < n; r->nmarks++) {
        struct recording_mark *mark = &r->marks[r->nmarks];
        mark->T = get(in);
        const uint8_t *hash = get_bytes(in, PG_HASH_TEXT - 1);
        if (!hash || mark->T < last)
            return false;
        memcpy(mark->hash, hash, PG_HASH_TEXT - 1);
        last = mark->T;
    }
    return true;
}

static bool get_input(struct pg_input *log, struct reader *in) {
    uint64_t open = get(in), end_T = get(in), n = get(in), last = 0, at = 0;
    if (in->failed || open > 1 || n > (uint64_t)(in->end - in->at) / 16)
        return false;
    struct reader arrivals = *in;
    get_bytes(in, 16 * n);
    uint64_t size = (uint64_t)(in->end - in->at);
    const uint8_t *bytes = get_bytes(in, size);
    for (uint64_t k = 0; k < n; k++) {
        uint64_t T = get(&arrivals), upto = get(&arrivals);
        if (!bytes || T < last || upto < at || upto > size ||
            !pg_input_add(log, T, bytes + at, (size_t)(upto - at)))
            return false;
        last = T;
        at = upto;
    }
    log->open = open;
    log->end_T = end_T;
    return at == size && !in->failed;
}

/* The snapshot, as a checkpoint. */
static bool get_start(struct recording *r, struct reader *in, const struct pg_profile *profile,
                      struct pg_error *err) {
    uint64_t size = get(in);
    const uint8_t *bytes = get_bytes(in, size);
    if (!bytes || !pg_snapshot_memory(bytes, (size_t)size, &r->memory, err))
        return bytes ? false : pg_fail(err, "it ends too early");
    struct pg_machine *m = pg_machine_new(r->memory, err);
    if (!m)
        return false;
    m->profile = profile;
    bool ok = pg_snapshot_restore(m, bytes, (size_t)size, err);
    r->from = ok ? pg_checkpoint_take(m, NULL) : NULL;
    r->disk_sectors = m->bus.plugs.disk_sectors;
    pg_machine_free(m);
    return r->from || (ok && pg_fail(err, "the host is out of memory"));
}

static bool parse(struct recording *r, const uint8_t *bytes, size_t size,
                  const struct pg_profile *profile, struct pg_error *err) {
    uint8_t digest[PG_SHA256_SIZE];
    if (size < sizeof magic + sizeof digest || memcmp(bytes, magic, sizeof magic) != 0)
        return pg_fail(err, "not a recording");
    struct reader in = {bytes + sizeof magic, bytes + size - sizeof digest, false};
    digest_of(bytes, size - sizeof digest, digest);
    if (memcmp(digest, in.end, sizeof digest) != 0)
        return pg_fail(err, "the recording is cut off or was altered");
    if (!get_start(r, &in, profile, err))
        return false;
    if (!get_marks(r, &in) || !get_input(&r->log, &in))
        return pg_fail(err, "the recording says what cannot be");
    return true;
}

static bool read_recording(struct recording *r, const char *path, const struct pg_profile *profile,
                           struct pg_error *err) {
    size_t size;
    struct pg_error why = {""};
    uint8_t *bytes = mon_read_file(path, MAX_FILE, &size, err);
    bool ok =
        bytes && (parse(r, bytes, size, profile, &why) || pg_fail(err, "%s: %s", path, why.text));
    free(bytes);
    return ok;
}

int recording_plan(struct recording *r, const struct mon_args *args, struct mon_plan *plan) {
    const char *path = mon_option(args, OPT_replay);
    struct pg_setup *setup = &plan->setups[0];
    struct pg_error err;
    if (!path)
        return 0;
    if (mon_option(args, OPT_input) || mon_option(args, OPT_disk))
        return mon_fail(MON_USAGE, "--replay: input and disk are the recording's");
    if (!read_recording(r, path, &plan->profile, &err))
        return mon_fail(MON_USAGE, "%s", err.text);
    setup->from = r->from;
    setup->log = &r->log;
    setup->memory = r->memory;
    setup->disk_sectors = r->disk_sectors;
    return 0;
}
