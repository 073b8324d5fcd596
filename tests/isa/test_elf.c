/* ELF files: what is written is read back, and every file that is not sound is refused. */
#define _GNU_SOURCE /* memmem */
#include "helper.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "        .globl  _start, table\n"
                              "_start: la      a0, table\n"
                              "        call    sub\n"
                              "        idle\n"
                              "sub:    lw      a1, 0(a0)\n"
                              "        ret\n"
                              "        .data\n"
                              "table:  .word   1, 2, 3\n"
                              "        .rodata\n"
                              "text:   .asciz  \"text\"\n"
                              "        .bss\n"
                              "buffer: .space  5000\n"
                              "end:\n";

/* ------------------------------------------------------------------ there and back */

/* The bytes of the file that an image is written as. */
static uint8_t *written(const struct pg_image *image, size_t *size) {
    char path[] = "test_elf_XXXXXX";
    struct pg_error err = {""};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    if (!pg_image_write(image, path, &err))
        fail_msg("%s", err.text);
    uint8_t *bytes = (uint8_t *)read_whole_file(path, size);
    unlink(path);
    assert_non_null(bytes);
    return bytes;
}

static struct pg_image *read_back(const struct pg_image *image) {
    size_t size;
    struct pg_error err = {""};
    uint8_t *bytes = written(image, &size);
    struct pg_image *back = pg_image_read(bytes, size, "test.elf", &err);
    if (!back)
        fail_msg("%s", err.text);
    free(bytes);
    return back;
}

static bool have_lines(void) {
#ifdef HAVE_LIBDW
    return true;
#else
    return false;
#endif
}

static void round_trip(void **state) {
    static const char *const sources[] = {
        program,
        "nop",
        "_start: nop; .section .vectors, \"ax\", 0x100; nop; .section .odd, \"aw\", 0x203c; .byte "
        "1",
        "nop; .section .top, \"awx\", 0xfffffff0; nop; .space 11; last: .byte 1",
        "nop; .data; .byte 1; .bss; .space 1000000",
    };
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++) {
        struct pg_image *image = assemble(sources[k], NULL), *back = read_back(image);
        assert_same_image(image, back, have_lines());
        pg_image_free(image);
        pg_image_free(back);
    }
}

/* Lines that go up and down, by little and by much, in several files and segments. */
static void line_round_trip(void **state) {
    static struct memory_file files[] = {
        {"a.s", ".macro m n\n.rept \\n\n nop\n.endr\n.endm\n nop\n.include \"b.s\"\n nop\n m 3\n"
                ".section .far, \"ax\", 0x80000000\n nop\n.include \"b.s\"\n"},
        {"b.s", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                "\n\n\n\n"
                "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                "\n\n\n\n"
                "nop\n m 200\n"},
        {NULL, NULL}};
    static const char *const paths[] = {"a.s", "b.s"};
    struct pg_asm_options options = pg_asm_options_default();
    struct pg_diagnostics diags = {0};
    options.read = read_memory_file;
    options.read_context = files;
    struct pg_image *image = pg_assemble(paths, 1, &options, &diags);
    assert_non_null(image);
    struct pg_image *back = read_back(image);
    assert_same_image(image, back, have_lines());
    pg_image_free(image);
    pg_image_free(back);
}

/* The same image gives the same file, and nothing in it is about this host. */
static void files_are_deterministic(void **state) {
    struct pg_image *image = assemble(program, NULL), *again = assemble(program, NULL);
    size_t n, m;
    uint8_t *a = written(image, &n), *b = written(again, &m);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    char here[512];
    assert_non_null(getcwd(here, sizeof here));
    assert_null(memmem(a, n, here, strlen(here)));
    free(a);
    free(b);
    pg_image_free(image);
    pg_image_free(again);
}

static void writing_refuses(void **state) {
    struct pg_error err = {""};
    struct pg_image *image = assemble("nop", NULL), *empty = assemble("", NULL);
    assert_false(pg_image_write(image, "no_such_folder/x.elf", &err));
    assert_string_equal(err.text,
                        "no_such_folder/x.elf: cannot be written: No such file or directory");
    assert_false(pg_image_write(empty, "test_elf_empty", &err));
    assert_string_equal(err.text, "test_elf_empty: not written: the program is empty");
    assert_int_not_equal(access("test_elf_empty", F_OK), 0);
    pg_image_free(image);
    pg_image_free(empty);
}

