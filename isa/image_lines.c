/* Line records out of DWARF, by libdw. */
#include "isa/image_lines.h"

#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 1 << 22, MAX_FILES = 1 << 14, MAX_NAME = 1024 };

struct lines {
    struct pg_image *image;
    size_t lines_capacity, files_capacity;
    size_t last_file; /* most lines are in the file of the line before */
    bool out_of_memory;
};

/* Make room for one more in an array of `count`. */
static bool room(struct lines *l, void **array, size_t count, size_t *capacity, size_t item) {
    if (count < *capacity)
        return true;
    size_t n = *capacity ? 2 * *capacity : 64;
    void *larger = realloc(*array, n * item);
    if (!larger) {
        l->out_of_memory = true;
        return false;
    }
    *array = larger;
    *capacity = n;
    return true;
}

/* The index of a file name, entered if new. */
static bool file_index(struct lines *l, const char *name, uint32_t *index) {
    struct pg_image *image = l->image;
    if (strncmp(name, "./", 2) == 0) /* libdw puts our comp_dir "." in front */
        name += 2;
    if (l->last_file < image->nfiles && strcmp(image->files[l->last_file], name) == 0) {
        *index = (uint32_t)l->last_file;
        return true;
    }
    size_t k = 0;
    while (k < image->nfiles && strcmp(image->files[k], name) != 0)
        k++;
    if (k == image->nfiles) {
        void *files = image->files;
        if (k == MAX_FILES || strnlen(name, MAX_NAME) == MAX_NAME ||
            !room(l, &files, k, &l->files_capacity, sizeof *image->files))
            return false;
        image->files = files;
        image->files[k] = strdup(name);
        if (!image->files[k]) {
            l->out_of_memory = true;
            return false;
        }
        image->nfiles++;
    }
    l->last_file = k;
    *index = (uint32_t)k;
    return true;
}

static bool is_loaded(const struct pg_image *image, Dwarf_Addr addr) {
    for (size_t k = 0; addr <= UINT32_MAX && k < image->nsegments; k++)
        if ((uint32_t)addr - image->segments[k].addr < image->segments[k].size)
            return true;
    return false;
}

static void add(struct lines *l, Dwarf_Line *from) {
    struct pg_image *image = l->image;
    Dwarf_Addr addr;
    int line;
    bool end = true;
    uint32_t file;
    if (dwarf_lineaddr(from, &addr) != 0 || dwarf_lineno(from, &line) != 0 || line <= 0 ||
        dwarf_lineendsequence(from, &end) != 0 || end || !is_loaded(image, addr))
        return;
    const char *name = dwarf_linesrc(from, NULL, NULL);
    void *lines = image->lines;
    if (!name || image->nlines == MAX_LINES || !file_index(l, name, &file) ||
        !room(l, &lines, image->nlines, &l->lines_capacity, sizeof *image->lines))
        return;
    image->lines = lines;
    image->lines[image->nlines++] = (struct pg_line){(uint32_t)addr, file, (uint32_t)line};
}

static int by_addr(const void *pa, const void *pb) {
    const struct pg_line *a = pa, *b = pb;
    if (a->addr != b->addr)
        return a->addr < b->addr ? -1 : 1;
    return a->line < b->line ? -1 : a->line > b->line;
}

bool pg_image_read_lines(Elf *elf, struct pg_image *image) {
    struct lines l = {.image = image};
    Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
    if (!dwarf)
        return true;
    Dwarf_Off offset = 0, next;
    size_t header;
    while (!l.out_of_memory && dwarf_nextcu(dwarf, offset, &next, &header, NULL, NULL, NULL) == 0) {
        Dwarf_Die die;
        Dwarf_Lines *lines;
        size_t n;
        if (dwarf_offdie(dwarf, offset + header, &die) && dwarf_getsrclines(&die, &lines, &n) == 0)
            for (size_t k = 0; k < n && !l.out_of_memory; k++)
                add(&l, dwarf_onesrcline(lines, k));
        offset = next;
    }
    dwarf_end(dwarf);
    if (image->nlines)
        qsort(image->lines, image->nlines, sizeof *image->lines, by_addr);
    return !l.out_of_memory;
}
