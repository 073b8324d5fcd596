#include "machine/snapshot.h"

#include "machine/pack.h"
#include "machine/sha256.h"

#include <stdlib.h>

static const char magic[8] = "PG32SNAP";
enum { HEADER = 16, TAG = 4, SECTOR = PG_SECTOR };

/* ---- texts */

static void put_text(struct pg_packer *w, const char *text) {
    size_t size = strlen(text) < 255 ? strlen(text) : 255;
    pg_pack(w, size, 1);
    pg_pack_bytes(w, text, size);
}

/* Is the next text this one? */
static bool get_text(struct pg_unpacker *r, const char *text) {
    uint64_t size = pg_unpack(r, 1);
    const uint8_t *data = pg_unpack_bytes(r, size);
    return data && size == strlen(text) && memcmp(data, text, size) == 0;
}

/* ---- what is being restored, before it becomes the machine's */

struct staged {
    const struct pg_machine *m; /* the machine that it is for */
    struct pg_cpu cpu;
    enum pg_run run;
    uint32_t exit_code;
    struct pg_trap trap;
    const char *why;
    uint64_t retired;
    struct pg_unpacker pages; /* the memory section, checked */
    struct pg_tlb tlb;
    void *state[PG_NDEVICES];
    struct pg_plugs plugs;
};

/* ---- CPU: everything that is a few words */

static uint32_t why_index(const char *why) {
    for (uint32_t k = 0; k < PG_NCHECKS; k++)
        if (why == pg_checks[k])
            return k + 1;
    return 0;
}

static void save_cpu(struct pg_packer *w, const struct pg_machine *m) {
    const struct pg_cpu *c = &m->cpu;
    for (int k = 0; k < PG_NREGS; k++)
        pg_pack(w, c->r[k], 4);
    for (int k = 0; k < PG_NMREGS; k++)
        pg_pack(w, c->m[k], 4);
    const uint32_t words[] = {
        c->psw.status,     c->psw.pc, c->psw.base,  c->psw.bound,  c->mon_base,   c->mon_bound,
        c->deliveries,     m->run,    m->exit_code, m->trap.cause, m->trap.value, m->trap.insn,
        why_index(m->why),
    };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        pg_pack(w, words[k], 4);
    pg_pack(w, c->T, 8);
    pg_pack(w, c->U, 8);
    pg_pack(w, m->retired, 8);
}

static void load_cpu(struct pg_unpacker *r, struct staged *s) {
    struct pg_cpu *c = &s->cpu;
    for (int k = 0; k < PG_NREGS; k++)
        c->r[k] = pg_unpack32(r);
    for (int k = 0; k < PG_NMREGS; k++)
        c->m[k] = pg_unpack32(r);
    uint32_t run, cause, why;
    uint32_t *const words[] = {
        &c->psw.status, &c->psw.pc,     &c->psw.base, &c->psw.bound, &c->mon_base,
        &c->mon_bound,  &c->deliveries, &run,         &s->exit_code, &cause,
        &s->trap.value, &s->trap.insn,  &why,
    };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        *words[k] = pg_unpack32(r);
    c->T = pg_unpack(r, 8);
    c->U = pg_unpack(r, 8);
    s->retired = pg_unpack(r, 8);

    /* A machine that was only reset has a PSW of four zero words, which lpsw would refuse. */
    struct pg_psw psw = c->psw;
    psw.pc |= 1;
    if (c->r[0] || c->m[0])
        pg_refuse(r, "register 0 is not zero");
    if (!pg_psw_valid(&psw, NULL))
        pg_refuse(r, "reserved bits are set in the PSW");
    if (c->mon_base % PG_PAGE || c->mon_bound % PG_PAGE)
        pg_refuse(r, "the monitor pair is not a multiple of 4096");
    if (run > PG_NO_MEMORY || cause >= PG_NCAUSES || why > PG_NCHECKS)
        pg_refuse(r, "a run state, trap cause or reason that there is not");
    if ((run == PG_CHECK_STOP) != (why != 0))
        pg_refuse(r, "the run state and the reason for a check-stop disagree");
    if (c->deliveries > PG_STORM || (c->deliveries == PG_STORM && run == PG_RUNNING))
        pg_refuse(r, "more deliveries than a trap storm has");
    if (c->U > c->T || c->T > PG_LAST_T)
        pg_refuse(r, "T or U is out of range");
    if (r->failed)
        return;
    s->run = (enum pg_run)run;
    s->trap.cause = (enum pg_cause)cause;
    s->why = why ? pg_checks[why - 1] : NULL;
}