/* What other people's tools make of the file; skipped where they are missing. */
static void other_tools_agree(void **state) {
    static const struct {
        const char *probe, *command, *expected;
    } tools[] = {
        {"readelf --version", "readelf -h %s", "0x5047"},
        {"readelf --version", "readelf -l %s", "LOAD"},
        {"readelf --version", "readelf -S %s", ".debug_line"},
        {"readelf --version", "readelf --debug-dump=decodedline %s", "0x1010"},
        {"readelf --version", "readelf --debug-dump=info %s", "DW_TAG_compile_unit"},
        {"nm --version", "nm %s", "00001000 T _start"},
        {"objdump --version", "objdump -h %s", ".rodata"},
        {"gdb --version", "gdb -nx -batch -ex 'info line sub' %s", "Line 5 of \"test.s\" starts"},
    };
    char path[] = "test_elf_XXXXXX", command[256];
    struct pg_image *image = assemble(program, NULL);
    int fd = mkstemp(path), tried = 0;
    assert_true(fd >= 0);
    close(fd);
    assert_true(pg_image_write(image, path, NULL));
    for (size_t k = 0; k < sizeof tools / sizeof *tools; k++) {
        snprintf(command, sizeof command, "%s >/dev/null 2>&1", tools[k].probe);
        if (system(command) != 0)
            continue;
        tried++;
        snprintf(command, sizeof command, tools[k].command, path);
        size_t n = strlen(command);
        snprintf(command + n, sizeof command - n, " 2>&1");
        FILE *pipe = popen(command, "r");
        char output[16384];
        size_t size = fread(output, 1, sizeof output - 1, pipe);
        output[size] = '\0';
        int status = pclose(pipe);
        if (status != 0 || !strstr(output, tools[k].expected) || strstr(output, "Warning") ||
            strstr(output, "Error"))
            fail_msg("%s says (%d):\n%s", command, status, output);
    }
    unlink(path);
    pg_image_free(image);
    if (!tried)
        skip();
}

/* ------------------------------------------------------------------ refusals */

/* A good file to spoil, and where things are in it. */
struct file {
    uint8_t *bytes;
    size_t size;
    Elf32_Ehdr *header;
    Elf32_Phdr *segments; /* .text .data .rodata .bss */
};

static struct file good_file(void) {
    struct file f;
    struct pg_image *image = assemble(program, NULL);
    f.bytes = written(image, &f.size);
    f.header = (Elf32_Ehdr *)f.bytes;
    f.segments = (Elf32_Phdr *)(f.bytes + f.header->e_phoff);
    pg_image_free(image);
    return f;
}

static void cut(struct file *f, size_t size) {
    f->bytes = realloc(f->bytes, size ? size : 1); /* so that a sanitizer sees reads behind it */
    f->size = size;
}

