/* harness.c - see harness.h */
#include "harness.h"

#include "isa/asm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define X(name, source, sectors, input, status, small)                                             \
    {#name, source, sectors, input, status, small},
const struct guest guests[] = {
#include "guests/guests.def"
};
#undef X
const size_t nguests = sizeof guests / sizeof *guests;

enum { SECTOR = 512, STEPS = 1000000 };

const struct guest *guest_by_name(const char *name) {
    for (size_t k = 0; k < nguests; k++)
        if (strcmp(guests[k].name, name) == 0)
            return &guests[k];
    fail_msg("no guest is called %s", name);
    return NULL;
}

char *read_whole_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s cannot be read", path);
    char *text = NULL;
    size_t used = 0, room = 0, n;
    do {
        if (used + 4096 + 1 > room) {
            room = 2 * room + 8192;
            text = realloc(text, room);
            assert_non_null(text);
        }
        n = fread(text + used, 1, 4096, f);
        used += n;
    } while (n);
    fclose(f);
    text[used] = 0;
    *size = used;
    return text;
}

static struct pg_image *assemble(const struct guest *guest, bool small) {
    char path[1024], name[64] = "";
    const char *paths[] = {path};
    snprintf(path, sizeof path, "%s/%s", GUESTS_SOURCE, guest->source);
    struct pg_asm_define define = {name, 0};
    struct pg_asm_options options = pg_asm_options_default();
    if (small && sscanf(guest->small, "%63[^=]=%u", name, &define.value) == 2) {
        options.defines = &define;
        options.ndefines = 1;
    }
    struct pg_diagnostics diags = {0};
    struct pg_image *image = pg_assemble(paths, 1, &options, &diags);
    pg_diagnostics_print(&diags, stderr, false);
    pg_diagnostics_free(&diags);
    assert_non_null(image);
    return image;
}

static struct loaded prepare(const struct guest *guest, struct pg_image *image) {
    struct loaded l = {.guest = guest, .image = image};
    l.setup = (struct pg_setup){
        .image = image,
        .memory = GUEST_MEMORY,
        .disk_sectors = guest->sectors,
        .limit = guest->status == 66 ? GUEST_LIMIT : PG_NEVER,
    };
    if (*guest->input) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", GUESTS_SOURCE, guest->input);
        l.input = read_whole_file(path, &l.setup.input_size);
        l.setup.input = (const uint8_t *)l.input;
    }
    if (guest->sectors) {
        size_t size = (size_t)guest->sectors * SECTOR;
        l.disk = malloc(size);
        assert_non_null(l.disk);
        for (size_t k = 0; k < size; k++) /* no two sectors alike */
            l.disk[k] = (uint8_t)(7 * k + 13 * (k / SECTOR));
        l.setup.disk = l.disk;
    }
    return l;
}

struct loaded guest_load(const struct guest *guest, bool small) {
    return prepare(guest, assemble(guest, small));
}

struct loaded guest_load_built(const struct guest *guest) {
    char path[1024];
    size_t size;
    struct pg_error err = {""};
    snprintf(path, sizeof path, "%s/%s.elf", GUESTS_BUILT, guest->name);
    char *bytes = read_whole_file(path, &size);
    struct pg_image *image = pg_image_read(bytes, size, path, &err);
    free(bytes);
    if (!image)
        fail_msg("%s", err.text);
    return prepare(guest, image);
}

void guest_unload(struct loaded *loaded) {
    pg_image_free(loaded->image);
    free(loaded->input);
    free(loaded->disk);
}

static unsigned status_of(const struct pg_machine *m) {
    switch (m->run) {
    case PG_HALTED: return m->exit_code <= 63 ? m->exit_code : 64;
    case PG_CHECK_STOP: return 65;
    case PG_RUNNING: return 66;
    case PG_IDLE_FOREVER: return 67;
    default: return 70;
    }
}

void guests_run(const struct pg_system *system, const struct pg_engine *engine,
                const struct loaded *loaded, size_t n, struct outcome *outcomes) {
    struct pg_error err = {""};
    struct pg_setup *setups = calloc(n, sizeof *setups);
    assert_non_null(setups);
    for (size_t k = 0; k < n; k++)
        setups[k] = loaded[k].setup;
    struct pg_session *s = system->open(engine, setups, n, &err);
    if (!s)
        fail_msg("%s: %s", system->name, err.text);
    enum pg_progress progress;
    while ((progress = s->run(s, STEPS)) == PG_PROGRESS_MORE) {
    }
    if (progress != PG_PROGRESS_DONE)
        fail_msg("%s: %s", system->name, s->error.text);
    for (size_t k = 0; k < n; k++) {
        const struct pg_machine *m = s->guest(s, k);
        const struct pg_bytes *output = &m->bus.plugs.output;
        outcomes[k].status = status_of(m);
        outcomes[k].T = m->cpu.T;
        pg_state_hash(m, outcomes[k].hash);
        outcomes[k].output = calloc(1, output->size + 1);
        assert_non_null(outcomes[k].output);
        if (output->size)
            memcpy(outcomes[k].output, output->data, output->size);
    }
    s->close(s);
    free(setups);
}

void outcome_free(struct outcome *outcome) {
    free(outcome->output);
    outcome->output = NULL;
}

void assert_same_outcome(const struct outcome *expected, const struct outcome *seen) {
    assert_string_equal(seen->output, expected->output);
    assert_int_equal(seen->status, expected->status);
    assert_true(seen->T == expected->T);
    assert_string_equal(seen->hash, expected->hash);
}

char *expected_output(const struct guest *guest, bool small) {
    char path[1024];
    size_t size;
    snprintf(path, sizeof path, "%s/expected/%s%s.out", GUESTS_SOURCE, guest->name,
             small ? ".small" : "");
    return read_whole_file(path, &size);
}
