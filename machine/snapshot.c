#include "machine/snapshot.h"

#include "machine/sha256.h"

#include <stdlib.h>

static const char magic[8] = "PG32SNAP";
enum { HEADER = 16, TAG = 4, SECTOR = PG_SECTOR };

/* T passes the horizon only step by step; much further on, sums of times could overflow. */
static const uint64_t last_T = PG_HORIZON + PG_HORIZON / 2;

/* ---- numbers and bytes, out and in */

struct writer {
    struct pg_bytes *out;
    bool failed; /* the host is out of memory */
};

static void put_bytes(struct writer *w, const void *data, size_t size) {
    if (!w->failed && !pg_bytes_add(w->out, data, size))
        w->failed = true;
}

static void encode(uint8_t *to, uint64_t value, unsigned size) {
    for (unsigned k = 0; k < size; k++)
        to[k] = (uint8_t)(value >> 8 * k);
}

static void put(struct writer *w, uint64_t value, unsigned size) {
    uint8_t bytes[8];
    encode(bytes, value, size);
    put_bytes(w, bytes, size);
}

static void put_text(struct writer *w, const char *text) {
    size_t size = strlen(text) < 255 ? strlen(text) : 255;
    put(w, size, 1);
    put_bytes(w, text, size);
}

struct reader {
    const uint8_t *at, *end;
    bool failed; /* and *err says why */
    const char *section;
    struct pg_error *err;
};

/* The first refusal counts. */
static void refuse(struct reader *r, const char *what) {
    if (!r->failed)
        pg_fail(r->err, "snapshot: section %s: %s", r->section, what);
    r->failed = true;
}

static size_t left(const struct reader *r) {
    return (size_t)(r->end - r->at);
}

/* The next `size` bytes, or NULL if they are not there. */
static const uint8_t *get_bytes(struct reader *r, uint64_t size) {
    if (r->failed || size > left(r)) {
        refuse(r, "it ends too early");
        return NULL;
    }
    const uint8_t *data = r->at;
    r->at += size;
    return data;
}

static uint64_t decode(const uint8_t *from, unsigned size) {
    uint64_t value = 0;
    for (unsigned k = 0; k < size; k++)
        value |= (uint64_t)from[k] << 8 * k;
    return value;
}

static uint64_t get(struct reader *r, unsigned size) {
    const uint8_t *data = get_bytes(r, size);
    return data ? decode(data, size) : 0;
}

static uint32_t get32(struct reader *r) {
    return (uint32_t)get(r, 4);
}

/* Is the next text this one? */
static bool get_text(struct reader *r, const char *text) {
    uint64_t size = get(r, 1);
    const uint8_t *data = get_bytes(r, size);
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
    struct reader pages; /* the memory section, checked */
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

static void save_cpu(struct writer *w, const struct pg_machine *m) {
    const struct pg_cpu *c = &m->cpu;
    for (int k = 0; k < PG_NREGS; k++)
        put(w, c->r[k], 4);
    for (int k = 0; k < PG_NMREGS; k++)
        put(w, c->m[k], 4);
    const uint32_t words[] = {
        c->psw.status,     c->psw.pc, c->psw.base,  c->psw.bound,  c->mon_base,   c->mon_bound,
        c->deliveries,     m->run,    m->exit_code, m->trap.cause, m->trap.value, m->trap.insn,
        why_index(m->why),
    };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        put(w, words[k], 4);
    put(w, c->T, 8);
    put(w, c->U, 8);
    put(w, m->retired, 8);
}

static void load_cpu(struct reader *r, struct staged *s) {
    struct pg_cpu *c = &s->cpu;
    for (int k = 0; k < PG_NREGS; k++)
        c->r[k] = get32(r);
    for (int k = 0; k < PG_NMREGS; k++)
        c->m[k] = get32(r);
    uint32_t run, cause, why;
    uint32_t *const words[] = {
        &c->psw.status, &c->psw.pc,     &c->psw.base, &c->psw.bound, &c->mon_base,
        &c->mon_bound,  &c->deliveries, &run,         &s->exit_code, &cause,
        &s->trap.value, &s->trap.insn,  &why,
    };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        *words[k] = get32(r);
    c->T = get(r, 8);
    c->U = get(r, 8);
    s->retired = get(r, 8);

    /* A machine that was only reset has a PSW of four zero words, which lpsw would refuse. */
    struct pg_psw psw = c->psw;
    psw.pc |= 1;
    if (c->r[0] || c->m[0])
        refuse(r, "register 0 is not zero");
    if (!pg_psw_valid(&psw, NULL))
        refuse(r, "reserved bits are set in the PSW");
    if (c->mon_base % PG_PAGE || c->mon_bound % PG_PAGE)
        refuse(r, "the monitor pair is not a multiple of 4096");
    if (run > PG_NO_MEMORY || cause >= PG_NCAUSES || why > PG_NCHECKS)
        refuse(r, "a run state, trap cause or reason that there is not");
    if ((run == PG_CHECK_STOP) != (why != 0))
        refuse(r, "the run state and the reason for a check-stop disagree");
    if (c->deliveries > PG_STORM || (c->deliveries == PG_STORM && run == PG_RUNNING))
        refuse(r, "more deliveries than a trap storm has");
    if (c->U > c->T || c->T > last_T)
        refuse(r, "T or U is out of range");
    if (r->failed)
        return;
    s->run = (enum pg_run)run;
    s->trap.cause = (enum pg_cause)cause;
    s->why = why ? pg_checks[why - 1] : NULL;
}

/* ---- profile: it is not restored, but must be the same */

static void save_profile(struct writer *w, const struct pg_machine *m) {
    put_text(w, m->profile->name);
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_rows[op].cls == PG_CLASS_sensitive) {
            put_text(w, pg_rows[op].mnemonic);
            put(w, m->profile->user[op], 1);
        }
}

