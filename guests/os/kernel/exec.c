/* exec.c - run a program of the file system: a PG32 ELF file, as `trapeze transcode` writes it. */
#include "guests/os/kernel/file.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

enum { EM_PG32 = 0x5047 }; /* the letters PG */

static bool is_program(const Elf32_Ehdr *e) {
    return memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 && e->e_ident[EI_CLASS] == ELFCLASS32 &&
           e->e_ident[EI_DATA] == ELFDATA2LSB && e->e_type == ET_EXEC && e->e_machine == EM_PG32 &&
           e->e_phentsize == sizeof(Elf32_Phdr) && e->e_phnum > 0;
}

/* Read exactly n bytes into the kernel's memory. */
static int read_all(struct inode *file, void *to, uint32_t offset, uint32_t n) {
    int done = inode_read(file, NULL, (uint32_t)to, offset, n);
    return done < 0 ? done : (uint32_t)done == n ? 0 : -ENOEXEC;
}

static uint32_t page_up(uint32_t address) {
    return (address + OS_PAGE - 1) & ~(uint32_t)(OS_PAGE - 1);
}

/* The segments come by rising address, and only the last one is longer in memory than in the file:
 * what is missing is given on demand, like the heap. */
static int load_segment(struct inode *file, struct space *space, const Elf32_Phdr *p) {
    const uint32_t end = OS_USER_TOP / 2;
    if (p->p_memsz == 0)
        return 0; /* it must not move the heap back below what is there */
    unsigned rights = (p->p_flags & PF_R ? CAN_READ : 0) | (p->p_flags & PF_W ? CAN_WRITE : 0) |
                      (p->p_flags & PF_X ? CAN_EXECUTE : 0);
    if (space->heap != space->brk || p->p_vaddr < OS_PAGE || p->p_vaddr >= end ||
        p->p_memsz > end - p->p_vaddr || p->p_filesz > p->p_memsz ||
        page_up(p->p_vaddr + 1) < space->brk)
        return -ENOEXEC;
    space->heap = page_up(p->p_vaddr + p->p_filesz);
    space->brk = page_up(p->p_vaddr + p->p_memsz);
    for (uint32_t done = 0, part; done < p->p_filesz; done += part) {
        uint32_t address = p->p_vaddr + done, left = OS_PAGE - address % OS_PAGE;
        char *page = space_add(space, address, rights);
        part = p->p_filesz - done < left ? p->p_filesz - done : left;
        if (!page)
            return -ENOMEM;
        int error = read_all(file, page + address % OS_PAGE, p->p_offset + done, part);
        if (error)
            return error;
    }
    return 0;
}

static int load(struct inode *file, struct space *space, uint32_t *entry) {
    Elf32_Ehdr e;
    Elf32_Phdr p;
    int error = file->d.type == FS_FILE ? read_all(file, &e, 0, sizeof e) : -EACCES;
    if (!error && !is_program(&e))
        error = -ENOEXEC;
    for (unsigned k = 0; !error && k < e.e_phnum; k++) {
        error = read_all(file, &p, e.e_phoff + k * sizeof p, sizeof p);
        if (!error && p.p_type == PT_LOAD)
            error = load_segment(file, space, &p);
    }
    *entry = e.e_entry;
    return error;
}

/* argv on the new stack: the strings in its topmost page, below them the pointers. Returns where
 * argv is; 0 if it does not fit or there is no memory. */
static uint32_t put_arguments(struct space *space, const char *strings, int argc, size_t size) {
    size_t place = ((size + 3) & ~(size_t)3) + ((size_t)argc + 1) * 4;
    place = (place + 15) & ~(size_t)15; /* a stack is aligned to 16 bytes */
    char *page = place <= OS_PAGE ? space_add(space, OS_USER_TOP - 1, CAN_READ | CAN_WRITE) : NULL;
    if (!page)
        return 0;
    uint32_t at = OS_USER_TOP - (uint32_t)size;
    uint32_t *argv = (uint32_t *)(page + OS_PAGE - place);
    memcpy(page + OS_PAGE - size, strings, size);
    for (int k = 0; k < argc; k++, argv++) {
        *argv = at;
        at += (uint32_t)strlen(page + at % OS_PAGE) + 1;
    }
    return OS_USER_TOP - (uint32_t)place;
}

static int load_path(const char *path, struct space *space, uint32_t *entry) {
    struct inode *file;
    log_begin(); /* the last user of a removed file may be we */
    int error = path_find(path, &file);
    if (!error) {
        inode_lock(file);
        error = load(file, space, entry);
        inode_drop(file);
    }
    log_end();
    return error;
}

int exec(const char *path, char *strings, int argc, size_t size) {
    struct space space;
    uint32_t entry, argv = 0;
    if (!space_init(&space))
        return -ENOMEM;
    int error = load_path(path, &space, &entry);
    if (!error && !(argv = put_arguments(&space, strings, argc, size)))
        error = -E2BIG;
    if (error) {
        space_free(&space);
        return error;
    }
    space_free(&current->space);
    current->space = space;
    struct frame *frame = current->frame;
    memset(frame->r, 0, sizeof frame->r);
    frame->r[SP] = argv;
    frame->r[A1] = argv;
    frame->psw.pc = entry;
    frame->psw.base = (uint32_t)space.root;
    const char *name = strrchr(path, '/');
    strncpy(current->name, name ? name + 1 : path, sizeof current->name - 1);
    return argc; /* to a0 */
}
