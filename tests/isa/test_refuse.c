/* Everything the assembler refuses: refuse/NAME.s must give exactly what is in refuse/NAME.err.
 *
 *     test_refuse            the test
 *     test_refuse --write    write the .err files anew; read them before you believe them
 */
#include "helper.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* Files are named relative to the folder, so that the messages say nothing about this host. */
static bool read_file(void *context, const char *path, char **text, size_t *size,
                      struct pg_error *err) {
    char full[512];
    snprintf(full, sizeof full, "%s/%s", REFUSE_DIR, path);
    *text = read_whole_file(full, size);
    return *text || pg_fail(err, "cannot be opened");
}

/* What the assembler says about a file; NULL if it accepts it. */
static char *diagnostics_of(const char *name) {
    struct pg_asm_options options = pg_asm_options_default();
    struct pg_diagnostics diags = {0};
    options.read = read_file;
    struct pg_image *image = pg_assemble(&name, 1, &options, &diags);
    char *printed = NULL;
    size_t size;
    FILE *out = open_memstream(&printed, &size);
    pg_diagnostics_print(&diags, out, false);
    fclose(out);
    pg_diagnostics_free(&diags);
    if (image) {
        pg_image_free(image);
        free(printed);
        return NULL;
    }
    return printed;
}

static void err_path(const char *name, char *path, size_t size) {
    snprintf(path, size, "%s/%.*s.err", REFUSE_DIR, (int)(strlen(name) - 2), name);
}

static void refused(void **state) {
    char path[512];
    err_path(*state, path, sizeof path);
    char *expected = read_whole_file(path, NULL), *got = diagnostics_of(*state);
    if (!expected)
        fail_msg("%s is missing", path);
    if (!got)
        fail_msg("%s is accepted", (char *)*state);
    assert_string_equal(got, expected);
    free(expected);
    free(got);
}

static int write_expected(const char *name) {
    char path[512], *got = diagnostics_of(name);
    err_path(name, path, sizeof path);
    FILE *out = got ? fopen(path, "w") : NULL;
    if (!out) {
        fprintf(stderr, got ? "%s cannot be written\n" : "%s is accepted\n", got ? path : name);
        free(got);
        return 1;
    }
    fputs(got, out);
    fclose(out);
    free(got);
    return 0;
}

static int is_source(const struct dirent *d) {
    size_t n = strlen(d->d_name);
    return n > 2 && strcmp(d->d_name + n - 2, ".s") == 0;
}

int main(int argc, char **argv) {
    struct dirent **files;
    int n = scandir(REFUSE_DIR, &files, is_source, alphasort), status = 0;
    bool write = argc == 2 && strcmp(argv[1], "--write") == 0;
    if (n <= 0)
        return 1;
    struct CMUnitTest *tests = calloc((size_t)n, sizeof *tests);
    for (int k = 0; k < n; k++) {
        tests[k].name = files[k]->d_name;
        tests[k].test_func = refused;
        tests[k].initial_state = files[k]->d_name;
        if (write)
            status |= write_expected(files[k]->d_name);
    }
    if (!write) /* what cmocka_run_group_tests does with an array whose length it can see */
        status = _cmocka_run_group_tests("refuse", tests, (size_t)n, NULL, NULL);
    for (int k = 0; k < n; k++)
        free(files[k]);
    free(files);
    free(tests);
    return status;
}