static void load_profile(struct reader *r, struct staged *s) {
    const struct pg_profile *p = s->m->profile;
    bool same = get_text(r, p->name);
    for (int op = 0; op < PG_NOPS; op++)
        if (pg_rows[op].cls == PG_CLASS_sensitive) {
            same &= get_text(r, pg_rows[op].mnemonic);
            same &= get(r, 1) == p->user[op];
        }
    if (!same)
        refuse(r, "it was taken under another profile than this machine's");
}

/* ---- blocks of equal size, zero ones left out: memory and disk */

static void save_memory(struct writer *w, const struct pg_machine *m) {
    for (uint32_t pa = 0; pa < m->ram.size; pa += PG_PAGE)
        if (!pg_is_zero(m->ram.bytes + pa, PG_PAGE)) {
            put(w, pa, 4);
            put_bytes(w, m->ram.bytes + pa, PG_PAGE);
        }
}

static void load_memory(struct reader *r, struct staged *s) {
    s->pages = *r;
    uint64_t next = 0; /* the least address that may come */
    while (!r->failed && left(r)) {
        uint32_t pa = get32(r);
        get_bytes(r, PG_PAGE);
        if (pa % PG_PAGE || pa < next || !pg_ram_has(&s->m->ram, pa, PG_PAGE))
            refuse(r, "a page out of order or outside memory");
        next = (uint64_t)pa + PG_PAGE;
    }
}

/* Memory becomes the pages; pages that do not change are not written. */
static void take_memory(struct pg_machine *m, struct reader pages) {
    static const uint8_t zero[PG_PAGE];
    uint32_t given = left(&pages) ? get32(&pages) : UINT32_MAX;
    for (uint32_t pa = 0; pa < m->ram.size; pa += PG_PAGE) {
        const uint8_t *content = zero;
        if (pa == given) {
            content = get_bytes(&pages, PG_PAGE);
            given = left(&pages) ? get32(&pages) : UINT32_MAX;
        }
        if (memcmp(m->ram.bytes + pa, content, PG_PAGE) != 0) {
            memcpy(m->ram.bytes + pa, content, PG_PAGE);
            pg_ram_written(&m->ram, pa, PG_PAGE);
        }
    }
}

static void save_disk(struct writer *w, const struct pg_machine *m) {
    const struct pg_plugs *p = &m->bus.plugs;
    put(w, p->disk != NULL, 1);
    put(w, p->disk_sectors, 4);
    for (uint32_t k = 0; k < p->disk_sectors; k++) {
        const uint8_t *content = p->disk + (size_t)k * SECTOR;
        if (p->disk_written[k] || !pg_is_zero(content, SECTOR)) {
            put(w, k, 4);
            put(w, p->disk_written[k] != 0, 1);
            put_bytes(w, content, SECTOR);
        }
    }
}

