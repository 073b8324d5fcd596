/* subject.c - the machine under test: states are made in it, run, and undone.
 *
 * Two machines hold the same image of IMAGE_PAGES pages: a small one that has nothing else, for
 * real mode; and a large one that has it in three places, once with its pages scattered, and page
 * tables beside them, so that the same virtual-to-physical map can be had in several forms.
 */
#include "machine/classify/parts.h"

#include <stdlib.h>

/* Pages of the large machine. */
enum {
    FIRST = 16,
    SECOND = 32,
    SCATTERED = 48,
    TABLES = 64,      /* pairs of root and leaf: see table_of */
    LARGE_PAGES = 80, /* in all */
};

static const struct layout {
    uint32_t mode;
    uint32_t frame; /* first page of the image; scattered: see frame_of */
    bool scattered;
    unsigned table; /* number of the pair, if paged */
    bool filled;
    bool in_tlb;
    bool rights; /* pages of all kinds */
} layouts[PG_NMAPS] = {
#define X(name, words, mode, first, scattered, table, filled, in_tlb, rights)                      \
    {PG_MODE_##mode, first, scattered, table, filled, in_tlb, rights},
#include "machine/classify/map.def"
#undef X
};

const char *const pg_map_words[PG_NMAPS] = {
#define X(name, words, mode, first, scattered, table, filled, in_tlb, rights) words,
#include "machine/classify/map.def"
#undef X
};

static uint32_t frame_of(const struct layout *l, uint32_t page) {
    return l->frame + (l->scattered ? (page * 5 + 3) % IMAGE_PAGES : page);
}

static uint32_t table_of(const struct layout *l) {
    return (TABLES + 2 * l->table) * PG_PAGE;
}

/* What the map says of a page: frame, rights, ring, A and D. */
static uint32_t entry_of(const struct layout *l, uint32_t page) {
    static const uint32_t kinds[] = {
        PG_PTE_R | PG_PTE_W | PG_PTE_X | PG_PTE_RING | PG_PTE_A | PG_PTE_D,
        PG_PTE_R | PG_PTE_W | PG_PTE_X | PG_PTE_RING,
        PG_PTE_R | PG_PTE_RING | PG_PTE_A,
        PG_PTE_R | PG_PTE_W | PG_PTE_A | PG_PTE_D,
        PG_PTE_R | PG_PTE_W | PG_PTE_A | 0x100,
        PG_PTE_W | PG_PTE_X | 0x200,
        PG_PTE_X | PG_PTE_RING | PG_PTE_A,
        PG_PTE_R | PG_PTE_W | PG_PTE_X | 0x100 | PG_PTE_A | PG_PTE_D,
    };
    uint32_t kind = l->rights ? kinds[page % (sizeof kinds / sizeof *kinds)] : kinds[0];
    uint32_t valid = l->rights && page == IMAGE_PAGES - 1 ? 0 : PG_PTE_V;
    return frame_of(l, page) * PG_PAGE | kind | valid;
}

uint64_t classify_mix(uint64_t x) { /* splitmix64's */
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

/* Word `at` of the image. Every other group of four words is a valid PSW. */
static uint32_t image_word(uint64_t seed, uint32_t at) {
    uint64_t group = classify_mix(seed ^ at / 16), own = classify_mix(seed ^ 0x100000000ULL ^ at);
    if (group & 1)
        return (uint32_t)own;
    switch (at / 4 % 4) {
    case 0: {
        uint32_t mode = (uint32_t)(group >> 8) % 3 << 8;
        return (uint32_t)(group >> 16 & (PG_RING | PG_IE | PG_MON)) | mode;
    }
    case 1: return (uint32_t)own & ~3U;
    default: return (uint32_t)own & 0x1f000;
    }
}

static void fill(struct pg_ram *ram, uint32_t first, bool scattered, uint64_t seed) {
    const struct layout l = {.frame = first, .scattered = scattered};
    for (uint32_t at = 0; at < IMAGE_SIZE; at += 4)
        pg_ram_write32(ram, frame_of(&l, at / PG_PAGE) * PG_PAGE + at % PG_PAGE,
                       image_word(seed, at));
}

static void fill_tables(struct pg_ram *ram) {
    for (int k = 0; k < PG_NMAPS; k++) {
        const struct layout *l = &layouts[k];
        uint32_t root = table_of(l), leaf = root + PG_PAGE;
        if (l->mode != PG_MODE_PAGED || !l->filled)
            continue;
        pg_ram_write32(ram, root, leaf | PG_PTE_V);
        for (uint32_t page = 0; page < IMAGE_PAGES; page++)
            pg_ram_write32(ram, leaf + 4 * page, entry_of(l, page));
    }
}

/* ---- what an instruction does to the machine besides its result */

static void written(void *context, uint32_t pa, uint32_t size) {
    struct subject *s = context;
    if (s->nwrites < MAX_WRITES)
        s->writes[s->nwrites] = (struct write){pa, size};
    s->nwrites++;
}

/* Has an entry been taken out of the TLB? A fill may replace one. To clear an empty TLB takes
 * nothing out. */
static bool tlb_lost(const struct subject *s) {
    uint64_t known = s->tlb_changes;
    struct pg_tlb_departure left;
    bool lost = false;
    while (pg_tlb_departed(&s->m->tlb, &known, &left))
        lost |= left.page == PG_TLB_ALL ? s->tlb_full : !left.replaced;
    return lost;
}

/* ---- opening and closing */

bool subject_open(struct subject *s, uint32_t memory, const struct pg_profile *profile,
                  uint64_t seed) {
    static const uint8_t input[] = "input";
    bool large = memory == 0;
    s->m = pg_machine_new(large ? LARGE_PAGES * PG_PAGE : memory, NULL);
    if (!s->m)
        return false;
    s->m->profile = profile;
    fill(&s->m->ram, 0, false, seed);
    if (large) {
        fill(&s->m->ram, FIRST, false, seed);
        fill(&s->m->ram, SECOND, false, seed);
        fill(&s->m->ram, SCATTERED, true, seed);
        for (uint32_t at = 0; at < FIRST * PG_PAGE; at += 4) /* what no map leads to */
            pg_ram_write32(&s->m->ram, at, (uint32_t)classify_mix(seed + at));
        fill_tables(&s->m->ram);
    }
    pg_input_add(&s->m->bus.plugs.input, 0, input, sizeof input - 1);
    pg_input_end(&s->m->bus.plugs.input, 0);
    s->pristine = malloc(s->m->ram.size);
    s->bit = pg_ram_add_watcher(&s->m->ram, written, s);
    if (!s->pristine || !s->bit || !devices_arrange(s))
        return false;
    memcpy(s->pristine, s->m->ram.bytes, s->m->ram.size);
    for (uint32_t at = 0; at < s->m->ram.size; at += PG_PAGE)
        pg_ram_watch(&s->m->ram, at, s->bit);
    return true;
}

void subject_close(struct subject *s) {
    pg_machine_free(s->m);
    free(s->pristine);
    for (unsigned a = 0; a < PG_NDEVICE_STATES; a++)
        free(s->devices[a]);
}

/* ---- a trial */

void trial_relocate(struct pg_trial *trial, enum pg_map layout, uint32_t bound) {
    const struct layout *l = &layouts[layout];
    struct pg_psw *psw = &trial->cpu.psw;
    trial->map = layout;
    psw->status = (psw->status & ~(uint32_t)PG_MODE) | l->mode;
    psw->bound = bound;
    psw->base = l->mode == PG_MODE_BOUNDS  ? l->frame * PG_PAGE
                : l->mode == PG_MODE_PAGED ? table_of(l)
                                           : 0;
}

/* An empty TLB, or one with all of the map. */
static void prepare_tlb(struct subject *s, const struct layout *l) {
    if (s->m->tlb.live)
        pg_tlb_clear(&s->m->tlb);
    for (uint32_t page = 0; l->in_tlb && page < IMAGE_PAGES; page++)
        pg_tlb_put(&s->m->tlb, table_of(l), page, entry_of(l, page));
}

/* The offset in the image of a physical address, by the layout's map; or PG_UNMAPPED. */
static uint32_t place_of(const struct layout *l, uint32_t pa) {
    for (uint32_t page = 0; page < IMAGE_PAGES; page++)
        if (frame_of(l, page) == pa / PG_PAGE)
            return page * PG_PAGE + pa % PG_PAGE;
    return PG_UNMAPPED;
}

/* Note the stores, and put memory back. What the walk writes into page tables is A and D only. */
static void collect_writes(struct subject *s, const struct layout *l, struct pg_result *r) {
    struct pg_ram *ram = &s->m->ram;
    for (unsigned k = 0; k < s->nwrites && k < MAX_WRITES; k++) {
        struct write w = s->writes[k];
        bool table = l->mode == PG_MODE_PAGED && w.pa >= TABLES * PG_PAGE;
        if (table)
            continue;
        if (r->nstored < PG_NSTORED)
            r->stored[r->nstored] = (struct pg_stored){
                place_of(l, w.pa), pg_ram_read(ram, w.pa, w.size > 2 ? 4 : w.size), w.size};
        r->nstored++;
    }
    for (unsigned k = 0; k < s->nwrites && k < MAX_WRITES; k++)
        memcpy(ram->bytes + s->writes[k].pa, s->pristine + s->writes[k].pa, s->writes[k].size);
}

struct subject *trial_subject(struct pg_classifier *c, const struct pg_trial *trial) {
    return layouts[trial->map].mode == PG_MODE_REAL ? &c->small : &c->large;
}

static struct subject *prepare(struct pg_classifier *c, const struct pg_trial *trial) {
    const struct layout *l = &layouts[trial->map];
    struct subject *s = trial_subject(c, trial);
    struct pg_machine *m = s->m;
    prepare_tlb(s, l);
    m->cpu = trial->cpu;
    m->run = PG_RUNNING;
    m->exit_code = 0;
    m->trap = (struct pg_trap){0};
    devices_move(s, s->devices[trial->devices], false);
    m->bus.plugs.output.size = 0;
    pg_refresh(m);
    s->nwrites = 0;
    s->tlb_changes = m->tlb.changes;
    s->tlb_full = l->in_tlb;
    return s;
}

void pg_trial_run(struct pg_classifier *c, const struct pg_trial *trial, struct pg_result *result) {
    struct subject *s = prepare(c, trial);
    struct pg_machine *m = s->m;
    *result = (struct pg_result){.devices_before = s->digests[trial->devices]};
    result->outcome = pg_perform(m, &trial->insn);
    if (result->outcome == PG_RETIRED)
        pg_retire(m, trial->cpu.psw.status);
    else
        result->trap = m->trap;
    result->cpu = m->cpu;
    result->run = m->run;
    result->exit_code = m->exit_code;
    result->tlb_lost = tlb_lost(s);
    result->devices = devices_digest(s);
    collect_writes(s, &layouts[trial->map], result);
}

bool pg_trial_page(const struct pg_trial *trial, uint32_t va, uint32_t *table, uint32_t *tlb) {
    const struct layout *l = &layouts[trial->map];
    if (l->mode != PG_MODE_PAGED || va >= IMAGE_SIZE || va >= trial->cpu.psw.bound)
        return false;
    *table = l->filled ? entry_of(l, va / PG_PAGE) : 0;
    *tlb = l->in_tlb ? entry_of(l, va / PG_PAGE) : 0;
    return true;
}