/* ---- profile: it is not restored, but must be the same */

static void save_profile(struct pg_packer *w, const struct pg_machine *m) {
    put_text(w, m->profile->name);
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_rows[op].cls == PG_CLASS_sensitive) {
            put_text(w, pg_rows[op].mnemonic);
            pg_pack(w, m->profile->user[op], 1);
        }
}

static void load_profile(struct pg_unpacker *r, struct staged *s) {
    const struct pg_profile *p = s->m->profile;
    bool same = get_text(r, p->name);
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_rows[op].cls == PG_CLASS_sensitive) {
            same &= get_text(r, pg_rows[op].mnemonic);
            same &= pg_unpack(r, 1) == p->user[op];
        }
    if (!same)
        pg_refuse(r, "it was taken under another profile than this machine's");
}

/* ---- blocks of equal size, zero ones left out: memory and disk */

static void save_memory(struct pg_packer *w, const struct pg_machine *m) {
    for (uint32_t pa = 0; pa < m->ram.size; pa += PG_PAGE)
        if (!pg_is_zero(m->ram.bytes + pa, PG_PAGE)) {
            pg_pack(w, pa, 4);
            pg_pack_bytes(w, m->ram.bytes + pa, PG_PAGE);
        }
}

static void load_memory(struct pg_unpacker *r, struct staged *s) {
    s->pages = *r;
    uint64_t next = 0; /* the least address that may come */
    while (!r->failed && pg_unpack_left(r)) {
        uint32_t pa = pg_unpack32(r);
        pg_unpack_bytes(r, PG_PAGE);
        if (pa % PG_PAGE || pa < next || !pg_ram_has(&s->m->ram, pa, PG_PAGE))
            pg_refuse(r, "a page out of order or outside memory");
        next = (uint64_t)pa + PG_PAGE;
    }
}

/* Memory becomes the pages; pages that do not change are not written. */
static void take_memory(struct pg_machine *m, struct pg_unpacker pages) {
    static const uint8_t zero[PG_PAGE];
    uint32_t given = pg_unpack_left(&pages) ? pg_unpack32(&pages) : UINT32_MAX;
    for (uint32_t pa = 0; pa < m->ram.size; pa += PG_PAGE) {
        const uint8_t *content = zero;
        if (pa == given) {
            content = pg_unpack_bytes(&pages, PG_PAGE);
            given = pg_unpack_left(&pages) ? pg_unpack32(&pages) : UINT32_MAX;
        }
        if (memcmp(m->ram.bytes + pa, content, PG_PAGE) != 0) {
            memcpy(m->ram.bytes + pa, content, PG_PAGE);
            pg_ram_written(&m->ram, pa, PG_PAGE);
        }
    }
}

static void save_disk(struct pg_packer *w, const struct pg_machine *m) {
    const struct pg_plugs *p = &m->bus.plugs;
    pg_pack(w, p->disk != NULL, 1);
    pg_pack(w, p->disk_sectors, 4);
    for (uint32_t k = 0; k < p->disk_sectors; k++) {
        const uint8_t *content = p->disk + (size_t)k * SECTOR;
        if (p->disk_written[k] || !pg_is_zero(content, SECTOR)) {
            pg_pack(w, k, 4);
            pg_pack(w, p->disk_written[k] != 0, 1);
            pg_pack_bytes(w, content, SECTOR);
        }
    }
}