static void load_disk(struct reader *r, struct staged *s) {
    struct pg_plugs *p = &s->plugs;
    uint64_t present = get(r, 1);
    uint32_t sectors = get32(r);
    if (present > 1 || sectors > PG_MAX_SECTORS || (sectors && !present))
        refuse(r, "an impossible disk");
    if (!r->failed && present && !pg_plugs_disk(p, NULL, sectors))
        refuse(r, "the host is out of memory for the disk");
    uint32_t next = 0;
    while (!r->failed && left(r)) {
        uint32_t k = get32(r);
        uint64_t written = get(r, 1);
        const uint8_t *content = get_bytes(r, SECTOR);
        if (k < next || k >= sectors || written > 1)
            refuse(r, "a sector out of order or not on the disk");
        if (r->failed)
            return;
        memcpy(p->disk + (size_t)k * SECTOR, content, SECTOR);
        p->disk_written[k] = (uint8_t)written;
        next = k + 1;
    }
}

/* ---- TLB */

static void save_tlb(struct writer *w, const struct pg_machine *m) {
    size_t n;
    struct pg_tlb_entry *all = pg_tlb_sorted(&m->tlb, &n);
    if (n != m->tlb.live)
        w->failed = true;
    for (size_t k = 0; k < n; k++) {
        put(w, all[k].root, 4);
        put(w, all[k].page, 4);
        put(w, all[k].pte, 4);
    }
    free(all);
}

/* An entry comes from a successful walk, or it would let a guest out of its memory. */
static bool walked(const struct pg_ram *ram, const struct pg_tlb_entry *e) {
    const uint32_t always = PG_PTE_V | PG_PTE_A;
    return e->root % PG_PAGE == 0 && pg_ram_has(ram, e->root, PG_PAGE) && e->page >> 20 == 0 &&
           (e->pte & always) == always && pg_ram_has(ram, e->pte & PG_PTE_FRAME, PG_PAGE);
}

static void load_tlb(struct reader *r, struct staged *s) {
    uint64_t next = 0; /* the least (root, page) that may come */
    while (!r->failed && left(r)) {
        struct pg_tlb_entry e;
        e.root = get32(r);
        e.page = get32(r);
        e.pte = get32(r);
        uint64_t key = (uint64_t)e.root << 32 | e.page;
        if (r->failed || key < next || !walked(&s->m->ram, &e))
            refuse(r, "an entry out of order, or that no walk can have made");
        else if (!pg_tlb_put(&s->tlb, e.root, e.page, e.pte))
            refuse(r, "the host is out of memory for the TLB");
        next = key + 1;
    }
}

/* ---- devices, by what they say of themselves */

static void save_devices(struct writer *w, const struct pg_machine *m) {
    for (int k = 0; k < PG_NDEVICES; k++) {
        const struct pg_device *d = pg_devices[k];
        put_text(w, d->name);
        put(w, d->nregs, 1);
        for (size_t n = 0; n < d->nregs; n++) {
            put_text(w, d->regs[n].name);
            put(w, pg_reg_get(&d->regs[n], m->bus.state[k]), d->regs[n].size);
        }
    }
}

static void load_devices(struct reader *r, struct staged *s) {
    for (int k = 0; k < PG_NDEVICES && !r->failed; k++) {
        const struct pg_device *d = pg_devices[k];
        if (!(s->state[k] = calloc(1, d->state_size))) {
            refuse(r, "the host is out of memory");
            return;
        }
        if (!get_text(r, d->name) || get(r, 1) != d->nregs)
            refuse(r, "not the devices of this machine");
        for (size_t n = 0; n < d->nregs && !r->failed; n++) {
            if (!get_text(r, d->regs[n].name))
                refuse(r, "not the device registers of this machine");
            pg_reg_set(&d->regs[n], s->state[k], get(r, d->regs[n].size));
        }
    }
}

/* ---- console */

static void save_input(struct writer *w, const struct pg_machine *m) {
    const struct pg_input *in = &m->bus.plugs.input;
    put(w, in->open, 1);
    put(w, in->end_T, 8);
    put(w, in->narrivals, 8);
    for (size_t k = 0; k < in->narrivals; k++) {
        put(w, in->arrivals[k].T, 8);
        put(w, in->arrivals[k].upto, 8);
    }
    put_bytes(w, in->bytes.data, in->bytes.size);
}