/* Each case spoils one thing and says what must be said about it, or how that begins. */
#define CASES                                                                                      \
    X(cut(f, 0), "not an ELF file")                                                                \
    X(cut(f, 51), "not an ELF file")                                                               \
    X(f->bytes[0] = 0, "not an ELF file")                                                          \
    X(f->bytes[EI_CLASS] = ELFCLASS64, "EI_CLASS is 2: not a 32-bit ELF file")                     \
    X(f->bytes[EI_CLASS] = 0, "EI_CLASS is 0: not a 32-bit ELF file")                              \
    X(f->bytes[EI_DATA] = ELFDATA2MSB, "EI_DATA is 2: not a little-endian ELF file")               \
    X(f->bytes[EI_VERSION] = 7, "EI_VERSION is 7, not 1")                                          \
    X(f->header->e_type = ET_REL, "e_type is 1: not an executable")                                \
    X(f->header->e_type = ET_DYN, "e_type is 3: not an executable")                                \
    X(f->header->e_machine = EM_386, "e_machine is 3: a program for another machine than PG32")    \
    X(f->header->e_phnum = 0, "e_phnum is 0: there is nothing to load")                            \
    X(f->header->e_phentsize = 33, "e_phentsize is 33, not 32")                                    \
    X(f->header->e_phoff = 0xfffffff0,                                                             \
      "e_phoff 0xfffffff0: the program headers go past the end of the file")                       \
    X(f->header->e_phnum = 1000, "e_phoff 0x34: the program headers go past the end of the file")  \
    X(f->header->e_phoff = 0x35, "e_phoff 0x35 is not a multiple of 4")                            \
    X(f->header->e_shoff += 1, "e_shoff 0x")                                                       \
    X(cut(f, 100), "e_phoff 0x34: the program headers go past the end of the file")                \
    X(f->segments[1].p_memsz = 11, "segment 1: p_memsz 0xb is less than p_filesz 0xc")             \
    X(f->segments[1].p_offset = 0x10000, "segment 1: p_offset 0x10000 + p_filesz 0xc is past the " \
                                         "end of the file (0x")                                    \
    X(f->segments[0].p_offset = 0xfffffff8, "segment 0: p_offset 0xfffffff8 + p_filesz 0x18 is "   \
                                            "past the end of the file (0x")                        \
    X((f->segments[3].p_vaddr = 0xffffff00, f->segments[3].p_paddr = 0xffffff00),                  \
      "segment 3: p_vaddr 0xffffff00 + p_memsz 0x1388 is past the end of the address space")       \
    X(f->segments[1].p_paddr = 0, "segment 1: p_paddr 0x0 is not p_vaddr 0x2000")                  \
    X((f->segments[1].p_vaddr = 0x1014, f->segments[1].p_paddr = 0x1014),                          \
      "segment 1: p_vaddr 0x1014 overlaps the segment at 0x1000")                                  \
    X((f->segments[3].p_vaddr = 0x1ff0, f->segments[3].p_paddr = 0x1ff0),                          \
      "segment 3: p_vaddr 0x1ff0 overlaps the segment at 0x2000")                                  \
    X(f->segments[3].p_memsz = 0x20000000,                                                         \
      "segment 3: p_memsz 0x20000000: the program needs more than 256 MiB of memory")              \
    X(f->header->e_entry = 0x1002, "e_entry 0x1002 is not a multiple of 4")                        \
    X(f->header->e_entry = 0x2000, "e_entry 0x2000 is in no executable segment")                   \
    X(f->header->e_entry = 0x1018, "e_entry 0x1018 is in no executable segment")                   \
    X(f->header->e_entry = 0x0ffc, "e_entry 0xffc is in no executable segment")                    \
    X(f->segments[0].p_flags = PF_R, "e_entry 0x1000 is in no executable segment")                 \
    X(for (int k = 0; k < 4; k++) f->segments[k].p_type = PT_NOTE, "there is no PT_LOAD segment")  \
    X(for (int k = 0; k < 4; k++) f->segments[k].p_memsz = f->segments[k].p_filesz = 0,            \
      "there is no PT_LOAD segment")