static void load_disk(struct pg_unpacker *r, struct staged *s) {
    struct pg_plugs *p = &s->plugs;
    uint64_t present = pg_unpack(r, 1);
    uint32_t sectors = pg_unpack32(r);
    if (present > 1 || sectors > PG_MAX_SECTORS || (sectors && !present))
        pg_refuse(r, "an impossible disk");
    if (!r->failed && present && !pg_plugs_disk(p, NULL, sectors))
        pg_refuse(r, "the host is out of memory for the disk");
    uint32_t next = 0;
    while (!r->failed && pg_unpack_left(r)) {
        uint32_t k = pg_unpack32(r);
        uint64_t written = pg_unpack(r, 1);
        const uint8_t *content = pg_unpack_bytes(r, SECTOR);
        if (k < next || k >= sectors || written > 1)
            pg_refuse(r, "a sector out of order or not on the disk");
        if (r->failed)
            return;
        memcpy(p->disk + (size_t)k * SECTOR, content, SECTOR);
        p->disk_written[k] = (uint8_t)written;
        next = k + 1;
    }
}

/* ---- TLB */

static void save_tlb(struct pg_packer *w, const struct pg_machine *m) {
    size_t n;
    struct pg_tlb_entry *all = pg_tlb_sorted(&m->tlb, &n);
    if (n != m->tlb.live)
        w->failed = true;
    for (size_t k = 0; k < n; k++) {
        pg_pack(w, all[k].root, 4);
        pg_pack(w, all[k].page, 4);
        pg_pack(w, all[k].pte, 4);
    }
    free(all);
}

/* An entry comes from a successful walk, or it would let a guest out of its memory. */
static bool walked(const struct pg_ram *ram, const struct pg_tlb_entry *e) {
    const uint32_t always = PG_PTE_V | PG_PTE_A;
    return e->root % PG_PAGE == 0 && pg_ram_has(ram, e->root, PG_PAGE) && e->page >> 20 == 0 &&
           (e->pte & always) == always && pg_ram_has(ram, e->pte & PG_PTE_FRAME, PG_PAGE);
}

static void load_tlb(struct pg_unpacker *r, struct staged *s) {
    uint64_t next = 0; /* the least (root, page) that may come */
    while (!r->failed && pg_unpack_left(r)) {
        struct pg_tlb_entry e;
        e.root = pg_unpack32(r);
        e.page = pg_unpack32(r);
        e.pte = pg_unpack32(r);
        uint64_t key = (uint64_t)e.root << 32 | e.page;
        if (r->failed || key < next || !walked(&s->m->ram, &e))
            pg_refuse(r, "an entry out of order, or that no walk can have made");
        else if (!pg_tlb_put(&s->tlb, e.root, e.page, e.pte))
            pg_refuse(r, "the host is out of memory for the TLB");
        next = key + 1;
    }
}

/* ---- devices, by what they say of themselves */

static void save_devices(struct pg_packer *w, const struct pg_machine *m) {
    for (int k = 0; k < PG_NDEVICES; k++) {
        const struct pg_device *d = pg_devices[k];
        put_text(w, d->name);
        pg_pack(w, d->nregs, 1);
        for (size_t n = 0; n < d->nregs; n++) {
            put_text(w, d->regs[n].name);
            pg_pack(w, pg_reg_get(&d->regs[n], m->bus.state[k]), d->regs[n].size);
        }
    }
}

