/* Where source text comes from, and how a place in it is reported. */
#include "isa/asm/parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ reporting */

enum { LONGEST_CHAIN = 6 };

/* The line of text around a place, cut to a length that still fits a screen. */
static void source_line(struct pg_as_loc loc, char *line, size_t size, uint32_t *column) {
    const struct pg_as_buffer *b = loc.buffer;
    size_t pos = loc.pos < b->size ? loc.pos : b->size, start = pos, end = pos;
    while (start > 0 && b->text[start - 1] != '\n')
        start--;
    while (end < b->size && b->text[end] != '\n')
        end++;
    if (end > pos && b->text[end - 1] == '\r')
        end--;
    *column = (uint32_t)(pos - start + 1);
    size_t n = 0;
    for (size_t k = start; k < end && n + 1 < size; k++) {
        unsigned char c = (unsigned char)b->text[k];
        line[n++] = c >= ' ' || c == '\t' ? (char)c : '?'; /* no control codes to a terminal */
    }
    line[n] = '\0';
}

static void report(struct pg_as *as, enum pg_severity severity, struct pg_as_loc loc,
                   const char *format, va_list args) {
    char message[400], line[120];
    vsnprintf(message, sizeof message, format, args);
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = '?';
    struct pg_diagnostic d = {.severity = severity, .message = message, .order = as->current};
    if (loc.buffer) {
        d.file = (char *)loc.buffer->path;
        d.line = loc.line;
        source_line(loc, line, sizeof line, &d.column);
        d.source = d.column <= strlen(line) + 1 ? line : NULL;
    }
    if (!pg_diagnostics_add(as->diags, &d))
        as->fatal = true;
}

void pg_as_note(struct pg_as *as, struct pg_as_loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    report(as, PG_NOTE, loc, format, args);
    va_end(args);
}

/* The way from the main file to a place: includes and macro calls, innermost first; of a
 * long one, such as a macro that calls itself, only the nearest part. */
static void report_chain(struct pg_as *as, struct pg_as_loc loc) {
    int shown = 0;
    for (const struct pg_as_buffer *b = loc.buffer; b && b->from.buffer; b = b->from.buffer) {
        if (b->kind == PG_AS_REPT)
            continue;
        if (shown++ == LONGEST_CHAIN) {
            pg_as_note(as, b->from, "and so on");
            return;
        }
        if (b->kind == PG_AS_MACRO)
            pg_as_note(as, b->from, "in the expansion of macro `%s`, called here", b->macro);
        else
            pg_as_note(as, b->from, "in a file included here");
    }
}

void pg_as_warning(struct pg_as *as, struct pg_as_loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    report(as, PG_WARNING, loc, format, args);
    va_end(args);
    report_chain(as, loc);
}

static void error(struct pg_as *as, struct pg_as_loc loc, const char *format, va_list args) {
    report(as, PG_ERROR, loc, format, args);
    report_chain(as, loc);
    /* Pass 2 may still find errors earlier in the text; asm.c cuts the sorted list. */
    if (as->options.max_errors && ++as->nerrors >= as->options.max_errors)
        as->fatal = true;
}

bool pg_as_error(struct pg_as *as, struct pg_as_loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    error(as, loc, format, args);
    va_end(args);
    return false;
}

bool pg_as_fatal(struct pg_as *as, struct pg_as_loc loc, const char *format, ...) {
    if (!as->fatal) {
        va_list args;
        va_start(args, format);
        error(as, loc, format, args);
        va_end(args);
    }
    as->fatal = true;
    return false;
}

/* ------------------------------------------------------------------ buffers */

struct pg_as_buffer *pg_as_new_buffer(struct pg_as *as, enum pg_as_kind kind,
                                      struct pg_as_loc from) {
    struct pg_as_buffer *b = pg_as_alloc(as, sizeof *b);
    if (!b)
        return NULL;
    b->kind = kind;
    b->from = from;
    b->first_line = 1;
    b->next = as->buffers;
    as->buffers = b;
    return b;
}

struct pg_as_loc pg_as_file_place(struct pg_as_loc loc) {
    while (loc.buffer && loc.buffer->kind == PG_AS_MACRO)
        loc = loc.buffer->from;
    return loc;
}

/* Count text against the budget. This bounds the time and memory of any program: each
 * statement read, first or again, costs at least the byte that ends it. */
bool pg_as_spend(struct pg_as *as, struct pg_as_loc loc, size_t bytes) {
    if (bytes > as->options.max_source - as->text_read)
        return pg_as_fatal(as, loc,
                           "too much source text: more than %u bytes, with what macros, .rept "
                           "and .include repeat",
                           (unsigned)as->options.max_source);
    as->text_read += bytes;
    return true;
}

bool pg_as_push(struct pg_as *as, const struct pg_as_buffer *buffer, uint32_t repeat) {
    if (as->nframes == PG_AS_MAX_NESTING)
        return pg_as_fatal(as, buffer->from,
                           "files, macros and repetitions nested more than %d deep",
                           PG_AS_MAX_NESTING);
    if (!pg_as_spend(as, buffer->from, buffer->size + 1))
        return false;
    struct pg_as_frame *f = &as->frames[as->nframes++];
    *f = (struct pg_as_frame){.repeat = repeat, .conditions = as->nconditions};
    f->cursor.buffer = buffer;
    f->cursor.line = buffer->first_line;
    return true;
}

/* ------------------------------------------------------------------ files */

