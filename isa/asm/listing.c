/* The listing: every source line with the address and the words or bytes it became.
 *
 *     line  address   contents          source
 *       12  00001008  20a00005          li a0, 5
 *
 * Lines from a macro are marked with +, those of a repetition stand as often as they were
 * read.
 */
#include "isa/asm/parts.h"

enum { ROW = 8 }; /* bytes on a row of data */

static uint32_t load(const uint8_t *from, unsigned n) {
    uint32_t value = 0;
    for (unsigned k = 0; k < n; k++)
        value |= (uint32_t)from[k] << 8 * k;
    return value;
}

/* Print one row: contents (may be empty), and the source line at *pos, if that is before
 * `end`; then *pos is behind it. */
static void row(FILE *out, bool with_addr, uint32_t addr, const char *contents,
                const struct pg_as_buffer *b, size_t *pos, size_t end, uint32_t *line) {
    char number[16] = "", at[16] = "";
    size_t start = *pos, stop = start;
    bool source = start < end;
    if (source) {
        while (stop < b->size && b->text[stop] != '\n')
            stop++;
        snprintf(number, sizeof number, "%u", (unsigned)(*line)++);
        *pos = stop + 1;
    }
    if (with_addr)
        snprintf(at, sizeof at, "%08x", (unsigned)addr);
    size_t size = stop - start;
    while (size > 0 && (b->text[start + size - 1] == '\r' || b->text[start + size - 1] == ' '))
        size--;
    if (size == 0)
        fprintf(out, with_addr ? "%6s  %8s  %s\n" : "%6s\n", number, at, contents);
    else
        fprintf(out, "%6s%c %8s  %-16s  %.*s\n", number, b->kind == PG_AS_MACRO ? '+' : ' ', at,
                contents, (int)size, b->text + start);
}

/* The contents of one item, a row at a time. */
static void list_item(const struct pg_as_item *item, FILE *out, const struct pg_as_buffer *b,
                      size_t *pos, size_t end, uint32_t *line) {
    const uint8_t *bytes = item->section->bytes;
    uint32_t addr = item->section->addr + item->offset;
    char text[3 * ROW + 8];
    if (item->kind == PG_AS_FILL || item->kind == PG_AS_NOPS || !bytes) {
        snprintf(text, sizeof text, "%u bytes", (unsigned)item->size);
        row(out, true, addr, text, b, pos, end, line);
        return;
    }
    bytes += item->offset;
    if (item->kind != PG_AS_BYTES) {
        snprintf(text, sizeof text, "%0*x", (int)(2 * item->size),
                 (unsigned)load(bytes, item->size));
        row(out, true, addr, text, b, pos, end, line);
        return;
    }
    for (uint32_t k = 0; k < item->size; k += ROW) {
        size_t n = 0;
        for (uint32_t j = k; j < item->size && j < k + ROW; j++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%02x", bytes[j]);
        row(out, true, addr + k, text, b, pos, end, line);
    }
}

/* Write the listing. Call after pass 2. */
void pg_as_listing(struct pg_as *as, FILE *out) {
    const struct pg_as_statement *last = NULL;
    size_t pos = 0; /* behind the last line printed, in the buffer of `last` */
    for (size_t k = 0; k < as->nstatements; k++) {
        const struct pg_as_statement *st = &as->statements[k];
        const struct pg_as_buffer *b = st->loc.buffer;
        uint32_t line = st->first_line;
        size_t from = st->start;
        if (last && last->loc.buffer == b && last->end <= st->start && st->start < pos) {
            from = pos; /* it begins on the line printed last, behind a `;` */
            line++;
        } else {
            while (from > 0 && b->text[from - 1] != '\n')
                from--;
        }
        for (uint32_t j = 0; j < st->nitems; j++)
            list_item(&as->items[st->first_item + j], out, b, &from, st->end, &line);
        while (from < st->end)
            row(out, false, 0, "", b, &from, st->end, &line);
        last = st;
        pos = from;
    }
}
