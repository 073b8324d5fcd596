/* Memory can run out at any time: each allocation of the library fails in turn, and the
 * library must say so, leak nothing and touch nothing it does not own. */
#include "helper.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The linker sends the library's calls here (see CMakeLists.txt). The count down is global
 * because the linker knows no other way. */
static long until_failure = -1; /* allocations to go; -1: never */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

static bool fails_now(void) {
    if (until_failure < 0)
        return false;
    return until_failure-- == 0;
}

void *__wrap_malloc(size_t size) {
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
    return fails_now() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s) {
    return fails_now() ? NULL : __real_strdup(s);
}

static struct memory_file files[] = {
    {"good.s",
     ".include \"x.inc\"\n .globl _start\n_start: push ra\n.rept 2\n li a0, 0x12345678\n"
     ".endr\n j 1f\n 1: .if x\n ret\n.endif\n .data\n text: .asciz \"text\"\n .align 2\n"
     ".word text + later\n later = 5 * x\n .section .more, \"aw\", 0x8000\n .space 4, 1\n"},
    {"x.inc", "x = 1\n.macro push reg, size=4\n addi sp, sp, -\\size\n sw \\reg, 0(sp)\n.endm\n"},
    {"bad.s",
     ".include \"x.inc\"\n push 5\n wrong a0\n addi a0, a0, 70000\n j nowhere\n 1: 1:\n x: "
     ".macro y\n .endm\n twice: nop\n twice: y z\n .half 1\n"},
    {NULL, NULL}};

/* Assemble with the k-th allocation failing, until none does. What comes out must be whole,
 * or nothing with a reason. */
static void assembling(void **state) {
    const char *path = *state;
    struct pg_asm_options options = pg_asm_options_default();
    options.read = read_memory_file;
    options.read_context = files;
    for (long k = 0;; k++) {
        struct pg_diagnostics diags = {0};
        until_failure = k;
        struct pg_image *image = pg_assemble(&path, 1, &options, &diags);
        bool failed = until_failure < 0;
        until_failure = -1;
        if (!image)
            assert_true(diags.nerrors > 0 || diags.out_of_memory);
        pg_image_free(image);
        pg_diagnostics_free(&diags);
        if (!failed) {
            assert_true(k > 10);
            return;
        }
    }
}

/* The same for writing and reading a file; libelf has allocations of its own, which are not
 * counted. */
static void images(void **state) {
    struct pg_image *image = assemble("_start: nop; main: ret; .data; x: .word 1", NULL);
    char path[] = "test_memory_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (long k = 0;; k++) {
        struct pg_error err = {""};
        until_failure = k;
        bool ok = pg_image_write(image, path, &err), failed = until_failure < 0;
        until_failure = -1;
        assert_int_equal(ok, !failed);
        assert_int_equal(err.text[0] != '\0', failed);
        if (!failed)
            break;
    }
    size_t size;
    char *bytes = read_whole_file(path, &size);
    unlink(path);
    for (long k = 0;; k++) {
        struct pg_error err = {""};
        until_failure = k;
        struct pg_image *back = pg_image_read(bytes, size, "test.elf", &err);
        bool failed = until_failure < 0;
        until_failure = -1;
        if (!back)
            assert_string_equal(err.text, "test.elf: out of memory");
        assert_int_equal(back == NULL, failed);
        pg_image_free(back);
        if (!failed)
            break;
    }
    free(bytes);
    pg_image_free(image);
}

int main(void) {
    static char good[] = "good.s", bad[] = "bad.s";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(assembling, good),
        cmocka_unit_test_prestate(assembling, bad),
        cmocka_unit_test(images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
