/* The assembler, on any text. NUL bytes part the input into files: the first two are sources,
 * all can be included by their numbers, as in `.include "2"`. */
#include "fuzz.h"

#include "isa/asm.h"

#include <string.h>

struct input {
    const uint8_t *data;
    size_t size;
};

/* The k-th part of the input, or NULL. */
static const char *part(const struct input *in, unsigned k, size_t *size) {
    const uint8_t *start = in->data, *end = in->data + in->size;
    for (;; k--) {
        const uint8_t *stop = start < end ? memchr(start, 0, (size_t)(end - start)) : NULL;
        if (!stop)
            stop = end;
        *size = (size_t)(stop - start);
        if (k == 0)
            return (const char *)start;
        if (stop == end)
            return NULL;
        start = stop + 1;
    }
}

static bool read_part(void *context, const char *path, char **text, size_t *size,
                      struct pg_error *err) {
    const char *number = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *p = strlen(number) == 1 && *number >= '0' && *number <= '9'
                        ? part(context, (unsigned)(*number - '0'), size)
                        : NULL;
    if (!p)
        return pg_fail(err, "cannot be opened");
    *text = malloc(*size ? *size : 1);
    CHECK(*text);
    memcpy(*text, p, *size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static FILE *sink;
    static const char *const paths[] = {"0", "d/1"}, *const include_paths[] = {"e"};
    struct input in = {data, size};
    size_t ignored;
    struct pg_diagnostics diags = {0};
    struct pg_asm_options options = pg_asm_options_default();
    options.read = read_part;
    options.read_context = &in;
    options.include_paths = include_paths;
    options.ninclude_paths = 1;
    options.max_image = 1 << 20;
    options.max_source = 1 << 14;
    if (!sink)
        sink = fopen("/dev/null", "w");
    options.listing = sink;
    struct pg_image *image = pg_assemble(paths, part(&in, 1, &ignored) ? 2 : 1, &options, &diags);
    CHECK(!image == (diags.nerrors > 0));
    pg_diagnostics_print(&diags, sink, size & 1);
    pg_diagnostics_free(&diags);
    if (image) {
        check_image(image);
        check_round_trip(image);
    }
    pg_image_free(image);
    return 0;
}