static void load_devices(struct pg_unpacker *r, struct staged *s) {
    for (int k = 0; k < PG_NDEVICES && !r->failed; k++) {
        const struct pg_device *d = pg_devices[k];
        if (!(s->state[k] = calloc(1, d->state_size))) {
            pg_refuse(r, "the host is out of memory");
            return;
        }
        if (!get_text(r, d->name) || pg_unpack(r, 1) != d->nregs)
            pg_refuse(r, "not the devices of this machine");
        for (size_t n = 0; n < d->nregs && !r->failed; n++) {
            if (!get_text(r, d->regs[n].name))
                pg_refuse(r, "not the device registers of this machine");
            pg_reg_set(&d->regs[n], s->state[k], pg_unpack(r, d->regs[n].size));
        }
    }
}

/* ---- console */

static void save_input(struct pg_packer *w, const struct pg_machine *m) {
    pg_pack_input(w, &m->bus.plugs.input);
}

static void load_input(struct pg_unpacker *r, struct staged *s) {
    pg_unpack_input(r, &s->plugs.input);
}

static void save_output(struct pg_packer *w, const struct pg_machine *m) {
    pg_pack_bytes(w, m->bus.plugs.output.data, m->bus.plugs.output.size);
}

static void load_output(struct pg_unpacker *r, struct staged *s) {
    size_t size = pg_unpack_left(r);
    if (!pg_bytes_add(&s->plugs.output, pg_unpack_bytes(r, size), size))
        pg_refuse(r, "the host is out of memory for the output");
}

/* ---- the whole */

static const struct section {
    char tag[TAG + 1];
    void (*save)(struct pg_packer *w, const struct pg_machine *m);
    void (*load)(struct pg_unpacker *r, struct staged *s);
} sections[] = {
    {"PROF", save_profile, load_profile}, {"CPU ", save_cpu, load_cpu},
    {"MEM ", save_memory, load_memory},   {"TLB ", save_tlb, load_tlb},
    {"DEV ", save_devices, load_devices}, {"DISK", save_disk, load_disk},
    {"IN  ", save_input, load_input},     {"OUT ", save_output, load_output},
};
enum { NSECTIONS = sizeof sections / sizeof *sections };

bool pg_snapshot_save(const struct pg_machine *m, struct pg_bytes *out, struct pg_error *err) {
    size_t start = out->size;
    struct pg_packer w = {out, false};
    pg_pack_bytes(&w, magic, sizeof magic);
    pg_pack(&w, PG_SNAPSHOT_VERSION, 4);
    pg_pack(&w, m->ram.size, 4);
    for (int k = 0; k < NSECTIONS; k++) {
        pg_pack_bytes(&w, sections[k].tag, TAG);
        pg_pack(&w, 0, 8); /* the size, known below */
        size_t content = out->size;
        sections[k].save(&w, m);
        if (!w.failed)
            pg_le_put(out->data + content - 8, out->size - content, 8);
    }
    uint8_t digest[PG_SHA256_SIZE] = {0};
    if (!w.failed)
        pg_sha256_of(out->data + start, out->size - start, digest);
    pg_pack_bytes(&w, digest, sizeof digest);
    if (w.failed) {
        out->size = start;
        return pg_fail(err, "the host is out of memory for the snapshot");
    }
    return true;
}

bool pg_snapshot_memory(const void *bytes, size_t size, uint32_t *memory, struct pg_error *err) {
    const uint8_t *p = bytes;
    if (size < HEADER || memcmp(p, magic, sizeof magic) != 0)
        return pg_fail(err, "this is not a snapshot");
    uint32_t version = (uint32_t)pg_le_get(p + 8, 4);
    if (version != PG_SNAPSHOT_VERSION)
        return pg_fail(err, "the snapshot is of version %u; this program reads version %d", version,
                       PG_SNAPSHOT_VERSION);
    *memory = (uint32_t)pg_le_get(p + 12, 4);
    return true;
}

