/* source.c - the text of source lines that line records name. */
#include "monitor/monitor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST = 64 << 20 };

/* A source file, read when it is first asked for. */
struct mon_source_file {
    bool tried;
    char *text;    /* NULL: cannot be read */
    size_t *lines; /* where each begins, and where the last ends */
    size_t nlines;
};

bool mon_source_open(struct mon_source *s, const struct pg_image *image, const char *program) {
    *s = (struct mon_source){image, program, NULL};
    s->files = image->nfiles ? calloc(image->nfiles, sizeof *s->files) : NULL;
    return s->files || image->nfiles == 0;
}

void mon_source_close(struct mon_source *s) {
    for (size_t k = 0; s->files && k < s->image->nfiles; k++) {
        free(s->files[k].text);
        free(s->files[k].lines);
    }
    free(s->files);
}

/* Only a regular file: a program may name anything, and a pipe would be waited for. */
static char *read_regular(const char *path, size_t *size) {
    struct stat st;
    struct pg_error err;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return NULL;
    return (char *)mon_read_file(path, LARGEST, size, &err);
}

/* As it is named (the compiler's directory is part of that, where it is known), or beside the
 * program. */
static char *read_source(const char *name, const char *program, size_t *size) {
    char *text = read_regular(name, size);
    const char *slash = strrchr(program, '/');
    if (text || !slash || *name == '/')
        return text;
    size_t length = (size_t)(slash + 1 - program), rest = strlen(name) + 1;
    char *path = malloc(length + rest);
    if (path) {
        memcpy(path, program, length);
        memcpy(path + length, name, rest);
        text = read_regular(path, size);
    }
    free(path);
    return text;
}

static void find_lines(struct mon_source_file *file, size_t size) {
    size_t n = 0;
    for (size_t at = 0; at < size; at++)
        n += file->text[at] == '\n';
    file->lines = malloc((n + 2) * sizeof *file->lines);
    if (!file->lines)
        return;
    file->lines[0] = 0;
    for (size_t at = 0; at < size; at++)
        if (file->text[at] == '\n')
            file->lines[++file->nlines] = at + 1;
    if (file->lines[file->nlines] < size) /* the last one may lack its end */
        file->lines[++file->nlines] = size;
}

const char *mon_source_line(struct mon_source *s, const struct pg_line *line, size_t *length) {
    struct mon_source_file *file = &s->files[line->file];
    if (!file->tried) {
        size_t size = 0;
        file->tried = true;
        file->text = read_source(s->image->files[line->file], s->program, &size);
        if (file->text)
            find_lines(file, size);
    }
    if (line->line == 0 || line->line > file->nlines)
        return NULL;
    const char *text = file->text + file->lines[line->line - 1];
    *length = file->lines[line->line] - file->lines[line->line - 1];
    while (*length && strchr(" \t\r\n", text[*length - 1]))
        --*length;
    return text;
}
