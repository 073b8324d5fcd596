/* An image from an ELF executable, by libelf. Everything in the file is untrusted: what
 * decides how the program runs (header, segments, entry) is refused unless it is sound;
 * what only explains it (symbols, lines) is skipped where it is not. */
#include "isa/image.h"
#include "isa/image_lines.h"
#include "isa/transcode.h"

#include <libelf.h>
#include <stdlib.h>
#include <string.h>

/* Far above any sensible program, and low enough that no file makes us run out of memory. */
enum { MAX_SEGMENTS = 64, MAX_SYMBOLS = 1 << 20, MAX_NAME = 1024 };
static const uint64_t max_memory = 1 << 28;

struct reader {
    const char *name; /* of the file, for errors */
    const uint8_t *bytes;
    size_t size;
    Elf *elf;
    struct pg_image *image;
    struct pg_error *err;
};

/* ------------------------------------------------------------------ the header */

static bool check_header(struct reader *r) {
    const uint8_t *b = r->bytes;
    if (r->size < sizeof(Elf32_Ehdr) || memcmp(b, ELFMAG, SELFMAG) != 0)
        return pg_fail(r->err, "%s: not an ELF file", r->name);
    if (b[EI_CLASS] != ELFCLASS32)
        return pg_fail(r->err, "%s: EI_CLASS is %u: not a 32-bit ELF file", r->name, b[EI_CLASS]);
    if (b[EI_DATA] != ELFDATA2LSB)
        return pg_fail(r->err, "%s: EI_DATA is %u: not a little-endian ELF file", r->name,
                       b[EI_DATA]);
    if (b[EI_VERSION] != EV_CURRENT)
        return pg_fail(r->err, "%s: EI_VERSION is %u, not 1", r->name, b[EI_VERSION]);
    const Elf32_Ehdr *e = elf32_getehdr(r->elf);
    if (!e)
        return pg_fail(r->err, "%s: the ELF header cannot be read: %s", r->name, elf_errmsg(-1));
    if (e->e_type != ET_EXEC)
        return pg_fail(r->err, "%s: e_type is %u: not an executable", r->name, e->e_type);
    if (e->e_machine != PG_EM_PG32 && e->e_machine != PG_EM_RISCV)
        return pg_fail(r->err,
                       "%s: e_machine is %u: a program for another machine than PG32, and not for "
                       "RISC-V either",
                       r->name, e->e_machine);
    if (e->e_phnum == 0)
        return pg_fail(r->err, "%s: e_phnum is 0: there is nothing to load", r->name);
    if (e->e_phentsize != sizeof(Elf32_Phdr))
        return pg_fail(r->err, "%s: e_phentsize is %u, not %u", r->name, e->e_phentsize,
                       (unsigned)sizeof(Elf32_Phdr));
    if (e->e_phoff > r->size ||
        (uint64_t)e->e_phnum * sizeof(Elf32_Phdr) > (uint64_t)r->size - e->e_phoff)
        return pg_fail(r->err, "%s: e_phoff 0x%x: the program headers go past the end of the file",
                       r->name, e->e_phoff);
    /* Headers are read where they lie, so they must lie as the format wants it. */
    if (e->e_phoff % 4 != 0)
        return pg_fail(r->err, "%s: e_phoff 0x%x is not a multiple of 4", r->name, e->e_phoff);
    if (e->e_shoff % 4 != 0)
        return pg_fail(r->err, "%s: e_shoff 0x%x is not a multiple of 4", r->name, e->e_shoff);
    return true;
}

/* ------------------------------------------------------------------ segments */

static bool check_segment(struct reader *r, const Elf32_Phdr *p, unsigned k) {
    uint64_t file_end = (uint64_t)p->p_offset + p->p_filesz;
    if (p->p_memsz < p->p_filesz)
        return pg_fail(r->err, "%s: segment %u: p_memsz 0x%x is less than p_filesz 0x%x", r->name,
                       k, p->p_memsz, p->p_filesz);
    if (file_end > r->size)
        return pg_fail(r->err,
                       "%s: segment %u: p_offset 0x%x + p_filesz 0x%x is past the end of the file "
                       "(0x%zx bytes)",
                       r->name, k, p->p_offset, p->p_filesz, r->size);
    if ((uint64_t)p->p_vaddr + p->p_memsz > (uint64_t)UINT32_MAX + 1)
        return pg_fail(r->err,
                       "%s: segment %u: p_vaddr 0x%x + p_memsz 0x%x is past the end of the address "
                       "space",
                       r->name, k, p->p_vaddr, p->p_memsz);
    if (p->p_paddr != p->p_vaddr)
        return pg_fail(r->err, "%s: segment %u: p_paddr 0x%x is not p_vaddr 0x%x", r->name, k,
                       p->p_paddr, p->p_vaddr);
    for (size_t j = 0; j < r->image->nsegments; j++) {
        const struct pg_segment *s = &r->image->segments[j];
        if (p->p_vaddr < (uint64_t)s->addr + s->size && s->addr < (uint64_t)p->p_vaddr + p->p_memsz)
            return pg_fail(r->err, "%s: segment %u: p_vaddr 0x%x overlaps the segment at 0x%x",
                           r->name, k, p->p_vaddr, s->addr);
    }
    return true;
}

