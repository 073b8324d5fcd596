#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "native/block.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BUCKETS = 1 << 15 };

static uint32_t bucket(uint8_t universe, uint32_t pc, uint32_t pa) {
    uint32_t h = (pc ^ pa >> 2 ^ (uint32_t)universe << 24) * 0x9e3779b1U;
    return h >> 17;
}
_Static_assert(BUCKETS == 1 << (32 - 17), "the hash's upper bits");

static bool overlaps(const struct block *b, uint32_t first, uint32_t last) {
    return b->pa <= last && first < b->pa + PG_WORD * b->words;
}

/* Indirect jumps lead to its entry still: there it is left at once. */
static void kill_block(struct store *s, uint32_t number) {
    struct block *b = &s->blocks[number];
    for (uint32_t j = b->incoming; j; j = s->jumps[j].next) {
        x64_link(s->jumps[j].site, s->jumps[j].stub);
        s->jumps[j].block = 0;
    }
    b->incoming = 0;
    b->dead = true;
    uint32_t *link = &s->buckets[bucket(b->universe, b->pc, b->pa)];
    while (*link != number)
        link = &s->blocks[*link].next;
    *link = b->next;
    x64_overwrite(s->cache.write + (b->entry - s->cache.execute), b->exit);
}

/* The watcher. [first, last] lies in one page. */
static void written(void *context, uint32_t absolute, uint32_t size) {
    struct store *s = context;
    uint32_t pa = absolute - s->ram->base; /* wraps, and is then outside */
    if (pa >= s->ram->size)
        return;
    struct code_page *page = &s->pages[pa >> PG_PAGE_BITS];
    uint32_t word = pa % PG_PAGE / PG_WORD, last = (pa + size - 1) % PG_PAGE / PG_WORD;
    while (word <= last && !(page->code[word / 64] >> word % 64 & 1))
        word++;
    if (word > last) /* data beside code */
        return;
    for (uint32_t *link = &page->first; *link;) {
        struct block *b = &s->blocks[*link];
        if (overlaps(b, pa, pa + size - 1)) {
            kill_block(s, *link);
            *link = b->next_in_page;
            if (page->kills < PATIENCE)
                page->kills++;
            else
                page->wait = PAUSE;
        } else {
            link = &b->next_in_page;
        }
    }
    if (!page->first) {
        memset(page->code, 0, sizeof page->code);
        pg_ram_unwatch(s->ram, pa, s->watch);
    }
}

/* The great tables are mapped, not allocated: of most of them nothing is ever used, and to free
 * memory costs the sanitizers as much as to use it. */