static void broken_files_are_refused(void **state) {
    struct pg_error err;
#define X(spoil, message)                                                                          \
    {                                                                                              \
        struct file good = good_file(), *f = &good;                                                \
        spoil;                                                                                     \
        struct pg_image *image = pg_image_read(f->bytes, f->size, "bad.elf", &err);                \
        if (image || strncmp(err.text, "bad.elf: " message, strlen("bad.elf: " message)) != 0)     \
            fail_msg("%s: %s", #spoil, image ? "accepted" : err.text);                             \
        assert_null(pg_image_read(f->bytes, f->size, "bad.elf", NULL));                            \
        free(f->bytes);                                                                            \
    }
    CASES
#undef X
}

static void too_many_segments(void **state) {
    struct file f = good_file();
    enum { N = 65 };
    size_t size = f.size + N * sizeof(Elf32_Phdr);
    uint8_t *bytes = calloc(1, size);
    memcpy(bytes, f.bytes, f.size);
    Elf32_Phdr *headers = (Elf32_Phdr *)(bytes + f.size / 4 * 4);
    ((Elf32_Ehdr *)bytes)->e_phoff = (Elf32_Off)((uint8_t *)headers - bytes);
    ((Elf32_Ehdr *)bytes)->e_phnum = N;
    for (uint32_t k = 0; k < N; k++)
        headers[k] = (Elf32_Phdr){.p_type = PT_LOAD,
                                  .p_vaddr = 0x1000 * k,
                                  .p_paddr = 0x1000 * k,
                                  .p_memsz = 4,
                                  .p_flags = PF_X};
    struct pg_error err = {""};
    assert_null(pg_image_read(bytes, size, "many.elf", &err));
    assert_string_equal(err.text, "many.elf: more than 64 segments to load");
    free(bytes);
    free(f.bytes);
}

/* ------------------------------------------------------------------ harmless damage */

static Elf32_Shdr *section_of_type(struct file *f, uint32_t type) {
    Elf32_Shdr *s = (Elf32_Shdr *)(f->bytes + f->header->e_shoff);
    for (unsigned k = 0; k < f->header->e_shnum; k++)
        if (s[k].sh_type == type)
            return &s[k];
    fail_msg("no section of type %u", type);
    return NULL;
}

/* The file must be read; returns how many symbols it has. */
static size_t symbols_left(struct file *f) {
    struct pg_error err = {""};
    struct pg_image *image = pg_image_read(f->bytes, f->size, "odd.elf", &err);
    if (!image)
        fail_msg("%s", err.text);
    assert_int_equal(image->nsegments, 4);
    size_t n = image->nsymbols;
    pg_image_free(image);
    free(f->bytes);
    return n;
}

static void broken_symbols_are_left_out(void **state) {
    struct file f = good_file();
    assert_int_equal(symbols_left(&f), 6);

    f = good_file();
    Elf32_Sym *symbols = (Elf32_Sym *)(f.bytes + section_of_type(&f, SHT_SYMTAB)->sh_offset);
    symbols[1].st_name = 0x7fffffff;
    symbols[2].st_shndx = SHN_UNDEF;
    symbols[3].st_info = ELF32_ST_INFO(STB_LOCAL, STT_FILE);
    symbols[4].st_name = 0;
    assert_int_equal(symbols_left(&f), 2);

    f = good_file();
    section_of_type(&f, SHT_SYMTAB)->sh_link = 12345;
    assert_int_equal(symbols_left(&f), 0);

    f = good_file();
    section_of_type(&f, SHT_SYMTAB)->sh_link = 1; /* no string table */
    assert_int_equal(symbols_left(&f), 0);

    f = good_file();
    section_of_type(&f, SHT_SYMTAB)->sh_offset = 0x7fffffff;
    assert_int_equal(symbols_left(&f), 0);

    f = good_file();
    section_of_type(&f, SHT_SYMTAB)->sh_size = 0xffffffff;
    assert_int_equal(symbols_left(&f), 0);

    f = good_file();
    Elf32_Shdr *strings = section_of_type(&f, SHT_STRTAB);
    memset(f.bytes + strings->sh_offset, 'x', strings->sh_size); /* no NUL in it */
    assert_int_equal(symbols_left(&f), 0);

    f = good_file();
    f.header->e_shnum = 0;
    f.header->e_shoff = 0;
    assert_int_equal(symbols_left(&f), 0);

    f = good_file();
    f.header->e_shstrndx = 0xfff0;
    assert_int_equal(symbols_left(&f), 6);

    f = good_file();
    f.header->e_shoff = 0xfffffff0;
    assert_int_equal(symbols_left(&f), 0);

    f = good_file(); /* without section headers, as `strip` can leave it */
    cut(&f, f.header->e_shoff);
    f.header = (Elf32_Ehdr *)f.bytes;
    f.header->e_shoff = f.header->e_shnum = f.header->e_shstrndx = 0;
    assert_int_equal(symbols_left(&f), 0);
}

/* Any single byte changed, and any length cut to: nothing may crash, whatever is said. */
static void every_byte(void **state) {
    struct file f = good_file();
    for (size_t k = 0; k < f.size; k++) {
        uint8_t old = f.bytes[k];
        static const uint8_t values[] = {0, 0xff, 0x80};
        for (int j = 0; j < 3; j++) {
            f.bytes[k] = values[j];
            pg_image_free(pg_image_read(f.bytes, f.size, "bad.elf", NULL));
        }
        f.bytes[k] = old;
    }
    while (f.size > 0) {
        cut(&f, f.size - 1);
        pg_image_free(pg_image_read(f.bytes, f.size, "bad.elf", NULL));
    }
    free(f.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(line_round_trip),
        cmocka_unit_test(files_are_deterministic),
        cmocka_unit_test(writing_refuses),
        cmocka_unit_test(other_tools_agree),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(too_many_segments),
        cmocka_unit_test(broken_symbols_are_left_out),
        cmocka_unit_test(every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