/* The devices last: what they may hold depends on the rest. */
static bool check_devices(const struct staged *s, struct pg_error *err) {
    struct pg_ram ram = s->m->ram;
    struct pg_plugs plugs = s->plugs;
    struct pg_env env = {
        .clock = {s->cpu.T, s->cpu.U, pg_psw_ring(&s->cpu.psw) != 0}, .ram = &ram, .plugs = &plugs};
    for (int k = 0; k < PG_NDEVICES; k++)
        if (pg_devices[k]->valid && !pg_devices[k]->valid(s->state[k], &env))
            return pg_fail(err, "snapshot: section DEV : device %s cannot be in this state",
                           pg_devices[k]->name);
    return true;
}

/* Read every section into *s. */
static bool stage(struct staged *s, const uint8_t *at, const uint8_t *end, struct pg_error *err) {
    for (int k = 0; k < NSECTIONS; k++) {
        struct pg_unpacker whole = {
            .at = at, .end = end, .file = "snapshot", .section = sections[k].tag, .err = err};
        const uint8_t *tag = pg_unpack_bytes(&whole, TAG);
        if (tag && memcmp(tag, sections[k].tag, TAG) != 0)
            pg_refuse(&whole, "another section stands in its place");
        uint64_t size = pg_unpack(&whole, 8);
        const uint8_t *content = pg_unpack_bytes(&whole, size);
        if (whole.failed)
            return false;
        struct pg_unpacker r = whole;
        r.at = content;
        r.end = at = content + size;
        sections[k].load(&r, s);
        if (!r.failed && pg_unpack_left(&r))
            pg_refuse(&r, "it is too long");
        if (r.failed)
            return false;
    }
    if (at != end)
        return pg_fail(err, "snapshot: %zu bytes after the last section", (size_t)(end - at));
    return check_devices(s, err);
}

/* Nothing here can fail. Afterwards *s holds what was the machine's. */
static void take(struct pg_machine *m, struct staged *s) {
    m->cpu = s->cpu;
    m->run = s->run;
    m->exit_code = s->exit_code;
    m->trap = s->trap;
    m->why = s->why;
    m->retired = s->retired;
    m->entered = m->idle = false;
    m->next_pc = m->cpu.psw.pc;
    take_memory(m, s->pages);

    pg_tlb_clear(&m->tlb);
    struct pg_tlb old = m->tlb;
    m->tlb = s->tlb;
    m->tlb.changes = old.changes;
    memcpy(m->tlb.recent, old.recent, sizeof old.recent);
    s->tlb = old;

    for (int k = 0; k < PG_NDEVICES; k++)
        memcpy(m->bus.state[k], s->state[k], pg_devices[k]->state_size);
    struct pg_plugs plugs = m->bus.plugs;
    m->bus.plugs = s->plugs;
    s->plugs = plugs;
    pg_refresh(m);
}

bool pg_snapshot_restore(struct pg_machine *m, const void *bytes, size_t size,
                         struct pg_error *err) {
    const uint8_t *p = bytes;
    uint32_t memory = 0;
    if (!pg_snapshot_memory(bytes, size, &memory, err))
        return false;
    if (memory != m->ram.size)
        return pg_fail(err,
                       "the snapshot is of a machine with %u bytes of memory, and this one has %u",
                       memory, m->ram.size);
    uint8_t digest[PG_SHA256_SIZE] = {0};
    if (size >= HEADER + PG_SHA256_SIZE)
        pg_sha256_of(p, size - PG_SHA256_SIZE, digest);
    if (size < HEADER + PG_SHA256_SIZE ||
        memcmp(digest, p + size - PG_SHA256_SIZE, PG_SHA256_SIZE) != 0)
        return pg_fail(err, "the snapshot is truncated or was altered: its checksum is wrong");

    struct staged s = {.m = m};
    bool ok = stage(&s, p + HEADER, p + size - PG_SHA256_SIZE, err);
    if (ok)
        take(m, &s);
    pg_tlb_free(&s.tlb);
    for (int k = 0; k < PG_NDEVICES; k++)
        free(s.state[k]);
    pg_plugs_free(&s.plugs);
    return ok;
}