static int by_addr(const void *pa, const void *pb) {
    const struct pg_segment *a = pa, *b = pb;
    return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static bool read_segments(struct reader *r) {
    const Elf32_Ehdr *e = elf32_getehdr(r->elf);
    const Elf32_Phdr *headers = elf32_getphdr(r->elf);
    struct pg_image *image = r->image;
    uint64_t total = 0;
    if (!headers)
        return pg_fail(r->err, "%s: the program headers cannot be read: %s", r->name,
                       elf_errmsg(-1));
    image->segments = calloc(MAX_SEGMENTS, sizeof *image->segments);
    if (!image->segments)
        return pg_fail(r->err, "%s: out of memory", r->name);
    for (unsigned k = 0; k < e->e_phnum; k++) {
        const Elf32_Phdr *p = &headers[k];
        if (p->p_type != PT_LOAD || p->p_memsz == 0)
            continue;
        if (image->nsegments == MAX_SEGMENTS)
            return pg_fail(r->err, "%s: more than %d segments to load", r->name, MAX_SEGMENTS);
        if (!check_segment(r, p, k))
            return false;
        total += p->p_memsz;
        if (total > max_memory)
            return pg_fail(r->err,
                           "%s: segment %u: p_memsz 0x%x: the program needs more than %u "
                           "MiB of memory",
                           r->name, k, p->p_memsz, (unsigned)(max_memory >> 20));
        struct pg_segment *s = &image->segments[image->nsegments++];
        *s = (struct pg_segment){.addr = p->p_vaddr,
                                 .size = p->p_memsz,
                                 .file_size = p->p_filesz,
                                 .flags = p->p_flags & (PG_SEG_R | PG_SEG_W | PG_SEG_X)};
        if (p->p_filesz == 0)
            continue;
        s->bytes = malloc(p->p_filesz);
        if (!s->bytes)
            return pg_fail(r->err, "%s: out of memory", r->name);
        memcpy(s->bytes, r->bytes + p->p_offset, p->p_filesz);
    }
    if (image->nsegments == 0)
        return pg_fail(r->err, "%s: there is no PT_LOAD segment", r->name);
    qsort(image->segments, image->nsegments, sizeof *image->segments, by_addr);
    return true;
}

static bool check_entry(struct reader *r) {
    uint32_t entry = r->image->entry = elf32_getehdr(r->elf)->e_entry;
    if (entry % 4 != 0)
        return pg_fail(r->err, "%s: e_entry 0x%x is not a multiple of 4", r->name, entry);
    for (size_t k = 0; k < r->image->nsegments; k++) {
        const struct pg_segment *s = &r->image->segments[k];
        if ((s->flags & PG_SEG_X) && entry - s->addr < s->size)
            return true;
    }
    return pg_fail(r->err, "%s: e_entry 0x%x is in no executable segment", r->name, entry);
}

/* ------------------------------------------------------------------ symbols */

/* A string that a table of the file holds, or NULL if it is broken, empty or very long. */
static const char *string_at(struct reader *r, size_t table, size_t offset) {
    const char *s = elf_strptr(r->elf, table, offset);
    return s && *s && strnlen(s, MAX_NAME) < MAX_NAME ? s : NULL;
}

static bool is_executable(const struct pg_image *image, uint32_t addr) {
    for (size_t k = 0; k < image->nsegments; k++)
        if (addr - image->segments[k].addr < image->segments[k].size)
            return (image->segments[k].flags & PG_SEG_X) != 0;
    return false;
}

static int by_addr_and_name(const void *pa, const void *pb) {
    const struct pg_symbol *a = pa, *b = pb;
    if (a->addr != b->addr)
        return a->addr < b->addr ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Read one symbol table. Symbols that are broken, or are no names of places, are left out. */
static bool read_symbols(struct reader *r, Elf_Scn *section, const Elf32_Shdr *header) {
    struct pg_image *image = r->image;
    Elf_Data *data = elf_getdata(section, NULL);
    size_t n = data && data->d_type == ELF_T_SYM ? data->d_size / sizeof(Elf32_Sym) : 0;
    if (n > MAX_SYMBOLS)
        n = MAX_SYMBOLS;
    image->symbols = calloc(n + 1, sizeof *image->symbols);
    if (!image->symbols)
        return pg_fail(r->err, "%s: out of memory", r->name);
    for (size_t k = 1; k < n; k++) {
        Elf32_Sym s; /* copied out, for the table may lie anywhere */
        memcpy(&s, (const char *)data->d_buf + k * sizeof s, sizeof s);
        unsigned type = ELF32_ST_TYPE(s.st_info);
        const char *name = string_at(r, header->sh_link, s.st_name);
        if (!name || s.st_shndx == SHN_UNDEF || s.st_shndx == SHN_COMMON ||
            (type != STT_NOTYPE && type != STT_FUNC && type != STT_OBJECT))
            continue;
        struct pg_symbol *to = &image->symbols[image->nsymbols];
        *to =
            (struct pg_symbol){.name = strdup(name),
                               .addr = s.st_value,
                               .size = s.st_size,
                               .global = ELF32_ST_BIND(s.st_info) != STB_LOCAL,
                               .function = is_executable(image, s.st_value) && type != STT_OBJECT};
        if (!to->name)
            return pg_fail(r->err, "%s: out of memory", r->name);
        image->nsymbols++;
    }
    qsort(image->symbols, image->nsymbols, sizeof *image->symbols, by_addr_and_name);
    return true;
}

/* Section headers are not needed to run a program: names of segments, and symbols. */
static bool read_sections(struct reader *r) {
    size_t names;
    bool have_names = elf_getshdrstrndx(r->elf, &names) == 0;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(r->elf, section)) != NULL;) {
        const Elf32_Shdr *h = elf32_getshdr(section);
        if (!h)
            continue;
        if (h->sh_type == SHT_SYMTAB && !r->image->symbols && !read_symbols(r, section, h))
            return false;
        const char *name = have_names ? string_at(r, names, h->sh_name) : NULL;
        for (size_t k = 0; name && (h->sh_flags & SHF_ALLOC) && k < r->image->nsegments; k++) {
            struct pg_segment *s = &r->image->segments[k];
            if (s->addr == h->sh_addr && h->sh_size && !s->name && !(s->name = strdup(name)))
                return pg_fail(r->err, "%s: out of memory", r->name);
        }
    }
    return true;
}

