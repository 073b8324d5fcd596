/* An image as an ELF executable, by libelf. */
#include "isa/image.h"
#include "isa/dwarf.h"

#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everything libelf is handed has to live until elf_update has written it. */
struct writer {
    Elf *elf;
    struct pg_bytes names, strings, symbols;
    struct pg_dwarf dwarf;
    size_t *sections; /* section number of each segment */
    uint32_t first_global;
};

/* A new section that holds these bytes. Returns its header, or NULL. */
static Elf32_Shdr *add_section(struct writer *w, const char *name, Elf32_Word type, void *bytes,
                               size_t size, size_t align) {
    Elf_Scn *section = elf_newscn(w->elf);
    Elf32_Shdr *header = section ? elf32_getshdr(section) : NULL;
    Elf_Data *data = header ? elf_newdata(section) : NULL;
    if (!data)
        return NULL;
    data->d_buf = bytes;
    data->d_size = size;
    data->d_align = align;
    data->d_type = type == SHT_SYMTAB ? ELF_T_SYM : ELF_T_BYTE;
    data->d_version = EV_CURRENT;
    header->sh_name = (Elf32_Word)w->names.size;
    header->sh_type = type;
    header->sh_addralign = (Elf32_Word)align;
    pg_bytes_string(&w->names, name);
    return header;
}

static bool add_segments(struct writer *w, const struct pg_image *image) {
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        bool nobits = s->file_size == 0;
        char fallback[24];
        snprintf(fallback, sizeof fallback, ".seg%u", (unsigned)k);
        Elf32_Shdr *h = add_section(w, s->name ? s->name : fallback,
                                    nobits ? SHT_NOBITS : SHT_PROGBITS, nobits ? NULL : s->bytes,
                                    nobits ? s->size : s->file_size, s->addr % 4 ? 1 : 4);
        if (!h)
            return false;
        h->sh_addr = s->addr;
        h->sh_flags = SHF_ALLOC | (s->flags & PG_SEG_W ? SHF_WRITE : 0) |
                      (s->flags & PG_SEG_X ? SHF_EXECINSTR : 0);
        w->sections[k] = elf_ndxscn(elf_getscn(w->elf, k + 1));
    }
    return true;
}

/* The section that a symbol belongs to: the segment that holds it, or ends at it. */
static uint16_t section_of(const struct writer *w, const struct pg_image *image, uint32_t addr) {
    uint16_t found = SHN_ABS;
    for (size_t k = 0; k < image->nsegments; k++) {
        uint32_t offset = addr - image->segments[k].addr;
        if (offset < image->segments[k].size)
            return (uint16_t)w->sections[k];
        if (offset == image->segments[k].size)
            found = (uint16_t)w->sections[k];
    }
    return found;
}

static void put_symbol(struct writer *w, const struct pg_image *image, const struct pg_symbol *s) {
    uint16_t section = section_of(w, image, s->addr);
    Elf32_Sym symbol = {
        .st_name = (Elf32_Word)w->strings.size,
        .st_value = s->addr,
        .st_size = s->size,
        .st_info =
            ELF32_ST_INFO(s->global ? STB_GLOBAL : STB_LOCAL, s->function ? STT_FUNC : STT_NOTYPE),
        .st_shndx = section,
    };
    pg_bytes_string(&w->strings, s->name);
    pg_bytes_put(&w->symbols, &symbol, sizeof symbol); /* libelf sees to the byte order */
}

/* ELF wants local symbols first, and the first one empty. */
static void put_symbols(struct writer *w, const struct pg_image *image) {
    const Elf32_Sym none = {0};
    pg_bytes_u8(&w->strings, 0);
    pg_bytes_put(&w->symbols, &none, sizeof none);
    for (int global = 0; global < 2; global++) {
        if (global)
            w->first_global = (uint32_t)(w->symbols.size / sizeof none);
        for (size_t k = 0; k < image->nsymbols; k++)
            if (image->symbols[k].global == (global == 1))
                put_symbol(w, image, &image->symbols[k]);
    }
}