static void *table(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void table_free(void *p, size_t size) {
    if (p)
        munmap(p, size);
}

bool store_open(struct store *s, struct pg_ram *ram, size_t cache,
                uint32_t (*helper)(void *, uint32_t insn)) {
    *s = (struct store){.ram = ram};
    s->blocks = table(BLOCKS * sizeof *s->blocks);
    s->jumps = table(JUMPS * sizeof *s->jumps);
    s->buckets = calloc(BUCKETS, sizeof *s->buckets);
    s->pages = calloc(ram->size >> PG_PAGE_BITS, sizeof *s->pages);
    s->sites = table(SITES * sizeof *s->sites);
    if (!s->blocks || !s->jumps || !s->buckets || !s->pages || !s->sites ||
        !code_cache_open(&s->cache, cache, sizeof *s->data)) {
        store_close(s);
        return false;
    }
    s->data = s->cache.data;
    faults_catch();
    s->host_aligns = faults_see_misaligned();
    s->has_bmi2 = __builtin_cpu_supports("bmi2");
    s->at = s->cache.write;
    glue_make(s, helper);
    s->begin = s->at;
    s->nblocks = s->njumps = 1;
    s->watch = pg_ram_add_watcher(ram, written, s);
    return true;
}

void store_close(struct store *s) {
    if (s->watch)
        pg_ram_remove_watcher(s->ram, s->watch);
    code_cache_close(&s->cache);
    table_free(s->blocks, BLOCKS * sizeof *s->blocks);
    table_free(s->jumps, JUMPS * sizeof *s->jumps);
    free(s->buckets);
    free(s->pages);
    table_free(s->sites, SITES * sizeof *s->sites);
    free(s->pieces);
    *s = (struct store){0};
}

void store_flush(struct store *s) {
    for (uint32_t k = 0; k < s->ram->size >> PG_PAGE_BITS; k++)
        if (s->pages[k].first) {
            s->pages[k] = (struct code_page){0};
            pg_ram_unwatch(s->ram, k << PG_PAGE_BITS, s->watch);
        }
    memset(s->buckets, 0, BUCKETS * sizeof *s->buckets);
    s->nblocks = s->njumps = 1;
    s->nsites = s->npieces = 0;
    s->at = s->begin;
}

bool store_has_room(const struct store *s) {
    return s->nblocks < BLOCKS && s->njumps + MOST_INSNS + 2 < JUMPS &&
           s->nsites + MOST_INSNS < SITES && s->npieces + 3 * MOST_INSNS + 3 < PIECES &&
           s->cache.write + s->cache.size - s->at > MOST_BYTES;
}

uint32_t store_find(const struct store *s, uint8_t universe, uint32_t pc, uint32_t pa) {
    uint32_t k = s->buckets[bucket(universe, pc, pa)];
    while (k &&
           (s->blocks[k].pc != pc || s->blocks[k].pa != pa || s->blocks[k].universe != universe))
        k = s->blocks[k].next;
    return k;
}

bool store_should_wait(struct store *s, uint32_t pa) {
    struct code_page *page = &s->pages[pa >> PG_PAGE_BITS];
    if (!page->wait)
        return false;
    page->wait--;
    return true;
}

uint32_t store_add(struct store *s, const struct block *block) {
    uint32_t number = s->nblocks++;
    uint32_t *head = &s->buckets[bucket(block->universe, block->pc, block->pa)];
    struct code_page *page = &s->pages[block->pa >> PG_PAGE_BITS];
    uint32_t word = block->pa % PG_PAGE / PG_WORD;
    s->blocks[number] = *block;
    s->blocks[number].next = *head;
    s->blocks[number].next_in_page = page->first;
    *head = page->first = number;
    for (uint32_t k = word; k < word + block->words; k++)
        page->code[k / 64] |= (uint64_t)1 << k % 64;
    pg_ram_watch(s->ram, block->pa, s->watch);
    return number;
}

const uint64_t *store_code_words(const struct store *s, uint32_t pa) {
    return s->watch && s->ram->watch[pa >> PG_PAGE_BITS] == s->watch
               ? s->pages[pa >> PG_PAGE_BITS].code
               : NULL;
}

uint32_t store_jump(struct store *s, const struct jump *jump) {
    uint32_t number = s->njumps++;
    s->jumps[number] = *jump;
    x64_link(jump->site, jump->stub);
    return number;
}

/* The jump leads elsewhere from now on. */
static void unchain(struct store *s, uint32_t jump) {
    uint32_t *link = &s->blocks[s->jumps[jump].block].incoming;
    while (*link != jump)
        link = &s->jumps[*link].next;
    *link = s->jumps[jump].next;
}

/* The jump's site is written through one view and soon executed through the other. The processor
 * keeps fetches coherent with stores by physical address, so no more is needed on x86-64. */
void store_chain(struct store *s, uint32_t jump, uint32_t block, uint32_t epoch) {
    struct jump *j = &s->jumps[jump];
    struct block *b = &s->blocks[block];
    if (j->epoch)
        memcpy(j->epoch, &epoch, sizeof epoch);
    if (j->block == block)
        return;
    if (j->block)
        unchain(s, jump);
    x64_link(j->site, s->cache.write + (b->entry - s->cache.execute));
    j->block = block;
    j->next = b->incoming;
    b->incoming = jump;
}

static int by_place(const void *at, const void *site) {
    uint32_t x = *(const uint32_t *)at, y = ((const struct site *)site)->at;
    return x < y ? -1 : x > y;
}

struct site *store_site(const struct store *s, uint32_t at) {
    return bsearch(&at, s->sites, s->nsites, sizeof *s->sites, by_place);
}

void store_divert(struct store *s, const struct site *site) {
    x64_overwrite(s->cache.write + site->at, s->cache.write + site->aside);
}
