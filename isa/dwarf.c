#include "isa/dwarf.h"

#include <stdlib.h>

/* The few codes of DWARF 4 that we use, by the standard's names. */
enum {
    DW_VERSION = 4,
    DW_TAG_compile_unit = 0x11,
    DW_CHILDREN_no = 0,
    DW_AT_name = 0x03,
    DW_AT_stmt_list = 0x10,
    DW_AT_low_pc = 0x11,
    DW_AT_high_pc = 0x12,
    DW_AT_language = 0x13,
    DW_AT_comp_dir = 0x1b,
    DW_AT_producer = 0x25,
    DW_FORM_addr = 0x01,
    DW_FORM_data2 = 0x05,
    DW_FORM_string = 0x08,
    DW_FORM_data4 = 0x06,
    DW_FORM_sec_offset = 0x17,
    DW_LANG_Mips_Assembler = 0x8001, /* what every assembler says */
    DW_LNS_copy = 1,
    DW_LNS_advance_pc = 2,
    DW_LNS_advance_line = 3,
    DW_LNS_set_file = 4,
    DW_LNE_end_sequence = 1,
    DW_LNE_set_address = 2
};

static void encode_abbrev(struct pg_bytes *b) {
    static const uint16_t attributes[][2] = {
        {DW_AT_producer, DW_FORM_string},      {DW_AT_language, DW_FORM_data2},
        {DW_AT_name, DW_FORM_string},          {DW_AT_comp_dir, DW_FORM_string},
        {DW_AT_stmt_list, DW_FORM_sec_offset}, {DW_AT_low_pc, DW_FORM_addr},
        {DW_AT_high_pc, DW_FORM_data4},        {0, 0}};
    pg_bytes_uleb(b, 1); /* the abbreviation's number */
    pg_bytes_uleb(b, DW_TAG_compile_unit);
    pg_bytes_u8(b, DW_CHILDREN_no);
    for (size_t k = 0; k < sizeof attributes / sizeof *attributes; k++) {
        pg_bytes_uleb(b, attributes[k][0]);
        pg_bytes_uleb(b, attributes[k][1]);
    }
    pg_bytes_uleb(b, 0); /* end of the table */
}

/* The segment that holds a line record, or NULL. */
static const struct pg_segment *segment_of(const struct pg_image *image, const struct pg_line *l) {
    for (size_t k = 0; k < image->nsegments; k++)
        if (l->addr - image->segments[k].addr < image->segments[k].size)
            return &image->segments[k];
    return NULL;
}

static void encode_info(const struct pg_image *image, struct pg_bytes *b) {
    uint32_t low = UINT32_MAX, high = 0;
    for (size_t k = 0; k < image->nlines; k++) {
        const struct pg_segment *s = segment_of(image, &image->lines[k]);
        if (s && s->addr < low)
            low = s->addr;
        if (s && s->addr + (s->size - 1) > high)
            high = s->addr + (s->size - 1);
    }
    pg_bytes_u32(b, 0); /* length, filled in below */
    pg_bytes_u16(b, DW_VERSION);
    pg_bytes_u32(b, 0); /* offset of the abbreviations */
    pg_bytes_u8(b, 4);  /* bytes in an address */
    pg_bytes_uleb(b, 1);
    pg_bytes_string(b, "Trapeze assembler");
    pg_bytes_u16(b, DW_LANG_Mips_Assembler);
    pg_bytes_string(b, image->files[0]);
    pg_bytes_string(b, ".");
    pg_bytes_u32(b, 0); /* offset of the line program */
    pg_bytes_u32(b, low);
    pg_bytes_u32(b, high - low + 1); /* as data4: a length */
    pg_bytes_patch_u32(b, 0, (uint32_t)b->size - 4);
}

static void encode_line_header(const struct pg_image *image, struct pg_bytes *b) {
    /* How many operands the standard opcodes 1..12 take. */
    static const uint8_t operands[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
    pg_bytes_u32(b, 0); /* length, filled in by the caller */
    pg_bytes_u16(b, DW_VERSION);
    size_t header_length = b->size;
    pg_bytes_u32(b, 0);
    pg_bytes_u8(b, 1);                   /* minimum_instruction_length: count in bytes */
    pg_bytes_u8(b, 1);                   /* maximum_operations_per_instruction */
    pg_bytes_u8(b, 1);                   /* default_is_stmt */
    pg_bytes_u8(b, (uint8_t)-5);         /* line_base and */
    pg_bytes_u8(b, 14);                  /* line_range, for special opcodes: not used */
    pg_bytes_u8(b, sizeof operands + 1); /* opcode_base */
    pg_bytes_put(b, operands, sizeof operands);
    pg_bytes_u8(b, 0); /* no include directories: names are relative to comp_dir */
    for (size_t k = 0; k < image->nfiles; k++) {
        pg_bytes_string(b, image->files[k]);
        pg_bytes_uleb(b, 0); /* directory, time and size: not given */
        pg_bytes_uleb(b, 0);
        pg_bytes_uleb(b, 0);
    }
    pg_bytes_u8(b, 0);
    pg_bytes_patch_u32(b, header_length, (uint32_t)(b->size - header_length - 4));
}

/* The records of one segment, from *k on: a sequence that ends where the segment does. */
static void encode_sequence(const struct pg_image *image, struct pg_bytes *b, size_t *k) {
    const struct pg_segment *segment = segment_of(image, &image->lines[*k]);
    uint32_t addr = image->lines[*k].addr, file = 0, line = 1;
    pg_bytes_u8(b, 0); /* an extended opcode, its length, the opcode */
    pg_bytes_uleb(b, 5);
    pg_bytes_u8(b, DW_LNE_set_address);
    pg_bytes_u32(b, addr);
    for (; *k < image->nlines; ++*k) {
        const struct pg_line *l = &image->lines[*k];
        if (segment_of(image, l) != segment)
            break;
        if (l->file != file) {
            pg_bytes_u8(b, DW_LNS_set_file);
            pg_bytes_uleb(b, l->file + 1); /* files count from 1, and 1 is where it starts */
        }
        if (l->line != line) {
            pg_bytes_u8(b, DW_LNS_advance_line);
            pg_bytes_sleb(b, (int32_t)(l->line - line));
        }
        if (l->addr != addr) {
            pg_bytes_u8(b, DW_LNS_advance_pc);
            pg_bytes_uleb(b, l->addr - addr);
        }
        pg_bytes_u8(b, DW_LNS_copy);
        file = l->file;
        line = l->line;
        addr = l->addr;
    }
    pg_bytes_u8(b, DW_LNS_advance_pc);
    pg_bytes_uleb(b, segment->addr + segment->size - addr);
    pg_bytes_u8(b, 0);
    pg_bytes_uleb(b, 1);
    pg_bytes_u8(b, DW_LNE_end_sequence);
}

bool pg_dwarf_encode(const struct pg_image *image, struct pg_dwarf *out) {
    *out = (struct pg_dwarf){0};
    if (image->nlines > 0 && image->nfiles > 0) {
        encode_abbrev(&out->abbrev);
        encode_info(image, &out->info);
        encode_line_header(image, &out->line);
        for (size_t k = 0; k < image->nlines;) {
            if (segment_of(image, &image->lines[k]))
                encode_sequence(image, &out->line, &k);
            else
                k++;
        }
        pg_bytes_patch_u32(&out->line, 0, (uint32_t)out->line.size - 4);
    }
    return !out->info.failed && !out->abbrev.failed && !out->line.failed;
}

void pg_dwarf_free(struct pg_dwarf *d) {
    free(d->info.data);
    free(d->abbrev.data);
    free(d->line.data);
}