static bool add_tables(struct writer *w, const struct pg_image *image) {
    put_symbols(w, image);
    if (w->strings.failed || w->symbols.failed || !pg_dwarf_encode(image, &w->dwarf))
        return false;
    const struct {
        const char *name;
        struct pg_bytes *bytes;
    } debug[] = {{".debug_abbrev", &w->dwarf.abbrev},
                 {".debug_info", &w->dwarf.info},
                 {".debug_line", &w->dwarf.line}};
    for (size_t k = 0; k < 3; k++)
        if (debug[k].bytes->size && !add_section(w, debug[k].name, SHT_PROGBITS,
                                                 debug[k].bytes->data, debug[k].bytes->size, 1))
            return false;

    Elf32_Shdr *h = add_section(w, ".symtab", SHT_SYMTAB, w->symbols.data, w->symbols.size, 4);
    if (!h)
        return false;
    size_t shnum;
    if (elf_getshdrnum(w->elf, &shnum) != 0)
        return false;
    h->sh_link = (Elf32_Word)shnum; /* .strtab is the next section */
    h->sh_info = w->first_global;
    h->sh_entsize = sizeof(Elf32_Sym);
    if (!add_section(w, ".strtab", SHT_STRTAB, w->strings.data, w->strings.size, 1))
        return false;

    /* The last section names them all, itself included: its contents are complete only once
     * it exists, so that they are put in afterwards. */
    h = add_section(w, ".shstrtab", SHT_STRTAB, NULL, 0, 1);
    Elf_Scn *last = h ? elf_getscn(w->elf, shnum + 1) : NULL;
    Elf_Data *data = last ? elf_getdata(last, NULL) : NULL;
    if (!data || w->names.failed)
        return false;
    data->d_buf = w->names.data;
    data->d_size = w->names.size;
    elf32_getehdr(w->elf)->e_shstrndx = (Elf32_Half)elf_ndxscn(last);
    return true;
}

/* Let libelf place the sections, then say in the program headers where they are. */
static bool add_program_headers(struct writer *w, const struct pg_image *image) {
    if (!elf32_newphdr(w->elf, image->nsegments) || elf_update(w->elf, ELF_C_NULL) < 0)
        return false;
    Elf32_Phdr *p = elf32_getphdr(w->elf);
    for (size_t k = 0; k < image->nsegments; k++) {
        const struct pg_segment *s = &image->segments[k];
        Elf32_Shdr *h = elf32_getshdr(elf_getscn(w->elf, w->sections[k]));
        if (!h)
            return false;
        p[k] = (Elf32_Phdr){.p_type = PT_LOAD,
                            .p_offset = h->sh_offset,
                            .p_vaddr = s->addr,
                            .p_paddr = s->addr,
                            .p_filesz = s->file_size,
                            .p_memsz = s->size,
                            .p_flags = s->flags,
                            .p_align = (h->sh_offset - s->addr) % 4 ? 1 : 4};
    }
    elf_flagphdr(w->elf, ELF_C_SET, ELF_F_DIRTY);
    return true;
}

static bool write_elf(struct writer *w, const struct pg_image *image) {
    Elf32_Ehdr *e = elf32_newehdr(w->elf);
    if (!e)
        return false;
    e->e_ident[EI_DATA] = ELFDATA2LSB;
    e->e_type = ET_EXEC;
    e->e_machine = PG_EM_PG32;
    e->e_version = EV_CURRENT;
    e->e_entry = image->entry;
    pg_bytes_u8(&w->names, 0);
    return add_segments(w, image) && add_tables(w, image) && add_program_headers(w, image) &&
           elf_update(w->elf, ELF_C_WRITE) >= 0;
}

bool pg_image_write(const struct pg_image *image, const char *path, struct pg_error *err) {
    struct writer w = {0};
    bool ok = false;
    if (image->nsegments == 0)
        return pg_fail(err, "%s: not written: the program is empty", path);
    elf_version(EV_CURRENT);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        return pg_fail(err, "%s: cannot be written: %s", path, strerror(errno));
    w.sections = calloc(image->nsegments + 1, sizeof *w.sections);
    w.elf = elf_begin(fd, ELF_C_WRITE, NULL);
    if (w.sections && w.elf)
        ok = write_elf(&w, image);
    if (!ok) {
        int code = elf_errno(); /* 0: it was not libelf */
        pg_fail(err, "%s: cannot be written: %s", path, code ? elf_errmsg(code) : "out of memory");
    }
    elf_end(w.elf);
    if (close(fd) != 0 && ok)
        ok = pg_fail(err, "%s: cannot be written: %s", path, strerror(errno));
    struct stat st; /* half a file is of no use; a device or a pipe is not ours to remove */
    if (!ok && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
        unlink(path);
    free(w.sections);
    free(w.names.data);
    free(w.strings.data);
    free(w.symbols.data);
    pg_dwarf_free(&w.dwarf);
    return ok;
}