/* ------------------------------------------------------------------ RISC-V */

/* They have told data from code, and are no names of anything. */
static void drop_mapping_symbols(struct pg_image *image) {
    size_t kept = 0;
    for (size_t k = 0; k < image->nsymbols; k++)
        if (image->symbols[k].name[0] == '$')
            free(image->symbols[k].name);
        else
            image->symbols[kept++] = image->symbols[k];
    image->nsymbols = kept;
}

/* Rewrite the code of a RISC-V program: its executable sections, or if the file has no section
 * headers its executable segments. */
static bool transcode(struct reader *r) {
    bool any = false;
    if (elf32_getehdr(r->elf)->e_machine != PG_EM_RISCV)
        return true;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(r->elf, section)) != NULL;) {
        const Elf32_Shdr *h = elf32_getshdr(section);
        if (!h || h->sh_type != SHT_PROGBITS || !(h->sh_flags & SHF_EXECINSTR) ||
            h->sh_size > UINT32_MAX - h->sh_addr)
            continue;
        any = true;
        if (!pg_transcode_range(r->image, h->sh_addr, h->sh_addr + h->sh_size, r->name, r->err))
            return false;
    }
    for (size_t k = 0; !any && k < r->image->nsegments; k++) {
        const struct pg_segment *s = &r->image->segments[k];
        if (s->flags & PG_SEG_X &&
            !pg_transcode_range(r->image, s->addr, s->addr + s->file_size, r->name, r->err))
            return false;
    }
    drop_mapping_symbols(r->image);
    return true;
}

/* ------------------------------------------------------------------ the whole */

struct pg_image *pg_image_read(const void *bytes, size_t size, const char *name,
                               struct pg_error *err) {
    /* libelf wants memory that it could write to, and suitably aligned. */
    uint8_t *copy = malloc(size ? size : 1);
    struct pg_image *image = calloc(1, sizeof *image);
    struct reader r = {name, copy, size, NULL, image, err};
    bool ok = false;
    if (!copy || !image) {
        pg_fail(err, "%s: out of memory", name);
    } else {
        if (size)
            memcpy(copy, bytes, size);
        elf_version(EV_CURRENT);
        r.elf = elf_memory((char *)copy, size);
        if (!r.elf)
            pg_fail(err, "%s: not an ELF file", name);
        ok = r.elf && check_header(&r) && read_segments(&r) && check_entry(&r) &&
             read_sections(&r) &&
             (pg_image_read_lines(r.elf, image) || pg_fail(err, "%s: out of memory", name)) &&
             transcode(&r);
    }
    elf_end(r.elf);
    free(copy);
    if (!ok) {
        pg_image_free(image);
        return NULL;
    }
    return image;
}
