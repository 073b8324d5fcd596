#include "monitor/recording.h"

#include "machine/pack.h"
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

bool recording_write(const struct recording *r, const struct pg_machine *m, const char *path,
                     struct pg_error *err) {
    struct pg_bytes out = {0};
    struct pg_packer w = {&out, false};
    uint8_t digest[PG_SHA256_SIZE];
    pg_pack_bytes(&w, magic, sizeof magic);
    pg_pack(&w, r->start.size, 8);
    pg_pack_bytes(&w, r->start.data, r->start.size);
    pg_pack(&w, r->nmarks, 8);
    for (size_t k = 0; k < r->nmarks; k++) {
        pg_pack(&w, r->marks[k].T, 8);
        pg_pack_bytes(&w, r->marks[k].hash, PG_HASH_TEXT - 1);
    }
    pg_pack_input(&w, &m->bus.plugs.input);
    pg_sha256_of(out.data, out.size, digest);
    pg_pack_bytes(&w, digest, sizeof digest);
    bool ok = w.failed ? pg_fail(err, "the host is out of memory")
                       : mon_write_file(path, out.data, out.size, err);
    free(out.data);
    return ok;
}

/* ---- reading */

static void get_marks(struct recording *r, struct pg_unpacker *in) {
    uint64_t n = pg_unpack(in, 8), last = 0;
    if (n == 0 || n > RECORDING_MARKS)
        pg_refuse(in, "there are no marks, or too many");
    for (r->nmarks = 0; r->nmarks < n && !in->failed; r->nmarks++) {
        struct recording_mark *mark = &r->marks[r->nmarks];
        mark->T = pg_unpack(in, 8);
        const uint8_t *hash = pg_unpack_bytes(in, PG_HASH_TEXT - 1);
        if (mark->T < last)
            pg_refuse(in, "marks out of order");
        if (hash)
            memcpy(mark->hash, hash, PG_HASH_TEXT - 1);
        last = mark->T;
    }
}

/* The snapshot, as a checkpoint. */
static bool get_start(struct recording *r, struct pg_unpacker *in,
                      const struct pg_profile *profile) {
    uint64_t size = pg_unpack(in, 8);
    const uint8_t *bytes = pg_unpack_bytes(in, size);
    if (!bytes || !pg_snapshot_memory(bytes, (size_t)size, &r->memory, in->err))
        return false;
    struct pg_machine *m = pg_machine_new(r->memory, in->err);
    if (!m)
        return false;
    m->profile = profile;
    bool ok = pg_snapshot_restore(m, bytes, (size_t)size, in->err);
    r->from = ok ? pg_checkpoint_take(m, NULL) : NULL;
    r->disk_sectors = m->bus.plugs.disk_sectors;
    pg_machine_free(m);
    return r->from || (ok && pg_fail(in->err, "the host is out of memory"));
}

static bool parse(struct recording *r, const uint8_t *bytes, size_t size,
                  const struct pg_profile *profile, struct pg_error *err) {
    uint8_t digest[PG_SHA256_SIZE];
    if (size < sizeof magic + sizeof digest || memcmp(bytes, magic, sizeof magic) != 0)
        return pg_fail(err, "not a recording");
    struct pg_unpacker in = {.at = bytes + sizeof magic,
                             .end = bytes + size - sizeof digest,
                             .file = "recording",
                             .section = "start",
                             .err = err};
    pg_sha256_of(bytes, size - sizeof digest, digest);
    if (memcmp(digest, in.end, sizeof digest) != 0)
        return pg_fail(err, "the recording is cut off or was altered");
    if (!get_start(r, &in, profile))
        return false;
    in.section = "marks";
    get_marks(r, &in);
    in.section = "input";
    pg_unpack_input(&in, &r->log);
    return !in.failed;
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