/* The name under which the image records a file: relative to a root, by default the folder
 * of the first source file, since a build tree calls with absolute paths and the image should
 * say nothing about this host. */
static const char *recorded_name(struct pg_as *as, const char *path) {
    if (!as->root) {
        as->root = as->options.source_root ? as->options.source_root : path;
        as->root_size = strlen(as->root);
        if (!as->options.source_root) {
            const char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;
            as->root = pg_as_copy(as, path, slash ? (size_t)(slash - path) : 0);
            as->root_size = as->root ? strlen(as->root) : 0;
        }
    }
    const char *root = as->root;
    size_t n = as->root_size;
    while (n > 0 && root[n - 1] == '/')
        n--;
    if (n > 0 && strncmp(path, root, n) == 0 && path[n] == '/')
        path += n + 1;
    else if (path[0] == '/')
        path = strrchr(path, '/');
    while (*path == '/')
        path++;
    return path;
}

/* The index of a file in the image, entered if new. */
static bool file_index(struct pg_as *as, const char *path, uint32_t *index) {
    const char *name = recorded_name(as, path);
    for (size_t k = 0; k < as->nfiles; k++)
        if (strcmp(as->files[k], name) == 0) {
            *index = (uint32_t)k;
            return true;
        }
    char **files = realloc(as->files, (as->nfiles + 1) * sizeof *files);
    if (files)
        as->files = files;
    char *copy = files ? strdup(name) : NULL;
    if (!copy) {
        pg_as_out_of_memory(as);
        return false;
    }
    *index = (uint32_t)as->nfiles;
    as->files[as->nfiles++] = copy;
    return true;
}

bool pg_as_open_text(struct pg_as *as, const char *path, char *owned, const char *text, size_t size,
                     struct pg_as_loc from) {
    struct pg_as_buffer *b = pg_as_new_buffer(as, PG_AS_FILE, from);
    if (!b) {
        free(owned);
        return false;
    }
    b->owned = owned;
    b->text = text;
    b->size = size;
    b->path = pg_as_copy(as, path, strlen(path));
    return b->path && file_index(as, path, &b->file) && pg_as_push(as, b, 0);
}

static bool read_file(void *context, const char *path, char **text, size_t *size,
                      struct pg_error *err) {
    size_t limit = *(const uint32_t *)context, capacity = 0, n = 0;
    char *buffer = NULL;
    FILE *f = fopen(path, "rb");
    if (!f)
        return pg_fail(err, "cannot be opened");
    while (n <= limit) {
        if (n == capacity) {
            capacity = capacity ? 2 * capacity : 8192;
            char *larger = realloc(buffer, capacity);
            if (!larger)
                break;
            buffer = larger;
        }
        size_t got = fread(buffer + n, 1, capacity - n, f);
        if (got == 0)
            break;
        n += got;
    }
    bool ok = feof(f) && !ferror(f);
    fclose(f);
    if (!ok) {
        free(buffer);
        return pg_fail(err, n > limit ? "is too large" : "cannot be read");
    }
    *text = buffer;
    *size = n;
    return true;
}

static bool read_text(struct pg_as *as, const char *path, char **text, size_t *size,
                      struct pg_error *err) {
    if (as->options.read)
        return as->options.read(as->options.read_context, path, text, size, err);
    return read_file(&as->options.max_source, path, text, size, err);
}

/* dir/name, where dir ends before its last slash (dir_size bytes). */
static char *join(struct pg_as *as, const char *dir, size_t dir_size, const char *name) {
    if (name[0] == '/')
        dir_size = 0;
    bool slash = dir_size > 0 && dir[dir_size - 1] != '/';
    size_t n = strlen(name);
    char *path = pg_as_alloc(as, dir_size + slash + n + 1);
    if (path) {
        memcpy(path, dir, dir_size);
        if (slash)
            path[dir_size] = '/';
        memcpy(path + dir_size + slash, name, n);
    }
    return path;
}

bool pg_as_open(struct pg_as *as, const char *path, struct pg_as_loc from, bool search) {
    char *text = NULL;
    size_t size = 0;
    struct pg_error err = {""}, first_err = {""};
    const char *found = path;
    bool ok = false;

    if (!search) {
        ok = read_text(as, path, &text, &size, &first_err);
    } else { /* beside the including file, then along the include paths */
        const char *including = from.buffer->path, *slash = strrchr(including, '/');
        found = join(as, including, slash ? (size_t)(slash - including) + 1 : 0, path);
        ok = found && read_text(as, found, &text, &size, &first_err);
        for (size_t k = 0; !ok && found && path[0] != '/' && k < as->options.ninclude_paths; k++) {
            const char *dir = as->options.include_paths[k];
            found = join(as, dir, strlen(dir), path);
            ok = found && read_text(as, found, &text, &size, &err);
        }
        if (!found)
            return false;
    }
    if (!ok) /* what it would have defined would be missing everywhere: say only this */
        return pg_as_fatal(
            as, from, "`%s` %s%s", path, first_err.text[0] ? first_err.text : "cannot be read",
            search && as->options.ninclude_paths ? ", nor in the include paths" : "");
    for (const struct pg_as_buffer *b = from.buffer; b; b = b->from.buffer)
        if (b->kind == PG_AS_FILE && strcmp(b->path, found) == 0) {
            free(text);
            return pg_as_error(as, from, "`%s` includes itself", path);
        }
    return pg_as_open_text(as, found, text, text ? text : "", size, from);
}