static void load_input(struct reader *r, struct staged *s) {
    struct pg_input *in = &s->plugs.input;
    uint64_t open = get(r, 1), end_T = get(r, 8), n = get(r, 8);
    if (open > 1 || end_T > last_T || n > left(r) / 16)
        refuse(r, "impossible arrivals");
    struct reader arrivals = *r;
    const uint8_t *bytes = get_bytes(r, 16 * n);
    uint64_t size = left(r), at = 0, previous = 0;
    bytes = bytes ? get_bytes(r, size) : NULL;
    for (uint64_t k = 0; k < n && !r->failed; k++) {
        uint64_t T = get(&arrivals, 8), upto = get(&arrivals, 8);
        if (T < previous || T > last_T || upto < at || upto > size)
            refuse(r, "arrivals out of order");
        else if (!pg_input_add(in, T, bytes + at, (size_t)(upto - at)))
            refuse(r, "the host is out of memory for the input");
        previous = T;
        at = upto;
    }
    if (!r->failed && at != size)
        refuse(r, "input that never arrives");
    in->open = open;
    in->end_T = end_T;
}

static void save_output(struct writer *w, const struct pg_machine *m) {
    put_bytes(w, m->bus.plugs.output.data, m->bus.plugs.output.size);
}

static void load_output(struct reader *r, struct staged *s) {
    size_t size = left(r);
    if (!pg_bytes_add(&s->plugs.output, get_bytes(r, size), size))
        refuse(r, "the host is out of memory for the output");
}

/* ---- the whole */

static const struct section {
    char tag[TAG + 1];
    void (*save)(struct writer *w, const struct pg_machine *m);
    void (*load)(struct reader *r, struct staged *s);
} sections[] = {
    {"PROF", save_profile, load_profile}, {"CPU ", save_cpu, load_cpu},
    {"MEM ", save_memory, load_memory},   {"TLB ", save_tlb, load_tlb},
    {"DEV ", save_devices, load_devices}, {"DISK", save_disk, load_disk},
    {"IN  ", save_input, load_input},     {"OUT ", save_output, load_output},
};
enum { NSECTIONS = sizeof sections / sizeof *sections };

static void digest_of(const uint8_t *bytes, size_t size, uint8_t digest[PG_SHA256_SIZE]) {
    struct pg_sha256 h;
    pg_sha256_begin(&h);
    pg_sha256_add(&h, bytes, size);
    pg_sha256_end(&h, digest);
}

bool pg_snapshot_save(const struct pg_machine *m, struct pg_bytes *out, struct pg_error *err) {
    size_t start = out->size;
    struct writer w = {out, false};
    put_bytes(&w, magic, sizeof magic);
    put(&w, PG_SNAPSHOT_VERSION, 4);
    put(&w, m->ram.size, 4);
    for (int k = 0; k < NSECTIONS; k++) {
        put_bytes(&w, sections[k].tag, TAG);
        put(&w, 0, 8); /* the size, known below */
        size_t content = out->size;
        sections[k].save(&w, m);
        if (!w.failed)
            encode(out->data + content - 8, out->size - content, 8);
    }
    uint8_t digest[PG_SHA256_SIZE] = {0};
    if (!w.failed)
        digest_of(out->data + start, out->size - start, digest);
    put_bytes(&w, digest, sizeof digest);
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
    uint32_t version = (uint32_t)decode(p + 8, 4);
    if (version != PG_SNAPSHOT_VERSION)
        return pg_fail(err, "the snapshot is of version %u; this program reads version %d", version,
                       PG_SNAPSHOT_VERSION);
    *memory = (uint32_t)decode(p + 12, 4);
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
        struct reader whole = {.at = at, .end = end, .section = sections[k].tag, .err = err};
        const uint8_t *tag = get_bytes(&whole, TAG);
        if (tag && memcmp(tag, sections[k].tag, TAG) != 0)
            refuse(&whole, "another section stands in its place");
        uint64_t size = get(&whole, 8);
        const uint8_t *content = get_bytes(&whole, size);
        if (whole.failed)
            return false;
        struct reader r = whole;
        r.at = content;
        r.end = at = content + size;
        sections[k].load(&r, s);
        if (!r.failed && left(&r))
            refuse(&r, "it is too long");
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
    uint32_t memory;
    if (!pg_snapshot_memory(bytes, size, &memory, err))
        return false;
    if (memory != m->ram.size)
        return pg_fail(err,
                       "the snapshot is of a machine with %u bytes of memory, and this one has %u",
                       memory, m->ram.size);
    uint8_t digest[PG_SHA256_SIZE] = {0};
    if (size >= HEADER + PG_SHA256_SIZE)
        digest_of(p, size - PG_SHA256_SIZE, digest);
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
